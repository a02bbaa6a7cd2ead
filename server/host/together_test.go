package host

import (
	"context"
	"testing"
)

// TestAllOfARoomAreOpenedTogether: media may put rooms apart, and nothing goes from one part to another. So whoever
// enters one room names it alike: at the entry, with a first offer that comes later, and with one that comes anew.
func TestAllOfARoomAreOpenedTogether(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	e, _ := h.entry("bob")
	e.Offer = ""
	bob := h.enterAs(e)
	carol, _ := h.enter("carol")
	stranger, _ := h.entry("alice")
	stranger.Key.ID = "other"
	elsewhere := h.enterAs(stranger)
	for _, err := range []error{
		bob.Reoffer(t.Context(), 1, "2"), carol.Renew(t.Context(), 1, "2"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range []*Stay{bob, carol} {
		if got, want := h.board.opened(one), h.board.opened(alice); got != want || got == "" {
			t.Errorf("%s was opened with %q; alice with %q", one.user, got, want)
		}
	}
	if h.board.opened(elsewhere) == h.board.opened(alice) {
		t.Error("two rooms were opened together")
	}
	if err := elsewhere.Exit(context.Background(), kicked); err != nil {
		t.Error(err)
	}
}

// opened is what a session's transport was opened with.
func (b *board) opened(s *Stay) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.users[s.session].together
}
