// Package journal writes down who is in which room and how stays end, so that both outlive this process.
//
// Two JetStream streams on file keep it. The stream of exits has every exit record of the last 14 days, and which rooms
// are over. The stream of stays has the newest state of each open room and of each member inside, under a subject of
// its own, so that a change costs the same in a room of two and of thousands. What the stream of exits says has ended
// has ended, whatever is left of it in the other one: states are removed later, and that may fail. The package never
// decides anything and never keeps its caller waiting.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
)

// ErrFull says that more changes wait for the disk than the journal takes.
var ErrFull = errors.New("journal: too many changes wait for the disk")

// ErrLate says that the disk did not confirm a change in time. The change may be stored all the same, now or later.
var ErrLate = errors.New("journal: the disk took too long")

// ErrClosed says that the journal is closed.
var ErrClosed = errors.New("journal: closed")

const (
	// waitingMax bounds the changes that wait for the disk: the end of the largest room, which has 100 000 members.
	waitingMax = 1 << 17
	// lateAfter is how long a change may wait for the disk, which takes milliseconds, before its caller goes on.
	lateAfter = 2 * time.Second
	// openWait bounds what Open does: some hundred thousand records are read within seconds.
	openWait = time.Minute
)

// Change is one thing that happened in a room. The journal reads what it points to later, so nobody may change it.
type Change struct {
	Key         room.Key
	Incarnation string
	// Room is the room's new state; nil when it did not change.
	Room *room.State
	// Member is one member's new state; nil when none changed.
	Member *Member
	// Exit is the end of one stay; nil when none ended. The member's state goes away by itself.
	Exit *exit.Record
	// Over says that the incarnation is over: nothing of it is there at the next start but its exit records.
	Over bool
}

// Member is what outlives the process of one stay.
type Member struct {
	State room.MemberState
	// Secret is the SHA-256 of the secret with which the member resumes. The secret itself is never stored.
	Secret []byte
}

// Config says how the journal works.
type Config struct {
	// Durable makes done wait for the disk. Without it done is called at once, for a store that nobody will read again.
	Durable bool
}

// Journal keeps what happened. All its methods may be called by several goroutines.
type Journal struct {
	js      jetstream.JetStream
	config  Config
	log     *slog.Logger
	metrics *metrics.Metrics
	late    time.Duration
	saved   []Saved

	mu      sync.Mutex
	waiting []*waiting
	closed  bool

	wake    chan struct{}
	stop    chan struct{}
	written chan struct{}
	sweeper *sweeper
}

// waiting is a change on its way to the disk.
type waiting struct {
	change Change
	// late is when the caller stops waiting.
	late time.Time
	done func(error)
	// steps are what is still to be stored of it, and err is what went wrong so far.
	steps int
	err   error
}

// Open opens the two streams, or makes them, and reads what the last process left.
func Open(
	ctx context.Context, js jetstream.JetStream, config Config, log *slog.Logger, m *metrics.Metrics,
) (*Journal, error) {
	// A message that is never confirmed must not be waited for for ever, not even by the store's client.
	js, err := jetstream.New(js.Conn(), jetstream.WithPublishAsyncTimeout(lateAfter))
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &Journal{
		js: js, config: config, log: log, metrics: m, late: lateAfter,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), written: make(chan struct{}),
	}
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	stays, err := j.openStreams(ctx)
	if err != nil {
		return nil, err
	}
	needless, err := j.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what the last process left: %w", err)
	}
	j.sweeper = newSweeper(stays, log, m)
	j.sweeper.add(needless...)
	go j.sweeper.run()
	go j.write()
	return j, nil
}

func (j *Journal) openStreams(ctx context.Context) (jetstream.Stream, error) {
	if _, err := j.js.CreateOrUpdateStream(ctx, exitsConfig()); err != nil {
		return nil, fmt.Errorf("open the stream of exits: %w", err)
	}
	stays, err := j.js.CreateOrUpdateStream(ctx, staysConfig())
	if err != nil {
		return nil, fmt.Errorf("open the stream of stays: %w", err)
	}
	return stays, nil
}

// Append writes a change down. It never blocks. Changes of one room are stored in the order of their calls.
//
// done is called exactly once: with nil when the change is on disk, with [ErrFull], [ErrLate] after 2 seconds,
// [ErrClosed], or with what the store complained of. It may be called before Append returns, by the caller's goroutine,
// and must itself return at once.
func (j *Journal) Append(c Change, done func(error)) {
	w := &waiting{change: c, late: time.Now().Add(j.late), done: done}
	if err := j.enqueue(w); err != nil {
		done(err)
		return
	}
	if !j.config.Durable {
		done(nil)
	}
	select {
	case j.wake <- struct{}{}:
	default: // The writer is awake already.
	}
}

func (j *Journal) enqueue(w *waiting) error {
	if err := w.change.check(); err != nil {
		return err
	}
	if !j.config.Durable {
		w.done = func(error) {}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return ErrClosed
	case len(j.waiting) >= waitingMax:
		j.metrics.Overdue("journal_full")
		return ErrFull
	}
	j.waiting = append(j.waiting, w)
	return nil
}

// check finds a change that cannot be stored under any subject.
func (c Change) check() error {
	switch {
	case c.Key.ID == "":
		return errors.New("journal: the change has no room id")
	case c.steps() == 0:
		return errors.New("journal: the change is empty")
	case c.Incarnation == "":
		return errors.New("journal: the change has no incarnation")
	case c.Member != nil && c.Member.State.Session == "":
		return errors.New("journal: the member has no session")
	case c.Exit != nil && c.Exit.Session == "":
		return errors.New("journal: the exit record has no session")
	default:
		return nil
	}
}

// Close stores what waits and ends the journal. When it returns, none of its goroutines is left, unless ctx ended
// first: what waits then gets [ErrLate] in its own time.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	first := !j.closed
	j.closed = true
	j.mu.Unlock()
	if first {
		close(j.stop)
	}
	for _, part := range []chan struct{}{j.written, j.sweeper.swept} {
		select {
		case <-part:
		case <-ctx.Done():
			j.metrics.Overdue("journal_close")
			return fmt.Errorf("close the journal: %w", ctx.Err())
		}
	}
	j.js.CleanupPublisher()
	return nil
}
