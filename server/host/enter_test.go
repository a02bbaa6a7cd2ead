package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestEnteredSaysEverything: one frame has the session, the incarnation, the answer, who is there and the pace.
func TestEnteredSaysEverything(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0", Muted: true})
	stay, bob := h.enter("bob")
	f := bob.frame(0)
	e := f.GetEntered()
	if f.GetSeq() != 3 || e.GetSessionId() != stay.Session() || e.GetAnswer() != "answer to 10" {
		t.Errorf("%v", f)
	}
	if e.GetHeartbeatMs() != 1000 || e.GetGoneMs() != 10_000 || e.GetServer() != "test" ||
		e.GetRoomIncarnation() != stay.keeper.incarnation {
		t.Errorf("%v", f)
	}
	m := e.GetMembers()
	if len(m) != 1 || m[0].GetUserId() != "alice" || len(m[0].GetStreams()) != 1 || !m[0].GetStreams()[0].GetMuted() {
		t.Errorf("%v", f)
	}
	if len(stay.Session()) < 26 || stay.Session() == alice.Session() {
		t.Errorf("session id %q has less than 128 bits, or is not unique", stay.Session())
	}
	if n := h.logged.count("msg=entered", stay.Session(), "user=bob", "room=1/numeric/7"); n != 1 {
		t.Errorf("%d log lines for one entry", n)
	}
}

// TestRefusals: each refusal has its code, and leaves no transport, no room and no lease.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *house, e *Entry)
		code  int32
	}{
		"an offer that is none": {func(_ *house, e *Entry) { e.Offer = "x" }, CodeEnterFail},
		"another scene": {func(h *house, e *Entry) {
			h.enter("first")
			e.Scene = room.Live
		}, room.CodeBadSceneOrRole},
		"no such scene":         {func(_ *house, e *Entry) { e.Scene = 9 }, room.CodeBadSceneOrRole},
		"another server's room": {func(h *house, _ *Entry) { h.leases.owned[lesson] = 99 }, CodeEnterTimeout},
		"the bus is down": {func(h *house, _ *Entry) {
			h.leases.before = func(context.Context) error { return errors.New("down") }
		}, CodeEnterFail},
		"the server stops": {func(h *house, _ *Entry) { h.shut() }, CodeConnectFail},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			e, l := h.entry("alice")
			c.spoil(h, &e)
			stay, err := h.Enter(t.Context(), e)
			var refusal *Refusal
			if stay != nil || !errors.As(err, &refusal) || refusal.Code != c.code || refusal.Message == "" {
				t.Fatalf("entered %v, %v", stay, err)
			}
			if len(l.heard()) != 0 {
				t.Errorf("the refused one hears %q", l.heard())
			}
			if h.leases.owned[lesson] == 99 {
				delete(h.leases.owned, lesson)
			}
			h.shut()
		})
	}
}

// TestD1_GivingUpLeavesNothing: the caller gives up at each step of an entry. No transport, session, room or lease
// stays.
func TestD1_GivingUpLeavesNothing(t *testing.T) {
	steps := map[string]func(h *house, cancel func()){
		"before": func(_ *house, cancel func()) { cancel() },
		"while the offer is answered": func(h *house, cancel func()) {
			h.board.intervene(func(call, _ string) {
				if call == "open" {
					cancel()
				}
			})
		},
		"while the lease is claimed": func(h *house, cancel func()) {
			h.leases.before = func(ctx context.Context) error { cancel(); return ctx.Err() }
		},
		"when the lease is claimed": func(h *house, cancel func()) {
			h.leases.before = func(context.Context) error { cancel(); return nil }
		},
		"while the seat is taken": func(h *house, cancel func()) { h.onSend = cancel },
	}
	for name, giveUp := range steps {
		t.Run(name, func(t *testing.T) {
			for range 30 { // Several ends are possible, and chance picks one.
				synctest.Test(t, func(t *testing.T) { enterAndGiveUp(t, giveUp) })
			}
		})
	}
}

func enterAndGiveUp(t *testing.T, giveUp func(h *house, cancel func())) {
	h := newHouse(t)
	defer h.shut()
	ctx, cancel := context.WithCancel(t.Context())
	giveUp(h, cancel)
	e, l := h.entry("alice")
	stay, err := h.Enter(ctx, e)
	if err == nil {
		// The seat was taken before the wish to give up was seen; then the door has a stay to end.
		err = stay.Exit(t.Context(), kicked)
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("gave up: %v", err)
	}
	synctest.Wait()
	if n := len(h.all()); n != 0 {
		t.Errorf("%d rooms are left; %v", n, err)
	}
	if len(l.heard()) > 0 && len(l.last()) != 1 {
		t.Errorf("I1: entered and never left: %q", l.heard())
	}
}

// TestD1_GivingUpInTheMailbox: the room is busy, the entry waits in its mailbox, and the caller gives up. Nobody hears
// of it, and the others go on.
func TestD1_GivingUpInTheMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		stay, alice := h.enter("alice")
		gate := h.hold("publish")
		if err := stay.Post(t.Context(), room.Publish{Stream: room.Audio, Mid: "0"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e, bob := h.entry("bob")
		if _, err := h.Enter(ctx, e); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up: %v", err)
		}
		close(gate)
		h.flush(lesson)
		expect(t, "alice hears", alice.heard(), []string{"entered[]"})
		expect(t, "bob hears", bob.heard(), nil)
		if n := h.board.sessions(); n != 1 {
			t.Errorf("%d transports are open", n)
		}
	})
}

// giveUpLate lets bob enter, and his caller give up after bob was told that he is inside and before the door knows it.
// Meanwhile happens in between. It returns what alice heard of it, once the room has done everything.
func (h *house) giveUpLate(meanwhile func(first *link)) []string {
	h.t.Helper()
	stay, alice := h.enter("alice")
	h.post(stay, room.Publish{Stream: room.Audio, Mid: "0"})
	gate := h.hold("forward")
	ctx, giveUp := context.WithCancel(h.t.Context())
	e, first := h.entry("bob")
	entering := make(chan error)
	go func() {
		_, err := h.Enter(ctx, e)
		entering <- err
	}()
	synctest.Wait() // The room told bob, and is not done with him.
	meanwhile(first)
	synctest.Wait() // What happens meanwhile is in the mailbox.
	giveUp()
	synctest.Wait() // And behind it, that the entry was given up.
	close(gate)
	if err := <-entering; !errors.Is(err, context.Canceled) {
		h.t.Errorf("the entry that was given up: %v", err)
	}
	h.flush(lesson)
	return alice.since(1)
}

// TestD1_GivingUpLateEndsTheStay: whoever was let in and has no page any more is out again at once.
func TestD1_GivingUpLateEndsTheStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		expect(t, "alice hears", h.giveUpLate(func(*link) {}), []string{"+bob", "-bob(1)"})
		if n := h.board.sessions(); n != 1 {
			t.Errorf("%d transports are open", n)
		}
	})
}

// TestD7_GivingUpLateEndsNoNewerConnection: the member has come back over another connection by then, for which the
// first one was given up. The stay goes on.
func TestD7_GivingUpLateEndsNoNewerConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		again := &link{name: "bob again", journal: h.journal}
		resumed := make(chan error, 1)
		heard := h.giveUpLate(func(first *link) {
			back := Return{
				Key: lesson, Session: first.frame(0).GetEntered().GetSessionId(), Secret: secretOf(first),
				Device: "bob's phone", Link: again,
			}
			go func() {
				_, err := h.Resume(t.Context(), back)
				resumed <- err
			}()
		})
		if err := <-resumed; err != nil {
			t.Errorf("bob does not come back: %v", err)
		}
		expect(t, "alice hears", heard, []string{"+bob"})
		if last := again.last(); len(last) > 0 {
			t.Errorf("bob is out: %v", last)
		}
	})
}

// TestD1_WhatIsDoneCountsAsDone: work that is done when its caller gives up was not given up, whichever the caller
// happens to see first.
func TestD1_WhatIsDoneCountsAsDone(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, _ := h.enter("alice")
	for range 50 {
		ctx := &overtaken{Context: t.Context(), work: func() { h.flush(lesson) }}
		if err := stay.keeper.call(ctx, func() {}); err != nil {
			t.Fatalf("the work was done, and its caller hears %v", err)
		}
	}
}

// overtaken is a context that is over when it is asked for the second time, and work has been done by then.
type overtaken struct {
	context.Context
	asked int
	work  func()
}

func (o *overtaken) Err() error { return context.Canceled }

func (o *overtaken) Done() <-chan struct{} {
	if o.asked++; o.asked == 1 {
		return nil
	}
	o.work()
	over := make(chan struct{})
	close(over)
	return over
}

// TestD5_EntryMeetsClosingRoom: an entry finds a room that is about to end. It waits for nobody and is let into a fresh
// incarnation, alone.
func TestD5_EntryMeetsClosingRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		first, alice := h.enter("alice")
		gate := h.hold("drop")
		go func() {
			if err := first.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "alice"}); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait() // The room is in the middle of its end.
		entered := make(chan *Stay)
		e, bob := h.entry("bob")
		go func() { entered <- h.enterAs(e) }()
		synctest.Wait() // The entry is in the old room's mailbox.
		close(gate)
		second := <-entered
		if second.keeper.incarnation == first.keeper.incarnation {
			t.Error("I-9: the incarnation was used again")
		}
		expect(t, "alice hears", alice.heard(), []string{"entered[]", "exited(0 left)"})
		expect(t, "bob hears", bob.heard(), []string{"entered[]"})
		if n := h.leases.count(); n != 1 {
			t.Errorf("%d leases", n)
		}
	})
}

// TestG1_DismissAndEnter: a room is dismissed, with a stalled member in it, and entered again at once and later. The
// newcomer is never touched by the old end (G14: and never waits for it).
func TestG1_DismissAndEnter(t *testing.T) {
	for _, pause := range []time.Duration{0, time.Millisecond, time.Second, 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			defer h.shut()
			stay, _ := h.enter("alice")
			e, stalled := h.entry("stalled")
			stalled.capacity = 1
			h.enterAs(e)
			if _, err := h.Exit(t.Context(), lesson, Target{All: true}, exit.Why{Reason: exit.Dismissed}); err != nil {
				t.Fatal(err)
			}
			pass(pause)
			began := time.Now()
			fresh, l := h.enter("bob")
			if took := time.Since(began); took != 0 {
				t.Errorf("G14: the entry waited for %v", took)
			}
			if err := stay.Exit(t.Context(), kicked); err != nil {
				t.Error(err)
			}
			if err := stay.Post(t.Context(), room.Say{CmdID: 1}); !errors.Is(err, ErrStayEnded) {
				t.Errorf("a word into an incarnation that is over: %v", err)
			}
			h.flush(lesson)
			expect(t, "bob hears", l.heard(), []string{"entered[]"})
			if fresh.keeper.incarnation == stay.keeper.incarnation {
				t.Error("I-9: the incarnation was used again")
			}
		})
	}
}

// TestG2_TwoOpenOneRoom: two enter a room that does not exist yet. There is one lease and one incarnation; when the
// first gives up while claiming, the second opens the room.
func TestG2_TwoOpenOneRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		defer h.shut()
		claims := 0
		h.leases.before = func(ctx context.Context) error {
			if claims++; claims > 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
		ctx, cancel := context.WithCancel(t.Context())
		e, _ := h.entry("alice")
		first := make(chan error)
		go func() { _, err := h.Enter(ctx, e); first <- err }()
		synctest.Wait()
		second := make(chan *Stay)
		e2, _ := h.entry("bob")
		go func() { second <- h.enterAs(e2) }()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
		if stay := <-second; stay == nil || claims != 2 || h.leases.count() != 1 {
			t.Errorf("the second: %v after %d claims", stay, claims)
		}
	})
}

// TestD10_ReturnToAnEndedStay: an entry that continues a stay comes after that stay ended. It hears how, whatever the
// reason, and opens no room (G9).
func TestD10_ReturnToAnEndedStay(t *testing.T) {
	for _, reason := range exit.Reasons() {
		h := newHouse(t)
		_, _ = h.enter("bob")
		stay, _ := h.enter("alice")
		if err := stay.Exit(t.Context(), exit.Why{Reason: reason, Actor: "someone"}); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{lesson.ID, "99"} {
			e, l := h.entry("alice")
			e.ResumeSession, e.Key.ID = stay.Session(), key
			_, err := h.Enter(t.Context(), e)
			var ended *Ended
			if !errors.As(err, &ended) || ended.Record.Why.Reason != reason || len(l.heard()) != 0 {
				t.Errorf("%v: returned: %v, heard %q", reason, err, l.heard())
			} else if !strings.Contains(err.Error(), reason.String()) {
				t.Errorf("%v: the error says %v", reason, err)
			}
		}
		if n := h.leases.count(); n != 1 {
			t.Errorf("G9: %d rooms are open", n)
		}
		h.shut()
	}
}

// TestD8_LostAndBack: a stay whose media cannot be mended goes on as a new session in the same seat, twice; the first
// return does not count against the second. Another user's session is no seat to take.
func TestD8_LostAndBack(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, l := h.enter("alice")
	e, _ := h.entry("bob")
	e.ResumeSession = stay.Session()
	var ended *Ended
	if _, err := h.Enter(t.Context(), e); !errors.As(err, &ended) || ended.Record.Why.Reason != exit.NodeLost {
		t.Errorf("bob took alice's seat: %v", err)
	}
	session := stay.Session()
	for range 2 {
		e, _ := h.entry("alice")
		e.ResumeSession = session
		session = h.enterAs(e).Session()
	}
	expect(t, "the lost one hears", l.heard(), []string{"entered[]", "exited(3 timed_out)"})
}
