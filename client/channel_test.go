package client

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// sorted is a client with the mail of one channel and nothing else.
func sorted(t testing.TB) *Client {
	t.Helper()
	c := &Client{events: make(chan Event, 2*heldMax)}
	c.mail.client, c.mail.outbox.client = c, c
	c.ctx, c.cancel = context.WithCancel(context.Background())
	t.Cleanup(c.cancel)
	return c
}

// posted is a message as a channel brings it.
func posted(t testing.TB, seq uint64, text string) []byte {
	t.Helper()
	b, err := proto.Marshal(&wire.ServerFrame{Seq: seq, Frame: &wire.ServerFrame_MessageReceived{
		MessageReceived: &wire.MessageReceived{UserId: "ben", CmdId: 1, Reliable: 1, Data: []byte(text)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// told is what the client told so far.
func (c *Client) told() (all []string) {
	for {
		select {
		case e := <-c.events:
			switch e := e.(type) {
			case Message:
				all = append(all, string(e.Data))
			case RemoteUserEnter:
				all = append(all, "+"+e.User)
			default:
				all = append(all, fmt.Sprintf("%T", e))
			}
		default:
			return all
		}
	}
}

func sameWords(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told %q; want %q", got, want)
	}
}

func turned(open bool) *wire.ServerFrame {
	return &wire.ServerFrame{Frame: &wire.ServerFrame_MessageChannel{MessageChannel: &wire.MessageChannel{Open: open}}}
}

// What a channel brings waits for the server's word on the connection, and each message for the event before it.
func TestMailKeepsTheOrderOfTwoWays(t *testing.T) {
	c := sorted(t)
	c.mail.take(nil, posted(t, 0, "one"))
	c.mail.take(nil, posted(t, 2, "two"))
	c.mail.takeLossy(posted(t, 0, "any time"))
	sameWords(t, c.told(), "any time")
	c.take(turned(true))
	sameWords(t, c.told(), "one")
	c.mail.take(nil, posted(t, 0, "three"))
	sameWords(t, c.told())
	entered := &wire.MemberEntered{UserId: "cid"}
	c.take(&wire.ServerFrame{Seq: 2, Frame: &wire.ServerFrame_MemberEntered{MemberEntered: entered}})
	sameWords(t, c.told(), "+cid", "two", "three")
}

// When the channel ends, what it brought before comes first, and what it still brings is not told.
func TestMailOfAChannelThatEndedIsNotTold(t *testing.T) {
	c := sorted(t)
	c.take(turned(true))
	c.mail.take(nil, posted(t, 9, "held"))
	c.take(turned(false))
	c.mail.take(nil, posted(t, 0, "late"))
	c.take(turned(false))
	sameWords(t, c.told(), "held")
}

// Over a connection that was made anew the server says again which way it is; until then everything waits.
func TestMailWaitsAfterAReturn(t *testing.T) {
	c := sorted(t)
	c.take(turned(true))
	c.mail.take(nil, posted(t, 0, "over the channel alone"))
	sameWords(t, c.told(), "over the channel alone")
	c.mail.resumed()
	c.mail.take(nil, posted(t, 0, "after the return"))
	sameWords(t, c.told())
	c.take(turned(true))
	sameWords(t, c.told(), "after the return")
}

// However much comes too early, a bounded part of it is kept: the latest.
func TestMailThatWaitsIsBounded(t *testing.T) {
	c := sorted(t)
	for n := range heldMax + 10 {
		c.mail.take(nil, posted(t, 0, fmt.Sprint(n)))
	}
	c.take(turned(true))
	told := c.told()
	if len(told) != heldMax || told[0] != "10" {
		t.Errorf("%d messages were told, the first is %q", len(told), told[0])
	}
}

// After the end nothing is told.
func TestMailEndsWithTheStay(t *testing.T) {
	c := sorted(t)
	c.take(turned(true))
	c.mail.end()
	c.mail.take(nil, posted(t, 0, "late"))
	c.mail.takeLossy(posted(t, 0, "late"))
	sameWords(t, c.told())
}

// Whatever a channel brings, the client takes it without a panic and tells messages only.
func FuzzChannel(f *testing.F) {
	f.Add(posted(f, 0, "hello"), true)
	f.Add(posted(f, 1<<40, "far"), false)
	f.Add([]byte("garbage"), true)
	f.Fuzz(func(t *testing.T, message []byte, reliable bool) {
		c := sorted(t)
		c.take(turned(true))
		if reliable {
			c.mail.take(nil, message)
		} else {
			c.mail.takeLossy(message)
		}
		c.take(turned(false))
		for len(c.events) > 0 {
			if e, ok := (<-c.events).(Message); !ok {
				t.Errorf("told %v", e)
			}
		}
	})
}
