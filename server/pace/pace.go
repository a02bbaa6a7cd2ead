// Package pace says how often something may happen: a bucket into which tokens drip, and from which each happening
// takes one. It knows nothing of what happens.
package pace

import (
	"context"
	"sync"
	"time"
)

// Bucket is safe for use by several goroutines.
type Bucket struct {
	// each is how long a token takes to drip in, and full how many the bucket holds.
	each time.Duration
	full int

	mu sync.Mutex
	// empty is when the bucket was, or will be, empty: what has dripped in since is there to be taken.
	empty time.Time
}

// New returns a full bucket that gets perSecond tokens a second, more than 0, and holds full, at least 1.
func New(perSecond float64, full int) *Bucket {
	return &Bucket{each: time.Duration(float64(time.Second) / perSecond), full: full}
}

// Take takes a token, if there is one at now.
func (b *Bucket) Take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spill(now)
	if now.Sub(b.empty) < b.each {
		return false
	}
	b.empty = b.empty.Add(b.each)
	return true
}

// Wait takes the next token and waits until it is there. It fails only with the context's error; the token is gone all
// the same.
func (b *Bucket) Wait(ctx context.Context) error {
	long := b.owe(time.Now())
	if long <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// owe takes the next token and returns how long it takes to drip in; not above 0 for one that is there.
func (b *Bucket) owe(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spill(now)
	b.empty = b.empty.Add(b.each)
	return b.empty.Sub(now)
}

// spill forgets what the bucket could not hold.
func (b *Bucket) spill(now time.Time) {
	if brim := now.Add(-time.Duration(b.full) * b.each); b.empty.Before(brim) {
		b.empty = brim
	}
}
