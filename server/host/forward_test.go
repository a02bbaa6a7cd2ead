package host

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// since returns what the member heard after the first n frames.
func (l *link) since(n int) []string { return l.heard()[n:] }

// TestSlots: streams take slots, wait when there is none, are asked for once, and take what becomes free.
func TestSlots(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, _ := h.enter("bob")
	e, carol := h.entry("carol")
	e.Offer = "1"
	stay := h.enterAs(e)
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	h.post(bob, room.Publish{Stream: room.Audio, Mid: "0"})
	h.post(bob, room.Publish{Stream: room.Big, Mid: "1"})
	h.post(bob, room.Publish{Stream: room.Big, Mid: "1", Muted: true})
	expect(t, "carol lacks slots", carol.since(1), []string{
		"alice.1 published=true muted=false", "bound(m0 alice.1)",
		"bob.1 published=true muted=false", "needed(1 0)",
		"bob.2 published=true muted=false", "needed(1 1)",
		"bob.2 published=true muted=true",
	})
	n := len(carol.heard())
	if err := alice.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
	expect(t, "a slot became free", carol.since(n), []string{"-alice(0)", "bound(m0 bob.1)", "needed(0 1)"})
	n = len(carol.heard())
	if err := stay.Reoffer(t.Context(), 7, "2"); err != nil {
		t.Fatal(err)
	}
	expect(t, "a new offer", carol.since(n), []string{"answer(7)", "bound(m1 bob.2)"})
	n = len(carol.heard())
	h.post(stay, room.Unsubscribe{User: "bob", Stream: room.Audio})
	h.post(stay, room.Subscribe{User: "bob", Stream: room.Audio})
	h.post(bob, room.Unpublish{Stream: room.Audio})
	expect(t, "wishes", carol.since(n), []string{
		"unbound(m0)", "bound(m0 bob.1)", "bob.1 published=false muted=false",
	})
}

// TestWaitingStreamsEnd: a stream that waits for a slot and ends, by each of its ways, is not sent later.
func TestWaitingStreamsEnd(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	e, carol := h.entry("carol")
	e.Offer = "0"
	stay := h.enterAs(e)
	var sources []*Stay
	for _, user := range []string{"left", "stopped", "unwished"} {
		source, _ := h.enter(user)
		h.post(source, room.Publish{Stream: room.Audio, Mid: "0"})
		sources = append(sources, source)
	}
	if err := sources[0].Exit(t.Context(), kicked); err != nil {
		t.Fatal(err)
	}
	h.post(sources[1], room.Unpublish{Stream: room.Audio})
	h.post(stay, room.Unsubscribe{User: "unwished", Stream: room.Audio})
	n := len(carol.heard())
	if err := stay.Reoffer(t.Context(), 1, "9"); err != nil {
		t.Fatal(err)
	}
	expect(t, "with slots for everything", carol.since(n), []string{"answer(1)"})
	if slices.Contains(carol.heard(), "needed(0 0)") {
		t.Error("nothing was asked for")
	}
}

// TestNeedIsSaidOnce: what happens elsewhere in the room repeats no demand; a slot that the listener frees itself is
// used at once.
func TestNeedIsSaidOnce(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, _ := h.enter("bob")
	e, carol := h.entry("carol")
	e.Offer = "1"
	stay := h.enterAs(e)
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	h.post(bob, room.Publish{Stream: room.Audio, Mid: "0"})
	n := len(carol.heard())
	h.post(alice, room.Publish{Stream: room.Sub, Mid: "2"})
	h.post(alice, room.Unpublish{Stream: room.Sub})
	h.post(stay, room.Unsubscribe{User: "alice", Stream: room.Audio})
	expect(t, "carol hears", carol.since(n), []string{
		"alice.3 published=true muted=false", "alice.3 published=false muted=false", "unbound(m0)", "bound(m0 bob.1)",
	})
}

// TestLeaverWaitsNoLonger: a listener that lacked slots leaves. Nobody tries to send it anything later.
func TestLeaverWaitsNoLonger(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	e, _ := h.entry("carol")
	e.Offer = "0"
	stay := h.enterAs(e)
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	if err := stay.Exit(t.Context(), kicked); err != nil {
		t.Fatal(err)
	}
	h.post(alice, room.Publish{Stream: room.Big, Mid: "1"})
	h.post(alice, room.Unpublish{Stream: room.Big})
	if h.logged.count("a stream cannot be forwarded") != 0 {
		t.Error("a stream was to be sent to somebody who is gone")
	}
}

// TestLineThatCannotPublish: when media refuses a line, its owner is told and the others see the stream end.
func TestLineThatCannotPublish(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, alice := h.enter("alice")
	_, bob := h.enter("bob")
	h.post(stay, room.Publish{Stream: room.Audio, Mid: "bad"})
	expect(t, "alice hears", alice.since(2), []string{"problem(-2)"})
	expect(t, "bob hears", bob.since(1), []string{
		"alice.1 published=true muted=false", "alice.1 published=false muted=false",
	})
}

// TestNoCommonCodec: a stream that a listener cannot decode does not wait for a slot; the listener is told.
func TestNoCommonCodec(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, _ := h.enter("alice")
	_, bob := h.enter("bob")
	h.post(stay, room.Publish{Stream: room.Big, Mid: "strange"})
	expect(t, "bob hears", bob.since(1), []string{"alice.2 published=true muted=false", "problem(-4)"})
}

// TestNoMedia: a member without an offer takes part in everything but media, and is never asked for slots. When it
// offers later, its media begins.
func TestNoMedia(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	e, carol := h.entry("carol")
	e.Offer = ""
	stay := h.enterAs(e)
	h.post(stay, room.Publish{Stream: room.Audio, Mid: "0"})
	bob, _ := h.enter("bob")
	h.post(bob, room.Publish{Stream: room.Big, Mid: "1"})
	h.post(stay, room.Unsubscribe{User: "bob", Stream: room.Big})
	h.post(stay, room.Subscribe{User: "bob", Stream: room.Big})
	expect(t, "carol hears", carol.heard(), []string{
		"entered[]", "problem(-2)", "+bob", "bob.2 published=true muted=false",
	})
	if err := stay.Reoffer(t.Context(), 1, "2"); err != nil {
		t.Fatal(err)
	}
	expect(t, "carol has media", carol.since(4), []string{"answer(1)", "bound(m0 bob.2)"})
}

// TestReofferFails: a bad offer is the door's to report; the session goes on as it was.
func TestReofferFails(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, alice := h.enter("alice")
	if err := stay.Reoffer(t.Context(), 1, "x"); err == nil {
		t.Error("a bad offer was answered")
	}
	if err := stay.Reoffer(t.Context(), 2, "3"); err != nil {
		t.Errorf("a good one after it: %v", err)
	}
	expect(t, "alice hears", alice.since(1), []string{"answer(2)"})
}

// TestD1_ReofferMeetsExit: a member without media offers, and leaves while the offer is answered. Its transport does
// not stay.
func TestD1_ReofferMeetsExit(t *testing.T) {
	for _, alone := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			defer h.shut()
			if !alone {
				h.enter("bob")
			}
			e, _ := h.entry("alice")
			e.Offer = ""
			stay := h.enterAs(e)
			gate := h.hold("open")
			offered := make(chan error)
			go func() { offered <- stay.Reoffer(t.Context(), 1, "2") }()
			synctest.Wait()
			if err := stay.Exit(t.Context(), kicked); err != nil {
				t.Error(err)
			}
			close(gate)
			if err := <-offered; !errors.Is(err, ErrStayEnded) {
				t.Errorf("the offer: %v", err)
			}
		})
	}
}

// TestStayRefusesStrangeEvents: a member brings only what is its own.
func TestStayRefusesStrangeEvents(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, alice := h.enter("alice")
	bob, _ := h.enter("bob")
	if err := stay.Post(t.Context(), room.Dismiss{Why: kicked}); err == nil {
		t.Error("a member dismissed the room")
	}
	h.post(stay, room.Say{Session: bob.Session(), CmdID: 1, Data: []byte("hi")})
	expect(t, "alice hears nothing of its own word", alice.since(1), []string{"+bob"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := bob.Exit(ctx, exit.Why{}); err == nil {
		t.Error("I-2: a stay ended for nothing")
	}
}

// TestRoleFrames: a switch of role is answered, and told to the others.
func TestRoleFrames(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	e, alice := h.entry("alice")
	e.Scene = room.Live
	stay := h.enterAs(e)
	e2, bob := h.entry("bob")
	e2.Scene = room.Live
	h.enterAs(e2)
	h.post(stay, room.SwitchRole{Role: room.Audience})
	h.post(stay, room.SwitchRole{Role: room.Anchor})
	h.post(stay, room.SwitchRole{Role: 3})
	expect(t, "alice hears", alice.since(2), []string{"role(21 0)", "role(20 0)", "role(20 -102055)"})
	expect(t, "bob hears", bob.since(1), []string{"-alice(3)", "+alice"})
	if left := bob.frame(1).GetMemberLeft(); left.GetDetail() != nil {
		t.Errorf("nobody's stay ended: %v", left)
	}
}
