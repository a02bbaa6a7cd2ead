package host

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestJ1_Drain: every stay of every room ends as drained, nobody is told of the others, an empty live room goes too,
// and no entry is taken any more.
func TestJ1_Drain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		_, alice := h.enter("alice")
		_, bob := h.enter("bob")
		e, carol := h.entry("carol")
		e.Key.ID, e.Scene, e.Role = "empty", room.Live, room.Audience
		if err := h.enterAs(e).Exit(t.Context(), kicked); err != nil {
			t.Fatal(err)
		}
		if n := len(h.all()); n != 2 {
			t.Fatalf("%d rooms before the drain", n)
		}
		h.shut()
		expect(t, "alice hears", alice.heard(), []string{"entered[]", "+bob", "exited(3 drained)"})
		expect(t, "bob hears", bob.heard(), []string{"entered[alice]", "exited(3 drained)"})
		expect(t, "carol hears", carol.heard(), []string{"entered[]", "exited(1 removed)"})
		if n := h.logged.count("room closed", "why=drained"); n != 1 {
			t.Errorf("%d rooms closed as drained", n)
		}
		h.shut() // Once more changes nothing.
	})
}

// TestI13_DrainHasADeadline: a room that is stuck does not keep the server; the error counts it.
func TestI13_DrainHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		stay, _ := h.enter("alice")
		gate := h.hold("publish")
		if err := stay.Post(t.Context(), room.Publish{Stream: room.Audio, Mid: "0"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("drained: %v", err)
		}
		close(gate)
		h.shut()
	})
}

// TestJ12_DrainMeetsEntry: entries and a drain at the same moment. Each entry either ends as drained or is refused.
func TestJ12_DrainMeetsEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		const n = 50
		outcomes := make(chan error, n)
		links := make([]*link, n)
		for i := range n {
			e, l := h.entry(string(rune('a' + i)))
			links[i] = l
			go func() { _, err := h.Enter(t.Context(), e); outcomes <- err }()
		}
		h.shut()
		entered := 0
		for range n {
			err := <-outcomes
			var refusal *Refusal
			if err == nil {
				entered++
			} else if !errors.As(err, &refusal) || refusal.Code != CodeConnectFail {
				t.Errorf("the entry: %v", err)
			}
		}
		cut := 0
		for _, l := range links {
			if cuts := l.last(); len(cuts) == 1 && cuts[0].Why.Reason == exit.Drained {
				cut++
			}
		}
		if cut != entered || h.board.sessions() != 0 {
			t.Errorf("%d entered, %d were drained, %d transports are left", entered, cut, h.board.sessions())
		}
	})
}

// TestJ12_DrainWaitsForEntries: an entry is under way when the drain begins. The drain ends after it, not before.
func TestJ12_DrainWaitsForEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		gate := h.hold("open")
		outcome, drained := make(chan error, 1), make(chan error, 1)
		e, _ := h.entry("alice")
		go func() { _, err := h.Enter(t.Context(), e); outcome <- err }()
		synctest.Wait()
		go func() { drained <- h.Close(t.Context()) }()
		synctest.Wait()
		select {
		case <-drained:
			t.Error("the drain did not wait")
		default:
		}
		close(gate)
		var refusal *Refusal
		if err := <-outcome; !errors.As(err, &refusal) || refusal.Code != CodeConnectFail {
			t.Errorf("the entry: %v", err)
		}
		synctest.Wait()
		h.shut()
	})
}

// TestLiveRoomLingers: an empty live room whose last leaver was audience closes ten minutes later, by its own timer.
func TestLiveRoomLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		e, _ := h.entry("alice")
		e.Scene, e.Role = room.Live, room.Audience
		if err := h.enterAs(e).Exit(t.Context(), kicked); err != nil {
			t.Fatal(err)
		}
		pass(10*time.Minute - time.Second)
		if n := h.leases.count(); n != 1 {
			t.Errorf("%d leases before the time", n)
		}
		pass(time.Second)
		synctest.Wait()
		if n := h.leases.count(); n != 0 {
			t.Errorf("%d leases after the time", n)
		}
	})
}
