package host

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestA2_TheServerKeepsTheList: nobody's own client takes anybody off the list. All clients die at once; when the
// room's patience is over, nobody and nothing is listed.
func TestA2_TheServerKeepsTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		for i := range 20 {
			stay, _ := h.enter(fmt.Sprint("user", i))
			if i%2 == 0 {
				h.lose(stay, 1006)
			}
		}
		pass(10*time.Second + time.Millisecond)
		synctest.Wait()
		if rooms, err := h.Rooms(t.Context(), lesson.App); err != nil || len(rooms) != 0 {
			t.Errorf("still listed: %+v, %v", rooms, err)
		}
	})
}

// TestA7_TheRemoverHearsItToo: the moderator's connection is lost at the moment of the removal. Back again, it hears of
// it like everybody, in its place.
func TestA7_TheRemoverHearsItToo(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	moderator, first := h.enter("moderator")
	_, eyes := h.enter("alice")
	h.enter("rude")
	h.lose(moderator, 1006)
	if _, err := h.Exit(t.Context(), lesson, Target{Users: []string{"rude"}}, kicked); err != nil {
		t.Fatal(err)
	}
	h.enter("later")
	_, again := h.resume(moderator, first, 3)
	expect(t, "the moderator hears", again.heard(), []string{"resumed", "-rude(2)", "+later"})
	expect(t, "alice hears", eyes.heard()[2:], []string{
		"~moderator unstable(socket)", "-rude(2)", "+later", "~moderator back",
	})
}

// TestB12_TheSurvivorIsLeftAlone: the other one of two leaves, a thousand times, in each way. The survivor's session
// and transport are the same, and nobody asked it for an offer.
func TestB12_TheSurvivorIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.journal = nil
	survivor, eyes := h.enter("survivor")
	h.board.intervene(func(call, session string) {
		if session == survivor.Session() && call != "forward" && call != "unforward" {
			t.Errorf("the survivor's transport: %s", call)
		}
	})
	for i := range 1000 {
		other, _ := h.enter("other")
		h.post(other, room.Publish{Stream: room.Audio, Mid: "0"})
		var err error
		if i%2 == 0 {
			h.leave(other)
		} else {
			_, err = h.Exit(t.Context(), lesson, Target{Users: []string{"other"}}, kicked)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	h.board.intervene(nil)
	for _, word := range eyes.heard() {
		if word == "needed(1 0)" || word == "answer(0)" {
			t.Fatalf("the survivor heard %s", word)
		}
	}
	info, err := h.describe(t.Context(), lesson)
	if err != nil || len(info.Members) != 1 || info.Members[0].Session != survivor.Session() {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestG5_ARoomWithSomebodyInsideStays: one person for two days, with a heartbeat a minute by its own leave. Age ends no
// lease and no room that has no such rule (J7).
func TestG5_ARoomWithSomebodyInsideStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		stay, l := h.enter("alice")
		for range 48 * 60 {
			if err := stay.Alive(t.Context(), 0, time.Minute); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
		}
		h.flush(lesson)
		expect(t, "alice hears", l.heard(), []string{"entered[]"})
		if h.leases.count() != 1 {
			t.Error("the lease is gone")
		}
	})
}

// TestG9_NoReturnOpensARoom: the room is dismissed while two are reconnecting. Neither the resume nor the entry that
// continues a stay opens it again; both hear of the dismissal.
func TestG9_NoReturnOpensARoom(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stays, links := []*Stay{}, []*link{}
	for _, user := range []string{"alice", "bob"} {
		stay, l := h.enter(user)
		stays, links = append(stays, stay), append(links, l)
	}
	for _, stay := range stays {
		h.lose(stay, 1006)
	}
	why := exit.Why{Reason: exit.Dismissed, Actor: "api:key"}
	if _, err := h.Exit(t.Context(), lesson, Target{All: true}, why); err != nil {
		t.Fatal(err)
	}
	for i, user := range []string{"alice", "bob"} {
		var ended *Ended
		_, err := h.Resume(t.Context(), Return{
			Key: lesson, Session: stays[i].Session(), Secret: secretOf(links[i]), Device: user + "'s phone", Link: &link{},
		})
		if !errors.As(err, &ended) || ended.Record.Why != why {
			t.Errorf("%s resumes: %v", user, err)
		}
		e, _ := h.entry(user)
		e.ResumeSession = stays[i].Session()
		ended = nil
		if _, err := h.Enter(t.Context(), e); !errors.As(err, &ended) || ended.Record.Why != why {
			t.Errorf("%s continues: %v", user, err)
		}
	}
	if h.leases.count() != 0 {
		t.Error("a room is open")
	}
}

// TestH3_OneAdmissionForEveryDoor: what keeps somebody out at the front door keeps it out at each other one.
func TestH3_OneAdmissionForEveryDoor(t *testing.T) {
	for door, come := range map[string]func(h *house, e Entry, s *Stay, l *link) error{
		"enter": func(h *house, e Entry, _ *Stay, _ *link) error {
			_, err := h.Enter(h.t.Context(), e)
			return err
		},
		"continue": func(h *house, e Entry, s *Stay, _ *link) error {
			e.ResumeSession = s.Session()
			_, err := h.Enter(h.t.Context(), e)
			return err
		},
		"resume": func(h *house, _ Entry, s *Stay, l *link) error {
			_, err := h.Resume(h.t.Context(), Return{
				Key: lesson, Session: s.Session(), Secret: secretOf(l), Device: "bob's phone", Link: &link{},
			})
			return err
		},
	} {
		h := newHouse(t)
		book := newBook(t)
		h.cfg.Bans = book
		h.enter("alice")
		bob, l := h.enter("bob")
		h.lose(bob, 1006)
		// The ban alone: nobody has removed the stay yet.
		if _, err := book.Put(t.Context(), spam(ban.Room)); err != nil {
			t.Fatal(err)
		}
		e, _ := h.entry("bob")
		var refusal *Refusal
		if err := come(h, e, bob, l); !errors.As(err, &refusal) || refusal.Code != room.CodeEnterRefused {
			t.Errorf("%s: %v", door, err)
		}
		h.shut()
	}
}

// TestI9_EachStayHasItsOwnRecord: a user comes and goes five times. There are five records, each of its own session, in
// order: none is overwritten, and none is of a stay that never was (I2).
func TestI9_EachStayHasItsOwnRecord(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.enter("alice")
	var sessions []string
	for range 5 {
		stay, _ := h.enter("bob")
		sessions = append(sessions, stay.Session())
		h.leave(stay)
	}
	var recorded []string
	for _, ended := range h.ring.Recent(lesson) {
		recorded = append(recorded, ended.Record.Session)
	}
	slices.Reverse(recorded) // The ring tells the latest first.
	expect(t, "records", recorded, sessions)
}

// TestK12_TheSameAtEachSize: with 2, 30 and 300 members, a leave and a removal are told to each of the others once.
func TestK12_TheSameAtEachSize(t *testing.T) {
	for _, size := range []int{2, 30, 300} {
		h := newHouse(t)
		h.journal = nil
		var stays []*Stay
		var links []*link
		for i := range size {
			e, l := h.entry(fmt.Sprint("user", i))
			e.Offer = ""
			stays, links = append(stays, h.enterAs(e)), append(links, l)
		}
		h.leave(stays[0])
		if size > 2 {
			if _, err := h.Exit(t.Context(), lesson, Target{Users: []string{"user1"}}, kicked); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range links[min(2, size-1):] {
			told := map[string]int{}
			for _, word := range l.heard() {
				told[word]++
			}
			if told["-user0(0)"] != 1 || (size > 2 && told["-user1(2)"] != 1) {
				t.Fatalf("%d members: %s heard %v", size, l.name, told)
			}
		}
		h.shut()
	}
}

// TestE6_ALateRoomHearsBeforeItJudges: the room is held up for five seconds, while its members beat. They are behind
// the room's own delay, not silent, so nobody is told of anybody.
func TestE6_ALateRoomHearsBeforeItJudges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		alice, eyes := h.enter("alice")
		bob, _ := h.enter("bob")
		gate := h.hold("publish")
		if err := alice.Post(t.Context(), room.Publish{Stream: room.Audio, Mid: "0"}); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			pass(time.Second)
			for _, stay := range []*Stay{alice, bob} {
				if err := stay.Alive(t.Context(), 0, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		close(gate)
		h.flush(lesson)
		expect(t, "alice hears", eyes.heard(), []string{"entered[]", "+bob"})
	})
}
