package host

import (
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/relay"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

var _ Relay = (*relay.Relay)(nil)

// gate is the real relay, with a note in the diary, and it knows who may pass.
type gate struct {
	*relay.Relay
	journal *diary

	mu      sync.Mutex
	passing map[string]bool
}

func (g *gate) Admit(session string) []*wire.IceServer {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passing[session] = true
	return g.Relay.Admit(session)
}

func (g *gate) Drop(session string) {
	g.Relay.Drop(session)
	g.journal.add("shut")
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.passing, session)
}

// count is how many sessions may pass.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.passing)
}

// gated gives a house a relay.
func (h *house) gated() *gate {
	h.t.Helper()
	media, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		h.t.Fatal(err)
	}
	at := media.LocalAddr().(*net.UDPAddr).AddrPort()
	r, err := relay.New(relay.Config{UDPAddr: "127.0.0.1:0", Told: []netip.AddrPort{at}, Bound: at},
		slog.New(slog.DiscardHandler), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			h.t.Error(err)
		}
		_ = media.Close()
	})
	g := &gate{Relay: r, journal: h.journal, passing: map[string]bool{}}
	h.cfg.Relay = g
	return g
}

// TestTheWaysGoWithTheStay: who enters and who comes back is told the same ones, nobody else's; they are shut before
// anybody hears of the exit.
func TestTheWaysGoWithTheStay(t *testing.T) {
	h := newHouse(t)
	g := h.gated()
	_, alice := h.enter("alice")
	bob, first := h.enter("bob")
	_, again := h.resume(bob, first, 2)
	hers := alice.frame(0).GetEntered().GetIceServers()
	his, later := first.frame(0).GetEntered().GetIceServers(), again.frame(0).GetResumed().GetIceServers()
	if len(hers) != 1 || len(his) != 1 || len(later) != 1 || len(his[0].GetUrls()) != 1 {
		t.Fatalf("alice is told %v, bob %v, and %v when he is back", hers, his, later)
	}
	if his[0].GetUsername() == hers[0].GetUsername() || his[0].GetUsername() != later[0].GetUsername() {
		t.Errorf("alice is %v, bob %v, and %v when he is back", hers[0], his[0], later[0])
	}
	h.journal.clear()
	if err := bob.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "bob"}); err != nil {
		t.Fatal(err)
	}
	expect(t, "the order", h.journal.all(), []string{
		"shut", "drop", "tell bob again exited(0 left)", "cut bob again left", "tell alice -bob(0)", "record bob left",
	})
	if n := g.count(); n != 1 {
		t.Errorf("%d may pass; want alice alone", n)
	}
	h.shut()
	if n := g.count(); n != 0 {
		t.Errorf("%d may pass after the drain", n)
	}
}

// TestNobodyPassesWhoseStayWasOverAtOnce: the room ends, collapses, or is kept for the next process; and a member whose
// link is full at the first frame is out before it was in.
func TestNobodyPassesWhoseStayWasOverAtOnce(t *testing.T) {
	for name, ends := range map[string]func(*house, *Stay){
		"dismissed": func(h *house, s *Stay) {
			_, err := h.Ask(h.t.Context(), Command{Op: OpDismiss, Key: lesson, Why: exit.Why{Reason: exit.Dismissed}})
			if err != nil {
				h.t.Error(err)
			}
		},
		"collapsed": func(h *house, s *Stay) {
			h.board.intervene(func(call, _ string) {
				if slices.Contains([]string{"publish", "drop"}, call) {
					panic("broken " + call)
				}
			})
			h.try(s, room.Publish{Stream: room.Audio, Mid: "0"})
			<-s.keeper.done
			h.board.intervene(nil)
			h.board.Drop(s.Session())
		},
		"kept": func(h *house, s *Stay) {
			if err := h.Suspend(h.t.Context()); err != nil {
				h.t.Error(err)
			}
		},
		"too slow": func(h *house, s *Stay) {
			e, l := h.entry("slow")
			l.refuses = 1
			_, _ = h.Enter(h.t.Context(), e)
			h.leave(s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			g := h.gated()
			stay, _ := h.enter("alice")
			if g.count() != 1 {
				t.Fatal("alice may not pass")
			}
			ends(h, stay)
			h.shut()
			if n := g.count(); n != 0 {
				t.Errorf("%d may pass", n)
			}
		})
	}
}

// TestWhoIsOutBeforeItIsInGetsNoWays: two entries of one user in one turn of the room; the first is over when it is
// welcomed.
func TestWhoIsOutBeforeItIsInGetsNoWays(t *testing.T) {
	h, _ := newKeepingHouse(t)
	g := h.gated()
	alice, _ := h.enter("alice")
	busy, held := make(chan struct{}), make(chan struct{})
	h.board.intervene(func(call, _ string) {
		if call == "publish" {
			close(busy)
			<-held
		}
	})
	if err := alice.Post(t.Context(), room.Publish{Stream: room.Audio, Mid: "0"}); err != nil {
		t.Fatal(err)
	}
	<-busy
	var entries sync.WaitGroup
	for n := range 2 {
		entries.Go(func() {
			e, _ := h.entry("bob")
			_, _ = h.Enter(t.Context(), e) // Either may be the one that stays.
		})
		for len(alice.keeper.mailbox) <= n {
			runtime.Gosched()
		}
	}
	close(held)
	entries.Wait()
	h.flush(lesson)
	if n := g.count(); n != 2 {
		t.Errorf("%d may pass; want alice and one bob", n)
	}
	h.shut()
}
