//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/exeunt/exeunt/client/load"
)

// How many enter one after the other, for how long that takes, and how many at once, for how many a server takes.
const (
	solos    = 20
	entrants = 200
)

// entries are what entering took and cost.
type entries struct {
	// First is from the wish to enter until the first media packet was at the socket: the median of those who entered
	// alone.
	First micros `json:"firstPacketP50us"`
	// Cost is the server's processor time for each of those who entered at once, without what it forwarded meanwhile.
	Cost micros `json:"serverUsPerEntry"`
	// Rate is how many of them entered in a second, until the last had its first packet; Load is the share of its
	// processor that the load used meanwhile.
	Rate float64 `json:"entriesPerSecond"`
	Load float64 `json:"loadCore"`
}

func (e *entries) String() string {
	return fmt.Sprintf("first packet after %.1f ms, %.2f ms of the server for each, %.0f a second with %.0f %% of the "+
		"load's core", e.First.float()/1e3, e.Cost.float()/1e3, e.Rate, e.Load*100)
}

// enterAll measures entries: real transports, of members whose own preparations are done.
func (c *crowd) enterAll(ctx context.Context, _ options) (figure, error) {
	p, err := c.speak(ctx)
	if err != nil {
		return figure{}, err
	}
	defer p.close()
	found := &entries{}
	times := &load.Histogram{}
	for n := range solos {
		took, err := c.solo(ctx, c.listener(entrants+n))
		if err != nil {
			return figure{}, err
		}
		times.Add(took)
	}
	found.First = micros(times.Quantile(0.5))
	return figure{Join: found}, c.rush(ctx, found)
}

// speak lets the speaker in, who talks until the pacer is closed.
func (c *crowd) speak(ctx context.Context) (*pacer, error) {
	speaker, err := c.seat(c.speaker())
	if err != nil {
		return nil, err
	}
	if err := c.service.enter(ctx, speaker); err != nil {
		return nil, err
	}
	return startPacer(c.scenario, c.members), nil
}

// solo lets one member in and returns how long it took until it got media.
func (c *crowd) solo(ctx context.Context, one seat) (time.Duration, error) {
	m, err := c.prepared(one)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := c.service.enter(ctx, m); err != nil {
		return 0, err
	}
	at, err := m.port.firstPacket(ctx)
	return at.Sub(begin), err
}

// prepared is a member that has done what it can before it enters.
func (c *crowd) prepared(one seat) (*member, error) {
	m, err := c.seat(one)
	if err != nil {
		return nil, err
	}
	if p, ok := c.service.(preparing); ok {
		_, err = m.prepare(p.offers())
	}
	return m, err
}

// preparing is a server whose members can make their peer connections before they enter.
type preparing interface{ offers() offering }

func (exeunt) offers() offering    { return offersFirst }
func (plainPion) offers() offering { return offersFirst }
func (livekit) offers() offering   { return answersOnly }

// firstPacket waits for the first media packet and returns when it came.
func (p *port) firstPacket(ctx context.Context) (time.Time, error) {
	every := time.NewTicker(pollEvery)
	defer every.Stop()
	for p.first.Load() == 0 {
		select {
		case <-every.C:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("wait for the first packet: %w", ctx.Err())
		}
	}
	return time.Unix(0, p.first.Load()), nil
}

// steadyLasts is how long what is forwarded is measured, to take its cost off.
const steadyLasts = time.Second

// rush lets many in at once.
func (c *crowd) rush(ctx context.Context, found *entries) error {
	var crowd []*member
	for n := range entrants {
		m, err := c.prepared(c.listener(n))
		if err != nil {
			return err
		}
		crowd = append(crowd, m)
	}
	first := c.sample(0)
	last, err := c.enterTogether(ctx, crowd)
	if err != nil {
		return err
	}
	inside := c.sample(0)
	if err := pause(ctx, steadyLasts); err != nil {
		return err
	}
	steady := c.sample(0)
	if err := errors.Join(first.err, inside.err, steady.err); err != nil {
		return err
	}
	perPacket := float64(steady.cost-inside.cost) / float64(max(1, steady.packets-inside.packets))
	forwarded := perPacket * float64(inside.packets-first.packets)
	found.Cost = micros((float64(inside.cost-first.cost) - forwarded) / entrants)
	found.Rate = entrants / last.Sub(first.at).Seconds()
	found.Load = shares(first, inside).Load
	return nil
}

// enterTogether lets members in at once and returns when the last of them got its first packet.
func (c *crowd) enterTogether(ctx context.Context, all []*member) (time.Time, error) {
	var entering sync.WaitGroup
	var mu sync.Mutex
	var failed error
	last := time.Time{}
	for _, m := range all {
		entering.Go(func() {
			err := c.service.enter(ctx, m)
			at := time.Time{}
			if err == nil {
				at, err = m.port.firstPacket(ctx)
			}
			mu.Lock()
			defer mu.Unlock()
			if at.After(last) {
				last = at
			}
			if failed == nil {
				failed = err
			}
		})
	}
	entering.Wait()
	return last, failed
}
