package host

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/registry"
)

// The workshops are what the ports say.
var (
	_ Registry    = (*registry.Registry)(nil)
	_ Negotiator  = (*media.Engines)(nil)
	_ Switchboard = (*media.Engines)(nil)
	_ Recorder    = (*events.Ring)(nil)
)

// TestG14_DismissAndEnterOnTheRealBus: a room is dismissed through the bus and entered again at once, fifty times. No
// entry meets the lease of the old incarnation.
func TestG14_DismissAndEnterOnTheRealBus(t *testing.T) {
	h := newHouse(t)
	bus, err := registry.Open(registry.Config{StoreDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h.registry = bus
	if err := bus.Serve(h.Answer); err != nil {
		t.Fatal(err)
	}
	incarnations := map[string]bool{}
	for range 50 {
		stay, l := h.enter("alice")
		incarnations[stay.keeper.incarnation] = true
		reply, err := h.Ask(t.Context(), Command{Op: OpDismiss, Key: lesson, Why: exit.Why{Reason: exit.Dismissed}})
		if err != nil || reply.Total != 1 || len(l.last()) != 1 {
			t.Fatalf("dismissed %+v, %v", reply, err)
		}
	}
	if len(incarnations) != 50 {
		t.Errorf("%d incarnations for fifty rooms", len(incarnations))
	}
	h.enter("bob")
	if rooms, err := h.Rooms(t.Context(), lesson.App); err != nil || len(rooms) != 1 || rooms[0].Members[0].User != "bob" {
		t.Errorf("the rooms are %+v, %v", rooms, err)
	}
	h.shut()
	if _, err := h.Ask(t.Context(), Command{Op: OpDescribe, Key: lesson}); !errors.Is(err, ErrNoRoom) {
		t.Errorf("after the drain: %v", err)
	}
	if err := bus.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestJ8_LostLeaseEndsTheRoom: another node took the lease. Those inside are told that the room was lost and may come
// back; a token of another time ends nothing.
func TestJ8_LostLeaseEndsTheRoom(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, alice := h.enter("alice")
	h.Lost(lesson, stay.keeper.token+1)
	other := lesson
	other.ID = "nowhere"
	h.Lost(other, stay.keeper.token)
	h.flush(lesson)
	h.Lost(lesson, stay.keeper.token)
	<-stay.keeper.done
	expect(t, "alice hears", alice.heard(), []string{"entered[]", "exited(3 node_lost)"})
	_, bob := h.enter("bob")
	expect(t, "the next room", bob.heard(), []string{"entered[]"})
}
