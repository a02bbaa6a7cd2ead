package members

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/exeunt/exeunt/client"
)

// hearsAll waits for reliable messages that are named from a number to another, in order and once each.
func hearsAll(t *testing.T, c *client.Client, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if got := until[client.Message](t, c); string(got.Data) != fmt.Sprint(n) || int(got.Seq) != n+1 {
			t.Fatalf("message %d is %+v", n, got)
		}
	}
}

// A message just before the exit is told, once, though it goes by another way than the exit.
func TestAGoodbyeIsToldByWhicheverWay(t *testing.T) {
	w := newWorld(t)
	bob := w.enterTalking("bob")
	for n := range 10 {
		ann := w.enterTalking("ann")
		w.post.waitFor(t, int64(n+2))
		says(t, ann, 0, 2)
		leave(t, ann)
		said, left := 0, false
		for said < 2 || !left {
			switch e := (<-bob.Events()).(type) {
			case client.Message:
				if string(e.Data) != fmt.Sprint(said) {
					t.Fatalf("bob is told %+v after %d messages", e, said)
				}
				said++
			case client.RemoteUserLeave:
				left = true
			case client.Exited:
				t.Fatalf("bob: %+v", e)
			}
		}
	}
}

// A channel that breaks, or that brings nothing and does not say so, loses no message: the connection takes over, and
// nobody is told anything twice.
func TestWhatAChannelDoesNotBringGoesOverTheConnection(t *testing.T) {
	for name, broken := range map[string]func(*post) *atomic.Bool{
		"it swallows":   func(p *post) *atomic.Bool { return &p.swallows },
		"it is refused": func(p *post) *atomic.Bool { return &p.refuses },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.enterTalking("ann"), w.enterTalking("bob")
			w.post.waitFor(t, 2)
			says(t, ann, 0, 5)
			hearsAll(t, bob, 0, 5)
			broken(&w.post).Store(true)
			says(t, ann, 5, 15)
			hearsAll(t, bob, 5, 15)
			broken(&w.post).Store(false)
			says(t, ann, 15, 20)
			hearsAll(t, bob, 15, 20)
		})
	}
}

// pit is a connection in which what is said may vanish.
type pit struct {
	net.Conn
	swallows *atomic.Bool
}

func (c pit) Write(b []byte) (int, error) {
	if c.swallows.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// What was under way when the connection broke is said again over the next one.
func TestWhatWasSaidIntoABrokenConnectionArrives(t *testing.T) {
	w := newWorld(t)
	bob := w.enter("bob")
	cfg := w.config("ann")
	cfg.Media = nil
	network := &cable{conns: make(chan net.Conn, 10)}
	var swallows atomic.Bool
	cfg.Link.Dial = func(ctx context.Context, kind, address string) (net.Conn, error) {
		conn, err := network.dial(ctx, kind, address)
		return pit{conn, &swallows}, err
	}
	ann := w.enterAs(cfg)
	says(t, ann, 0, 3)
	hearsAll(t, bob, 0, 3)
	swallows.Store(true)
	says(t, ann, 3, 6)
	check(t, (<-network.conns).Close())
	until[client.ConnectionLost](t, ann)
	swallows.Store(false)
	until[client.ConnectionRecovered](t, ann)
	says(t, ann, 6, 9)
	hearsAll(t, bob, 3, 9)
}
