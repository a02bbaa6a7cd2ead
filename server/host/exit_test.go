package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	again, err := h.Exit(t.Context(), lesson, Target{Users: []string{"bob"}}, kicked)
	if err != nil || len(again) != 0 {
		t.Errorf("F9: removed once more: %+v, %v", again, err)
	}
}

// TestI7_OrderOfAnExit: media stops first, then the leaver hears the last word, then the others, then storage; and the
// answer comes after all of it.
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
	if err := stay.Exit(t.Context(), exit.Why{Reason: exit.Left}); err != nil {
		t.Errorf("D3: the second exit: %v", err)
	}
	if err := stay.Post(t.Context(), room.Proof{}); err != nil {
		t.Errorf("a word after the end, in a room that goes on: %v", err)
	}
}

// TestA6_LateCleanupKeepsNewSession: the old connection's clean-up comes after the user entered again, through every
// door that knows the old session. The new one stays.
func TestA6_LateCleanupKeepsNewSession(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, alice := h.enter("alice")
	old, first := h.enter("bob")
	_, second := h.enter("bob")
	late := exit.Why{Reason: exit.TimedOut, Actor: "server"}
	if err := old.Exit(t.Context(), late); err != nil {
		t.Error(err)
	}
	if err := old.Lost(t.Context(), 1006); err != nil {
		t.Error(err)
	}
	records, err := h.Exit(t.Context(), lesson, Target{Session: old.Session()}, late)
	if err != nil || len(records) != 0 {
		t.Errorf("the late exit ended %+v, %v", records, err)
	}
	expect(t, "alice hears", alice.heard(), []string{"entered[]", "+bob", "-bob(2)", "+bob"})
	expect(t, "the first bob hears", first.heard(), []string{"entered[alice]", "exited(1 replaced)"})
	expect(t, "the second bob hears", second.heard(), []string{"entered[alice]"})
	if n := h.logged.count("msg=exited", old.Session()); n != 1 {
		t.Errorf("I-2: %d log lines for one end", n)
	}
}

// TestI2_ManyCausesOneRecord: a stay that ten doors end at once has one record, one last word and one log line.
func TestI2_ManyCausesOneRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		_, alice := h.enter("alice")
		stay, bob := h.enter("bob")
		ended := make(chan int, 10)
		for range 5 {
			go func() {
				records, err := h.Exit(t.Context(), lesson, Target{Users: []string{"bob"}}, kicked)
				if err != nil {
					t.Error(err)
				}
				ended <- len(records)
			}()
			go func() {
				if err := stay.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "bob"}); err != nil {
					t.Error(err)
				}
				ended <- 0
			}()
		}
		total := 0
		for range 10 {
			total += <-ended
		}
		if total > 1 || len(bob.last()) != 1 || len(h.ring.Recent(lesson)) != 1 {
			t.Errorf("%d removals, %d last words, %d records", total, len(bob.last()), len(h.ring.Recent(lesson)))
		}
		if n := h.logged.count("msg=exited", stay.Session()); n != 1 {
			t.Errorf("%d log lines", n)
		}
		if heard := alice.heard(); len(heard) != 3 {
			t.Errorf("alice hears %q", heard)
		}
	})
}

// TestExitTargets: a target is one session, or users, or all; a reason is one of the table. Nothing else happens.
func TestExitTargets(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, alice := h.enter("alice")
	for _, target := range []Target{
		{}, {All: true, Session: "s"}, {All: true, Users: []string{"u"}}, {All: true, Session: "s", Users: []string{"u"}},
	} {
		if records, err := h.Exit(t.Context(), lesson, target, kicked); err == nil {
			t.Errorf("%+v ended %+v", target, records)
		}
	}
	if _, err := h.Exit(t.Context(), lesson, Target{All: true}, exit.Why{}); err == nil {
		t.Error("I-2: a dismissal for nothing happened")
	}
	wordy := exit.Why{Reason: exit.Removed, Text: strings.Repeat("x", exit.TextMax+1)}
	if _, err := h.Exit(t.Context(), lesson, Target{All: true}, wordy); err == nil {
		t.Error("a text without end was taken")
	}
	if _, err := h.Exit(t.Context(), room.Key{ID: "none"}, Target{All: true}, kicked); !errors.Is(err, ErrNoRoom) {
		t.Errorf("no such room: %v", err)
	}
	expect(t, "alice hears", alice.heard(), []string{"entered[]"})
}

// crowd is a live room of n anchors without media.
func (h *house) crowd(n int) ([]*Stay, []*link) {
	h.t.Helper()
	stays, links := make([]*Stay, n), make([]*link, n)
	for i := range n {
		e, l := h.entry(fmt.Sprint("user", i))
		e.Offer, e.Scene, l.journal = "", room.Live, nil
		stays[i], links[i] = h.enterAs(e), l
	}
	return stays, links
}

// TestB10_LeaveReaches999Once: in a room of 1,000, one leave is told to each of the 999 others exactly once, and all of
// them get the very same bytes.
func TestB10_LeaveReaches999Once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		stays, links := h.crowd(1000)
		before := make([]int, len(links))
		for i, l := range links {
			before[i] = len(l.raw)
		}
		if err := stays[500].Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "user500"}); err != nil {
			t.Fatal(err)
		}
		shared := links[0].raw[len(links[0].raw)-1]
		for i, l := range links {
			last, told := l.raw[len(l.raw)-1], 0
			for n := before[i]; n < len(l.raw); n++ {
				if word(l.frame(n)) == "-user500(0)" {
					told++
				}
			}
			switch {
			case i == 500 && (told != 0 || len(l.last()) != 1):
				t.Errorf("the leaver was told %d times of itself", told)
			case i != 500 && told != 1:
				t.Errorf("user%d was told %d times", i, told)
			case i != 500 && &last[0] != &shared[0]:
				t.Errorf("user%d got bytes of its own", i)
			}
		}
	})
}

// TestS10_DismissalReaches1000: the dismissal of 1,000 members reaches every one, tells nobody about the others, and
// returns when it is done.
func TestS10_DismissalReaches1000(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		_, links := h.crowd(1000)
		before := make([]int, len(links))
		for i, l := range links {
			before[i] = len(l.raw)
		}
		why := exit.Why{Reason: exit.Dismissed, Actor: "api:key", Text: "The lesson is over."}
		records, err := h.Exit(t.Context(), lesson, Target{All: true}, why)
		if err != nil || len(records) != 1000 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		for i, l := range links {
			cuts := l.last()
			if len(l.raw) != before[i]+1 || word(l.frame(before[i])) != "exited(2 dismissed)" {
				t.Errorf("user%d heard %q", i, l.heard()[before[i]:])
			}
			if len(cuts) != 1 || cuts[0].Why != why {
				t.Errorf("user%d was cut with %+v", i, cuts)
			}
		}
	})
}

// TestK10_ReaderThatNeverReads: a member whose link is full leaves as too slow, once; the others are told, and nobody
// waits for it.
func TestK10_ReaderThatNeverReads(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, alice := h.enter("alice")
	e, bob := h.entry("bob")
	bob.capacity = 2
	h.enterAs(e)
	h.enter("carol")
	h.enter("dave")
	h.flush(lesson)
	expect(t, "bob hears", bob.heard(), []string{"entered[alice]", "+carol", "exited(3 too_slow)"})
	expect(t, "alice hears", alice.heard(), []string{"entered[]", "+bob", "+carol", "+dave", "-bob(1)"})
	if len(bob.last()) != 1 {
		t.Errorf("bob was cut %d times", len(bob.last()))
	}
}

// TestK10_NoFrameAfterALostOne: one frame of a step finds no place, and the next one would. The member hears no story
// with a hole in it.
func TestK10_NoFrameAfterALostOne(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	e, alice := h.entry("alice")
	alice.refuses = 4
	h.enterAs(e)
	h.enter("bob")
	h.enter("carol")
	if _, err := h.Exit(t.Context(), lesson, Target{Users: []string{"bob", "carol"}}, kicked); err != nil {
		t.Fatal(err)
	}
	expect(t, "alice hears", alice.heard(), []string{"entered[]", "+bob", "+carol", "exited(3 too_slow)"})
}

// TestK10_EverybodyIsSlow: the leave of one slow member may fill the next link; each leaves once, and the room ends.
func TestK10_EverybodyIsSlow(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	var links []*link
	for i := range 4 {
		e, l := h.entry(fmt.Sprint("user", i))
		l.capacity = 4 - i // Everybody's last place is taken by user3.
		links = append(links, l)
		h.enterAs(e)
	}
	e, late := h.entry("late")
	h.enterAs(e)
	h.flush(lesson)
	for _, l := range links {
		if cuts := l.last(); len(cuts) != 1 || cuts[0].Why.Reason != exit.TooSlow {
			t.Errorf("%s was cut with %+v", l.name, cuts)
		}
	}
	expect(t, "the late one hears", late.heard(), []string{
		"entered[user0 user1 user2 user3]", "-user0(1)", "-user1(1)", "-user2(1)", "-user3(1)",
	})
}

// TestA3_SilenceEndsTheStay: without a sign of life a stay ends, at the time that Entered announced.
func TestA3_SilenceEndsTheStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		stay, alice := h.enter("alice")
		_, bob := h.enter("bob")
		for range 10 {
			pass(time.Second) // The heartbeat's pace.
			h.post(stay, room.Proof{})
		}
		synctest.Wait()
		expect(t, "alice hears", alice.heard(), []string{"entered[]", "+bob", "~bob unstable(silence)", "-bob(1)"})
		expect(t, "bob hears", bob.heard(), []string{"entered[alice]", "exited(3 timed_out)"})
		if took := bob.last()[0].At.Sub(alice.frameTime(1)); took != 10*time.Second {
			t.Errorf("bob was gone after %v", took)
		}
	})
}

// TestMailboxFull: when the room has no time, a door waits as long as its own deadline and no longer.
func TestMailboxFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		stay, _ := h.enter("alice")
		gate := h.hold("publish")
		if err := stay.Post(t.Context(), room.Publish{Stream: room.Audio, Mid: "0"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for range mailboxMax {
			if err := stay.Post(t.Context(), room.Proof{}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := stay.Post(ctx, room.Proof{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a word too many: %v", err)
		}
		if err := stay.Exit(ctx, kicked); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an exit too many: %v", err)
		}
		close(gate)
	})
}
