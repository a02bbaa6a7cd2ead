package host

import (
	"testing"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestS5_RemovedAndTold: a removed user hears why, the others hear the same reason, and one record is left.
func TestS5_RemovedAndTold(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, alice := h.enter("alice")
	_, bob := h.enter("bob")
	records, err := h.Exit(t.Context(), lesson, Target{Users: []string{"bob", "nobody", "bob"}}, kicked)
	if err != nil || len(records) != 1 || records[0].User != "bob" {
		t.Fatalf("removed %+v, %v", records, err)
	}
	expect(t, "alice hears", alice.heard(), []string{"entered[]", "+bob", "-bob(2)"})
	expect(t, "bob hears", bob.heard(), []string{"entered[alice]", "exited(1 removed)"})
	if record, ok := h.ring.Find(records[0].Session); !ok || record != records[0] {
		t.Errorf("recorded %+v, answered %+v", record, records[0])
	}
}

// TestI7_OrderOfAnExit: media stops first, then the leaver hears the last word, then the others, then storage.
func TestI7_OrderOfAnExit(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.enter("alice")
	stay, _ := h.enter("bob")
	h.journal.clear()
	if err := stay.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "bob"}); err != nil {
		t.Fatal(err)
	}
	expect(t, "the order", h.journal.all(), []string{
		"drop", "tell bob exited(0 left)", "cut bob left", "tell alice -bob(0)", "record bob left",
	})
	if err := stay.Post(t.Context(), room.Proof{}); err != nil {
		t.Errorf("a word after the end, in a room that goes on: %v", err)
	}
}
