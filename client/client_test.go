package client

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/exeunt/exeunt/server/wire"
)

// The whole of a stay without media: what is asked, and every event in the order of the frames.
func TestEventsComeInOrderAndEndWithExited(t *testing.T) {
	asked := make(chan *wire.Enter, 1)
	url := serve(t, func(l *line) {
		asked <- l.welcome(&wire.Member{UserId: "ann", Streams: []*wire.StreamState{{Stream: wire.Stream_STREAM_AUDIO}}})
		l.say(
			&wire.ServerFrame{Frame: &wire.ServerFrame_MemberEntered{MemberEntered: &wire.MemberEntered{UserId: "bob"}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_StreamChanged{StreamChanged: &wire.StreamChanged{
				UserId: "bob", Stream: wire.Stream_STREAM_BIG, Published: true,
			}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_StreamChanged{StreamChanged: &wire.StreamChanged{
				UserId: "bob", Stream: wire.Stream_STREAM_BIG, Published: true, Muted: true,
			}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_StreamChanged{StreamChanged: &wire.StreamChanged{
				UserId: "ann", Stream: wire.Stream_STREAM_SUB, Published: true,
			}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_MessageReceived{MessageReceived: &wire.MessageReceived{
				UserId: "ann", CmdId: 3, Seq: 1, Data: []byte("hi"),
			}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_RoleSwitched{RoleSwitched: &wire.RoleSwitched{Role: 21}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_Problem{Problem: &wire.Problem{Code: -3, Message: "too fast"}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_MemberLeft{MemberLeft: &wire.MemberLeft{
				UserId: "bob", Reason: 2, Detail: &wire.ExitDetail{Code: "removed"},
			}}},
			exited(1, "removed"),
		)
	})
	c := enter(t, Config{URL: url, SdkAppID: 14, UserID: "me", UserSig: "sig", StrRoomID: "7", Scene: 1, Role: 20})
	want := []Event{
		RemoteUserEnter{"ann"},
		AudioAvailable{"ann", true},
		RemoteUserEnter{"bob"},
		VideoAvailable{"bob", true},
		VideoAvailable{"bob", false},
		SubStreamAvailable{"ann", true},
		Message{"ann", 3, 1, []byte("hi")},
		RoleSwitched{Role: 21},
		Problem{-3, "too fast"},
		RemoteUserLeave{"bob", 2, Detail{Code: "removed"}},
		Exited{1, Detail{Code: "removed", Actor: "api:key", Text: "spam", RejoinAfter: 1500 * time.Millisecond, Seq: 9}},
	}
	for _, w := range want {
		if got := next(t, c); !reflect.DeepEqual(got, w) {
			t.Fatalf("got %#v; want %#v", got, w)
		}
	}
	if _, open := <-c.Events(); open {
		t.Error("an event came after Exited")
	}
	if e := <-asked; e.GetStrRoomId() != "7" || e.GetUserId() != "me" || e.GetSdkAppId() != 14 || e.GetClient() == "" {
		t.Errorf("asked for %v", e)
	}
	if err := c.SendMessage(context.Background(), 1, nil); !errors.Is(err, ErrExited) {
		t.Errorf("a message after the end: %v; want ErrExited", err)
	}
}

func TestRefusalIsATypedError(t *testing.T) {
	url := serve(t, func(l *line) {
		l.hear()
		l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_Refused{Refused: &wire.Refused{Code: -3320, Message: "no"}}})
	})
	_, err := Enter(context.Background(), Config{URL: url, RoomID: 7})
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != -3320 {
		t.Errorf("%v; want a Refusal with code -3320", err)
	}
}

// An entry that cannot be is an error, and leaves nothing behind: no server, a hang-up, a wrong first frame, giving up.
func TestEntryThatDoesNotHappen(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	for name, url := range map[string]string{
		"nobody there": "ws://127.0.0.1:1/signal",
		"hangs up":     serve(t, func(l *line) { l.hear() }),
		"says nonsense": serve(t, func(l *line) {
			l.hear()
			l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_HeartbeatAck{HeartbeatAck: &wire.HeartbeatAck{}}})
		}),
		"answers no offer": serve(t, func(l *line) { l.welcome() }),
		"says nothing": serve(t, func(l *line) {
			l.hear()
			cancel()
			l.hear()
		}),
	} {
		if name != "says nothing" {
			_, err := Enter(context.Background(), Config{URL: url, RoomID: 7, Media: &Media{AudioSlots: 1}})
			if err == nil {
				t.Errorf("%s: entered", name)
			}
			continue
		}
		if _, err := Enter(ctx, Config{URL: url, RoomID: 7}); err == nil {
			t.Errorf("%s: entered", name)
		}
	}
}

// Exit says goodbye and hears the last word.
func TestExitIsAnsweredByTheLastWord(t *testing.T) {
	url := serve(t, func(l *line) {
		l.welcome()
		l.until(isExit)
		l.say(exited(0, "left"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	leave(t, c)
	leave(t, c)
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 0 || e.Detail.Code != "left" {
		t.Errorf("the last event is %#v", e)
	}
}

// A server that is alive but deaf delays an exit by no more than half a second; the reason is still the own wish.
func TestExitDoesNotDependOnTheServer(t *testing.T) {
	stuck := make(chan struct{})
	url := serve(t, func(l *line) {
		l.welcome()
		<-stuck
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	start := time.Now()
	leave(t, c)
	close(stuck)
	if took := time.Since(start); took > 4*exitWait {
		t.Errorf("exit took %v", took)
	}
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 0 || e.Detail.Code != "no_answer" {
		t.Errorf("the last event is %#v", e)
	}
}

// A connection that breaks is an end too, and says what was seen.
func TestLostConnectionEndsTheStay(t *testing.T) {
	url := serve(t, func(l *line) {
		l.welcome()
		_ = l.conn.Close(websocket.StatusCode(4002), "drained")
	})
	c := enter(t, Config{URL: url, RoomID: 7, Link: Link{NoResume: true}})
	if e, ok := next(t, c).(Exited); !ok || e.Reason != 3 || e.Detail.Code != "connection_lost" {
		t.Errorf("the last event is %#v", e)
	}
	select {
	case <-c.Done():
	case <-time.After(patience):
		t.Error("the stay is not done")
	}
}

// Heartbeats come by themselves, numbered, at the pace that the server asked for.
func TestHeartbeatsComeByThemselves(t *testing.T) {
	beats := make(chan uint32, 3)
	url := serve(t, func(l *line) {
		l.welcome()
		for range cap(beats) {
			beats <- l.hear().GetHeartbeat().GetN()
		}
		l.until(isExit)
	})
	enter(t, Config{URL: url, RoomID: 7})
	for want := range uint32(3) {
		select {
		case n := <-beats:
			if n != want+1 {
				t.Errorf("heartbeat %d; want %d", n, want+1)
			}
		case <-time.After(patience):
			t.Fatal("no heartbeat")
		}
	}
}

// What the server says of the next heartbeat is done, as far as it is near the pace.
func TestHeartbeatsComeWhenTheyAreWelcome(t *testing.T) {
	c := &Client{pass: pass{beat: time.Second}, beating: pulse{paced: make(chan time.Duration, 1)}}
	for asked, want := range map[uint32]time.Duration{
		1: 100 * time.Millisecond, 700: 700 * time.Millisecond, 1125: 1125 * time.Millisecond,
		1 << 31: 1250 * time.Millisecond,
	} {
		c.pace(&wire.HeartbeatAck{NextMs: asked})
		if got := <-c.beating.paced; got != want {
			t.Errorf("asked for %d ms: %v; want %v", asked, got, want)
		}
	}
	c.pace(&wire.HeartbeatAck{})
	select {
	case got := <-c.beating.paced:
		t.Errorf("asked for nothing: %v", got)
	default:
	}
}

// A program that never reads its events can still leave, and finds the last word at the end.
func TestExitWhenNobodyReadsTheEvents(t *testing.T) {
	told := make(chan struct{})
	url := serve(t, func(l *line) {
		l.welcome()
		for range 10 {
			l.say(&wire.ServerFrame{Frame: &wire.ServerFrame_MemberEntered{MemberEntered: &wire.MemberEntered{UserId: "u"}}})
		}
		close(told)
		l.until(isExit)
		l.say(exited(0, "left"))
	})
	c := enter(t, Config{URL: url, RoomID: 7, EventsMax: 2})
	<-told
	leave(t, c)
	var last Event
	for e := range c.Events() {
		last = e
	}
	if e, ok := last.(Exited); !ok || e.Reason != 0 {
		t.Errorf("the last event is %#v", last)
	}
}

func TestRequestsAreSentAsAsked(t *testing.T) {
	frames := make(chan *wire.ClientFrame, 8)
	url := serve(t, func(l *line) {
		l.welcome()
		for range cap(frames) {
			f := l.until(func(f *wire.ClientFrame) bool { return f.GetHeartbeat() == nil })
			if f == nil {
				return
			}
			frames <- f
		}
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	ctx := context.Background()
	for _, err := range []error{
		c.Subscribe(ctx, "ann", Sub), c.Unsubscribe(ctx, "ann", Big), c.SwitchRole(ctx, 21, "key"),
		c.SendMessage(ctx, 2, []byte("x")), c.Unpublish(ctx, Big),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Publish(ctx, Audio); err == nil {
		t.Error("a client without media publishes")
	}
	if _, err := c.Receive("ann", Big).ReadRTP(ctx); err == nil {
		t.Error("a client without media receives")
	}
	if s := (<-frames).GetSubscribe(); s.GetUserId() != "ann" || s.GetStream() != wire.Stream_STREAM_SUB {
		t.Errorf("subscribe: %v", s)
	}
	if s := (<-frames).GetUnsubscribe(); s.GetUserId() != "ann" || s.GetStream() != wire.Stream_STREAM_BIG {
		t.Errorf("unsubscribe: %v", s)
	}
	if s := (<-frames).GetSwitchRole(); s.GetRole() != 21 || s.GetPrivateMapKey() != "key" {
		t.Errorf("switch role: %v", s)
	}
	if s := (<-frames).GetSendMessage(); s.GetCmdId() != 2 || string(s.GetData()) != "x" {
		t.Errorf("send message: %v", s)
	}
	if s := (<-frames).GetUnpublish(); s.GetStream() != wire.Stream_STREAM_BIG {
		t.Errorf("unpublish: %v", s)
	}
}
