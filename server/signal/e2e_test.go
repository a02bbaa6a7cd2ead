package signal

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
)

// TestWithRealSocketsAndARealBus is the thin thread: two members enter over TCP, see each other, one leaves, one is
// removed through the bus, and nothing is left.
func TestWithRealSocketsAndARealBus(t *testing.T) {
	bus, err := registry.Open(registry.Config{StoreDir: t.TempDir()}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	m := &media{opening: make(chan struct{}), open: map[string]bool{}}
	ring := events.NewRing(10)
	hall := host.New(host.Config{Server: "test"}, m, m, bus, ring, quiet(), nil)
	if err := bus.Serve(hall.Answer); err != nil {
		t.Fatal(err)
	}
	door := New(Config{Apps: tenants(), Development: true}, hall, quiet(), nil)
	server := httptest.NewServer(door)
	t.Cleanup(func() {
		ctx := context.Background()
		if err := errors.Join(hall.Close(ctx), door.Close(ctx), bus.Close(ctx)); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	w := &world{
		t: t, hall: hall, door: door, media: m, client: &http.Client{Transport: &http.Transport{}},
		url: strings.Replace(server.URL, "http", "ws", 1) + Path,
	}
	ann, _ := w.enter("ann")
	e := entry("bob")
	e.Offer = "lines"
	bob, entered := w.enterAs(e)
	if len(entered.GetMembers()) != 1 {
		t.Errorf("bob sees %v", entered.GetMembers())
	}
	ann.mustMeet("bob")
	bob.exit()
	bob.mustEnd(exit.Left)
	ann.mustSee("bob", exit.Left)
	if m.count() != 0 {
		t.Error("bob's transport is still open")
	}
	key := room.Key{App: app, Kind: room.Numeric, ID: "7"}
	reply, err := hall.Ask(t.Context(), host.Command{
		Op: "remove", Key: key, Users: []string{"ann"}, Why: exit.Why{Reason: exit.Removed, Actor: "api:AKID", Text: "spam"},
	})
	if err != nil || len(reply.Exited) != 1 {
		t.Errorf("removed: %+v, %v", reply, err)
	}
	if d := ann.mustEnd(exit.Removed); d.GetText() != "spam" {
		t.Errorf("ann's exit record: %v", d)
	}
	if _, err := hall.Ask(t.Context(), host.Command{Op: "describe", Key: key}); !errors.Is(err, host.ErrNoRoom) {
		t.Errorf("the room is still there: %v", err)
	}
}
