package signal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

func removed(text string) exit.Why {
	return exit.Why{Reason: exit.Removed, Actor: "api:AKID", Text: text}
}

func TestB9_TheLastWordReachesASlowReader(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		bob, _ := w.enter("bob")
		key := room.Key{App: app, Kind: room.Numeric, ID: "7"}
		if _, err := w.hall.Exit(t.Context(), key, host.Target{Users: []string{"bob"}}, removed("spam")); err != nil {
			t.Fatal(err)
		}
		// Nobody reads for as long as the flush may take, less a moment.
		<-time.After(cutWait - 100*time.Millisecond)
		if d := bob.mustEnd(exit.Removed); d.GetText() != "spam" {
			t.Errorf("detail: %v", d)
		}
	})
}

func TestB9_TheCloseFrameSaysItAgain(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for _, text := range []string{"spam", strings.Repeat("ü", 200), ""} {
			bob, _ := w.enter("bob")
			key := room.Key{App: app, Kind: room.Numeric, ID: "7"}
			if _, err := w.hall.Exit(t.Context(), key, host.Target{Users: []string{"bob"}}, removed(text)); err != nil {
				t.Fatal(err)
			}
			_, closed := bob.ended()
			if !utf8.ValidString(closed.Reason) || len(closed.Reason) > closeTextMax || closed.Reason == "" ||
				!strings.HasPrefix(removed(text).Sentence(), closed.Reason) {
				t.Errorf("close reason %q for %q", closed.Reason, text)
			}
		}
	})
}

func TestK10_AReaderThatNeverReadsBlocksNobody(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		stuck, _ := w.enter("stuck")
		ann.mustMeet("stuck")
		key := room.Key{App: app, Kind: room.Numeric, ID: "7"}
		// Give the writer something to be stuck in.
		carl, _ := w.enter("carl")
		ann.mustMeet("carl")
		synctest.Wait()
		began := time.Now()
		if _, err := w.hall.Exit(t.Context(), key, host.Target{Users: []string{"stuck"}}, removed("")); err != nil {
			t.Fatal(err)
		}
		ann.mustSee("stuck", exit.Removed)
		carl.mustSee("stuck", exit.Removed)
		if took := time.Since(began); took > 0 {
			t.Errorf("the others waited %s for one who never reads", took)
		}
		ann.exit()
		carl.exit()
		_ = stuck
	})
}

// script is a socket whose writes wait until the test lets them go.
type script struct {
	allow  chan struct{}
	mu     sync.Mutex
	said   []string
	code   websocket.StatusCode
	closed chan struct{}
	once   sync.Once
}

func newScript() *script { return &script{allow: make(chan struct{}), closed: make(chan struct{})} }

func (s *script) Read(ctx context.Context) (websocket.MessageType, []byte, error) {
	select {
	case <-s.closed:
		return 0, nil, errors.New("closed")
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
}

func (s *script) Write(ctx context.Context, _ websocket.MessageType, frame []byte) error {
	select {
	case <-s.allow:
	case <-s.closed:
		return errors.New("closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, string(frame))
	return nil
}

func (s *script) Close(code websocket.StatusCode, _ string) error {
	s.mu.Lock()
	s.code = code
	s.mu.Unlock()
	return s.CloseNow()
}
func (s *script) CloseNow() error { s.once.Do(func() { close(s.closed) }); return nil }

// What is enclosed costs no write of its own: it goes with the next frame, the newest of it alone, and never as the
// first frame of a connection or after its last word.
func TestWhatIsEnclosedGoesWithTheNextFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		close(s.allow)
		l := newLink(s)
		hear := func() (said []string) {
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			said, s.said = s.said, nil
			return said
		}
		l.Enclose([]byte("too early"))
		if said := hear(); len(said) > 0 {
			t.Errorf("%q was written by itself", said)
		}
		l.Send([]byte("welcome"))
		if said := hear(); len(said) != 2 || said[0] != "welcome" {
			t.Errorf("%q; want the welcome first", said)
		}
		l.Enclose([]byte("old"))
		l.Enclose([]byte("new"))
		l.Send([]byte("ack"))
		want := string(batch([][]byte{[]byte("ack"), []byte("new")}))
		if said := hear(); len(said) != 1 || said[0] != want {
			t.Error("the newest did not come with the next frame, or not alone")
		}
		l.Enclose([]byte("late"))
		l.finish(word{frame: []byte("last")})
		if said := hear(); fmt.Sprint(said) != "[last]" {
			t.Errorf("%q; want the last word alone", said)
		}
		<-l.done
	})
}

func TestAFullQueueSaysSo(t *testing.T) {
	for name, c := range map[string]struct{ size, want int }{
		"frames": {1, queueFrames}, "bytes": {queueBytes / 8, 8},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript()
				l := newLink(s)
				l.Send([]byte("first"))
				synctest.Wait() // The writer is stuck with it.
				sent := 0
				for l.Send(make([]byte, c.size)) {
					sent++
				}
				if sent != c.want {
					t.Errorf("%d frames of %d bytes fitted, want %d", sent, c.size, c.want)
				}
				l.Cut([]byte("last"), exit.Record{Why: exit.Why{Reason: exit.TooSlow}})
				close(s.allow)
				<-l.done
				if len(s.said) != 2 || s.said[1] != "last" || s.code != 4001 {
					t.Errorf("a slow member was told %d frames, close code %d", len(s.said), s.code)
				}
				if !l.Send([]byte("after")) {
					t.Error("after the end a queue is never full")
				}
			})
		})
	}
}

func TestTheLastWordComesLastAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		close(s.allow)
		l := newLink(s)
		for i := range 5 {
			l.Send(fmt.Append(nil, i))
		}
		l.Cut([]byte("last"), exit.Record{Why: removed("")})
		l.Cut([]byte("again"), exit.Record{Why: exit.Why{Reason: exit.Left}})
		<-l.done
		said := strings.Join(s.said, "")
		for _, frame := range []string{"0", "1", "2", "3", "4", "last"} {
			_, after, found := strings.Cut(said, frame)
			if !found {
				t.Errorf("%s is missing or comes too early in %q", frame, s.said)
			}
			said = after
		}
		if said != "" || s.said[len(s.said)-1][len(s.said[len(s.said)-1])-4:] != "last" || s.code != 4501 {
			t.Errorf("said %q, close code %d", s.said, s.code)
		}
	})
}

func TestI13_TheFlushHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		l := newLink(s)
		l.Send([]byte("stuck"))
		began := time.Now()
		l.Cut([]byte("last"), exit.Record{Why: removed("")})
		<-l.done
		if took := time.Since(began); took != cutWait {
			t.Errorf("the flush took %s", took)
		}
	})
}

func TestAWriteHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		l := newLink(s)
		began := time.Now()
		l.Send([]byte("stuck"))
		<-l.done
		if took := time.Since(began); took != writeWait {
			t.Errorf("the write took %s", took)
		}
		l.finish(word{code: 1001})
	})
}

func TestK6_EverybodyMaySpeakWhileTheLinkEnds(t *testing.T) {
	for range 50 {
		s := newScript()
		close(s.allow)
		l := newLink(s)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 100 {
					l.Send([]byte("frame"))
				}
			})
			all.Go(func() { l.Cut([]byte("last"), exit.Record{Why: removed("")}) })
			all.Go(func() { l.finish(word{code: 1001}) })
		}
		all.Wait()
		<-l.done
	}
}

func TestAMemberThatDoesNotReadIsTooSlow(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		slow, _ := w.enter("slow")
		ann.mustMeet("slow")
		carl, _ := w.enter("carl")
		go beatOn(carl)
		ann.mustMeet("carl")
		began := time.Now()
		for range 6 {
			// The script of the slow page lives, and the others' too.
			<-time.After(writeWait / 6)
			ann.beat(1)
			slow.beat(1)
			if ack := ann.next().GetHeartbeatAck(); ack == nil {
				t.Fatal("ann's heartbeat was not answered")
			}
		}
		frame := ann.next()
		if code := frame.GetMemberLeft().GetDetail().GetCode(); code != exit.TooSlow.String() {
			t.Errorf("ann was told %v", frame)
		}
		if took := time.Since(began); took > writeWait {
			t.Errorf("it took %s", took)
		}
	})
}

// TestB9_AStrangeSentenceIsMended: a refusal may quote what was wrong; half a character in it must not break the door.
func TestB9_AStrangeSentenceIsMended(t *testing.T) {
	var frame wire.ServerFrame
	if err := proto.Unmarshal(refusedFrame(-3301, "half a \xe2\x82"), &frame); err != nil {
		t.Fatal(err)
	}
	if got := frame.GetRefused().GetMessage(); got != "half a ?" {
		t.Errorf("got %q", got)
	}
}
