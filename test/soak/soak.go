// Package soak lets thousands of members come, go, break and be thrown out of hundreds of rooms for as long as one
// likes, and then asks three things: whether the server is as small as before, whether every stay has one end, and
// whether what each member saw of the others is what the server wrote down.
package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/exeunt/exeunt/test/rig"
)

// Plan says what a soak is made of.
type Plan struct {
	Members, Rooms int
	// Media is how many of the members have sound, through a transport.
	Media int
	// Warm is how long the members churn before the server is measured for the first time, Long how long after it.
	Warm, Long time.Duration
	Seed       uint64
}

// soak is one run.
type soak struct {
	Plan
	server *rig.Server

	mu      sync.Mutex
	diaries []*diary
	counts  [deedsMax]atomic.Int64
	refused atomic.Int64
	// lost counts entries whose outcome is not known.
	lost atomic.Int64
}

// settleWait is how long the server may take to be idle after the last member has left.
const settleWait = 90 * time.Second

// spell lets everybody churn for a while, takes everybody out and waits until the server is idle. It returns what the
// server then counts.
func (s *soak) spell(ctx context.Context, long time.Duration, generation uint64) (size, error) {
	churning, quiet := context.WithTimeout(ctx, long)
	defer quiet()
	var all sync.WaitGroup
	for n := range s.Members {
		m := &member{
			soak: s, number: n, room: 1 + uint32(n%s.Rooms), app: s.server.Apps[n%s.Rooms%len(s.server.Apps)],
			rng: rand.New(rand.NewPCG(s.Seed+generation, uint64(n))),
		}
		all.Go(func() { m.churn(churning) })
	}
	for n := range s.server.Apps {
		b := &backEnd{soak: s, app: n, rng: rand.New(rand.NewPCG(s.Seed+generation, 1<<32+uint64(n)))}
		all.Go(func() { b.work(churning) })
	}
	all.Wait()
	if err := s.closeRooms(ctx); err != nil {
		return size{}, err
	}
	return s.settle(ctx)
}

// closeRooms waits until the call rooms are over, as they must be when nobody is inside, and dismisses the live ones,
// which stay open for a while after their last listener.
func (s *soak) closeRooms(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleWait)
	defer cancel()
	for n := 0; n < s.Rooms; {
		app, action := s.server.Apps[n%len(s.server.Apps)], "DescribeRoom"
		if live(uint32(n + 1)) {
			action = "DismissRoom"
		}
		reply, err := s.server.Call(ctx, app, action, map[string]any{"RoomId": n + 1})
		if err != nil {
			return fmt.Errorf("room %d does not end: %w", n+1, err)
		}
		switch reply.Error.Code {
		case rig.NoRoom:
			n++
		case "", rig.TooMany:
			if !wait(ctx, readEvery) {
				return fmt.Errorf("room %d does not end: %+v", n+1, reply)
			}
		default:
			return fmt.Errorf("%s of room %d: %s: %s", action, n+1, reply.Error.Code, reply.Error.Message)
		}
	}
	return nil
}

// idle says that nobody is inside and no room is open.
func idle(n map[string]float64) bool { return n["exeunt_sessions"] == 0 && n["exeunt_rooms"] == 0 }

// settle reads what the server counts until nobody is there and it does not shrink any more: what a server does behind
// a last word has no event for a stranger to wait for.
func (s *soak) settle(ctx context.Context) (size, error) {
	ctx, cancel := context.WithTimeout(ctx, settleWait)
	defer cancel()
	pace := time.NewTicker(readEvery)
	defer pace.Stop()
	best, steady := size{}, 0
	for {
		numbers, err := s.server.Numbers(ctx)
		if err != nil {
			return best, err
		}
		now := sizeOf(numbers)
		switch {
		case !idle(numbers):
			steady = 0
		case steady == 0 || now.smaller(best):
			best, steady = now.least(best, steady), 1
		default:
			steady++
		}
		if steady >= steadyReads {
			return best, nil
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return best, fmt.Errorf("the server is not idle: %v sessions, %v rooms: %w", numbers["exeunt_sessions"],
				numbers["exeunt_rooms"], ctx.Err())
		}
	}
}

// readEvery is the pace of reading the numbers, steadyReads how often they must not have shrunk in a row.
const (
	readEvery   = 250 * time.Millisecond
	steadyReads = 24
)

// size is what a leak would show in.
type size struct{ goroutines, descriptors, heap, objects float64 }

func sizeOf(n map[string]float64) size {
	return size{
		goroutines: n["go_goroutines"], descriptors: n["process_open_fds"],
		heap: n["go_memstats_heap_alloc_bytes"], objects: n["go_memstats_heap_objects"],
	}
}

func (a size) smaller(b size) bool {
	return a.goroutines < b.goroutines || a.descriptors < b.descriptors || a.heap < b.heap
}

// least is the least of each; before any reading that is a itself.
func (a size) least(b size, reads int) size {
	if reads == 0 {
		return a
	}
	return size{
		min(a.goroutines, b.goroutines), min(a.descriptors, b.descriptors), min(a.heap, b.heap),
		min(a.objects, b.objects),
	}
}

func (a size) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f descriptors, heap %.1f MB in %.0f objects", a.goroutines, a.descriptors,
		a.heap/1e6, a.objects)
}

// What may come on top: a handful of goroutines and descriptors come and go with the reading itself; each ended stay is
// remembered in the index of the stream on disk, about half a kilobyte, until the stream is full, and the process keeps
// some memory for its own purposes.
const (
	goroutinesMore  = 8
	descriptorsMore = 6
	heapMore        = 8 << 20
	bytesPerStay    = 1 << 10
)

// grown says what grew from a to b more than it may, over so many stays.
func grown(a, b size, stays int) error {
	var wrong []error
	check := func(what string, before, after, more float64) {
		if after > before+more {
			wrong = append(wrong, fmt.Errorf("%s grew from %.0f to %.0f; it may by %.0f", what, before, after, more))
		}
	}
	check("goroutines", a.goroutines, b.goroutines, goroutinesMore)
	check("descriptors", a.descriptors, b.descriptors, descriptorsMore)
	check("the heap", a.heap, b.heap, heapMore+float64(stays)*bytesPerStay)
	return errors.Join(wrong...)
}
