package host

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// secretOf is what a member was given to resume with.
func secretOf(l *link) []byte { return l.frame(0).GetEntered().GetSecret() }

// resume brings a session back over a new link, having heard everything up to seq.
func (h *house) resume(stay *Stay, old *link, seq uint64) (*Stay, *link) {
	h.t.Helper()
	l := &link{name: old.name + " again", journal: h.journal}
	back, err := h.Resume(h.t.Context(), Return{
		Key: lesson, Session: stay.Session(), Secret: secretOf(old), Device: old.name + "'s phone", Seq: seq, Link: l,
	})
	if err != nil {
		h.t.Fatalf("%s resumes: %v", old.name, err)
	}
	return back, l
}

func (h *house) lose(stay *Stay, code int) {
	h.t.Helper()
	if err := stay.Lost(h.t.Context(), code); err != nil {
		h.t.Fatalf("lose: %v", err)
	}
	h.flush(lesson)
}

func (h *house) leave(stay *Stay) {
	h.t.Helper()
	if err := stay.Exit(h.t.Context(), exit.Why{Reason: exit.Left, Actor: "self"}); err != nil {
		h.t.Fatalf("leave: %v", err)
	}
}

// TestB1_WhatWasMissedIsSaidAgain: while bob is away alice leaves. Bob hears it when he is back, with the true reason,
// and what he had heard already is not said twice. For the others he was unstable, never gone.
func TestB1_WhatWasMissedIsSaidAgain(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, first := h.enter("bob")
	_, carol := h.enter("carol")
	h.lose(bob, 1006)
	h.leave(alice)
	_, again := h.resume(bob, first, 3)
	expect(t, "bob hears", again.heard(), []string{"resumed", "-alice(0)"})
	if detail := again.frame(1).GetMemberLeft().GetDetail(); detail.GetCode() != "left" || detail.GetActor() != "self" {
		t.Errorf("detail: %v", detail)
	}
	expect(t, "carol hears", carol.heard(),
		[]string{"entered[alice bob]", "~bob unstable(socket)", "-alice(0)", "~bob back"})
	expect(t, "the old link hears", first.heard(), []string{"entered[alice]", "+carol"})
}

// TestB1_TooMuchMissedIsToldAsAWhole: more happened than is kept. Bob is given the room as it is, and each leave of
// somebody he knew, with the reason of the stay that he knew.
func TestB1_TooMuchMissedIsToldAsAWhole(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	bob, first := h.enter("bob")
	h.enter("known")
	h.enter("stays")
	late, _ := h.enter("late")
	h.lose(bob, 1006)
	if _, err := h.Exit(t.Context(), lesson, Target{Users: []string{"known"}}, kicked); err != nil {
		t.Fatal(err)
	}
	for range backlogMax {
		known, _ := h.enter("known")
		h.leave(known)
	}
	h.leave(late) // When there is too much already.
	_, again := h.resume(bob, first, 4)
	expect(t, "bob hears", again.heard(), []string{"resumed whole -known(removed) -late(left) stays"})
	h.enter("next")
	expect(t, "bob hears then", again.heard()[1:], []string{"+next"})
}

// TestB1_WhatIsHeardIsForgotten: a member that says what it heard keeps no backlog.
func TestB1_WhatIsHeardIsForgotten(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	bob, first := h.enter("bob")
	for range backlogMax + 1 {
		someone, _ := h.enter("someone")
		h.leave(someone)
		if err := bob.Alive(t.Context(), bob.keeper.room.State().Seq, 0); err != nil {
			t.Fatal(err)
		}
		h.flush(lesson)
	}
	h.lose(bob, 1006)
	h.enter("missed")
	_, again := h.resume(bob, first, uint64(2*backlogMax+3))
	expect(t, "bob hears", again.heard(), []string{"resumed", "+missed"})
}

// TestD8_OnlyTheOwnerResumes: the secret and the device are those of the entry, or nothing happens.
func TestD8_OnlyTheOwnerResumes(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	bob, l := h.enter("bob")
	_, carol := h.enter("carol")
	right := Return{Key: lesson, Session: bob.Session(), Secret: secretOf(l), Device: "bob's phone", Link: &link{}}
	for name, change := range map[string]func(*Return){
		"no secret":      func(r *Return) { r.Secret = nil },
		"another secret": func(r *Return) { r.Secret = secretOf(carol) },
		"another device": func(r *Return) { r.Device = "carol's phone" },
		"no device":      func(r *Return) { r.Device = "" },
	} {
		r := right
		change(&r)
		var refusal *Refusal
		if _, err := h.Resume(t.Context(), r); !errors.As(err, &refusal) || refusal.Code != CodeNotYours {
			t.Errorf("%s: %v", name, err)
		}
	}
	elsewhere := right
	elsewhere.Key.ID = "8"
	var ended *Ended
	if _, err := h.Resume(t.Context(), elsewhere); !errors.As(err, &ended) {
		t.Errorf("in another room: %v", err)
	}
	expect(t, "carol hears", carol.heard(), []string{"entered[bob]"})
	if n := h.leases.count(); n != 1 {
		t.Errorf("G9: %d rooms are open", n)
	}
}

// TestD10_TheTrueEndAnswersAResume: whatever ended the stay meanwhile is what the member hears, and it stays out.
func TestD10_TheTrueEndAnswersAResume(t *testing.T) {
	for _, reason := range exit.Reasons() {
		h := newHouse(t)
		bob, l := h.enter("bob")
		h.enter("carol")
		h.lose(bob, 1006)
		why := exit.Why{Reason: reason, Actor: "someone", Text: "because"}
		if _, err := h.Exit(t.Context(), lesson, Target{Users: []string{"bob"}}, why); err != nil {
			t.Fatal(err)
		}
		var ended *Ended
		_, err := h.Resume(t.Context(), Return{
			Key: lesson, Session: bob.Session(), Secret: secretOf(l), Device: "bob's phone", Link: &link{},
		})
		if !errors.As(err, &ended) || ended.Record.Why != why {
			t.Errorf("%v: %v", reason, err)
		}
		h.shut()
	}
}

// TestA1_TwoStagesAndTheirBounds: each way to be lost, what the others are told, and when.
func TestA1_TwoStagesAndTheirBounds(t *testing.T) {
	for name, way := range map[string]struct {
		lose           func(h *house, stay *Stay)
		unstable, gone time.Duration
	}{
		"silence":            {func(*house, *Stay) {}, 2 * time.Second, 10 * time.Second},
		"socket":             {func(h *house, s *Stay) { h.lose(s, 1006) }, 0, 10 * time.Second},
		"E3, a page's close": {func(h *house, s *Stay) { h.lose(s, 1001) }, 0, 500 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			defer h.shut()
			watcher, eyes := h.enter("watcher")
			ghost, _ := h.enter("ghost")
			began := time.Now()
			way.lose(h, ghost)
			for range 11 {
				pass(time.Second)
				h.post(watcher, room.Proof{})
			}
			if heard := eyes.heard(); len(heard) != 4 || heard[3] != "-ghost(1)" {
				t.Fatalf("%s: the others hear %q", name, heard)
			}
			if after := eyes.frameTime(2).Sub(began); after != way.unstable {
				t.Errorf("%s: unstable after %v", name, after)
			}
			if after := eyes.frameTime(3).Sub(began); after != way.gone {
				t.Errorf("%s: gone after %v", name, after)
			}
		})
	}
}

// TestE11_ANewTransportInTheSameSeat: bob's transport is replaced. His stream goes to alice again, hers to him, and
// nobody hears of a leave.
func TestE11_ANewTransportInTheSameSeat(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, eyes := h.enter("alice")
	bob, _ := h.enter("bob")
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	h.post(bob, room.Publish{Stream: room.Big, Mid: "1"})
	if err := bob.Renew(t.Context(), 7, "10"); err != nil {
		t.Fatal(err)
	}
	slots := []string{}
	for _, s := range []*Stay{alice, bob} {
		for _, slot := range h.board.Slots(s.Session()) {
			slots = append(slots, fmt.Sprint(slot.From == alice.Session(), slot.Stream))
		}
	}
	expect(t, "slots", slots, []string{"false 2", "true 1"})
	expect(t, "alice hears", eyes.heard()[1:], []string{
		"+bob", "bob.2 published=true muted=false", "bound(m0 bob.2)", "bound(m0 bob.2)",
	})
	if err := bob.Renew(t.Context(), 8, "nonsense"); err == nil {
		t.Error("a bad offer was answered")
	}
	if err := bob.Reoffer(t.Context(), 9, "10"); err != nil {
		t.Errorf("after a bad offer: %v", err)
	}
}

// TestL4_MediaIsWatchedApart: the transport says that no packet comes; the others hear it, and nobody leaves.
func TestL4_MediaIsWatchedApart(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, eyes := h.enter("alice")
	bob, _ := h.enter("bob")
	h.MediaChanged(bob.Session(), false)
	h.MediaChanged("nobody", false)
	h.flush(lesson)
	h.MediaChanged(bob.Session(), true)
	h.flush(lesson)
	expect(t, "alice hears", eyes.heard(), []string{"entered[]", "+bob", "~bob unstable(media)", "~bob back"})
}

// TestSecretsAreNotKept: what the hall keeps of a secret does not open the seat.
func TestSecretsAreNotKept(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, l := h.enter("alice")
	hash := sha256.Sum256(secretOf(l))
	kept := stay.keeper.seats[stay.Session()].ticket.hash
	if kept != hash || slices.Equal(kept[:secretLen], secretOf(l)) || len(secretOf(l)) != secretLen {
		t.Error("the seat keeps the secret itself, or the wrong hash")
	}
}

// TestMissedMessagesAreCounted: what alice says while bob is away is not said to him again, but he is told how many
// reliable messages there were, and so is whoever enters.
func TestMissedMessagesAreCounted(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, first := h.enter("bob")
	reliable := room.Say{CmdID: 3, Reliable: true, Ordered: true, Data: []byte("hi")}
	h.post(alice, reliable)
	if got := first.frame(1).GetMessageReceived(); got.GetSeq() != 1 || got.GetReliable() != 1 {
		t.Errorf("bob heard %v", got)
	}
	h.lose(bob, 1006)
	h.post(alice, reliable)
	h.post(alice, room.Say{CmdID: 3})
	h.post(alice, reliable)
	_, again := h.resume(bob, first, 3)
	_, carol := h.enter("carol")
	want := "alice 3 3"
	for who, said := range map[string][]*wire.Said{
		"bob": again.frame(0).GetResumed().GetSaid(), "carol": carol.frame(0).GetEntered().GetSaid(),
	} {
		if len(said) != 1 || fmt.Sprint(said[0].GetUserId(), " ", said[0].GetCmdId(), " ", said[0].GetReliable()) != want {
			t.Errorf("%s is told %v", who, said)
		}
	}
}
