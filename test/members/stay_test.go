package members

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/client"
)

// publish puts a stream on the air, with frames that bear a name.
func publish(t *testing.T, c *client.Client, stream client.Stream, name string) (stop func()) {
	t.Helper()
	outlet, err := c.Publish(context.Background(), stream)
	check(t, err)
	return talk(outlet, []byte(name), 10*time.Millisecond)
}

// hears reads a user's stream until a frame that bears the name.
func hears(t *testing.T, c *client.Client, user string, stream client.Stream, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	inlet := c.Receive(user, stream)
	for {
		packet, err := inlet.ReadRTP(ctx)
		if err != nil {
			t.Fatalf("%s's %v: %v", user, stream, err)
		}
		if bytes.Contains(packet.Payload, []byte(name)) {
			return
		}
		t.Errorf("%s's %v carries %q; want %q", user, stream, packet.Payload, name)
	}
}

// S1: two in a room hear and see each other; one leaves, the other is told, and not one SDP is exchanged for it (B12).
func TestTwoMeetAndOneLeaves(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.enter("ann"), w.enter("bob")
	defer publish(t, ann, client.Audio, "ann's voice")()
	defer publish(t, ann, client.Big, "ann's face")()
	defer publish(t, bob, client.Audio, "bob's voice")()
	hears(t, bob, "ann", client.Audio, "ann's voice")
	hears(t, bob, "ann", client.Big, "ann's face")
	hears(t, ann, "bob", client.Audio, "bob's voice")
	inlet := bob.Receive("ann", client.Audio)
	leave(t, ann)
	gone := until[client.RemoteUserLeave](t, bob)
	if gone.User != "ann" || gone.Reason != 0 || gone.Detail.Code != "left" {
		t.Errorf("bob was told %+v", gone)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, err := inlet.ReadRTP(ctx); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if e := until[client.Exited](t, ann); e.Reason != 0 || e.Detail.Code != "left" || e.Detail.Session != ann.Session() {
		t.Errorf("ann was told %+v", e)
	}
	if ann.Exchanges() != 1 || bob.Exchanges() != 1 {
		t.Errorf("%d and %d SDP exchanges; want one each", ann.Exchanges(), bob.Exchanges())
	}
}

// A sink gets every packet of the streams that it takes, and the others wait to be read as ever.
func TestPacketsGoWhereTheSinkSays(t *testing.T) {
	w := newWorld(t)
	ann := w.enter("ann")
	defer publish(t, ann, client.Audio, "ann's voice")()
	defer publish(t, ann, client.Big, "ann's face")()
	cfg := w.config("bob")
	faces := make(chan []byte, 1)
	cfg.Media.Sink = func(user string, stream client.Stream) func(*rtp.Packet) {
		if user != "ann" || stream != client.Big {
			return nil
		}
		return func(p *rtp.Packet) {
			select {
			case faces <- p.Payload:
			default:
			}
		}
	}
	bob := w.enterAs(cfg)
	select {
	case face := <-faces:
		if !bytes.Contains(face, []byte("ann's face")) {
			t.Errorf("the sink got %q", face)
		}
	case <-time.After(patience):
		t.Fatal("the sink gets nothing")
	}
	hears(t, bob, "ann", client.Audio, "ann's voice")
	if packets, _ := bob.Receive("ann", client.Big).Received(); packets == 0 {
		t.Error("what went into the sink is not counted")
	}
}

// Twenty come and go; the one who stays hears each of them by the same few slots, without SDP.
func TestComingAndGoingCostsNoSDP(t *testing.T) {
	w := newWorld(t)
	host := w.enter("host")
	for n := range 20 {
		user := fmt.Sprintf("guest-%d", n)
		guest := w.enter(user)
		stop := publish(t, guest, client.Audio, user)
		hears(t, host, user, client.Audio, user)
		stop()
		leave(t, guest)
		if gone := until[client.RemoteUserLeave](t, host); gone.User != user {
			t.Fatalf("%s left; the host was told of %s", user, gone.User)
		}
	}
	if host.Exchanges() != 1 {
		t.Errorf("%d SDP exchanges; want 1", host.Exchanges())
	}
}

// The pool is too small for who is there: the client offers more slots, and then everybody arrives.
func TestSlotsGrowWhenTheyAreNeeded(t *testing.T) {
	w := newWorld(t)
	small := w.config("small")
	small.Media = &client.Media{Network: client.OnlyUDP}
	viewer := w.enterAs(small)
	for _, user := range []string{"ann", "bob", "cat"} {
		c := w.enter(user)
		defer publish(t, c, client.Big, user)()
	}
	for _, user := range []string{"ann", "bob", "cat"} {
		hears(t, viewer, user, client.Big, user)
	}
	if n := viewer.Exchanges(); n < 2 || n > 4 {
		t.Errorf("%d SDP exchanges; want 2 to 4", n)
	}
}

// S4: a removed member gets the reason with the words of who removed it; the others hear that it was removed.
func TestRemovedMemberAndTheOthersAreTold(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.enter("ann"), w.enter("bob")
	defer publish(t, bob, client.Audio, "bob's voice")()
	hears(t, ann, "bob", client.Audio, "bob's voice")
	w.remove("bob")
	if e := until[client.Exited](t, bob); e.Reason != 1 || e.Detail.Code != "removed" || e.Detail.Text != "spam" {
		t.Errorf("bob was told %+v", e)
	}
	if gone := until[client.RemoteUserLeave](t, ann); gone.User != "bob" || gone.Reason != 2 {
		t.Errorf("ann was told %+v", gone)
	}
}

// L1: a member whose network has no UDP hears and is heard.
func TestL1_MemberWithoutUDP(t *testing.T) {
	w := newWorld(t)
	cfg := w.config("bob")
	cfg.Media.Network = client.OnlyTCP
	ann, bob := w.enter("ann"), w.enterAs(cfg)
	defer publish(t, ann, client.Audio, "ann's voice")()
	defer publish(t, bob, client.Audio, "bob's voice")()
	hears(t, bob, "ann", client.Audio, "ann's voice")
	hears(t, ann, "bob", client.Audio, "bob's voice")
}

// A stream that is refused stops arriving, comes back when it is wanted again, and a screen comes only when asked for.
func TestSubscribeAndUnsubscribe(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	ann, bob := w.enter("ann"), w.enter("bob")
	defer publish(t, ann, client.Big, "face")()
	defer publish(t, ann, client.Sub, "screen")()
	hears(t, bob, "ann", client.Big, "face")
	check(t, bob.Unsubscribe(ctx, "ann", client.Big))
	if u := until[client.SlotUnbound](t, bob); u.User != "ann" || u.Stream != client.Big {
		t.Errorf("unbound %+v", u)
	}
	check(t, bob.Subscribe(ctx, "ann", client.Sub))
	if b := until[client.SlotBound](t, bob); b.User != "ann" || b.Stream != client.Sub {
		t.Errorf("bound %+v", b)
	}
	hears(t, bob, "ann", client.Sub, "screen")
	check(t, bob.Subscribe(ctx, "ann", client.Big))
	until[client.SlotBound](t, bob)
	hears(t, bob, "ann", client.Big, "face")
}

// Fifty stays with media leave no goroutine behind while the server runs on.
func TestK1_StaysWithMediaLeaveNothing(t *testing.T) {
	w := newWorld(t)
	ann := w.enter("ann")
	defer publish(t, ann, client.Audio, "voice")()
	stay := func() {
		c, err := client.Enter(context.Background(), w.config("bob"))
		check(t, err)
		hears(t, c, "ann", client.Audio, "voice")
		leave(t, c)
	}
	stay()
	before := goleak.IgnoreCurrent()
	for range 50 {
		stay()
	}
	goleak.VerifyNone(t, before)
}
