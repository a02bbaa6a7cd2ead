//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// How many come, hear and go: some before the first look, since pools and tables fill once; then the others, with a
// look after each part of them.
const (
	cyclesBefore  = 200
	cyclesCount   = 2000
	cyclesParts   = 4
	cyclesAtOnce  = 8
	cyclesSettle  = 15 * time.Second
	cyclesLook    = 250 * time.Millisecond
	goroutineMore = 2
	descriptMore  = 2
	heapMore      = 1 << 20
	rssMore       = 4 << 20
	moreShare     = 0.10
)

// holding is what a server holds at one moment.
type holding struct {
	// Cycles is how many had come and gone.
	Cycles int    `json:"cycles"`
	RSS    uint64 `json:"rssBytes"`
	// Heap is what the last collection left, in bytes; 0 when the server does not tell.
	Heap        float64 `json:"heapBytes,omitempty"`
	Goroutines  float64 `json:"goroutines,omitempty"`
	Descriptors int     `json:"descriptors"`
}

// churned is what a server held before, between and after.
type churned struct {
	Looks []holding `json:"looks"`
	// Rate is how many came and went in a second.
	Rate float64 `json:"cyclesPerSecond"`
}

// ends are the first and the last look.
func (c *churned) ends() (before, after holding) {
	if len(c.Looks) == 0 {
		return holding{}, holding{}
	}
	return c.Looks[0], c.Looks[len(c.Looks)-1]
}

// grew says what is more after than before, beyond what a heap varies by itself; empty for nothing.
func (c *churned) grew() string {
	before, after := c.ends()
	switch {
	case after.Cycles <= before.Cycles:
		return "nothing was compared"
	case after.Goroutines > before.Goroutines+goroutineMore:
		return fmt.Sprintf("%.0f goroutines more", after.Goroutines-before.Goroutines)
	case after.Descriptors > before.Descriptors+descriptMore:
		return fmt.Sprintf("%d descriptors more", after.Descriptors-before.Descriptors)
	case after.Heap > before.Heap*(1+moreShare)+heapMore:
		return fmt.Sprintf("%.0f KiB of heap more", (after.Heap-before.Heap)/1024)
	case float64(after.RSS) > float64(before.RSS)*(1+moreShare)+rssMore:
		return fmt.Sprintf("%d KiB of memory more", (after.RSS-before.RSS)>>10)
	}
	return ""
}

func (c *churned) String() string {
	before, after := c.ends()
	return fmt.Sprintf("%d cycles, %.0f a second: %d to %d KiB, heap %.0f to %.0f KiB, %.0f to %.0f goroutines, %d to %d "+
		"descriptors", after.Cycles-before.Cycles, c.Rate, before.RSS>>10, after.RSS>>10, before.Heap/1024,
		after.Heap/1024, before.Goroutines, after.Goroutines, before.Descriptors, after.Descriptors)
}

// churn lets members come, hear a packet, and go.
func (c *crowd) churn(ctx context.Context, _ options) (figure, error) {
	p, err := c.speak(ctx)
	if err != nil {
		return figure{}, err
	}
	defer p.close()
	if err := c.comeAndGo(ctx, 0, cyclesBefore); err != nil {
		return figure{}, err
	}
	found := &churned{}
	first, err := c.hold(ctx, nil)
	if err != nil {
		return figure{}, err
	}
	found.Looks = append(found.Looks, first)
	var busy time.Duration
	const part = cyclesCount / cyclesParts
	for n := range cyclesParts {
		begin := time.Now()
		if err := c.comeAndGo(ctx, cyclesBefore+n*part, part); err != nil {
			return figure{}, err
		}
		busy += time.Since(begin)
		now, err := c.hold(ctx, &first)
		if err != nil {
			return figure{}, err
		}
		now.Cycles = (n + 1) * part
		found.Looks = append(found.Looks, now)
	}
	found.Rate = cyclesCount / busy.Seconds()
	return figure{Growth: found}, nil
}

// comeAndGo runs cycles, some side by side, that are numbered from begin.
func (c *crowd) comeAndGo(ctx context.Context, begin, count int) error {
	numbers := make(chan int)
	failures := make(chan error, cyclesAtOnce)
	bounded, cancel := context.WithCancel(ctx)
	defer cancel()
	var cycling sync.WaitGroup
	for range cyclesAtOnce {
		cycling.Go(func() {
			for n := range numbers {
				if err := c.cycle(bounded, c.listener(n)); err != nil {
					failures <- fmt.Errorf("cycle %d: %w", n, err)
					cancel()
					return
				}
			}
		})
	}
	for n := range count {
		select {
		case numbers <- begin + n:
		case <-bounded.Done():
		}
	}
	close(numbers)
	cycling.Wait()
	return firstOf(ctx, failures)
}

// cycle is one member's whole stay. It is not among the crowd's members.
func (c *crowd) cycle(ctx context.Context, one seat) error {
	port, err := c.poller.open(nil)
	if err != nil {
		return err
	}
	m := &member{seat: one, port: port}
	defer c.poller.drop(port)
	defer m.close()
	if err := c.service.enter(ctx, m); err != nil {
		return err
	}
	if _, err := port.firstPacket(ctx); err != nil {
		return err
	}
	m.exit()
	return nil
}

// hold looks at what the server holds. What comes after something waits a while until it has let go of what those who
// left had.
func (c *crowd) hold(ctx context.Context, before *holding) (holding, error) {
	var h holding
	for waited := time.Duration(0); ; waited += cyclesLook {
		if err := pause(ctx, cyclesLook); err != nil {
			return h, err
		}
		var err error
		if h, err = c.holds(ctx); err != nil {
			return h, err
		}
		over := before != nil &&
			(h.Goroutines > before.Goroutines+goroutineMore || h.Descriptors > before.Descriptors+descriptMore)
		if !over && (before != nil || waited >= time.Second) || waited >= cyclesSettle {
			return h, nil
		}
	}
}

func (c *crowd) holds(ctx context.Context) (holding, error) {
	var h holding
	var failed [4]error
	h.RSS, failed[0] = resident(c.service.PID())
	h.Goroutines, _, failed[1] = metric(ctx, c.service.debug(), metricGoroutines)
	h.Heap, _, failed[2] = metric(ctx, c.service.debug(), metricHeap)
	h.Heap /= 2 // Of GOGC=100, which both servers have: what is kept, twice.
	h.Descriptors, failed[3] = descriptors(c.service.PID())
	return h, errors.Join(failed[:]...)
}

// descriptors is how many files and sockets a process has open.
func descriptors(pid int) (int, error) {
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(all), err
}
