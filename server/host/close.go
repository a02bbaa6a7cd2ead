package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// Close drains the hall: no entry is taken any more, every stay ends as drained, the leases go back, and no goroutine
// is left. The error says how many rooms were still open when the context ended (J1).
func (h *Hall) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	drained := exit.Why{Reason: exit.Drained, Actor: server}
	for _, k := range h.all() {
		if k.await(ctx) != nil {
			continue // It never opened, or the wait below reports it.
		}
		dismissed := func() { k.step(room.Dismiss{Why: drained}) }
		if err := k.post(ctx, dismissed); err != nil && !errors.Is(err, errOver) {
			break
		}
	}
	return h.emptied(ctx)
}

// emptied waits until no room is open and no entry is under way.
func (h *Hall) emptied(ctx context.Context) error {
	closed := make(chan struct{})
	go func() { h.running.Wait(); close(closed) }()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		h.metrics.Overdue("drain")
		return fmt.Errorf("drain: %d rooms are still open: %w", len(h.all()), ctx.Err())
	}
}
