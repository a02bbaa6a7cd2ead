package client

import (
	"context"
	"errors"
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/exeunt/exeunt/server/wire"
)

// serveInTurn plays the first part for the first connection, and so on; whoever comes after the last is a fault.
func serveInTurn(t *testing.T, parts ...func(*line)) string {
	t.Helper()
	var turn atomic.Int32
	return serve(t, func(l *line) {
		n := int(turn.Add(1))
		if n > len(parts) {
			t.Errorf("connection %d came; want %d", n, len(parts))
			return
		}
		parts[n-1](l)
	})
}

// admit lets the client in with what a resume needs.
func (l *line) admit(change func(*wire.Entered)) *wire.Enter {
	e := &wire.Entered{SessionId: "session", Secret: []byte("secret"), HeartbeatMs: 20, GoneMs: 60_000}
	if change != nil {
		change(e)
	}
	enter := l.hear().GetEnter()
	l.say(&wire.ServerFrame{Seq: 1, Frame: &wire.ServerFrame_Entered{Entered: e}})
	return enter
}

// readmit hears a resume and answers it.
func (l *line) readmit(r *wire.Resumed) *wire.Resume {
	resume := l.hear().GetResume()
	if resume == nil {
		l.t.Error("the first frame is no resume")
	}
	l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_Resumed{Resumed: r}})
	return resume
}

func came(seq uint64, user string) *wire.ServerFrame {
	return &wire.ServerFrame{Seq: seq, Frame: &wire.ServerFrame_MemberEntered{
		MemberEntered: &wire.MemberEntered{UserId: user},
	}}
}

func gone(seq uint64, user, code string) *wire.ServerFrame {
	return &wire.ServerFrame{Seq: seq, Frame: &wire.ServerFrame_MemberLeft{MemberLeft: &wire.MemberLeft{
		UserId: user, Detail: &wire.ExitDetail{Code: code},
	}}}
}

// expect reads events; a [ConnectionLost] fits any text.
func expect(t *testing.T, c *Client, want ...Event) {
	t.Helper()
	for _, w := range want {
		got := next(t, c)
		if _, lost := got.(ConnectionLost); lost {
			got = ConnectionLost{}
		}
		if !reflect.DeepEqual(got, w) {
			t.Fatalf("got %#v; want %#v", got, w)
		}
	}
}

// A connection breaks, the client comes back by itself, and hears what it missed once, in order (B1, B6).
func TestB1_ResumeBringsWhatWasMissedOnce(t *testing.T) {
	asked := make(chan *wire.Resume, 1)
	var device string
	url := serveInTurn(t, func(l *line) {
		device = l.admit(nil).GetDevice()
		l.say(came(5, "ann"))
		l.until(func(f *wire.ClientFrame) bool { return f.GetHeartbeat().GetSeq() == 5 })
	}, func(l *line) {
		asked <- l.readmit(&wire.Resumed{Media: true})
		l.say(came(5, "ann"), &wire.ServerFrame{Frame: &wire.ServerFrame_Batch{Batch: &wire.Batch{
			Frames: []*wire.ServerFrame{came(6, "bob"), gone(7, "ann", "removed")},
		}}}, came(8, "cat"), exited(1, "removed"))
	})
	c := enter(t, Config{URL: url, SdkAppID: 14, UserID: "me", StrRoomID: "7"})
	expect(t, c, RemoteUserEnter{"ann"}, ConnectionLost{}, ConnectionRecovered{}, RemoteUserEnter{"bob"},
		RemoteUserLeave{User: "ann", Detail: Detail{Code: "removed"}}, RemoteUserEnter{"cat"})
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 1 {
		t.Errorf("the last event is %#v", e)
	}
	r := <-asked
	if r.GetSessionId() != "session" || string(r.GetSecret()) != "secret" || r.GetSeq() != 5 || device == "" ||
		r.GetDevice() != device || r.GetStrRoomId() != "7" || r.GetSdkAppId() != 14 {
		t.Errorf("the resume asks for %v", r)
	}
}

// The reply and what was missed may come in one batch, up to the last word.
func TestB6_ReplyInABatch(t *testing.T) {
	url := serveInTurn(t, func(l *line) { l.admit(nil) }, func(l *line) {
		l.hear()
		resumed := &wire.ServerFrame{Frame: &wire.ServerFrame_Resumed{Resumed: &wire.Resumed{}}}
		l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_Batch{Batch: &wire.Batch{
			Frames: []*wire.ServerFrame{resumed, came(6, "bob"), exited(2, "dismissed")},
		}}})
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	expect(t, c, ConnectionLost{}, ConnectionRecovered{}, RemoteUserEnter{"bob"})
	if e, ok := next(t, c).(Exited); !ok || e.Detail.Code != "dismissed" {
		t.Errorf("the last event is %#v", e)
	}
}

// More was missed than the server keeps: the difference to the whole list is told, those who left with their reasons
// first (B5).
func TestB5_WholeListTellsTheDifference(t *testing.T) {
	streams := func(muted bool, of ...wire.Stream) []*wire.StreamState {
		var all []*wire.StreamState
		for _, s := range of {
			all = append(all, &wire.StreamState{Stream: s, Muted: muted})
		}
		return all
	}
	url := serveInTurn(t, func(l *line) {
		l.admit(func(e *wire.Entered) {
			e.Members = []*wire.Member{
				{UserId: "ann"}, {UserId: "bob", Streams: streams(false, wire.Stream_STREAM_AUDIO, wire.Stream_STREAM_BIG)},
			}
		})
	}, func(l *line) {
		l.readmit(&wire.Resumed{
			Whole: true, Seq: 40, Media: true,
			Left: []*wire.MemberLeft{
				gone(0, "ann", "banned").GetMemberLeft(), gone(0, "dan", "left").GetMemberLeft(),
			},
			Members: []*wire.Member{
				{UserId: "bob", Unstable: true, Streams: streams(true, wire.Stream_STREAM_AUDIO)}, {UserId: "cat"},
			},
		})
		l.say(came(40, "cat"), came(41, "ann"), exited(0, "left"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	expect(t, c, RemoteUserEnter{"ann"}, RemoteUserEnter{"bob"}, AudioAvailable{"bob", true}, VideoAvailable{"bob", true},
		ConnectionLost{}, ConnectionRecovered{Whole: true},
		RemoteUserLeave{User: "ann", Detail: Detail{Code: "banned"}},
		MemberPresence{User: "bob", Unstable: true}, AudioAvailable{"bob", false}, VideoAvailable{"bob", false},
		RemoteUserEnter{"cat"}, RemoteUserEnter{"ann"})
}

// A stay that ended meanwhile is over for its true reason, and nobody comes again (D10, F3, D13).
func TestF3_ExitedWhileResumingIsFinal(t *testing.T) {
	url := serveInTurn(t, func(l *line) { l.admit(nil) }, func(l *line) {
		l.hear()
		l.say(exited(1, "banned"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	expect(t, c, ConnectionLost{})
	if e, ok := next(t, c).(Exited); !ok || e.Detail.Code != "banned" || e.Detail.Text != "spam" {
		t.Errorf("the last event is %#v", e)
	}
	<-c.Done()
}

// A close code from 4500 on forbids to come back, even when the last word itself was lost (D13).
func TestD13_CloseForGoodIsFinal(t *testing.T) {
	url := serveInTurn(t, func(l *line) {
		l.admit(nil)
		_ = l.conn.Close(websocket.StatusCode(4504), "replaced")
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 3 {
		t.Errorf("the last event is %#v", e)
	}
}

// Whoever leaves while the connection is being made anew is not in the room again: the goodbye is said as soon as it
// can be (D2).
func TestD2_LeavingWinsOverComingBack(t *testing.T) {
	back, leaving := make(chan struct{}), make(chan struct{})
	heard := make(chan *wire.ClientFrame, 1)
	url := serveInTurn(t, func(l *line) { l.admit(nil) }, func(l *line) {
		l.hear()
		close(back)
		<-leaving
		l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_Resumed{Resumed: &wire.Resumed{}}})
		heard <- l.until(func(f *wire.ClientFrame) bool { return f.GetHeartbeat() == nil })
		l.say(exited(0, "left"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	<-back
	done := make(chan error, 1)
	go func() { done <- c.Exit(watched{context.Background(), sync.OnceFunc(func() { close(leaving) })}) }()
	if err := <-done; err != nil {
		t.Error(err)
	}
	expect(t, c, ConnectionLost{})
	if e, ok := next(t, c).(Exited); !ok || e.Detail.Code != "left" {
		t.Errorf("the last event is %#v", e)
	}
	if f := <-heard; f.GetExit() == nil {
		t.Errorf("the client said %v; want its goodbye", f)
	}
}

// A server that cannot be reached any more: leaving takes no longer than always.
func TestD4_LeavingWithNobodyThere(t *testing.T) {
	var cut breaker
	url := serve(t, func(l *line) {
		l.admit(nil)
		l.until(isExit)
	})
	c := enter(t, Config{URL: url, RoomID: 7, Link: Link{Dial: cut.dial}})
	cut.off()
	expect(t, c, ConnectionLost{})
	start := time.Now()
	leave(t, c)
	if took := time.Since(start); took > 4*exitWait {
		t.Errorf("exit took %v", took)
	}
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 0 || e.Detail.Code != "no_answer" {
		t.Errorf("the last event is %#v", e)
	}
	if err := c.SendMessage(context.Background(), 1, nil); !errors.Is(err, ErrExited) {
		t.Errorf("a message after the end: %v", err)
	}
}

// The stay is given up when the server has given it up (D9).
func TestD9_GivingUpIsTheEnd(t *testing.T) {
	var cut breaker
	url := serve(t, func(l *line) {
		l.admit(func(e *wire.Entered) { e.GoneMs = 600 })
		l.until(isExit)
	})
	c := enter(t, Config{URL: url, RoomID: 7, Link: Link{Dial: cut.dial}})
	cut.off()
	expect(t, c, ConnectionLost{})
	if err := c.SendMessage(context.Background(), 1, nil); !errors.Is(err, ErrNoConnection) {
		t.Errorf("a message without a connection: %v", err)
	}
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 3 || e.Detail.Code != "connection_lost" {
		t.Errorf("the last event is %#v", e)
	}
}

// A connection on which nothing comes any more is as good as broken, although nobody closed it (L5).
func TestL5_SilentServerIsLost(t *testing.T) {
	silent := func(e *wire.Entered) { e.UnstableMs = 40 }
	url := serveInTurn(t, func(l *line) {
		l.admit(silent)
		l.until(isExit)
	}, func(l *line) {
		l.readmit(&wire.Resumed{})
		l.say(exited(1, "removed"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	expect(t, c, ConnectionLost{}, ConnectionRecovered{})
}

// A try that fails is followed by another, and a refusal by none.
func TestTriesGoOnUntilRefused(t *testing.T) {
	hangUp := func(l *line) { l.hear() }
	url := serveInTurn(t, func(l *line) { l.admit(nil) }, hangUp, hangUp, func(l *line) {
		l.hear()
		l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_Refused{Refused: &wire.Refused{Code: -3317, Message: "no"}}})
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	expect(t, c, ConnectionLost{})
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 3 || e.Detail.Code != "connection_lost" {
		t.Errorf("the last event is %#v", e)
	}
}

// What a member is told of presence, rights and host are events.
func TestWordsOfPresenceAndRights(t *testing.T) {
	url := serveInTurn(t, func(l *line) {
		l.admit(nil)
		l.say(came(2, "ann"), &wire.ServerFrame{Seq: 3, Frame: &wire.ServerFrame_MemberPresence{
			MemberPresence: &wire.MemberPresence{UserId: "ann", Unstable: true, Cause: "socket", GoneInMs: 8000},
		}}, &wire.ServerFrame{Seq: 4, Frame: &wire.ServerFrame_RightsChanged{
			RightsChanged: &wire.RightsChanged{Rights: 3, AudioBlocked: true},
		}}, &wire.ServerFrame{Seq: 5, Frame: &wire.ServerFrame_HostChanged{
			HostChanged: &wire.HostChanged{UserId: "ann"},
		}})
		if p := l.until(func(f *wire.ClientFrame) bool { return f.GetUpdatePermit() != nil }); p != nil {
			if key := p.GetUpdatePermit().GetPrivateMapKey(); key != "key" {
				l.t.Errorf("the permit is %q", key)
			}
		}
		l.say(exited(2, "dismissed"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	if err := c.UpdatePermit(context.Background(), "key"); err != nil {
		t.Error(err)
	}
	expect(t, c, RemoteUserEnter{"ann"},
		MemberPresence{User: "ann", Unstable: true, Cause: "socket", GoneIn: 8 * time.Second},
		RightsChanged{Rights: 3, AudioBlocked: true}, HostChanged{"ann"})
}

// watched is a context that tells when it is asked whether it is done: Exit asks once it has begun to leave.
type watched struct {
	context.Context
	asked func()
}

func (w watched) Done() <-chan struct{} {
	w.asked()
	return w.Context.Done()
}

// breaker is a network that can be cut.
type breaker struct {
	cut  atomic.Bool
	last atomic.Pointer[net.Conn]
}

func (b *breaker) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if b.cut.Load() {
		return nil, errors.New("the network is cut")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		b.last.Store(&conn)
	}
	return conn, err
}

func (b *breaker) off() {
	b.cut.Store(true)
	_ = (*b.last.Load()).Close()
}
