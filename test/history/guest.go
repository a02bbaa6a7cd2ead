package history

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/test/rig"
)

// guest is one stay, as the one who plays it sees it.
type guest struct {
	*client.Client
	user int
	wire *rig.Wire
	// back tells that a connection was made anew: the number of that connection, or a later one.
	back chan int
	// over closes when the stay is; last is how it ended.
	over chan struct{}
	last client.Exited
	// cutting is held by the one who cuts the connection and waits for the outcome.
	cutting sync.Mutex
}

// enter lets a user in.
func enter(ctx context.Context, server *rig.Server, app rig.App, user int) (*guest, error) {
	g := &guest{user: user, wire: &rig.Wire{}, back: make(chan int, 16), over: make(chan struct{})}
	cfg := client.Config{
		URL: server.Signal, SdkAppID: app.SdkAppID, UserID: name(user), UserSig: app.UserSig(name(user)), RoomID: lobby,
		Link: client.Link{Dial: g.wire.Dial},
	}
	var err error
	if g.Client, err = client.Enter(ctx, cfg); err != nil {
		return nil, err
	}
	go g.watch()
	return g, nil
}

// watch reads events until the last one.
func (g *guest) watch() {
	defer close(g.over)
	for event := range g.Events() {
		switch e := event.(type) {
		case client.ConnectionRecovered:
			select {
			case g.back <- g.wire.Count():
			default: // Nobody waits for so many.
			}
		case client.Exited:
			g.last = e
		}
	}
}

// heard says how the stay ended, if the server said so.
func (g *guest) heard() (string, bool) {
	<-g.over
	why := g.last.Detail.Code
	return why, why != "no_answer" && why != "connection_lost"
}

// resume cuts the connection and waits for what comes of it: "" when the stay goes on.
func (g *guest) resume() (why string, known bool) {
	was := g.wire.Cut()
	for {
		select {
		case now := <-g.back:
			if now > was {
				return "", true
			}
		case <-g.over:
			return g.heard()
		}
	}
}

// neverSent says that a request cannot have reached the server.
func neverSent(err error) bool {
	failed := (*net.OpError)(nil)
	return errors.As(err, &failed) && failed.Op == "dial"
}
