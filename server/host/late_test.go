package host

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/room"
)

// TestD7_ALateCloseIsNothing: the old socket closes when the member has come back over a new one. Nobody hears of it,
// and the stay goes on.
func TestD7_ALateCloseIsNothing(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, eyes := h.enter("alice")
	bob, first := h.enter("bob")
	_, again := h.resume(bob, first, 2)
	h.lose(bob, 1006)
	expect(t, "alice hears", eyes.heard(), []string{"entered[]", "+bob"})
	expect(t, "bob hears", again.heard(), []string{"resumed"})
}

// TestJ8_AnOldTokenEndsNothing: the lease of an incarnation that is long over is said to be lost.
func TestJ8_AnOldTokenEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		stay, eyes := h.enter("alice")
		h.Lost(lesson, stay.keeper.token+1)
		synctest.Wait()
		expect(t, "alice hears", eyes.heard(), []string{"entered[]"})
	})
}

// TestK3_NothingRemembersAStayThatEnded: neither the table of stays nor that of rooms.
func TestK3_NothingRemembersAStayThatEnded(t *testing.T) {
	h := newHouse(t)
	for range 10 {
		bob, _ := h.enter("bob")
		h.leave(bob)
	}
	h.shut()
	if len(h.stays) != 0 || len(h.rooms) != 0 {
		t.Errorf("%d stays and %d rooms are remembered", len(h.stays), len(h.rooms))
	}
}

// TestF11_ABlockIsOnDisk: the next process blocks on.
func TestF11_ABlockIsOnDisk(t *testing.T) {
	h, d := newKeepingHouse(t)
	defer h.shut()
	h.enter("bob")
	block := Command{Op: OpBlock, Key: lesson, Block: &Block{User: "bob", Audio: true}}
	if _, err := h.Ask(t.Context(), block); err != nil {
		t.Fatal(err)
	}
	if state := d.saved()[0].Room; !state.Blocks["bob"].Audio {
		t.Errorf("the disk has %+v", state.Blocks)
	}
}

// notary is a book of bans that notes in the diary when a ban is made, and which openings are over.
type notary struct {
	*ban.Book
	diary *diary
}

func (n notary) Put(ctx context.Context, b ban.Ban) (ban.Ban, error) {
	n.diary.add("ban %s", b.User)
	return n.Book.Put(ctx, b)
}

func (n notary) Over(incarnation string) {
	n.diary.add("over")
	n.Book.Over(incarnation)
}

// TestF1_TheBanComesBeforeTheRemoval: or the removed would slip back in between.
func TestF1_TheBanComesBeforeTheRemoval(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = notary{newBook(t), h.journal}
	h.enter("alice")
	h.enter("bob")
	h.journal.clear()
	if _, _, err := h.Ban(t.Context(), spam(ban.Room), ""); err != nil {
		t.Fatal(err)
	}
	if lines := h.journal.all(); lines[0] != "ban bob" || !slices.Contains(lines, "cut bob banned") {
		t.Errorf("in this order: %q", lines)
	}
}

// TestF6_TheBansOfAnOpeningEndWithIt: but not with a process that lets the room go on in the next one.
func TestF6_TheBansOfAnOpeningEndWithIt(t *testing.T) {
	for want, end := range map[string]func(*Hall, context.Context) error{"over": (*Hall).Close, "": (*Hall).Suspend} {
		h := newHouse(t)
		h.cfg.Bans = notary{newBook(t), h.journal}
		h.enter("alice")
		if err := end(h.Hall, t.Context()); err != nil {
			t.Fatal(err)
		}
		if said := slices.Contains(h.journal.all(), "over"); said != (want == "over") {
			t.Errorf("the bans of the opening were ended: %v", said)
		}
	}
}

// TestF2_ASecretOpensNoSeatForTheBanned: the ban is in the book, and the removal is still on its way.
func TestF2_ASecretOpensNoSeatForTheBanned(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	book := newBook(t)
	h.cfg.Bans = book
	bob, l := h.enter("bob")
	h.lose(bob, 1006)
	if _, err := book.Put(t.Context(), spam(ban.Room)); err != nil {
		t.Fatal(err)
	}
	_, err := h.Resume(t.Context(), Return{
		Key: lesson, Session: bob.Session(), Secret: secretOf(l), Device: "bob's phone", Link: &link{},
	})
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != room.CodeEnterRefused {
		t.Errorf("bob is back: %v", err)
	}
}
