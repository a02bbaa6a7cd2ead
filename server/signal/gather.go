package signal

import (
	"sync"
	"time"
)

const (
	// groupApart lies between the heartbeats of two groups.
	groupApart = 20 * time.Millisecond
	// groupMax is how many members beat together as long as some group has fewer: what hearing them takes must not hold
	// up media.
	groupMax = 64
	// An answer asks for the next heartbeat between an eighth of the pace and nine eighths after it.
	paceShare = 8
	// lagShare is how much of a lag that is measured is new.
	lagShare = 4
)

// rota gathers heartbeats in groups. One that comes alone wakes an idle process, which costs more than to hear it; so
// the answer to each says when the next is welcome, and those of a group come at about one time (decision 18). It is
// safe for use by several goroutines.
type rota struct {
	pace  time.Duration
	began time.Time

	mu sync.Mutex
	// groups are how many members each has.
	groups []int
}

func newRota(pace time.Duration) *rota {
	return &rota{pace: pace, began: time.Now(), groups: make([]int, max(1, pace/groupApart))}
}

// join gives a member a place in the first group that has one free, or in the smallest.
func (r *rota) join() *turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	best := 0
	for i, n := range r.groups {
		if n < groupMax {
			best = i
			break
		}
		if n < r.groups[best] {
			best = i
		}
	}
	r.groups[best]++
	return &turn{rota: r, group: best}
}

// turn is a member's place. It belongs to one goroutine.
type turn struct {
	rota  *rota
	group int
	// heard is when the last heartbeat came, and told how long after its answer the next was asked for; 0 before the
	// first. lag is how much later they come than asked for: the way there and back, and the client's timers.
	heard     time.Time
	told, lag time.Duration
}

// leave gives the place back.
func (t *turn) leave() {
	t.rota.mu.Lock()
	defer t.rota.mu.Unlock()
	t.rota.groups[t.group]--
}

// next notes a heartbeat and returns how long after its answer the next one should be sent, in whole milliseconds.
func (t *turn) next(now time.Time) time.Duration {
	pace := t.rota.pace
	if late := now.Sub(t.heard) - t.told; t.told > 0 && late >= 0 && late < pace/2 {
		t.lag += (late - t.lag) / lagShare
	}
	t.heard = now
	t.told = t.rota.until(t.group, now.Add(t.lag)).Truncate(time.Millisecond)
	return t.told
}

// until is how long after now the group beats next, about a pace from now: however wrong a lag is, nobody beats more
// often for it.
func (r *rota) until(group int, now time.Time) time.Duration {
	wait := (time.Duration(group)*groupApart - now.Sub(r.began)) % r.pace
	if wait < 0 {
		wait += r.pace
	}
	if wait <= r.pace/paceShare {
		wait += r.pace
	}
	return wait
}
