package host

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// historyLen is how many events a collapse reports: enough to see what led to it.
const historyLen = 16

// history remembers the latest events of a room.
type history struct {
	events [historyLen]room.Event
	count  int
}

func (h *history) note(e room.Event) {
	h.events[h.count%historyLen] = e
	h.count++
}

// latest returns the kinds of the remembered events, the oldest first. What users said does not belong into a log.
func (h *history) latest() []string {
	var kinds []string
	for i := max(0, h.count-historyLen); i < h.count; i++ {
		kinds = append(kinds, fmt.Sprintf("%T", h.events[i%historyLen]))
	}
	return kinds
}

// collapse ends a room that panicked: this room, never the process (A11). Every stay that has no record yet gets one,
// and each step is guarded, so that a second panic keeps nobody inside.
func (k *keeper) collapse(cause any) {
	k.hall.log.Error("room collapsed", "room", k.key.String(), "incarnation", k.incarnation, "why", fmt.Sprint(cause),
		"events", k.heard.latest(), "stack", string(debug.Stack()))
	now := time.Now()
	// What was decided before it broke still holds.
	k.guard("carry out", func() { k.apply(now, k.turn.effects) })
	for _, s := range k.seats {
		k.guard("drop", func() { k.dropMedia(s) })
	}
	for _, s := range k.seats {
		if s.admitted && s.last == nil {
			// The room's order broke, so this end has no place in it.
			record := exit.Record{
				Session: s.session, User: s.user, Why: exit.Why{Reason: exit.NodeLost, Actor: server}, At: now,
			}
			s.last = &record
			k.guard("cut", func() { s.link.Cut(ExitedFrame(record), record) })
		}
	}
	for _, s := range k.seats {
		if s.last != nil {
			k.guard("record", func() { k.record(now, *s.last) })
		}
	}
}

// guard does one step of a collapse and survives its panic.
func (k *keeper) guard(step string, do func()) {
	defer func() {
		if cause := recover(); cause != nil {
			k.hall.log.Error("a step of a collapse failed", "room", k.key.String(), "step", step, "why", fmt.Sprint(cause))
		}
	}()
	do()
}
