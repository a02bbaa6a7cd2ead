package host

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestA11_PanicEndsOnlyThatRoom: media panics at each step that a room may ask of it. That room ends, every stay in it
// exactly once; the next room of the name and every other room live.
func TestA11_PanicEndsOnlyThatRoom(t *testing.T) {
	for _, at := range []string{"publish", "unpublish", "forward", "unforward", "drop"} {
		t.Run(at, func(t *testing.T) {
			h := newHouse(t)
			defer h.shut()
			elsewhere, other := h.entry("other")
			elsewhere.Key.ID = "elsewhere"
			h.enterAs(elsewhere)
			alice, first := h.enter("alice")
			bob, second := h.enter("bob")
			h.board.intervene(func(call, _ string) {
				if call == at {
					panic("broken " + at)
				}
			})
			for _, e := range []room.Event{
				room.Publish{Stream: room.Audio, Mid: "0"},
				room.Unpublish{Stream: room.Audio},
				room.Publish{Stream: room.Audio, Mid: "0"},
			} {
				h.try(alice, e)
			}
			h.try(bob, room.Unsubscribe{User: "alice", Stream: room.Audio})
			if err := alice.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "alice"}); err != nil {
				t.Errorf("an exit from a room that broke: %v", err)
			}
			<-alice.keeper.done
			h.board.intervene(nil)
			for _, l := range []*link{first, second} {
				if cuts := l.last(); len(cuts) != 1 || cuts[0].Why.Reason != exit.NodeLost {
					t.Errorf("%s was cut with %+v", l.name, cuts)
				}
			}
			if n := len(h.ring.Recent(lesson)); n != 2 {
				t.Errorf("I-2: %d records for two stays", n)
			}
			if h.logged.count("level=ERROR", "room collapsed", "broken "+at, "room.Enter") != 1 {
				t.Errorf("the log does not tell what led to it:\n%s", h.logged.text.String())
			}
			for _, s := range []*Stay{alice, bob} {
				h.board.Drop(s.Session()) // In case Drop itself was broken.
			}
			_, fresh := h.enter("alice")
			expect(t, "the next room", fresh.heard(), []string{"entered[]"})
			expect(t, "the other room", other.heard(), []string{"entered[]"})
		})
	}
}

// try posts an event to a room that may break of it.
func (h *house) try(s *Stay, e room.Event) {
	h.t.Helper()
	if err := s.Post(h.t.Context(), e); err != nil && !errors.Is(err, ErrStayEnded) {
		h.t.Errorf("post %T: %v", e, err)
	}
}

// TestA11_PanicWhileEntering: the room breaks while it lets somebody in. The newcomer is refused and nothing of it
// stays; those inside hear that the room was lost.
func TestA11_PanicWhileEntering(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, first := h.enter("alice")
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	e, l := h.entry("bob")
	l.onSend = func() { panic("broken link") }
	_, err := h.Enter(t.Context(), e)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != CodeEnterFail {
		t.Errorf("entered: %v", err)
	}
	<-alice.keeper.done
	expect(t, "alice hears", first.heard()[:1], []string{"entered[]"})
	if len(l.last()) != 0 || len(h.ring.Recent(lesson)) != 1 {
		t.Errorf("I1: who was never inside left %d times; %d records", len(l.last()), len(h.ring.Recent(lesson)))
	}
	if cuts := first.last(); len(cuts) != 1 || cuts[0].Why.Reason != exit.NodeLost {
		t.Errorf("alice was cut with %+v", cuts)
	}
}

// TestA11_PanicBehindAnEntry: the room breaks just after somebody was let in. The newcomer has entered and left, like
// everybody else.
func TestA11_PanicBehindAnEntry(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	h.board.intervene(func(call, _ string) {
		if call == "forward" {
			panic("broken")
		}
	})
	stay, bob := h.enter("bob")
	<-stay.keeper.done
	expect(t, "bob hears", bob.heard(), []string{"entered[alice]", "exited(3 node_lost)"})
	if n := len(h.ring.Recent(lesson)); n != 2 {
		t.Errorf("I1: %d records for two stays", n)
	}
}

// TestA11_PanicBetweenCutAndRecord: the room breaks while the others are told of a leave. The leaver has heard its last
// word already; its record says the same.
func TestA11_PanicBetweenCutAndRecord(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	e, alice := h.entry("alice")
	frames := 0
	alice.onSend = func() {
		if frames++; frames == 3 {
			panic("broken link")
		}
	}
	h.enterAs(e)
	stay, bob := h.enter("bob")
	if err := stay.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "bob"}); err != nil {
		t.Fatal(err)
	}
	<-stay.keeper.done
	record, _ := h.ring.Find(stay.Session())
	if cuts := bob.last(); len(cuts) != 1 || cuts[0] != record || record.Why.Reason != exit.Left {
		t.Errorf("bob was cut with %+v and recorded as %+v", cuts, record)
	}
	if cuts := alice.last(); len(cuts) != 1 || cuts[0].Why.Reason != exit.NodeLost {
		t.Errorf("alice was cut with %+v", cuts)
	}
}

// TestA11_PanicWhileCollapsing: links that break while a room collapses keep nobody else inside.
func TestA11_PanicWhileCollapsing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		alice, _ := h.enter("alice")
		_, bob := h.enter("bob")
		h.board.intervene(func(string, string) { panic("everything is broken") })
		h.try(alice, room.Publish{Stream: room.Audio, Mid: "0"})
		<-alice.keeper.done
		h.board.intervene(nil)
		if len(bob.last()) != 1 || len(h.ring.Recent(lesson)) != 2 {
			t.Errorf("bob was cut %d times; %d records", len(bob.last()), len(h.ring.Recent(lesson)))
		}
		if h.logged.count("a step of a collapse failed", "step=drop") != 2 {
			t.Error("the failed steps are not in the log")
		}
		for _, s := range h.board.open() {
			h.board.Drop(s)
		}
	})
}

// TestHistoryKeepsTheLatest: a collapse reports the last events, the oldest first, and no word of what users said.
func TestHistoryKeepsTheLatest(t *testing.T) {
	var h history
	h.note(room.Enter{})
	for range historyLen - 1 {
		h.note(room.Proof{})
	}
	if latest := h.latest(); len(latest) != historyLen || latest[0] != "room.Enter" {
		t.Errorf("%q", latest)
	}
	h.note(room.Say{Data: []byte("secret")})
	latest := h.latest()
	if len(latest) != historyLen || latest[0] != "room.Proof" || latest[historyLen-1] != "room.Say" {
		t.Errorf("%q", latest)
	}
}
