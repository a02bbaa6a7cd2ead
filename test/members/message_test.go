package members

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/media"
)

// post counts what goes over the data channels of a world.
type post struct {
	open, reliable, lossy, heard atomic.Int64
	// swallows makes what comes over the channels go nowhere, as if it were on its way for ever; refuses makes the room
	// have no time for it.
	swallows, refuses atomic.Bool
}

// counting is the engine as the hall has it.
type counting struct {
	*media.Engines
	world *world
}

func (c counting) Say(session string, how media.Delivery, message []byte) error {
	err := c.Engines.Say(session, how, message)
	switch {
	case err != nil:
	case how == media.Reliable:
		c.world.post.reliable.Add(1)
	default:
		c.world.post.lossy.Add(1)
	}
	return err
}

func (w *world) talks(session string, open bool) {
	w.hall.Talks(session, open)
	if open {
		w.post.open.Add(1)
	}
}

func (w *world) heard(session string, message []byte) bool {
	w.post.heard.Add(1)
	if w.post.swallows.Load() || w.post.refuses.Load() {
		return !w.post.refuses.Load()
	}
	return w.hall.Heard(session, message)
}

// waitFor waits until channels were opened so often.
func (p *post) waitFor(t *testing.T, opened int64) {
	t.Helper()
	for late := time.Now().Add(patience); p.open.Load() < opened; runtime.Gosched() {
		if time.Now().After(late) {
			t.Fatalf("%d channels were opened; want %d", p.open.Load(), opened)
		}
	}
}

// enterTalking lets a user in who has data channels.
func (w *world) enterTalking(user string) *client.Client {
	w.t.Helper()
	cfg := w.config(user)
	cfg.Media.Messages = true
	return w.enterAs(cfg)
}

// says sends reliable messages, named from a number to another.
func says(t *testing.T, c *client.Client, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		check(t, c.SendMessage(context.Background(), 1, fmt.Append(nil, n)))
	}
}

// Reliable messages arrive once each and in order, across the change from the connection to the channel, by whichever
// way; others arrive as they like.
func TestMessagesArriveOnceAndInOrder(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.enterTalking("ann"), w.enterTalking("bob")
	says(t, ann, 0, 10)
	w.post.waitFor(t, 2)
	says(t, ann, 10, 20)
	for n := range 20 {
		got := until[client.Message](t, bob)
		if string(got.Data) != fmt.Sprint(n) || got.User != "ann" || int(got.Seq) != n+1 {
			t.Fatalf("message %d is %+v", n, got)
		}
	}
	says(t, bob, 0, 1)
	until[client.Message](t, ann) // It comes by her channel, so her end of that is open, too.
	heard, told := w.post.heard.Load(), w.post.reliable.Load()
	says(t, ann, 20, 26)
	for n := 20; n < 26; n++ {
		if got := until[client.Message](t, bob); string(got.Data) != fmt.Sprint(n) {
			t.Fatalf("message %d is %+v", n, got)
		}
	}
	check(t, ann.SendLossy(context.Background(), 2, []byte("perhaps")))
	if got := until[client.Message](t, bob); got.CmdID != 2 || string(got.Data) != "perhaps" {
		t.Errorf("bob is told %+v", got)
	}
	// Each reliable one has an answer, which goes over ann's channel as the message does over bob's.
	heard, told = w.post.heard.Load()-heard, w.post.reliable.Load()-told
	if lossy := w.post.lossy.Load(); heard != 7 || told != 12 || lossy != 1 {
		t.Errorf("over the channels came %d messages, and went %d reliable words and %d others; want 7, 12 and 1",
			heard, told, lossy)
	}
}

// cable is a network that can be cut: what stands breaks, and nothing new comes about until it is mended.
type cable struct {
	cut   atomic.Bool
	conns chan net.Conn
}

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.cut.Load() {
		return nil, net.ErrClosed
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		c.conns <- conn
	}
	return conn, err
}

// Whoever has lost the connection is still told what is said; afterwards it goes on, and nothing comes twice.
func TestMessagesArriveWhileTheConnectionIsLost(t *testing.T) {
	w := newWorld(t)
	ann := w.enterTalking("ann")
	network := &cable{conns: make(chan net.Conn, 10)}
	cfg := w.config("bob")
	cfg.Media.Messages, cfg.Link.Dial = true, network.dial
	bob := w.enterAs(cfg)
	w.post.waitFor(t, 2)
	says(t, ann, 0, 1)
	if got := until[client.Message](t, bob); string(got.Data) != "0" {
		t.Fatalf("bob is told %+v", got)
	}
	network.cut.Store(true)
	check(t, (<-network.conns).Close())
	until[client.ConnectionLost](t, bob)
	says(t, ann, 1, 4)
	for n := 1; n < 4; n++ {
		if got := until[client.Message](t, bob); string(got.Data) != fmt.Sprint(n) {
			t.Fatalf("without a connection bob is told %+v; want %d", got, n)
		}
	}
	network.cut.Store(false)
	until[client.ConnectionRecovered](t, bob)
	says(t, ann, 4, 8)
	for n := 4; n < 8; n++ {
		if got := until[client.Message](t, bob); string(got.Data) != fmt.Sprint(n) {
			t.Fatalf("after the return bob is told %+v; want %d", got, n)
		}
	}
}

// The removed hears nothing more, by whichever way; whoever stays does.
func TestWhoIsRemovedIsToldNothingMore(t *testing.T) {
	w := newWorld(t)
	ann, bob, cid := w.enterTalking("ann"), w.enterTalking("bob"), w.enterTalking("cid")
	w.post.waitFor(t, 3)
	says(t, ann, 0, 5)
	w.remove("bob")
	says(t, ann, 5, 10)
	for n := range 10 {
		if got := until[client.Message](t, cid); string(got.Data) != fmt.Sprint(n) {
			t.Fatalf("cid is told %+v; want %d", got, n)
		}
	}
	check(t, ann.SendLossy(context.Background(), 1, []byte("perhaps")))
	until[client.Message](t, cid)
	<-bob.Done()
	for e := range bob.Events() {
		if m, ok := e.(client.Message); ok && m.Seq > 5 {
			t.Errorf("bob was removed and is told %+v", m)
		}
	}
}
