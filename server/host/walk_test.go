package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestG2_RandomWalk: many users enter, publish, leave, are removed and dismissed at the same time, in two rooms.
// Whatever the order: each stay has one record, each log is consistent in itself, and all that happened is the same in
// every log.
func TestG2_RandomWalk(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			h.journal = nil
			w := &walk{h: h, lost: map[string]bool{}}
			var walkers sync.WaitGroup
			for i := range 12 {
				walkers.Go(func() { w.user(t, fmt.Sprint("user", i%8), rand.New(rand.NewPCG(seed, uint64(i)))) })
			}
			walkers.Go(func() { w.backEnd(t, rand.New(rand.NewPCG(seed, 99))) })
			walkers.Wait()
			h.shut()
			w.check(t)
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}

// walk collects the links of all stays.
type walk struct {
	h     *house
	mu    sync.Mutex
	stays map[string]*link
	// lost are the sessions whose connection was lost, and which may hear no last word.
	lost map[string]bool
}

func (w *walk) lose(s *Stay) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost[s.Session()] = true
}

func (w *walk) add(s *Stay, l *link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stays == nil {
		w.stays = map[string]*link{}
	}
	w.stays[s.Session()] = l
}

// user enters and leaves again and again. Twelve walk as eight users, so that some replace each other.
func (w *walk) user(t *testing.T, name string, random *rand.Rand) {
	for range 40 {
		e, l := w.h.entry(name)
		e.Key.ID = fmt.Sprint(random.IntN(2))
		e.Offer = fmt.Sprint(random.IntN(4))
		l.journal = nil
		if random.IntN(10) == 0 {
			l.capacity = 1 + random.IntN(5)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(20))*time.Millisecond)
		stay, err := w.h.Enter(ctx, e)
		cancel()
		if err != nil {
			var refusal *Refusal
			if !errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &refusal) {
				t.Errorf("enter: %v", err)
			}
			continue
		}
		w.add(stay, l)
		w.dwell(t, stay, random)
	}
}

// dwell lives in the room for a while and leaves it, or just stops.
func (w *walk) dwell(t *testing.T, stay *Stay, random *rand.Rand) {
	for range random.IntN(6) {
		events := []room.Event{
			room.Publish{Stream: room.Stream(1 + random.IntN(3)), Mid: fmt.Sprint(random.IntN(3))},
			room.Unpublish{Stream: room.Audio},
			room.Subscribe{User: "user1", Stream: room.Sub},
			room.Unsubscribe{User: "user2", Stream: room.Audio},
			room.Say{CmdID: 1, Data: []byte("hello")},
			room.Proof{},
		}
		if err := stay.Post(t.Context(), events[random.IntN(len(events))]); err != nil && !errors.Is(err, ErrStayEnded) {
			t.Errorf("post: %v", err)
		}
		pass(time.Duration(random.IntN(10)) * time.Millisecond)
	}
	switch random.IntN(4) {
	case 0: // Silence, or the next entry, ends it.
	case 1:
		if err := stay.Lost(t.Context(), 1006); err != nil && !errors.Is(err, ErrStayEnded) {
			t.Errorf("lost: %v", err)
		}
		w.lose(stay)
	default:
		if err := stay.Exit(t.Context(), exit.Why{Reason: exit.Left}); err != nil {
			t.Errorf("exit: %v", err)
		}
	}
}

// backEnd removes and dismisses.
func (w *walk) backEnd(t *testing.T, random *rand.Rand) {
	for range 60 {
		key := lesson
		key.ID = fmt.Sprint(random.IntN(2))
		target := Target{Users: []string{fmt.Sprint("user", random.IntN(8)), fmt.Sprint("user", random.IntN(8))}}
		if random.IntN(4) == 0 {
			target = Target{All: true}
		}
		if _, err := w.h.Exit(t.Context(), key, target, kicked); err != nil && !errors.Is(err, ErrNoRoom) {
			t.Errorf("exit: %v", err)
		}
		pass(time.Duration(random.IntN(20)) * time.Millisecond)
	}
}

// check reads all logs.
func (w *walk) check(t *testing.T) {
	// what has, by incarnation and seq, the word that everybody who was told heard.
	what := map[string]string{}
	for session, l := range w.stays {
		cuts := l.last()
		record, found := w.h.ring.Find(session)
		if found && len(cuts) == 0 && w.lost[session] {
			continue
		}
		if len(cuts) != 1 || !found || record != cuts[0] {
			t.Errorf("I-2: %s was cut %d times; its record is %+v", session, len(cuts), record)
			continue
		}
		w.checkLog(t, session, l, what)
	}
	if len(w.stays) < 50 || len(what) < 50 {
		t.Errorf("too little happened: %d stays, %d happenings", len(w.stays), len(what))
	}
}

// checkLog reads what one stay was told: entered first, exited last, seq never back, and enter and leave of each user
// in turn.
func (w *walk) checkLog(t *testing.T, session string, l *link, what map[string]string) {
	inside, seq := map[string]bool{}, uint64(0)
	incarnation := l.frame(0).GetEntered().GetRoomIncarnation()
	for _, m := range l.frame(0).GetEntered().GetMembers() {
		inside[m.GetUserId()] = true
	}
	heard := l.heard()
	for n := range heard {
		f := l.frame(n)
		if (n == 0) != (f.GetEntered() != nil) || (n == len(heard)-1) != (f.GetExited() != nil) {
			t.Errorf("%s heard %q", session, heard)
			return
		}
		user := f.GetMemberEntered().GetUserId()
		left := f.GetMemberLeft().GetUserId()
		switch {
		case user != "" && inside[user], left != "" && !inside[left]:
			t.Errorf("B3: %s heard %q, which cannot be at frame %d; inside are %q", session, heard, n,
				slices.Collect(maps.Keys(inside)))
			return
		case user != "":
			inside[user] = true
		case left != "":
			delete(inside, left)
		}
		if f.GetSeq() == 0 || f.GetEntered() != nil || f.GetExited() != nil {
			continue
		}
		if f.GetSeq() <= seq {
			t.Errorf("I-3: %s heard seq %d after %d", session, f.GetSeq(), seq)
		}
		seq = f.GetSeq()
		place := fmt.Sprint(incarnation, " ", seq)
		if other, known := what[place]; known && other != heard[n] {
			t.Errorf("B10: %q for one and %q for another at %s", other, heard[n], place)
		}
		what[place] = heard[n]
	}
}
