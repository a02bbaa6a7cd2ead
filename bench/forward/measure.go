//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"
)

// service is a server under measure.
type service interface {
	// enter lets a member in; it returns when the transport stands.
	enter(ctx context.Context, m *member) error
	// debug is the URL under which the server tells about itself; empty for a server that does not.
	debug() string
	PID() int
	Stop()
}

// player is a server that sends by itself what a speaker would say.
type player interface {
	play(ctx context.Context, s scenario) error
}

// placed is a server whose members cannot be on loopback.
type placed interface{ at() netip.Addr }

// entriesAtOnce is how many listeners enter side by side.
const entriesAtOnce = 4

// crowd is everybody of one scenario.
type crowd struct {
	scenario
	service service
	poller  *poller
	members []*member
	// checkers look into what listeners get who stand evenly among the others; none when nobody gets anything that
	// Pion could decrypt.
	checkers []*checker
	// seated counts the listeners that have a port.
	seated int
}

// close lets everybody go and ends the server, without waiting for its goodbyes.
func (c *crowd) close() {
	var all sync.WaitGroup
	for _, m := range c.members {
		all.Go(m.close)
	}
	c.service.Stop()
	all.Wait()
	c.poller.close()
}

// gather lets everybody in.
func (c *crowd) gather(ctx context.Context) error {
	limit := make(chan struct{}, entriesAtOnce)
	failures := make(chan error, 1)
	var entering sync.WaitGroup
	defer entering.Wait()
	for _, one := range c.seats() {
		m, err := c.seat(one)
		if err != nil {
			return err
		}
		if !one.listens {
			if err := c.service.enter(ctx, m); err != nil {
				return err
			}
			continue
		}
		limit <- struct{}{}
		entering.Go(func() {
			defer func() { <-limit }()
			if err := c.service.enter(ctx, m); err != nil {
				select {
				case failures <- err:
				default:
				}
			}
		})
	}
	entering.Wait()
	return firstOf(ctx, failures)
}

// firstOf is the first failure, if there is one.
func firstOf(ctx context.Context, failures <-chan error) error {
	select {
	case err := <-failures:
		return err
	default:
		return ctx.Err()
	}
}

// seat gives a member its port, and some listeners a checker.
func (c *crowd) seat(one seat) (*member, error) {
	port, err := c.poller.open(c.look(one))
	if err != nil {
		return nil, err
	}
	m := &member{seat: one, port: port}
	c.members = append(c.members, m)
	return m, nil
}

// look returns the checker of a member; nil for most.
func (c *crowd) look(one seat) *checker {
	if !one.listens || len(c.checkers) == 0 {
		return nil
	}
	n := c.seated
	c.seated++
	every := max(1, c.listeners*max(1, c.rooms)/len(c.checkers))
	if n%every != 0 || n/every >= len(c.checkers) {
		return nil
	}
	return c.checkers[n/every]
}

// sample is all counters at one moment.
type sample struct {
	at             time.Time
	cost, load     time.Duration
	sent           uint64
	packets, extra uint64
	missing        int64
	err            error
}

func (c *crowd) sample(sent uint64) sample {
	s := sample{at: time.Now(), sent: sent}
	s.cost, s.err = spent(c.service.PID())
	var err error
	s.load, err = spent(os.Getpid())
	s.err = errors.Join(s.err, err)
	for _, m := range c.members {
		s.packets += m.port.packets.Load()
		s.extra += m.port.extra.Load()
		s.missing += m.port.missing.Load()
	}
	return s
}

// setupMax is how long it may take until everybody is in, and crowdMax where each of hundreds is told of all others, or
// thousands come and go.
const (
	setupMax = 90 * time.Second
	crowdMax = 5 * time.Minute
)

// measure starts a server, runs a scenario for a while and says what it cost. An error is one that no other round can
// mend; whatever else goes wrong makes the figure invalid.
func measure(ctx context.Context, o options, who contender, s scenario) (figure, error) {
	share, err := quiet(ctx)
	if err != nil {
		return figure{}, err
	}
	long := o.warm + o.lasts() + o.profileLasts() + setupMax
	if s.name == cycles || s.rooms > 0 {
		long += crowdMax - setupMax
	}
	bounded, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	f, err := stage(bounded, o, who, s)
	f.Foreign, f.Run = share, o.run
	if wrong := (*wrongContent)(nil); errors.As(err, &wrong) || ctx.Err() != nil {
		return f, err
	}
	if err != nil {
		f.Invalid = err.Error()
	}
	f.Invalid = f.judge()
	return f, nil
}

// stage starts the server, lets everybody in, and has them do what the scenario says.
func stage(ctx context.Context, o options, who contender, s scenario) (figure, error) {
	if s.name == nothings {
		return s.act(nil, ctx, o) // No server runs for it.
	}
	c := &crowd{scenario: s, poller: startPoller(s, o.feedback)}
	err := onProcessor(o.serverCPU, o.loadCPU, func() (err error) {
		c.service, err = who.start(ctx, o)
		return err
	})
	if err != nil {
		c.poller.close()
		return figure{}, err
	}
	defer c.close()
	if elsewhere, ok := c.service.(placed); ok {
		c.poller.at = elsewhere.at()
	}
	if s.act != nil {
		return s.act(c, ctx, o)
	}
	p, plays := c.service.(player)
	if !plays {
		c.checkers = newCheckers(s)
	}
	if err := c.gather(ctx); err != nil {
		return figure{}, err
	}
	if plays {
		return c.listenTo(ctx, o, p)
	}
	return c.converse(ctx, o)
}

// converse measures a server that forwards.
func (c *crowd) converse(ctx context.Context, o options) (figure, error) {
	p := startPacer(c.scenario, c.members)
	defer p.close()
	if err := c.settle(ctx); err != nil {
		return figure{}, err
	}
	if err := pause(ctx, o.warm); err != nil {
		return figure{}, err
	}
	var first, last sample
	p.mark(func() {
		for _, one := range c.checkers {
			one.begin()
		}
		first = c.sample(p.sent)
	})
	if err := pause(ctx, o.lasts()); err != nil {
		return figure{}, err
	}
	p.mark(func() {
		last = c.sample(p.sent)
		for _, one := range c.checkers {
			one.end()
		}
	})
	due := uint64(float64(last.sent-first.sent) * c.copies())
	f, err := c.conclude(first, last, due)
	if err != nil {
		return f, err
	}
	if f.Content, err = contentOf(c.checkers); err != nil {
		return f, err
	}
	return f, o.takeProfile(ctx, c.service)
}

// How long a crowd may take until all that is due arrives: many streams are bound one after the other.
const (
	settleLook = 500 * time.Millisecond
	settleMax  = 60
)

// settle waits until all that is due arrives, and no more: a server that was busy with letting people in has media
// waiting. A crowd that never comes to that is measured as it is.
func (c *crowd) settle(ctx context.Context) error {
	if c.rooms == 0 {
		return nil
	}
	due := c.packets() * float64(c.speakers()) * c.copies()
	for range settleMax {
		first := c.sample(0)
		if err := pause(ctx, settleLook); err != nil {
			return err
		}
		last := c.sample(0)
		rate := float64(last.packets-first.packets) / last.at.Sub(first.at).Seconds()
		if within(rate/due, pacedMin, pacedMax) {
			return nil
		}
	}
	return nil
}

// listenTo measures a server that sends by itself. What was due is what arrived and what is missing; were it less than
// the scenario wants, the pace would tell.
func (c *crowd) listenTo(ctx context.Context, o options, p player) (figure, error) {
	if err := p.play(ctx, c.scenario); err != nil {
		return figure{}, err
	}
	first, last, err := c.watch(ctx, o)
	if err != nil {
		return figure{}, err
	}
	return c.conclude(first, last, last.packets-first.packets+lost(first, last))
}

// watch takes a sample once the server is warm, and another after the time that a measurement lasts.
func (c *crowd) watch(ctx context.Context, o options) (first, last sample, err error) {
	if err := pause(ctx, o.warm); err != nil {
		return first, last, err
	}
	first = c.sample(0)
	if err := pause(ctx, o.lasts()); err != nil {
		return first, last, err
	}
	return first, c.sample(0), nil
}

// lost is how many gaps stayed open.
func lost(first, last sample) uint64 { return uint64(max(0, last.missing-first.missing)) }

// conclude makes the figure of what happened between two samples, in which so many packets were due to the listeners.
func (c *crowd) conclude(first, last sample, due uint64) (figure, error) {
	if err := errors.Join(first.err, last.err); err != nil {
		return figure{}, err
	}
	packets := float64(last.packets - first.packets)
	if packets == 0 || due == 0 {
		return figure{}, fmt.Errorf("%d packets due, %.0f arrived", due, packets)
	}
	long := last.at.Sub(first.at).Seconds()
	memory, err := resident(c.service.PID())
	return figure{
		Cost: micros(float64(last.cost-first.cost) / packets), Rate: packets / long,
		Delivery: packets / float64(due),
		Paced:    float64(due) / (c.packets() * float64(c.speakers()) * c.copies() * long),
		Lost:     lost(first, last), Extra: last.extra - first.extra, RSS: memory, usage: shares(first, last),
	}, err
}

// shares are of a processor, between two samples.
func shares(first, last sample) usage {
	long := last.at.Sub(first.at).Seconds()
	return usage{Core: (last.cost - first.cost).Seconds() / long, Load: (last.load - first.load).Seconds() / long}
}

func pause(ctx context.Context, long time.Duration) error {
	select {
	case <-time.After(long):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
