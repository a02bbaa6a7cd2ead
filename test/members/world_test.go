// Package members tries whole stays: the real door, hall, bus and media in one process, and the Go client.
package members

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/relay"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/signal"
	"github.com/exeunt/exeunt/server/usersig"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "exeunt-members-")
	if err == nil {
		err = trusted(dir)
	}
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

var lobby = room.Key{App: config.DevelopmentSdkAppID, Kind: room.Numeric, ID: "7"}

// world is a server on loopback.
type world struct {
	t    *testing.T
	hall *host.Hall
	url  string
	// relay is nil where there is no way through TURN; numbers has how many take it.
	relay   *relay.Relay
	numbers *metrics.Metrics
	post    post
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newRelayedWorld(t, relay.Config{})
}

// newRelayedWorld is newWorld with the ways through TURN that cfg opens.
func newRelayedWorld(t *testing.T, cfg relay.Config) *world {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	bus, err := registry.Open(registry.Config{}, quiet)
	check(t, err)
	w := &world{t: t, numbers: metrics.New()}
	engine, err := media.NewEngines(media.Config{
		UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Shards: 2, Talks: w.talks, Heard: w.heard,
	}, quiet, nil)
	check(t, err)
	house := host.Config{Server: "test", Courier: counting{engine, w}}
	if cfg.Open() {
		cfg.Told, cfg.Bound, cfg.Ports = engine.Told(), engine.Bound(), engine.Ports()
		w.relay, err = relay.New(cfg, quiet, w.numbers)
		check(t, err)
		house.Relay = w.relay
	}
	hall := host.New(house, engine, engine, bus, events.NewRing(100), quiet, nil)
	check(t, bus.Serve(hall.Answer))
	door := signal.New(signal.Config{
		Apps: config.Apps{config.DevelopmentApp()}, Development: true,
	}, hall, quiet, nil)
	server := httptest.NewServer(http.Handler(door))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err := errors.Join(hall.Close(ctx), door.Close(ctx))
		if w.relay != nil {
			err = errors.Join(err, w.relay.Close())
		}
		err = errors.Join(err, engine.Close(ctx), bus.Close(ctx))
		server.Close()
		if err != nil {
			t.Error(err)
		}
	})
	w.hall, w.url = hall, "ws"+strings.TrimPrefix(server.URL, "http")+signal.Path
	return w
}

// config is how user enters the lobby, with everything on.
func (w *world) config(user string) client.Config {
	return client.Config{
		URL: w.url, SdkAppID: lobby.App, UserID: user, RoomID: 7, ReceiveAudio: true, ReceiveVideo: true,
		UserSig: usersig.Sign(lobby.App, user, config.DevelopmentSecret, time.Hour, time.Now()),
		Media:   &client.Media{AudioSlots: 3, VideoSlots: 3, Network: client.OnlyUDP},
	}
}

func (w *world) enter(user string) *client.Client {
	w.t.Helper()
	return w.enterAs(w.config(user))
}

func (w *world) enterAs(cfg client.Config) *client.Client {
	w.t.Helper()
	c, err := client.Enter(context.Background(), cfg)
	check(w.t, err)
	w.t.Cleanup(func() { leave(w.t, c) })
	return c
}

func leave(t *testing.T, c *client.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	check(t, c.Exit(ctx))
}

// remove is what RemoveUser does, once it is past its own door.
func (w *world) remove(users ...string) {
	w.t.Helper()
	why := exit.Why{Reason: exit.Removed, Actor: "api:test", Text: "spam"}
	ended, err := w.hall.Exit(context.Background(), lobby, host.Target{Users: users}, why)
	check(w.t, err)
	if len(ended) != len(users) {
		w.t.Fatalf("%d stays ended; want %d", len(ended), len(users))
	}
}

// until returns the first event of a kind; what came before it does not matter.
func until[E client.Event](t *testing.T, c *client.Client) E {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, open := <-c.Events():
			if wanted, ok := e.(E); ok {
				return wanted
			}
			if !open {
				t.Fatal("the stay ended first")
			}
		case <-late:
			t.Fatalf("no %T came", *new(E))
		}
	}
}

// talk writes frames until the returned func is called.
func talk(o *client.Outlet, frame []byte, every time.Duration) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = o.WriteFrame(frame, every)
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
