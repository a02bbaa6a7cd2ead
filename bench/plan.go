package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// plan says how often what is measured in one round.
type plan struct {
	// sizes are the rooms; members of those beyond connectedMax have no media transport.
	sizes []int
	// speakers, silents and dismissals are how many of each go, per way and size.
	speakers, silents, dismissals int
}

// heardSize is the room in which everybody listens to the one who leaves.
const heardSize = 50

// pace keeps below the 20 removals a second that TRTC's control API allows.
const pace = 60 * time.Millisecond

// run measures one server once. What fails is noted, and the rest goes on.
func (p plan) run(ctx context.Context, s service, name string, into *results) {
	var crowds []*crowd
	for _, size := range p.sizes {
		c, err := gather(ctx, s, fmt.Sprintf("room-%d", size), size-1, staying(size))
		if err != nil {
			into.fail(row{by: byExit, size: size, who: speaker}, name, err)
			continue
		}
		crowds = append(crowds, c)
		p.goOut(ctx, c, speaker, p.speakers, name, into)
	}
	// Who published nothing mostly waits: for LiveKit's tick. So the rooms are measured side by side.
	var all sync.WaitGroup
	for _, c := range crowds {
		all.Go(func() { p.goOut(ctx, c, silent, p.silents, name, into) })
	}
	all.Wait()
	for _, c := range crowds {
		p.dismiss(ctx, c, name, into)
	}
	p.heard(ctx, s, name, into)
}

// staying is what those do who stay in a room of that size.
func staying(size int) part {
	if size > connectedMax {
		return bare
	}
	return silent
}

// goOut measures exits and removals of those who do one thing.
func (plan) goOut(ctx context.Context, c *crowd, who part, times int, name string, into *results) {
	size := len(c.names) + 1
	for _, by := range []way{byExit, byRemoval} {
		for range times {
			took, err := c.goOut(ctx, who, by)
			into.add(row{by: by, size: size, who: who}, name, took, err)
			// A run that is cut short says so at its end.
			_ = pause(ctx, pace)
		}
	}
}

// dismiss ends the room, and then some more like it if it is small.
func (p plan) dismiss(ctx context.Context, c *crowd, name string, into *results) {
	size := len(c.names) + 1
	what := row{by: byDismissal, size: size, who: staying(size)}
	took, err := c.end(ctx, size, what.who)
	into.add(what, name, took, err)
	if size > again {
		return
	}
	for i := range p.dismissals - 1 {
		c, err := gather(ctx, c.service, fmt.Sprintf("again-%d-%d", size, i), size, what.who)
		if err != nil {
			into.fail(what, name, err)
			return
		}
		took, err := c.end(ctx, size, what.who)
		into.add(what, name, took, err)
	}
}

// heard measures leaving while everybody listens to the one who leaves.
func (p plan) heard(ctx context.Context, s service, name string, into *results) {
	what := row{by: byExit, size: heardSize, who: listener}
	c, err := gather(ctx, s, "heard", heardSize-1, listener)
	if err != nil {
		into.fail(what, name, err)
		return
	}
	for range p.speakers {
		took, err := c.goOut(ctx, speaker, byExit)
		into.add(what, name, took, err)
	}
	// The room was measured; how it ends is not.
	_, _ = c.end(ctx, len(c.names), listener)
}
