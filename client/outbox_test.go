package client

import (
	"context"
	"errors"
	"testing"

	"github.com/exeunt/exeunt/server/wire"
)

func isMessage(f *wire.ClientFrame) bool { return f.GetSendMessage() != nil }

// A server that acknowledges nothing costs bounded memory and holds nobody up; what it does acknowledge is forgotten.
func TestWhatIsKeptForASilentServerIsBounded(t *testing.T) {
	const many = 3 * keptMax
	url := serve(t, func(l *line) {
		l.welcome()
		for n := range uint32(many) {
			if got := l.until(isMessage).GetSendMessage().GetNumber(); got != n+1 {
				t.Errorf("message %d has number %d", n+1, got)
				return
			}
		}
		l.say(
			&wire.ServerFrame{Frame: &wire.ServerFrame_MessageAck{MessageAck: &wire.MessageAck{Number: many}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_MessageAck{MessageAck: &wire.MessageAck{Number: 1}}},
			&wire.ServerFrame{Frame: &wire.ServerFrame_MessageReceived{MessageReceived: &wire.MessageReceived{UserId: "ann"}}},
		)
		if got := l.until(isMessage).GetSendMessage().GetNumber(); got != many+1 {
			t.Errorf("then comes message %d", got)
		}
		// The goodbye is one that the server has heard: nothing is said twice by one way.
		if f := l.until(func(f *wire.ClientFrame) bool { return isExit(f) || isMessage(f) }); !isExit(f) {
			t.Errorf("before the exit comes %v", f)
		}
		l.say(exited(0, "left"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	for range many {
		if err := c.SendMessage(context.Background(), 1, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	box := &c.mail.outbox
	box.mu.Lock()
	if n := len(box.kept); n > keptMax {
		t.Errorf("%d messages are kept; the limit is %d", n, keptMax)
	}
	box.mu.Unlock()
	for {
		if _, told := (<-c.Events()).(Message); told {
			break
		}
	}
	if err := c.SendMessage(context.Background(), 1, []byte("x")); err != nil {
		t.Fatal(err)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	if n := len(box.kept); n != 1 {
		t.Errorf("%d messages are kept after all but one were acknowledged", n)
	}
}

// A message of which the caller was told that it cannot be said is not said later.
func TestWhatCouldNotBeSaidIsNotSaidLater(t *testing.T) {
	c := sorted(t)
	for range 2 {
		if err := c.SendMessage(context.Background(), 1, []byte("x")); !errors.Is(err, ErrNoConnection) {
			t.Errorf("without a connection: %v", err)
		}
	}
	if box := &c.mail.outbox; len(box.kept) != 0 || box.last != 2 {
		t.Errorf("%d messages are kept, the last number is %d", len(box.kept), box.last)
	}
}
