package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// what is a kind of news about a user.
type what uint8

const (
	entered what = iota + 1
	published
	// shaky: the others are told that something is wrong with the user, who is still in the room.
	shaky
	left
	// ended: a member is told that its own stay is over.
	ended
)

func (w what) String() string {
	return [...]string{"?", "entered", "published", "shaky", "left", "ended"}[w]
}

// topic is what can be waited for.
type topic struct {
	what what
	user string
}

// board collects what the members of one room hear, and when. User names are unique in a room, over time too.
type board struct {
	mu      sync.Mutex
	watches map[topic]*watch
}

// watch waits until each of some listeners has heard one thing.
type watch struct {
	topic topic
	// missing are the listeners who have not heard it yet; heard is when each of the others did, for the first time.
	missing map[string]bool
	heard   map[string]time.Time
	done    chan struct{}
}

func newBoard() *board { return &board{watches: map[topic]*watch{}} }

// expect starts to wait for listeners to hear something; it must be called before it can happen.
func (b *board) expect(w what, user string, listeners []string) *watch {
	one := &watch{
		topic: topic{w, user}, missing: map[string]bool{}, heard: map[string]time.Time{}, done: make(chan struct{}),
	}
	for _, name := range listeners {
		one.missing[name] = true
	}
	if len(one.missing) == 0 {
		close(one.done)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watches[one.topic] = one
	return one
}

// hear notes that a listener heard something now.
func (b *board) hear(listener string, w what, user string) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.watches[topic{w, user}]
	if one == nil || !one.missing[listener] {
		return
	}
	delete(one.missing, listener)
	one.heard[listener] = now
	if len(one.missing) == 0 {
		close(one.done)
		delete(b.watches, one.topic)
	}
}

// wait returns when the last of the listeners has heard it. The error says how many have not.
func (b *board) wait(ctx context.Context, one *watch) (time.Time, error) {
	select {
	case <-one.done:
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var last time.Time
	for _, at := range one.heard {
		if at.After(last) {
			last = at
		}
	}
	if len(one.missing) > 0 {
		delete(b.watches, one.topic)
		return last, fmt.Errorf("%d of %d never heard that %s %v: %w", len(one.missing),
			len(one.missing)+len(one.heard), one.topic.user, one.topic.what, ctx.Err())
	}
	return last, nil
}
