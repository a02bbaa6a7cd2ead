package soak

import (
	"context"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/test/rig"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// pair is a server with two members: ann speaks, and bob hears her.
type pair struct {
	t        *testing.T
	server   *rig.Server
	wire     *rig.Wire
	ann, bob *client.Client
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, wire: &rig.Wire{}}
	var err error
	p.server, err = rig.Start(rig.Options{Binary: binary, Dir: t.TempDir(), Apps: 1, Keep: true})
	p.check(err)
	t.Cleanup(func() { p.check(p.server.Stop()) })
	p.ann = p.enter("ann", p.wire)
	p.bob = p.enter("bob", &rig.Wire{})
	outlet, err := p.ann.Publish(t.Context(), client.Audio)
	p.check(err)
	speaking, quiet := context.WithCancel(context.Background())
	spoken := make(chan struct{})
	go func() {
		defer close(spoken)
		speakInto(speaking, outlet)
	}()
	t.Cleanup(func() {
		quiet()
		<-spoken
	})
	p.hears(5)
	return p
}

func (p *pair) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) enter(user string, wire *rig.Wire) *client.Client {
	p.t.Helper()
	app := p.server.Apps[0]
	c, err := client.Enter(p.t.Context(), client.Config{
		URL: p.server.Signal, SdkAppID: app.SdkAppID, UserID: user, UserSig: app.UserSig(user), RoomID: 7,
		ReceiveAudio: true, Media: &client.Media{AudioSlots: 2}, Link: client.Link{Dial: wire.Dial},
	})
	p.check(err)
	p.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		p.check(c.Exit(ctx))
	})
	return c
}

// hears waits until bob has heard so many more packets of ann.
func (p *pair) hears(n int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	inlet := p.bob.Receive("ann", client.Audio)
	// What waits to be read was heard before.
	for before, _ := inlet.Received(); ; {
		_, err := inlet.ReadRTP(ctx)
		p.check(err)
		if now, _ := inlet.Received(); now >= before+uint64(n) {
			return
		}
	}
}

// until reads events until one fits. Nobody may be told of a leave.
func until[E client.Event](p *pair, c *client.Client, fit func(E) bool) {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case event := <-c.Events():
			switch e := event.(type) {
			case client.RemoteUserLeave, client.Exited, nil:
				p.t.Fatalf("told of an end: %+v", e)
			case E:
				if fit(e) {
					return
				}
			}
		case <-late:
			p.t.Fatalf("no %T came", *new(E))
		}
	}
}

// anyOf fits every event of a kind.
func anyOf[E client.Event](E) bool { return true }

// TestB2_SoundGoesOnWhileTheConnectionIsMadeAnew: ann's connection breaks. Bob is told that she is unstable and that
// she is back, and hears her all the time; one ICE restart is all that it costs.
func TestB2_SoundGoesOnWhileTheConnectionIsMadeAnew(t *testing.T) {
	p := newPair(t)
	p.wire.Cut()
	until(p, p.ann, anyOf[client.ConnectionLost])
	until(p, p.ann, anyOf[client.ConnectionRecovered])
	until(p, p.bob, func(e client.MemberPresence) bool { return e.User == "ann" && e.Unstable })
	until(p, p.bob, func(e client.MemberPresence) bool { return e.User == "ann" && !e.Unstable })
	p.hears(20)
	if n := p.ann.Exchanges(); n > 2 {
		t.Errorf("%d SDP exchanges; want the entry's and an ICE restart", n)
	}
}

// TestJ13_SoundComesBackAfterTheServerWasKilled: the process is killed and started again. Nobody is told of an end, and
// bob hears ann again, over transports that are new.
func TestJ13_SoundComesBackAfterTheServerWasKilled(t *testing.T) {
	p := newPair(t)
	p.check(p.server.Kill())
	p.check(p.server.Restart())
	until(p, p.ann, anyOf[client.ConnectionRecovered])
	until(p, p.bob, anyOf[client.ConnectionRecovered])
	p.hears(20)
}
