package host

import (
	"context"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// lostWait bounds how long a lost room may take to end. Its members are told by nobody else.
const lostWait = 10 * time.Second

// Lost ends a room whose lease another node took: two nodes must not keep one room (J8). Only the incarnation that
// holds token ends; a later one is left alone. The registry calls it; it returns at once.
func (h *Hall) Lost(key room.Key, token uint64) {
	k := h.find(key)
	if k == nil || !h.begin() {
		return
	}
	go func() {
		defer h.running.Done()
		ctx, cancel := context.WithTimeout(context.Background(), lostWait)
		defer cancel()
		if k.await(ctx) != nil || k.token != token {
			return
		}
		why := exit.Why{Reason: exit.NodeLost, Actor: server}
		if _, err := k.exit(ctx, room.Dismiss{Why: why}, why); err != nil && ctx.Err() != nil {
			h.metrics.Overdue("lost_room")
			h.log.Error("a room whose lease is lost does not end", "room", key.String(), "why", err)
		}
	}()
}
