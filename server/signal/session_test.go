package signal

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// story runs a test in virtual time.
func story(t *testing.T, tell func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { tell(t, newWorld(t)) })
}

func TestTwoMeetAndOneLeaves(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, first := w.enter("ann")
		if first.GetHeartbeatMs() == 0 || first.GetGoneMs() == 0 || first.GetSessionId() == "" {
			t.Errorf("entered: %v", first)
		}
		bob, second := w.enter("bob")
		if len(second.GetMembers()) != 1 || second.GetMembers()[0].GetUserId() != "ann" {
			t.Errorf("bob sees %v", second.GetMembers())
		}
		ann.mustMeet("bob")
		bob.exit()
		detail := bob.mustEnd(exit.Left)
		if detail.GetActor() != "bob" || detail.GetSessionId() != second.GetSessionId() {
			t.Errorf("bob's exit record: %v", detail)
		}
		ann.mustSee("bob", exit.Left)
	})
}

func TestE10_GoodbyeCountsAlthoughTheSocketClosesAtOnce(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		bob, _ := w.enter("bob")
		ann.mustMeet("bob")
		bob.exit()
		_ = bob.conn.CloseNow()
		ann.mustSee("bob", exit.Left)
	})
}

func TestASocketThatClosesWithoutGoodbyeIsALoss(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		bob, _ := w.enter("bob")
		ann.mustMeet("bob")
		_ = bob.conn.CloseNow()
		ann.mustMiss("bob", room.SocketClosed)
		go ann.keepBeating()
		ann.mustSee("bob", exit.TimedOut)
	})
}

func TestA3_APongIsNoSignOfLife(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		frozen, _ := w.enter("frozen")
		ann.mustMeet("frozen")
		began := time.Now()
		beats := make(chan struct{})
		go func() {
			defer close(beats)
			for n := range uint32(12) {
				<-time.After(time.Second)
				ann.beat(n)
			}
		}()
		heard := make(chan error, 1)
		go func() {
			_, err := frozen.read()
			heard <- err
		}()
		for range 3 {
			if err := frozen.conn.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for {
			frame := ann.next()
			if frame.GetHeartbeatAck() != nil || frame.GetMemberPresence().GetUserId() == "frozen" {
				continue
			}
			if code := frame.GetMemberLeft().GetDetail().GetCode(); code != exit.TimedOut.String() {
				t.Errorf("ann was told %v", frame)
			}
			break
		}
		if silence := time.Since(began); silence < goneFor || silence > goneFor+time.Second {
			t.Errorf("the frozen page was out after %s, want %s", silence, goneFor)
		}
		if err := <-heard; err != nil {
			t.Errorf("the frozen page's last word is missing: %v", err)
		}
		go func() {
			for {
				if _, err := ann.read(); err != nil {
					return
				}
			}
		}()
		<-beats
	})
}

func TestD4_WhoeverLeftMayEnterAtOnce(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for range 5 {
			// The reply to the goodbye is never read.
			bob, _ := w.enter("bob")
			bob.exit()
		}
		bob, _ := w.enter("bob")
		again, _ := w.enter("bob")
		bob.mustEnd(exit.Replaced)
		again.exit()
		again.mustEnd(exit.Left)
	})
}

func TestD1_LeaveDuringJoin(t *testing.T) {
	for name, leave := range map[string]func(*member){
		"goodbye":                     (*member).exit,
		"closed socket":               func(m *member) { _ = m.conn.CloseNow() },
		"goodbye behind other frames": func(m *member) { m.beat(1); m.beat(2); m.exit() },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				bob := w.connect("bob")
				e := entry("bob")
				e.Offer = "hang"
				bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: e}})
				<-w.media.opening
				began := time.Now()
				leave(bob)
				for {
					frame, err := bob.read()
					if err != nil {
						break
					}
					if frame.GetEntered() != nil {
						t.Error("bob was let in after the goodbye")
					}
				}
				synctest.Wait()
				if w.leases.count() != 0 || w.media.count() != 0 || time.Since(began) > goodbyeWait {
					t.Errorf("%d rooms, %d transports, %s later", w.leases.count(), w.media.count(), time.Since(began))
				}
			})
		})
	}
}

func TestD1_GoodbyeRightBehindEnter(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for range 20 {
			bob := w.connect("bob")
			bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: entry("bob")}})
			bob.exit()
			if _, closed := bob.ended(); uint16(closed.Code) != exit.Left.Row().Close {
				t.Errorf("close code %d", closed.Code)
			}
		}
		synctest.Wait()
		if w.leases.count() != 0 {
			t.Errorf("%d rooms are left", w.leases.count())
		}
	})
}

func TestAnEntryThatHangsIsRefused(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		bob := w.connect("bob")
		e := entry("bob")
		e.Offer = "hang"
		bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: e}})
		<-w.media.opening
		last, closed := bob.ended()
		if last.GetRefused().GetCode() != host.CodeEnterTimeout || uint16(closed.Code) != closeRefused {
			t.Errorf("last word %v, close code %d", last, closed.Code)
		}
	})
}

func TestTheFirstFrameMustBeEnter(t *testing.T) {
	silent := func(*member) {}
	text := func(m *member) { _ = m.conn.Write(m.t.Context(), websocket.MessageText, []byte("hi")) }
	for name, c := range map[string]struct {
		act  func(*member)
		want exit.Reason
	}{
		"nothing at all": {silent, exit.ProtocolError},
		"heartbeat":      {func(m *member) { m.beat(1) }, exit.ProtocolError},
		"goodbye":        {(*member).exit, exit.Left},
		"text":           {text, exit.ProtocolError},
		"noise":          {func(m *member) { m.raw([]byte{0xff, 0xff}) }, exit.ProtocolError},
		"empty":          {func(m *member) { m.raw(nil) }, exit.ProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				bob := w.connect("bob")
				began := time.Now()
				c.act(bob)
				if _, closed := bob.ended(); uint16(closed.Code) != c.want.Row().Close {
					t.Errorf("close code %d, want that of %v", closed.Code, c.want)
				}
				if time.Since(began) > enterWait {
					t.Errorf("it took %s", time.Since(began))
				}
			})
		})
	}
}

func (m *member) raw(message []byte) {
	m.t.Helper()
	if err := m.conn.Write(m.t.Context(), websocket.MessageBinary, message); err != nil {
		m.t.Fatal(err)
	}
}

func TestWhatNoClientSendsEndsTheStay(t *testing.T) {
	for name, act := range map[string]func(*member){
		"text":         func(m *member) { _ = m.conn.Write(m.t.Context(), websocket.MessageText, []byte("hi")) },
		"noise":        func(m *member) { m.raw([]byte{0xff, 0xff}) },
		"enter twice":  func(m *member) { m.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: entry("bob")}}) },
		"stream 0":     func(m *member) { m.publish(0) },
		"stream 257":   func(m *member) { m.publish(257) },
		"negative one": func(m *member) { m.publish(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				ann, _ := w.enter("ann")
				bob, _ := w.enter("bob")
				ann.mustMeet("bob")
				act(bob)
				bob.mustEnd(exit.ProtocolError)
				ann.mustSee("bob", exit.ProtocolError)
			})
		})
	}
}

func (m *member) publish(s wire.Stream) {
	m.t.Helper()
	m.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Publish{Publish: &wire.Publish{Stream: s, Mid: "0"}}})
}

func TestAFrameOfANewerClientIsPassedOver(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		bob, _ := w.enter("bob")
		bob.raw(protowire.AppendBytes(protowire.AppendTag(nil, 99, protowire.BytesType), []byte("later")))
		bob.beat(5)
		if ack := bob.next().GetHeartbeatAck(); ack.GetN() != 5 {
			t.Errorf("after the strange frame: %v", ack)
		}
	})
}

func TestEachFrameReachesTheRoom(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		e := entry("ann")
		e.Offer, e.ReceiveAudio = "lines", true
		ann, entered := w.enterAs(e)
		if entered.GetAnswer() != "answer to lines" {
			t.Errorf("answer %q", entered.GetAnswer())
		}
		e = entry("bob")
		e.Offer = "lines"
		bob, _ := w.enterAs(e)
		ann.mustMeet("bob")
		bob.publish(wire.Stream_STREAM_AUDIO)
		if f := ann.next().GetStreamChanged(); !f.GetPublished() || f.GetStream() != wire.Stream_STREAM_AUDIO {
			t.Errorf("published: %v", f)
		}
		if f := ann.next().GetSlotBound(); f.GetUserId() != "bob" {
			t.Errorf("bound: %v", f)
		}
		ann.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Unsubscribe{
			Unsubscribe: &wire.Unsubscribe{UserId: "bob", Stream: wire.Stream_STREAM_AUDIO},
		}})
		if f := ann.next().GetSlotUnbound(); f.GetMid() != "9" {
			t.Errorf("unbound: %v", f)
		}
		ann.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Subscribe{
			Subscribe: &wire.Subscribe{UserId: "bob", Stream: wire.Stream_STREAM_AUDIO},
		}})
		if f := ann.next().GetSlotBound(); f.GetUserId() != "bob" {
			t.Errorf("bound again: %v", f)
		}
		bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Unpublish{Unpublish: &wire.Unpublish{Stream: 1}}})
		if f := ann.next().GetStreamChanged(); f == nil || f.GetPublished() {
			t.Errorf("unpublished: %v", f)
		}
		bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_SendMessage{
			SendMessage: &wire.SendMessage{CmdId: 1, Data: []byte("hello")},
		}})
		if f := ann.next().GetMessageReceived(); string(f.GetData()) != "hello" {
			t.Errorf("message: %v", f)
		}
		for _, beyond := range []*wire.SendMessage{
			{CmdId: 11}, {CmdId: 1, Reliable: true}, {CmdId: 1, Ordered: true}, {CmdId: 1, Data: make([]byte, 1025)},
		} {
			bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_SendMessage{SendMessage: beyond}})
			if f := bob.next().GetProblem(); f.GetCode() != room.CodeInvalidParameter {
				t.Errorf("a message beyond the limits: %v", f)
			}
		}
		bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Offer{Offer: &wire.Offer{Id: 3, Sdp: "more"}}})
		if f := bob.next().GetAnswer(); f.GetId() != 3 || f.GetSdp() != "answer to more" {
			t.Errorf("answer: %v", f)
		}
		bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Offer{Offer: &wire.Offer{Id: 4, Sdp: "bad"}}})
		if f := bob.next().GetProblem(); f.GetCode() != room.CodeInvalidParameter {
			t.Errorf("bad offer: %v", f)
		}
		bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_SwitchRole{SwitchRole: &wire.SwitchRole{Role: 276}}})
		if f := bob.next().GetRoleSwitched(); f.GetCode() >= 0 {
			t.Errorf("role 276 became 20: %v", f)
		}
	})
}

func TestAFloodIsReadSlowlyAndHurtsNobodyElse(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		bob, _ := w.enter("bob")
		go func() {
			for {
				if _, err := bob.read(); err != nil {
					return
				}
			}
		}()
		began := time.Now()
		for n := range uint32(framesBurst + 10*framesPerSecond) {
			bob.beat(n)
		}
		if took := time.Since(began); took < 9*time.Second || took > 12*time.Second {
			t.Errorf("%d frames were read in %s", framesBurst+10*framesPerSecond, took)
		}
		ann, _ := w.enter("ann")
		ann.beat(1)
		if ann.next().GetHeartbeatAck().GetN() != 1 {
			t.Error("ann is not heard")
		}
		bob.exit()
	})
}

func TestAFrameBeyondTheLimitClosesTheConnection(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		bob, _ := w.enter("bob")
		ann.mustMeet("bob")
		go func() {
			_ = bob.conn.Write(t.Context(), websocket.MessageBinary, make([]byte, frameMax+1))
		}()
		if _, closed := bob.ended(); closed.Code != websocket.StatusMessageTooBig {
			t.Errorf("close code %d", closed.Code)
		}
		ann.mustSee("bob", exit.ProtocolError)
	})
}

// beatOn keeps a member alive, and reads what it is told, until its connection ends.
func beatOn(m *member) {
	go func() {
		for {
			if _, err := m.read(); err != nil {
				return
			}
		}
	}()
	beats := time.NewTicker(time.Second)
	defer beats.Stop()
	for beat := []byte{0x1a, 0x00}; m.conn.Write(m.t.Context(), websocket.MessageBinary, beat) == nil; {
		select {
		case <-beats.C:
		case <-m.t.Context().Done():
			return
		}
	}
}

// keepBeating keeps a member alive whose frames somebody else reads.
func (m *member) keepBeating() {
	beats := time.NewTicker(time.Second)
	defer beats.Stop()
	for beat := []byte{0x1a, 0x00}; m.conn.Write(m.t.Context(), websocket.MessageBinary, beat) == nil; {
		select {
		case <-beats.C:
		case <-m.t.Context().Done():
			return
		}
	}
}

func beatFor(m *member, d time.Duration) {
	m.t.Helper()
	beats := time.NewTicker(time.Second)
	defer beats.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); <-beats.C {
		m.beat(1)
		m.next()
	}
}

func TestADrainTellsEverybody(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		bob, _ := w.enter("bob")
		ann.mustMeet("bob")
		go func() { _ = w.hall.Close(t.Context()) }()
		for _, m := range []*member{ann, bob} {
			m.mustEnd(exit.Drained)
		}
		if err := w.door.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, response, err := websocket.Dial(t.Context(), w.url, &websocket.DialOptions{HTTPClient: w.client})
		if err == nil || response.StatusCode != 503 {
			t.Errorf("a closed door let somebody in: %v", err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x12, 0x00})
	f.Add([]byte{0x1a, 0x02, 0x08, 0x01})
	f.Add([]byte(strings.Repeat("\x2a\x02\x08\x7f", 3)))
	f.Fuzz(func(t *testing.T, message []byte) {
		frame, err := decode(websocket.MessageBinary, message)
		if err != nil {
			if frame != nil {
				t.Errorf("%v and %v at once", frame, err)
			}
			return
		}
		if e, err := event(frame); err == nil && e != nil {
			if _, own := room.By("s", e); !own {
				t.Errorf("%T is no event of a member", e)
			}
		}
	})
}
