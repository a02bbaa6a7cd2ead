// Package events keeps what happened. For now that is a ring of recent exits in memory; it never blocks and never says
// no, because leaving must not wait for anybody's storage.
package events

import (
	"sync"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// Ended is the end of one stay, and where it was.
type Ended struct {
	Room        room.Key
	Incarnation string
	Record      exit.Record
}

// Ring remembers the latest exits of the whole node. Several goroutines may use it.
type Ring struct {
	mu sync.Mutex
	// exits is a circle; next is where the next exit goes, over the oldest one.
	exits     []Ended
	next      int
	bySession map[string]int
	capacity  int
}

// NewRing makes a ring that remembers n exits, at least one.
func NewRing(n int) *Ring {
	return &Ring{capacity: max(1, n), bySession: map[string]int{}}
}

// Record remembers the end of a stay and forgets the oldest one when there are too many.
func (r *Ring) Record(key room.Key, incarnation string, record exit.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := Ended{Room: key, Incarnation: incarnation, Record: record}
	if len(r.exits) < r.capacity {
		r.exits = append(r.exits, ended)
	} else {
		delete(r.bySession, r.exits[r.next].Record.Session)
		r.exits[r.next] = ended
	}
	r.bySession[record.Session] = r.next
	r.next = (r.next + 1) % r.capacity
}

// Find returns how a session's stay ended, while it is remembered.
func (r *Ring) Find(session string) (exit.Record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, found := r.bySession[session]
	if !found {
		return exit.Record{}, false
	}
	return r.exits[at].Record, true
}

// Recent returns the remembered exits of a room, all incarnations, the latest first.
func (r *Ring) Recent(key room.Key) []Ended {
	r.mu.Lock()
	defer r.mu.Unlock()
	var recent []Ended
	for i := range r.exits {
		at := (r.next - 1 - i + 2*r.capacity) % r.capacity
		if at < len(r.exits) && r.exits[at].Room == key {
			recent = append(recent, r.exits[at])
		}
	}
	return recent
}
