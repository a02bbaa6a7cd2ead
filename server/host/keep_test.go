package host

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/journal"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
)

// disk is a journal in memory: it keeps what a real one would have on disk, in the order in which it came.
type disk struct {
	diary *diary
	// fails says that the disk takes nothing.
	fails error

	mu      sync.Mutex
	rooms   map[string]room.State
	members map[string]journal.Member
	exits   []exit.Record
}

func (d *disk) Append(c journal.Change, done func(error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.fails != nil:
	case c.Room != nil:
		d.rooms[c.Incarnation] = *c.Room
	case c.Member != nil:
		d.members[c.Member.State.Session] = *c.Member
		d.diary.add("keep %s", c.Member.State.User)
	case c.Exit != nil:
		d.exits = append(d.exits, *c.Exit)
		delete(d.members, c.Exit.Session)
		d.diary.add("keep end of %s", c.Exit.User)
	case c.Over:
		delete(d.rooms, c.Incarnation)
	}
	done(d.fails)
}

// saved is what the next process finds of the lesson.
func (d *disk) saved() []journal.Saved {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []journal.Saved
	for _, state := range d.rooms {
		s := journal.Saved{Key: lesson, Room: state, Exits: slices.Clone(d.exits)}
		for _, m := range d.members {
			s.Members = append(s.Members, m)
		}
		all = append(all, s)
	}
	return all
}

// newKeepingHouse is a house with a disk.
func newKeepingHouse(t *testing.T) (*house, *disk) {
	t.Helper()
	h := newHouse(t)
	d := &disk{diary: h.journal, rooms: map[string]room.State{}, members: map[string]journal.Member{}}
	h.cfg.Journal = d
	return h, d
}

// TestJ13_KeptBeforeAnybodyIsTold: media ends first, then the end is kept, then it is said.
func TestJ13_KeptBeforeAnybodyIsTold(t *testing.T) {
	h, _ := newKeepingHouse(t)
	defer h.shut()
	h.enter("alice")
	bob, _ := h.enter("bob")
	h.journal.clear()
	h.leave(bob)
	expect(t, "order", h.journal.all(), []string{
		"drop", "keep end of bob", "tell bob exited(0 left)", "cut bob left", "tell alice -bob(0)", "record bob left",
	})
}

// TestJ13_ADiskThatFailsKeepsNobodyInside: people leave and hear it, whatever the disk says, and the log tells.
func TestJ13_ADiskThatFailsKeepsNobodyInside(t *testing.T) {
	h, d := newKeepingHouse(t)
	defer h.shut()
	_, eyes := h.enter("alice")
	bob, _ := h.enter("bob")
	d.fails = errors.New("no space")
	h.leave(bob)
	expect(t, "alice hears", eyes.heard(), []string{"entered[]", "+bob", "-bob(0)"})
	if h.logged.count("level=ERROR", "no space") != 1 {
		t.Error("nobody would ever know")
	}
}

// TestJ13_TheNextProcessGoesOn: the process dies. In the next one the same people are inside, unstable; who comes back
// hears what happened before, who does not ends once.
func TestJ13_TheNextProcessGoesOn(t *testing.T) {
	h, d := newKeepingHouse(t)
	alice, first := h.enter("alice")
	h.enter("bob")
	carol, _ := h.enter("carol")
	h.post(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	h.lose(alice, 1006)
	h.leave(carol)
	before := d.saved()
	h.shut()

	next, _ := newKeepingHouse(t)
	defer next.shut()
	next.Restore(t.Context(), before)
	back, again := next.resume(alice, first, 3)
	expect(t, "alice hears", again.heard(), []string{"resumed whole -carol(left) bob without media"})
	if got := again.frame(0).GetResumed(); !got.GetMembers()[0].GetUnstable() {
		t.Errorf("bob is not there, and alice hears %v", got)
	}
	if err := back.Reoffer(t.Context(), 1, "10"); err != nil {
		t.Fatal(err)
	}
	dan, eyes := next.enter("dan")
	expect(t, "dan hears", eyes.heard(), []string{"entered[alice bob]", "bound(m0 alice.1)"})
	next.leave(dan)
	if info, err := next.describe(t.Context(), lesson); err != nil || info.Incarnation != back.keeper.incarnation ||
		info.Incarnation != before[0].Room.Incarnation || info.Members[1].Unstable != room.Restarted {
		t.Errorf("the room: %+v, %v", info, err)
	}
}

// TestJ13_NobodyIsInsideTwice: the process dies with an entry on disk, and without the end of the stay that it
// replaced. That stay ends in the next process as soon as there is one, is kept as ended, and whoever had it hears why.
func TestJ13_NobodyIsInsideTwice(t *testing.T) {
	h, d := newKeepingHouse(t)
	alice, first := h.enter("alice")
	torn := d.saved()[0].Members
	h.enter("alice")
	before := d.saved()
	before[0].Members, before[0].Exits = append(before[0].Members, torn...), nil
	h.shut()

	next, found := newKeepingHouse(t)
	defer next.shut()
	next.Restore(t.Context(), before)
	next.flush(lesson)
	info, err := next.describe(t.Context(), lesson)
	if err != nil || len(info.Members) != 1 || info.Members[0].Session == alice.Session() {
		t.Errorf("the room: %+v, %v", info, err)
	}
	if len(found.exits) != 1 || found.exits[0].Session != alice.Session() || found.exits[0].Why.Reason != exit.Replaced {
		t.Errorf("kept are %+v", found.exits)
	}
	_, err = next.Resume(t.Context(), Return{
		Key: lesson, Session: alice.Session(), Secret: secretOf(first), Device: first.name + "'s phone",
		Link: &link{name: "alice again", journal: next.journal},
	})
	var ended *Ended
	if !errors.As(err, &ended) || ended.Record.Why.Reason != exit.Replaced {
		t.Errorf("alice hears %v", err)
	}
}

// TestJ1_SuspendTellsNobodyOfAnExit: a graceful stop for the next process closes connections, and ends no stay.
func TestJ1_SuspendTellsNobodyOfAnExit(t *testing.T) {
	h, d := newKeepingHouse(t)
	_, l := h.enter("alice")
	if err := h.Suspend(context.Background()); err != nil {
		t.Fatal(err)
	}
	expect(t, "alice hears", l.heard(), []string{"entered[]"})
	if !slices.Equal(l.left, []uint16{closeRestart}) || len(d.saved()) != 1 || len(d.saved()[0].Members) != 1 {
		t.Errorf("closed with %v, kept %+v", l.left, d.saved())
	}
	h.shut()
}

// park makes whoever comes to a point wait there: reached is closed when somebody does, and release lets it go on.
func (h *house) park(point string) (reached, release chan struct{}) {
	reached, release = make(chan struct{}), make(chan struct{})
	var once sync.Once
	wait := func(at string) {
		if at != point {
			return
		}
		once.Do(func() {
			close(reached)
			<-release
		})
	}
	h.at.Store(&wait)
	return reached, release
}

// entering are the points between the steps of an entry.
var entering = []string{"enter: offer answered", "enter: room found", "enter: room answered"}

// TestD1_LeavingAtEachStepOfAnEntry: the caller gives up while the entry stands between two steps. Nothing is left.
func TestD1_LeavingAtEachStepOfAnEntry(t *testing.T) {
	for _, point := range entering {
		h := newHouse(t)
		h.enter("watcher")
		reached, release := h.park(point)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan *Stay)
		e, _ := h.entry("bob")
		go func() {
			stay, _ := h.Enter(ctx, e)
			done <- stay
		}()
		<-reached
		cancel()
		close(release)
		if stay := <-done; stay != nil {
			// It was inside before its caller gave up; the door ends such a stay.
			h.leave(stay)
		}
		info, err := h.describe(t.Context(), lesson)
		if err != nil || len(info.Members) != 1 || h.board.sessions() != 1 {
			t.Errorf("%s: %+v, %v, %d transports", point, info, err, h.board.sessions())
		}
		h.shut()
	}
}

// TestF5_RemovedAtEachStepOfAnEntry: a user is banned while on the way in. Whatever the step, the user is not inside
// after it, and was told, one way or the other.
func TestF5_RemovedAtEachStepOfAnEntry(t *testing.T) {
	for _, point := range entering {
		h := newHouse(t)
		h.cfg.Bans = newBook(t)
		h.enter("watcher")
		reached, release := h.park(point)
		e, l := h.entry("bob")
		done := make(chan error)
		go func() {
			_, err := h.Enter(t.Context(), e)
			done <- err
		}()
		<-reached
		order := ban.Ban{App: lesson.App, Scope: ban.Room, Key: lesson, User: "bob", Actor: "api:key", Text: "spam"}
		if _, _, err := h.Ban(t.Context(), order, ""); err != nil {
			t.Fatal(err)
		}
		close(release)
		err := <-done
		var refusal *Refusal
		refused := errors.As(err, &refusal) && refusal.Code == room.CodeEnterRefused
		removed := len(l.last()) == 1 && l.last()[0].Why.Reason == exit.Banned
		if refused == removed {
			t.Errorf("%s: refused %v (%v), removed %v", point, refused, err, removed)
		}
		if info, err := h.describe(t.Context(), lesson); err != nil || len(info.Members) != 1 {
			t.Errorf("%s: %+v, %v", point, info, err)
		}
		h.shut()
	}
}

// TestG1_DismissedAtEachStepOfAnEntry: the room is dismissed while somebody is on the way in: either the newcomer hears
// of the dismissal, or it is in the next incarnation.
func TestG1_DismissedAtEachStepOfAnEntry(t *testing.T) {
	for _, point := range entering {
		h := newHouse(t)
		first, _ := h.enter("watcher")
		reached, release := h.park(point)
		e, l := h.entry("bob")
		done := make(chan *Stay)
		go func() {
			stay, err := h.Enter(t.Context(), e)
			if err != nil {
				t.Errorf("%s: %v", point, err)
			}
			done <- stay
		}()
		<-reached
		why := exit.Why{Reason: exit.Dismissed, Actor: "api:key"}
		if _, err := h.Exit(t.Context(), lesson, Target{All: true}, why); err != nil {
			t.Fatal(err)
		}
		close(release)
		stay := <-done
		dismissed := len(l.last()) == 1 && l.last()[0].Why.Reason == exit.Dismissed
		if stay == nil || dismissed == (stay.keeper.incarnation != first.keeper.incarnation) {
			t.Errorf("%s: dismissed %v, in %v", point, dismissed, stay)
		}
		h.shut()
	}
}

// TestI1_TwoEndsOfOneStay: at each point between the decision of an end and its telling, another end of the same stay
// comes. One wins, and one is told and recorded.
func TestI1_TwoEndsOfOneStay(t *testing.T) {
	for _, point := range []string{"exit: asked", "exit: decided", "exit: recorded", "exit: told"} {
		h, d := newKeepingHouse(t)
		_, eyes := h.enter("alice")
		bob, l := h.enter("bob")
		reached, release := h.park(point)
		var ends sync.WaitGroup
		ends.Go(func() { h.leave(bob) })
		<-reached
		ends.Go(func() {
			if _, err := h.Exit(t.Context(), lesson, Target{Users: []string{"bob"}}, kicked); err != nil {
				t.Error(err)
			}
		})
		close(release)
		ends.Wait()
		if len(l.last()) != 1 || len(eyes.heard()) != 3 || len(h.ring.Recent(lesson)) != 1 || len(d.exits) != 1 {
			t.Errorf("%s: cut %v, told %q, %d kept", point, l.last(), eyes.heard(), len(d.exits))
		}
		h.shut()
	}
}

// TestA12_ARefusedReturnEndsNothing: a second entry of the user is refused while the old stay is unstable. The old stay
// is neither replaced nor kept alive by it.
func TestA12_ARefusedReturnEndsNothing(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.cfg.Bans = newBook(t)
	_, eyes := h.enter("alice")
	bob, _ := h.enter("bob")
	h.lose(bob, 1006)
	e, _ := h.entry("bob")
	e.Scene = room.Live
	if _, err := h.Enter(t.Context(), e); err == nil {
		t.Fatal("another scene was let in")
	}
	if _, err := h.Exit(t.Context(), lesson, Target{Session: bob.Session()}, kicked); err != nil {
		t.Fatal(err)
	}
	expect(t, "alice hears", eyes.heard(), []string{"entered[]", "+bob", "~bob unstable(socket)", "-bob(2)"})
}

// newBook is a real book of bans on a real bus.
func newBook(t *testing.T) *ban.Book {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	bus, err := registry.Open(registry.Config{StoreDir: t.TempDir()}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	book, err := ban.Open(t.Context(), bus.JetStream(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		book.Close()
		if err := bus.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return book
}
