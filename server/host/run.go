package host

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// mailboxMax bounds what may wait for one room. A full mailbox makes doors wait, each with its own deadline; a room
// works off some hundred thousand a second.
const mailboxMax = 1024

// errOver says that this incarnation is over. Whoever wanted to enter tries the next one.
var errOver = errors.New("this incarnation of the room is over")

// keeper keeps one incarnation of a room: one goroutine, which alone touches the room and its seats.
type keeper struct {
	hall        *Hall
	key         room.Key
	incarnation string
	// ready closes when the lease is claimed or failed is set; done closes when the incarnation is over.
	ready, done chan struct{}
	failed      error
	token       uint64
	mailbox     chan task
	// stirred says that the hall knows of layers which publishers were not told of.
	stirred atomic.Bool

	// From here on only the goroutine of run.
	room  *room.Room
	seats map[string]*seat
	turn  turn
	short shortage
	heard history
	ends  ending
}

// task is work for the keeper, and whom to tell when it is done and carried out.
type task struct {
	do     func()
	worked chan struct{}
}

// ending is what a keeper knows of its own end.
type ending struct {
	over bool
	// why is the last reason for which anybody left, and rule the room's rule that ended it.
	why  exit.Reason
	rule string
	// kept says that the room goes on in the process that comes after this one.
	kept bool
}

func newKeeper(h *Hall, key room.Key) *keeper {
	return &keeper{
		hall: h, key: key, incarnation: rand.Text(),
		ready: make(chan struct{}), done: make(chan struct{}), mailbox: make(chan task, mailboxMax),
		seats: map[string]*seat{}, short: shortage{seats: map[string]*seat{}, floor: newFloor()},
	}
}

// claim takes the lease of the room and starts the keeper's goroutine. It runs in the goroutine of whoever came first.
func (k *keeper) claim(ctx context.Context) {
	defer close(k.ready)
	token, err := k.hall.registry.Claim(ctx, k.key)
	if err != nil {
		k.failed = err
		k.hall.forget(k)
		close(k.done)
		k.hall.running.Done()
		return
	}
	k.token = token
	if k.room == nil {
		k.room = room.New(k.incarnation, k.hall.cfg.Limits, k.hall.cfg.Policy(k.key), time.Now())
	}
	k.hall.metrics.RoomOpened()
	k.hall.log.Info("room opened", "room", k.key.String(), "incarnation", k.incarnation)
	go k.run()
}

// await waits until the lease is decided.
func (k *keeper) await(ctx context.Context) error {
	select {
	case <-k.ready:
		return k.failed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run keeps the room until it is over.
func (k *keeper) run() {
	defer k.close()
	defer func() {
		if cause := recover(); cause != nil {
			k.collapse(cause)
		}
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !k.ends.over {
		if deadline := k.deadline(); deadline.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(deadline))
		}
		select {
		case first := <-k.mailbox:
			k.take(first)
		case <-timer.C:
			k.tick()
		}
	}
}

// tick lets time pass, but hears first what waits: a room that is late must not take for silent whom it has not heard
// yet, or it would tell everybody about everybody, and be later still.
func (k *keeper) tick() {
	for range len(k.mailbox) {
		select {
		case next := <-k.mailbox:
			k.take(next)
		default:
		}
		if k.ends.over {
			return
		}
	}
	k.take(task{do: k.wake})
}

// deadline is when there is something to do, whatever happens before; zero for never.
func (k *keeper) deadline() time.Time {
	deadline := k.room.Deadline()
	if due := k.short.floor.due(); !due.IsZero() && (deadline.IsZero() || due.Before(deadline)) {
		return due
	}
	return deadline
}

// wake does what is due by now.
func (k *keeper) wake() {
	now := time.Now()
	if due := k.short.floor.due(); !due.IsZero() && !now.Before(due) {
		k.rank(now)
	}
	if deadline := k.room.Deadline(); !deadline.IsZero() && !now.Before(deadline) {
		k.step(room.Tick{})
	}
}

// close gives the lease back and lets a new incarnation come. The order matters: whoever finds the room gone from the
// table may claim it at once (G1, G14).
func (k *keeper) close() {
	k.hall.registry.Release(k.key, k.token)
	k.hall.forget(k)
	k.hall.metrics.RoomClosed()
	if k.hall.cfg.Bans != nil && !k.ends.kept {
		k.hall.cfg.Bans.Over(k.incarnation)
	}
	why := "nobody entered"
	if k.ends.why != 0 {
		why = k.ends.why.String()
	}
	k.hall.log.Info("room closed", "room", k.key.String(), "incarnation", k.incarnation, "why", why,
		"rule", k.ends.rule)
	close(k.done)
	k.hall.running.Done()
}

// post leaves work in the mailbox and does not wait for it.
func (k *keeper) post(ctx context.Context, work func()) error { return k.leave(ctx, task{do: work}) }

func (k *keeper) leave(ctx context.Context, t task) error {
	select {
	case <-k.done:
		return errOver
	default:
	}
	select {
	case k.mailbox <- t:
		return nil
	case <-k.done:
		return errOver
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call leaves work in the mailbox and waits until it is done and carried out. After an error the work may still be
// done later, or may have failed halfway; what it writes must not be read then.
func (k *keeper) call(ctx context.Context, work func()) error {
	worked := make(chan struct{})
	if err := k.leave(ctx, task{do: work, worked: worked}); err != nil {
		return err
	}
	var err error
	select {
	case <-worked:
	case <-k.done:
		err = errOver
	case <-ctx.Done():
		err = ctx.Err()
	}
	select {
	case <-worked:
		return nil // Whatever else is true by now.
	default:
		return err
	}
}

// nudge makes the room look at itself: one that was opened for an entry which never came must end. When the mailbox is
// full, the room has enough to look at.
func (k *keeper) nudge() { k.offer(func() { k.step(room.Tick{}) }) }

// offer leaves work in the mailbox, without waiting; false when it is full.
func (k *keeper) offer(work func()) bool {
	select {
	case k.mailbox <- task{do: work}:
		return true
	default:
		return false
	}
}
