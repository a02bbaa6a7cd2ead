package ban

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/room"
)

const (
	// sweepEvery is how often bans that have ended are thrown away. They hold nobody, whether thrown away or not.
	sweepEvery = time.Minute
	// stepWait bounds one step of the store, which takes milliseconds.
	stepWait = 2 * time.Second
)

// Book is all bans of a server. All its methods may be called by several goroutines.
type Book struct {
	store store
	log   *slog.Logger

	mu    sync.RWMutex
	index index

	closing           sync.Once
	wake, stop, swept chan struct{}
}

// Open reads the bans, or makes the place for them, and starts to throw away those that have ended.
func Open(ctx context.Context, js jetstream.JetStream, log *slog.Logger) (*Book, error) {
	b := &Book{
		log: log, index: newIndex(),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), swept: make(chan struct{}),
	}
	var err error
	if b.store, err = openStore(ctx, js); err != nil {
		return nil, err
	}
	if err := b.store.read(ctx, log, func(kept Ban) { b.index.put(&kept) }); err != nil {
		return nil, err
	}
	go b.sweep()
	return b, nil
}

// Put makes a ban and returns it with its id. When it returns without an error, the ban is on disk and [Book.Check]
// sees it. It fails with [ErrInvalid], with [ErrFull], or when the disk does not confirm; the ban does not hold then.
func (b *Book) Put(ctx context.Context, made Ban) (Ban, error) {
	made.ID = rand.Text()
	if made.At.IsZero() {
		made.At = time.Now()
	}
	// Bans end by the clock on the wall, also when this machine slept meanwhile.
	made.At, made.Until = made.At.Round(0), made.Until.Round(0)
	if err := made.check(); err != nil {
		return Ban{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, stepWait)
	defer cancel()
	if err := b.reserve(made); err != nil {
		return Ban{}, err
	}
	err := b.store.put(ctx, made)
	b.mu.Lock()
	b.index.release(made)
	if err == nil {
		b.index.put(&made)
	}
	b.mu.Unlock()
	if err != nil {
		b.withdraw(made)
		return Ban{}, err
	}
	return made, nil
}

// reserve takes the place of a ban that is not on disk yet.
func (b *Book) reserve(made Ban) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.index.reserve(made)
}

// withdraw removes a ban that the disk did not confirm and may have stored all the same.
func (b *Book) withdraw(made Ban) {
	ctx, cancel := context.WithTimeout(context.Background(), stepWait)
	defer cancel()
	if err := b.store.remove(ctx, made.App, made.ID); err != nil {
		b.log.Error("a ban that failed may hold from the next start on", "user", made.User, "ban", made.ID, "why", err)
	}
}

// Lift ends a ban early and returns it; false when the app has no such ban. It is off the disk before it ends.
func (b *Book) Lift(ctx context.Context, app uint32, id string) (Ban, bool, error) {
	b.mu.RLock()
	held := b.index.bans[app][id]
	b.mu.RUnlock()
	if held == nil {
		return Ban{}, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, stepWait)
	defer cancel()
	if err := b.store.remove(ctx, app, id); err != nil {
		return Ban{}, false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return *held, b.index.take(held), nil
}

// List returns the bans of an app that have not ended, the oldest first.
func (b *Book) List(app uint32) []Ban {
	now := time.Now()
	b.mu.RLock()
	list := make([]Ban, 0, len(b.index.bans[app]))
	for _, held := range b.index.bans[app] {
		if !held.over(now) {
			list = append(list, *held)
		}
	}
	b.mu.RUnlock()
	slices.SortFunc(list, func(x, y Ban) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.ID, y.ID)) })
	return list
}

// Check says whether somebody who comes as this user, from this device, is banned from this opening of the room: by the
// ban that lasts longest. device is empty when it is not known, incarnation when the room is not open.
func (b *Book) Check(key room.Key, incarnation, user, device string, now time.Time) (Ban, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found *Ban
	for _, who := range persons(key.App, user, device) {
		for _, held := range b.index.persons[who] {
			if held.over(now) || !held.reaches(key, incarnation) {
				continue
			}
			if found == nil || held.longer(*found) {
				found = held
			}
		}
	}
	if found == nil {
		return Ban{}, false
	}
	return *found, true
}

// Over throws away the bans of an opening of a room that is over: they hold nobody any more. It returns at once.
func (b *Book) Over(incarnation string) {
	b.mu.RLock()
	needed := len(b.index.incarnations[incarnation]) > 0
	b.mu.RUnlock()
	if !needed {
		return
	}
	b.mu.Lock()
	for _, held := range b.index.incarnations[incarnation] {
		held.Until = held.At
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // The sweep is awake already.
	}
}

// sweep throws away what has ended, now and then, until the book closes.
func (b *Book) sweep() {
	defer close(b.swept)
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			b.throwAway(now)
		case <-b.wake:
			b.throwAway(time.Now())
		case <-b.stop:
			return
		}
	}
}

func (b *Book) throwAway(now time.Time) {
	for _, held := range b.ended(now) {
		select {
		case <-b.stop:
			return
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), stepWait)
		err := b.store.remove(ctx, held.App, held.ID)
		cancel()
		if err != nil {
			b.log.Warn("bans that have ended not thrown away; trying again", "why", err)
			return
		}
		b.mu.Lock()
		b.index.take(held)
		b.mu.Unlock()
	}
}

func (b *Book) ended(now time.Time) []*Ban {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var ended []*Ban
	for _, bans := range b.index.bans {
		for _, held := range bans {
			if held.over(now) {
				ended = append(ended, held)
			}
		}
	}
	return ended
}

// Close ends the throwing away. It returns when nothing of the book is running any more, in two seconds at most.
func (b *Book) Close() {
	b.closing.Do(func() { close(b.stop) })
	<-b.swept
}
