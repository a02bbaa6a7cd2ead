package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// membersMax is the largest room that is measured.
	membersMax = 1000
	// connectedMax is the largest room whose members all have a media transport: the machine carries the members too.
	connectedMax = 200
	// lanes is how many members enter side by side when a room is filled.
	lanes = 8
	// toldMax is how long news may take.
	toldMax = 15 * time.Second
	// tick is how often LiveKit tells of those who published nothing. They leave at a random moment of it.
	tick = 3 * time.Second
	// again is the largest room that is filled again and again for more dismissals.
	again = 50
)

// way is a way out of a room.
type way string

const (
	byExit      way = "exit"
	byRemoval   way = "removal"
	byDismissal way = "dismissal"
)

// crowd is a room with members who stay, to hear of those who go.
type crowd struct {
	service service
	room    string
	board   *board
	names   []string
	// goers counts who came to leave, so that no name comes twice.
	goers int

	mu      sync.Mutex
	members []member
}

// gather fills a room with n members.
func gather(ctx context.Context, s service, room string, n int, p part) (*crowd, error) {
	c := &crowd{service: s, room: room, board: newBoard()}
	if err := c.grow(ctx, n, p); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// grow lets n more members in.
func (c *crowd) grow(ctx context.Context, n int, p part) error {
	queue := make(chan string, n)
	for range n {
		name := fmt.Sprintf("member-%d", len(c.names))
		c.names = append(c.names, name)
		queue <- name
	}
	close(queue)
	var all sync.WaitGroup
	failed := make(chan error, lanes)
	for range lanes {
		all.Go(func() {
			for name := range queue {
				m, err := c.service.enter(ctx, seat{room: c.room, user: name, part: p, board: c.board})
				if err != nil {
					failed <- err
					return
				}
				c.mu.Lock()
				c.members = append(c.members, m)
				c.mu.Unlock()
			}
		})
	}
	all.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *crowd) close() {
	var all sync.WaitGroup
	for _, m := range c.members {
		all.Go(m.close)
	}
	all.Wait()
}

// goOut lets one more member in, waits until everybody knows, lets it go, and returns how long it took until the last
// of the others was told.
func (c *crowd) goOut(ctx context.Context, p part, by way) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, enterMax+2*toldMax)
	defer cancel()
	c.goers++
	user := fmt.Sprintf("goer-%d", c.goers)
	arrival := entered
	if p == speaker {
		arrival = published
	}
	seen := c.board.expect(arrival, user, c.names)
	goer, err := c.service.enter(ctx, seat{room: c.room, user: user, part: p, board: c.board})
	if err != nil {
		return 0, err
	}
	defer goer.close()
	if _, err := c.board.wait(ctx, seen); err != nil {
		return 0, err
	}
	if p == silent {
		if err := pause(ctx, rand.N(tick)); err != nil {
			return 0, err
		}
	}
	told := c.board.expect(left, user, c.names)
	start := time.Now()
	if by == byRemoval {
		err = c.service.remove(ctx, c.room, user)
	} else {
		goer.leave()
	}
	if err != nil {
		return 0, err
	}
	last, err := c.board.wait(ctx, told)
	return last.Sub(start), err
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dismiss ends the room and returns how long it took until the last member was told.
func (c *crowd) dismiss(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, toldMax)
	defer cancel()
	watches := make([]*watch, 0, len(c.names))
	for _, name := range c.names {
		watches = append(watches, c.board.expect(ended, name, []string{name}))
	}
	start := time.Now()
	if err := c.service.dismiss(ctx, c.room); err != nil {
		return 0, err
	}
	var end time.Time
	for _, w := range watches {
		last, err := c.board.wait(ctx, w)
		if err != nil {
			return 0, err
		}
		if last.After(end) {
			end = last
		}
	}
	return end.Sub(start), nil
}

// end fills the room and dismisses it. Members that were never told are closed all the same.
func (c *crowd) end(ctx context.Context, size int, p part) (time.Duration, error) {
	defer c.close()
	if err := c.grow(ctx, size-len(c.names), p); err != nil {
		return 0, err
	}
	return c.dismiss(ctx)
}
