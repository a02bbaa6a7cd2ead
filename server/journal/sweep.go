package journal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/metrics"
)

const (
	// removalsMax bounds the states that wait to be removed. What finds no place stays until its room is over, or
	// until the next start.
	removalsMax = 1 << 18
	// removeWait bounds one removal, which takes a millisecond.
	removeWait = 2 * time.Second
)

// removal is a state that is needed no more: a member's, or without a session a whole incarnation's.
type removal struct{ place, session string }

// sweeper removes states behind the writer's back, so that nobody's exit waits for it. Nothing depends on it but space:
// a message that a newer one of its subject has displaced may be back after a sudden death of the process, and with it
// a state that was removed. That is why the stream of exits decides who has left and which room is over.
type sweeper struct {
	stays   jetstream.Stream
	log     *slog.Logger
	metrics *metrics.Metrics

	mu    sync.Mutex
	queue []removal

	wake, stop, swept chan struct{}
}

func newSweeper(stays jetstream.Stream, log *slog.Logger, m *metrics.Metrics) *sweeper {
	return &sweeper{
		stays: stays, log: log, metrics: m,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), swept: make(chan struct{}),
	}
}

// add queues removals and returns at once.
func (s *sweeper) add(gone ...removal) {
	if len(gone) == 0 {
		return
	}
	s.mu.Lock()
	for _, r := range gone {
		if len(s.queue) < removalsMax {
			s.queue = append(s.queue, r)
		} else {
			s.metrics.Overdue("journal_sweep")
		}
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // It is awake already.
	}
}

// end lets the sweeper finish what is queued; nothing may be added after it.
func (s *sweeper) end() { close(s.stop) }

func (s *sweeper) run() {
	defer close(s.swept)
	for {
		select {
		case <-s.wake:
			s.sweep()
		case <-s.stop:
			s.sweep()
			return
		}
	}
}

// sweep removes what is queued: first whole incarnations, of which the members need not be removed one by one. When the
// store does not answer it gives up the rest.
func (s *sweeper) sweep() {
	s.mu.Lock()
	gone := s.queue
	s.queue = nil
	s.mu.Unlock()
	over := map[string]bool{}
	var failed error
	for _, r := range gone {
		if r.session == "" && failed == nil {
			over[r.place] = true
			failed = s.remove(everythingAt(r.place))
		}
	}
	for _, r := range gone {
		if failed == nil && !over[r.place] {
			failed = s.remove(memberAt(r.place, r.session))
		}
	}
	if failed != nil {
		s.metrics.Overdue("journal_sweep")
		s.log.Warn("old states not removed; the next start removes them", "why", failed)
	}
}

func (s *sweeper) remove(subject string) error {
	ctx, cancel := context.WithTimeout(context.Background(), removeWait)
	defer cancel()
	err := s.stays.Purge(ctx, jetstream.WithPurgeSubject(subject))
	if err != nil {
		return fmt.Errorf("remove old states: %w", err)
	}
	return nil
}
