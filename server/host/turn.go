package host

import (
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/journal"
	"github.com/exeunt/exeunt/server/room"
)

// turnMax is how many tasks one turn takes where there is a journal: what waits together is written to disk together,
// so that a storm of leaves costs one wait (K11). Where there is none, nothing is gained by waiting for more.
const turnMax = 64

// turn is what the keeper is doing: the heart has decided it, and it is not carried out yet.
type turn struct {
	// effects wait to be carried out; they were decided at the time of the first.
	effects []room.Effect
	decided time.Time
	// after are the events that carrying out effects brought about: a link that is full, a line that cannot publish.
	after []room.Event
	// last says that the room is over when this is carried out: what comes after it is for the next incarnation.
	last bool
	// suspended says that the room closes after this and keeps its stays.
	suspended bool
	// changes must outlive the process, and so must the room itself when header is set; awaited says that nobody may be
	// told before.
	changes         []journal.Change
	header, awaited bool
	// worked are closed when everything is carried out.
	worked []chan struct{}
}

// take works off one task, and those that wait behind it, and carries out what they decided.
func (k *keeper) take(next task) {
	for taken, more := 0, true; more; taken++ {
		next.do()
		if next.worked != nil {
			k.turn.worked = append(k.turn.worked, next.worked)
		}
		next, more = k.waiting(taken + 1)
	}
	k.encode()
	k.carryOut()
	if k.turn.suspended && !k.ends.over {
		k.suspend()
	}
	for _, worked := range k.turn.worked {
		close(worked)
	}
	k.turn.worked = nil
}

// waiting takes the next task of this turn, if there may be more, there is one already, and the room is not over.
func (k *keeper) waiting(taken int) (task, bool) {
	if k.turn.last || k.turn.suspended || taken >= k.hall.turnMax() {
		return task{}, false
	}
	select {
	case next := <-k.mailbox:
		return next, true
	default:
		return task{}, false
	}
}

// step lets one event happen and returns the stays that it ended. What was decided is carried out at the end of the
// turn, except that the media of leavers ends here and now (I-7).
func (k *keeper) step(e room.Event) []exit.Record {
	k.heard.note(e)
	now := time.Now()
	if len(k.turn.effects) == 0 {
		k.turn.decided = now
	}
	var records []exit.Record
	effects := k.room.Step(now, e)
	k.note(e, effects)
	for _, effect := range effects {
		switch effect := effect.(type) {
		case room.Drop:
			k.drop(k.seats[effect.Session])
			continue
		case room.Record:
			records = append(records, effect.Record)
		case room.End:
			k.turn.last = true
		}
		k.turn.effects = append(k.turn.effects, effect)
	}
	return records
}

// carryOut works until nothing is left to do: effects, links that were full, lines that cannot publish, slots that
// became free.
func (k *keeper) carryOut() {
	for {
		k.keep()
		effects := k.turn.effects
		k.turn.effects = nil
		k.apply(k.turn.decided, effects)
		if k.ends.over {
			return
		}
		if len(k.turn.after) == 0 {
			k.rebind()
		}
		if len(k.turn.after) == 0 {
			return
		}
		next := k.turn.after[0]
		k.turn.after = k.turn.after[1:]
		k.step(next)
	}
}

// turnMax is how many tasks one turn of this hall takes.
func (h *Hall) turnMax() int {
	if h.cfg.Journal == nil {
		return 1
	}
	return turnMax
}
