package host

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/journal"
	"github.com/exeunt/exeunt/server/room"
)

// Journal keeps what must outlive the process. Append never blocks and calls done exactly once, within a bound.
type Journal interface {
	Append(c journal.Change, done func(error))
}

// note collects what of a step must outlive the process. An entry and an end are told to nobody before they are kept:
// however the process dies, no stay has two ends and none has no end (J13).
func (k *keeper) note(e room.Event, effects []room.Effect) {
	if k.hall.cfg.Journal == nil {
		return
	}
	for _, effect := range effects {
		switch effect := effect.(type) {
		case room.Admit:
			k.noteMember(effect.Session)
			k.turn.header, k.turn.awaited = true, true
		case room.Record:
			record := effect.Record
			k.turn.changes = append(k.turn.changes, journal.Change{Exit: &record})
			k.turn.header, k.turn.awaited = true, true
		case room.Tell:
			_, handed := effect.Notice.(room.HostChanged)
			k.turn.header = k.turn.header || handed
		case room.End:
			k.turn.changes = append(k.turn.changes, journal.Change{Over: true})
		}
	}
	switch e := e.(type) {
	case room.Publish:
		k.noteMember(e.Session)
	case room.Unpublish:
		k.noteMember(e.Session)
	case room.Subscribe:
		k.noteMember(e.Session)
	case room.Unsubscribe:
		k.noteMember(e.Session)
	case room.SwitchRole:
		k.noteMember(e.Session)
	case room.Grant:
		k.noteMember(e.Session)
	case room.SetBlock, room.SetPolicy, room.Open:
		k.turn.header = true
	}
}

// noteMember collects the state of a stay; one that has ended has none.
func (k *keeper) noteMember(session string) {
	state, inside := k.room.Member(session)
	s := k.seats[session]
	if !inside || s == nil {
		return
	}
	k.turn.changes = append(k.turn.changes, journal.Change{
		Member: &journal.Member{State: state, Secret: s.ticket.hash[:]},
	})
}

// keep writes down what the turn noted, and waits for what must be on disk before it is told. The journal bounds the
// wait; when the disk does not answer, people are told all the same: nobody stays in a room because of a disk.
func (k *keeper) keep() {
	changes := k.turn.changes
	if k.turn.header && !k.turn.last {
		state := k.room.State()
		changes = append([]journal.Change{{Room: &state}}, changes...)
	}
	awaited := k.turn.awaited
	k.turn.changes, k.turn.header, k.turn.awaited = nil, false, false
	if len(changes) == 0 {
		return
	}
	kept := make(chan error, len(changes))
	for _, c := range changes {
		c.Key, c.Incarnation = k.key, k.incarnation
		k.hall.cfg.Journal.Append(c, func(err error) { kept <- err })
	}
	if !awaited {
		return
	}
	k.hall.cfg.At("exit: decided")
	var failed []error
	for range changes {
		if err := <-kept; err != nil {
			failed = append(failed, err)
		}
	}
	k.hall.cfg.At("exit: recorded")
	if len(failed) > 0 {
		k.hall.log.Error("the journal did not take what happened", "room", k.key.String(), "changes", len(failed),
			"why", failed[0])
	}
}

// Restore opens the rooms that were open when the last process died, with everybody inside who was inside: without a
// connection, and with the room's patience to come back. It is called once, before the first entry.
func (h *Hall) Restore(ctx context.Context, saved []journal.Saved) {
	for _, s := range saved {
		k := newKeeper(h, s.Key)
		k.incarnation = s.Room.Incarnation
		k.restore(s)
		h.mu.Lock()
		h.rooms[s.Key] = k
		h.running.Add(1)
		h.mu.Unlock()
		k.claim(ctx)
		k.nudge()
	}
}

// restore makes the room and the seats of those who were inside.
func (k *keeper) restore(s journal.Saved) {
	var members []room.MemberState
	left := leavesBefore(s.Exits)
	for _, m := range s.Members {
		members = append(members, m.State)
		seat := &seat{
			session: m.State.Session, user: m.State.User, client: m.State.Client, link: nobody{}, admitted: true,
			ticket: ticket{device: m.State.Device}, missed: backlog{happenings: left, partial: true}, lines: lines{deaf: true},
		}
		copy(seat.ticket.hash[:], m.Secret)
		k.seats[m.State.Session] = seat
		k.hall.stays[m.State.Session] = k
		k.hall.metrics.Restored()
	}
	k.room = room.Restore(s.Room, members, k.hall.cfg.Limits, time.Now())
	for _, seat := range k.seats {
		seat.missed.until = k.room.State().Seq
	}
}

// leavesBefore are the stays that ended before the restart, as those who come back are told of them. All seats share
// the list: it has no room at its end, so nobody appends to it in place.
func leavesBefore(records []exit.Record) []happening {
	var left []happening
	for _, record := range records {
		notice := room.MemberLeft{User: record.User, Reason: record.Why.Reason.Row().Peer, Record: &record}
		left = append(left, happening{seq: record.Seq, notice: notice})
	}
	return slices.Clip(left)
}

// Suspend closes every room and keeps every stay, for the process that comes after this one: nobody is told of an exit,
// connections close with 1012 (service restart), and the journal has all that a resume needs. No goroutine is left, or
// the error says how many rooms did not close in time.
func (h *Hall) Suspend(ctx context.Context) error {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	for _, k := range h.all() {
		if k.await(ctx) != nil {
			continue // It never opened, or the wait below reports it.
		}
		if err := k.post(ctx, func() { k.turn.suspended = true }); err != nil && !errors.Is(err, errOver) {
			break
		}
	}
	return h.emptied(ctx)
}

// suspend comes at the end of a turn: what was decided in it is told to those who are still there.
func (k *keeper) suspend() {
	for session, s := range k.seats {
		s.dropped = true
		k.dropMedia(s)
		s.link.Leave(closeRestart)
		k.hall.unseat(session)
	}
	clear(k.seats)
	k.ends.over, k.ends.kept, k.ends.rule = true, true, "restart"
}
