package host

import (
	"errors"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// spam is a ban of bob, for a minute, in the scope.
func spam(scope ban.Scope) ban.Ban {
	return ban.Ban{
		App: lesson.App, Scope: scope, Key: lesson, User: "bob", Until: time.Now().Add(time.Minute),
		Actor: "api:key", Text: "spam",
	}
}

// refused says whether a user is kept out of a room by a ban.
func (h *house) refused(user, id string) bool {
	h.t.Helper()
	e, _ := h.entry(user)
	e.Key.ID = id
	stay, err := h.Enter(h.t.Context(), e)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Code == room.CodeEnterRefused {
		return true
	}
	if err != nil {
		h.t.Fatalf("%s enters %s: %v", user, id, err)
	}
	h.leave(stay)
	return false
}

// TestF1_ARemovalThatHolds: whoever is banned is put out with the reason, the actor, the text and for how long, and
// stays out, fifty times, until the ban is lifted.
func TestF1_ARemovalThatHolds(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = newBook(t)
	_, eyes := h.enter("alice")
	_, l := h.enter("bob")
	made, reply, err := h.Ban(t.Context(), spam(ban.Room), "")
	if err != nil || reply.Total != 1 || made.ID == "" {
		t.Fatalf("%+v, %+v, %v", made, reply, err)
	}
	expect(t, "bob hears", l.heard(), []string{"entered[alice]", "exited(1 banned)"})
	detail := l.frame(1).GetExited().GetDetail()
	if detail.GetActor() != "api:key" || detail.GetText() != "spam" || detail.GetRejoinAfterMs() < 50_000 {
		t.Errorf("F8: %v", detail)
	}
	for range 50 {
		if !h.refused("bob", lesson.ID) {
			t.Fatal("bob walked back in")
		}
	}
	if h.refused("carol", lesson.ID) || h.refused("bob", "another") {
		t.Error("F6: the ban is too wide")
	}
	expect(t, "alice hears", eyes.heard()[:3], []string{"entered[]", "+bob", "-bob(2)"})
	if all, err := h.Bans(t.Context(), lesson.App); err != nil || len(all) != 1 || all[0].ID != made.ID {
		t.Errorf("list: %+v, %v", all, err)
	}
	if all, err := h.Bans(t.Context(), lesson.App+1); err != nil || len(all) != 0 {
		t.Errorf("another tenant sees %+v, %v", all, err)
	}
	if _, err := h.LiftBan(t.Context(), lesson.App+1, made.ID); !errors.Is(err, ErrNoBan) {
		t.Errorf("another tenant lifted it: %v", err)
	}
	if _, err := h.LiftBan(t.Context(), lesson.App, made.ID); err != nil || h.refused("bob", lesson.ID) {
		t.Errorf("lifted: %v", err)
	}
	if _, err := h.LiftBan(t.Context(), lesson.App, made.ID); !errors.Is(err, ErrNoBan) {
		t.Errorf("lifted twice: %v", err)
	}
}

// TestK1_ARefusedEntryLeavesNoRoom: a room that was opened for somebody who is turned away ends by itself.
func TestK1_ARefusedEntryLeavesNoRoom(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = newBook(t)
	if _, _, err := h.Ban(t.Context(), spam(ban.App), ""); err != nil {
		t.Fatal(err)
	}
	if !h.refused("bob", "nobody is here") {
		t.Fatal("bob came in")
	}
	for _, k := range h.all() {
		select {
		case <-k.done:
		case <-time.After(10 * time.Second):
			t.Errorf("the room %v stays, and it is empty", k.key)
		}
	}
}

// TestF2_BannedWhileTheConnectionIsLost: the ban reaches the stay, connected or not, and every way back is shut: the
// resume, an entry that continues the stay, a deliberate one.
func TestF2_BannedWhileTheConnectionIsLost(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = newBook(t)
	h.enter("alice")
	bob, l := h.enter("bob")
	h.lose(bob, 1006)
	if _, reply, err := h.Ban(t.Context(), spam(ban.Room), ""); err != nil || reply.Total != 1 {
		t.Fatalf("%+v, %v", reply, err)
	}
	var ended *Ended
	_, err := h.Resume(t.Context(), Return{
		Key: lesson, Session: bob.Session(), Secret: secretOf(l), Device: "bob's phone", Link: &link{},
	})
	if !errors.As(err, &ended) || ended.Record.Why.Reason != exit.Banned || ended.Record.Why.Text != "spam" {
		t.Errorf("the resume: %v", err)
	}
	e, _ := h.entry("bob")
	e.ResumeSession = bob.Session()
	ended = nil
	if _, err := h.Enter(t.Context(), e); !errors.As(err, &ended) || ended.Record.Why.Reason != exit.Banned {
		t.Errorf("the continued entry: %v", err)
	}
	if !h.refused("bob", lesson.ID) {
		t.Error("the deliberate entry")
	}
}

// TestF6_ScopesOfABan: this incarnation, this room id, or the app; and nothing else.
func TestF6_ScopesOfABan(t *testing.T) {
	for scope, want := range map[ban.Scope][3]bool{
		// Inside the same incarnation, after it, and in another room.
		ban.Incarnation: {true, false, false},
		ban.Room:        {true, true, false},
		ban.App:         {true, true, true},
	} {
		h := newHouse(t)
		h.cfg.Bans = newBook(t)
		h.enter("alice")
		elsewhere, there := h.entry("bob")
		elsewhere.Key.ID = "elsewhere"
		h.enterAs(elsewhere)
		if _, _, err := h.Ban(t.Context(), spam(scope), ""); err != nil {
			t.Fatal(err)
		}
		if put := len(there.last()) == 1; put != want[2] {
			t.Errorf("scope %d: put out elsewhere: %v", scope, put)
		}
		got := [3]bool{h.refused("bob", lesson.ID)}
		if _, err := h.Exit(t.Context(), lesson, Target{All: true}, exit.Why{Reason: exit.Dismissed}); err != nil {
			t.Fatal(err)
		}
		got[1], got[2] = h.refused("bob", lesson.ID), h.refused("bob", "third")
		if got != want {
			t.Errorf("scope %d: refused %v, want %v", scope, got, want)
		}
		h.shut()
	}
	h := newHouse(t)
	h.cfg.Bans = newBook(t)
	if _, _, err := h.Ban(t.Context(), spam(ban.Incarnation), ""); !errors.Is(err, ErrNoRoom) {
		t.Errorf("an incarnation that is not there: %v", err)
	}
}

// TestF7_ADeviceIsKeptOutUnderAnotherName: a ban may name the device too.
func TestF7_ADeviceIsKeptOutUnderAnotherName(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = newBook(t)
	h.enter("alice")
	order := spam(ban.Room)
	order.Device = "bob's phone"
	if _, _, err := h.Ban(t.Context(), order, ""); err != nil {
		t.Fatal(err)
	}
	e, _ := h.entry("robert")
	e.Device = "bob's phone"
	var refusal *Refusal
	if _, err := h.Enter(t.Context(), e); !errors.As(err, &refusal) || refusal.Code != room.CodeEnterRefused {
		t.Errorf("the same device under another name: %v", err)
	}
}

// TestF10_AnOldSessionIsNobody: the back end means a stay that is over by now. The new one is left alone, by a removal
// and by a ban.
func TestF10_AnOldSessionIsNobody(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = newBook(t)
	old, _ := h.enter("bob")
	now, l := h.enter("bob")
	command := Command{Op: OpRemove, Key: lesson, Users: []string{"bob"}, Session: old.Session(), Why: kicked}
	if reply, err := h.Ask(t.Context(), command); err != nil || reply.Total != 0 {
		t.Errorf("the old session: %+v, %v", reply, err)
	}
	made, reply, err := h.Ban(t.Context(), spam(ban.Room), old.Session())
	if err != nil || reply.Total != 0 || made.ID != "" || len(l.last()) != 0 {
		t.Errorf("the old session was banned: %+v, %+v, %v", made, reply, err)
	}
	command.Users, command.Session = []string{"alice"}, now.Session()
	if reply, err := h.Ask(t.Context(), command); err != nil || reply.Total != 0 {
		t.Errorf("somebody else's session: %+v, %v", reply, err)
	}
	command.Users = []string{"bob"}
	if reply, err := h.Ask(t.Context(), command); err != nil || reply.Total != 1 {
		t.Errorf("the session itself: %+v, %v", reply, err)
	}
}

// TestF11_ABlockHoldsForEachStay: sound is taken from bob, who comes back; it is still taken. Somebody who is not
// inside cannot be blocked.
func TestF11_ABlockHoldsForEachStay(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, eyes := h.enter("alice")
	h.enter("bob")
	command := Command{Op: OpBlock, Key: lesson, Block: &Block{User: "bob", Audio: true}}
	if _, err := h.Ask(t.Context(), command); err != nil {
		t.Fatal(err)
	}
	again, _ := h.enter("bob")
	h.post(again, room.Publish{Stream: room.Audio, Mid: "0"})
	heard := eyes.heard()
	if last := heard[len(heard)-1]; last != "bob.1 published=true muted=true" {
		t.Errorf("alice hears %q", heard)
	}
	if slots := h.board.Slots(alice.Session()); len(slots) != 0 {
		t.Errorf("a blocked stream is forwarded: %+v", slots)
	}
	free := Command{Op: OpBlock, Key: lesson, Block: &Block{User: "bob"}}
	if _, err := h.Ask(t.Context(), free); err != nil || len(h.board.Slots(alice.Session())) != 1 {
		t.Errorf("freed: %v, %+v", err, h.board.Slots(alice.Session()))
	}
	command.Block.User = "nobody"
	if _, err := h.Ask(t.Context(), command); !errors.Is(err, ErrNoUser) {
		t.Errorf("nobody: %v", err)
	}
	command.Key.ID = "99"
	if _, err := h.Ask(t.Context(), command); !errors.Is(err, ErrNoRoom) {
		t.Errorf("no room: %v", err)
	}
}

// TestG8_RulesCanBeReadBack: a room that a back end opened has the rules it was given, and new ones at once.
func TestG8_RulesCanBeReadBack(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	p := room.DefaultPolicy()
	p.Timers.Alone, p.Host = time.Hour, "teacher"
	if info, err := h.OpenRoom(t.Context(), lesson, p); err != nil || info.Policy != p || info.Host != "teacher" {
		t.Fatalf("%+v, %v", info, err)
	}
	if _, err := h.OpenRoom(t.Context(), lesson, p); !errors.Is(err, ErrRoomExists) {
		t.Errorf("opened twice: %v", err)
	}
	h.enter("alice")
	p.Timers.Idle = time.Minute
	if _, err := h.Ask(t.Context(), Command{Op: OpPolicy, Key: lesson, Policy: &p}); err != nil {
		t.Fatal(err)
	}
	if info, err := h.describe(t.Context(), lesson); err != nil || info.Policy != p {
		t.Errorf("%+v, %v", info, err)
	}
	p.Presence.GoneAfter = 0
	if _, err := h.Ask(t.Context(), Command{Op: OpPolicy, Key: lesson, Policy: &p}); err == nil {
		t.Error("rules that cannot be were taken")
	}
	if _, err := h.OpenRoom(t.Context(), room.Key{App: 1, Kind: room.Str, ID: "x"}, p); err == nil {
		t.Error("a room with rules that cannot be was opened")
	}
}
