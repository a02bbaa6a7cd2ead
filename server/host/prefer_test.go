package host

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/exeunt/exeunt/server/room"
)

// prefer wishes for a layer, and waits until that has happened.
func (h *house) prefer(s *Stay, user string, stream room.Stream, q Quality) {
	h.t.Helper()
	if err := s.Prefer(h.t.Context(), user, stream, q); err != nil {
		h.t.Fatalf("prefer: %v", err)
	}
	h.flush(lesson)
}

// preferences counts what is remembered of a member's wishes.
func (h *house) preferences(s *Stay) (count int) {
	h.t.Helper()
	if err := s.call(h.t.Context(), func(seat *seat) { count = len(seat.lines.layers.preferred) }); err != nil {
		h.t.Fatalf("look: %v", err)
	}
	return count
}

// TestPreferredLayerHoldsForTheStream: said before the stream is there, while it arrives, and for each time that it
// comes again; for that stream and no other.
func TestPreferredLayerHoldsForTheStream(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, _ := h.enter("bob")
	camera := room.Publish{Stream: room.Big, Mid: "1"}
	h.prefer(bob, "alice", room.Big, QualityLowest)
	h.post(alice, camera)
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	expect(t, "said before the stream", h.board.qualities(bob.Session()), []string{"m0=2", "m1=0"})
	h.prefer(bob, "alice", room.Big, 1)
	expect(t, "said while it arrives", h.board.qualities(bob.Session()), []string{"m0=1", "m1=0"})
	h.post(alice, room.Unpublish{Stream: room.Big})
	h.post(alice, camera)
	expect(t, "published again", h.board.qualities(bob.Session()), []string{"m0=1", "m1=0"})
	h.post(bob, room.Unsubscribe{User: "alice", Stream: room.Big})
	h.post(bob, room.Subscribe{User: "alice", Stream: room.Big})
	expect(t, "asked for again", h.board.qualities(bob.Session()), []string{"m0=1", "m1=0"})
	h.prefer(bob, "alice", room.Big, 0)
	expect(t, "the best again", h.board.qualities(bob.Session()), []string{"m0=0", "m1=0"})
}

// TestPreferredLayerWaitsForASlot: a stream for which there was no slot comes in the layer that was wished for.
func TestPreferredLayerWaitsForASlot(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	e, _ := h.entry("bob")
	e.Offer = "0"
	bob := h.enterAs(e)
	h.post(alice, room.Publish{Stream: room.Big, Mid: "1"})
	h.prefer(bob, "alice", room.Big, 1)
	if err := bob.Reoffer(t.Context(), 1, "1"); err != nil {
		t.Fatal(err)
	}
	expect(t, "bob's slots", h.board.qualities(bob.Session()), []string{"m0=1"})
}

// TestPreferredLayerOutlivesTheTransport: a new peer connection of either side changes no wish.
func TestPreferredLayerOutlivesTheTransport(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, _ := h.enter("bob")
	h.post(alice, room.Publish{Stream: room.Big, Mid: "1"})
	h.prefer(bob, "alice", room.Big, 1)
	for n, stay := range []*Stay{alice, bob} {
		if err := stay.Renew(t.Context(), uint32(n), "3"); err != nil {
			t.Fatal(err)
		}
		expect(t, fmt.Sprint("renewal ", n), h.board.qualities(bob.Session()), []string{"m0=1"})
	}
}

// TestPreferredLayerEndsWithTheUser: whoever leaves and comes back is a new one, seen at its best.
func TestPreferredLayerEndsWithTheUser(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, _ := h.enter("bob")
	h.prefer(bob, "alice", room.Big, QualityLowest)
	h.leave(alice)
	if n := h.preferences(bob); n != 0 {
		t.Errorf("%d wishes for nobody are left", n)
	}
	alice, _ = h.enter("alice")
	h.post(alice, room.Publish{Stream: room.Big, Mid: "1"})
	expect(t, "bob's slots", h.board.qualities(bob.Session()), []string{"m0=0"})
}

// TestPreferencesAreBounded: wishes for those who are not here are none, and those for audience that came and went
// unseen do not pile up.
func TestPreferencesAreBounded(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	e, _ := h.entry("anchor")
	e.Scene = room.Live
	anchor := h.enterAs(e)
	h.prefer(anchor, "nobody", room.Big, 1)
	if n := h.preferences(anchor); n != 0 {
		t.Errorf("%d wishes for somebody who is not here", n)
	}
	for n := range 50 {
		e, _ := h.entry(fmt.Sprint("guest", n))
		e.Scene, e.Role = room.Live, room.Audience
		guest := h.enterAs(e)
		h.prefer(anchor, e.User, room.Big, 1)
		h.leave(guest)
	}
	if n := h.preferences(anchor); n > 10 {
		t.Errorf("%d wishes are kept in a room of one", n)
	}
}

// TestPublisherHearsWhichLayersAreTaken: and nobody else does.
func TestPublisherHearsWhichLayersAreTaken(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, first := h.enter("alice")
	_, bob := h.enter("bob")
	h.Wanted(alice.Session(), room.Big, []string{"h", "l"})
	h.flush(lesson)
	h.Wanted(alice.Session(), room.Big, nil)
	h.flush(lesson)
	h.Wanted("nobody", room.Big, []string{"h"})
	expect(t, "alice hears", first.since(2), []string{"encode(2 [h l])", "encode(2 [])"})
	expect(t, "bob hears", bob.since(1), nil)
}

// TestTakenLayersAreSaidAgainAfterAResume: the frame may have been lost with the connection.
func TestTakenLayersAreSaidAgainAfterAResume(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, first := h.enter("alice")
	h.Wanted(alice.Session(), room.Big, []string{"h"})
	h.flush(lesson)
	h.lose(alice, 1006)
	h.Wanted(alice.Session(), room.Big, []string{"m"})
	h.Wanted(alice.Session(), room.Sub, nil)
	h.flush(lesson)
	alice, again := h.resume(alice, first, 0)
	expect(t, "alice hears", again.since(1), []string{"encode(2 [m])", "encode(3 [])"})
	if err := alice.Renew(t.Context(), 1, "3"); err != nil {
		t.Fatal(err)
	}
	h.lose(alice, 1006)
	_, again = h.resume(alice, first, 0)
	expect(t, "with a new transport", again.since(1), nil)
}

// TestTakenLayersAreNeverLost: a room that has no time is told of the latest set all the same, once.
func TestTakenLayersAreNeverLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		alice, first := h.enter("alice")
		gate := make(chan struct{})
		if err := alice.keeper.post(t.Context(), func() { <-gate }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for alice.keeper.offer(func() {}) {
			continue
		}
		h.Wanted(alice.Session(), room.Big, []string{"h"})
		h.Wanted(alice.Session(), room.Big, []string{"m"})
		close(gate)
		h.flush(lesson)
		expect(t, "alice hears", first.since(1), []string{"encode(2 [m])"})
	})
}

// TestTakenLayersAreForgottenWithTheStay: a word that comes too late leaves nothing behind.
func TestTakenLayersAreForgottenWithTheStay(t *testing.T) {
	h := newHouse(t)
	alice, first := h.enter("alice")
	h.Wanted(alice.Session(), room.Big, []string{"h"})
	h.leave(alice)
	h.Wanted(alice.Session(), room.Big, []string{"m"})
	h.shut()
	if said := strings.Join(first.heard(), " "); strings.Contains(said, "[m]") {
		t.Errorf("alice heard %s", said)
	}
	if len(h.wanted) != 0 {
		t.Errorf("%d rooms are waited for", len(h.wanted))
	}
}
