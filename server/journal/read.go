package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

const (
	// readAtOnce is how many messages the store sends at once.
	readAtOnce = 1000
	// readIdle is when the store forgets a reader that died.
	readIdle = time.Minute
)

// Saved is a room that was open when the last process died.
type Saved struct {
	Key  room.Key
	Room room.State
	// Members were inside: nobody of whom an exit record is stored is among them. They stand in entry order.
	Members []Member
	// Exits are the stored exit records of this incarnation, the oldest first.
	Exits []exit.Record
}

// Saved returns the rooms that were open when the last process died, as they were when this one opened the journal.
func (j *Journal) Saved() []Saved { return j.saved }

// Exits calls yield for each stored exit record, the oldest first, each once. It is meant for the start of a server: it
// reads the whole stream, within a minute at most, and what it cannot read it passes over with a line in the log.
func (j *Journal) Exits(yield func(key room.Key, incarnation string, r exit.Record)) {
	ctx, cancel := context.WithTimeout(context.Background(), openWait)
	defer cancel()
	told := map[string]bool{}
	err := j.read(ctx, exitsStream, func(e entry) {
		for _, r := range j.records(e) {
			if !told[r.Session] {
				told[r.Session] = true
				yield(e.Key, e.Incarnation, r)
			}
		}
	})
	if err != nil {
		j.log.Error("exit records not read", "why", err)
	}
}

// remains are the states of one incarnation that the last process left.
type remains struct {
	saved   Saved
	opened  bool
	over    bool
	members map[string]Member
	told    map[string]bool
}

// load finds the rooms that were open, and the states that should have been removed.
func (j *Journal) load(ctx context.Context) ([]removal, error) {
	left := map[string]*remains{}
	err := j.read(ctx, staysStream, func(e entry) {
		here := place(e.Key, e.Incarnation)
		r := left[here]
		if r == nil {
			r = &remains{saved: Saved{Key: e.Key}, members: map[string]Member{}, told: map[string]bool{}}
			left[here] = r
		}
		if e.Room != nil {
			r.opened, r.saved.Room = true, *e.Room
		}
		if e.Member != nil {
			r.members[e.Member.State.Session] = *e.Member
		}
	})
	if err != nil || len(left) == 0 {
		return nil, err
	}
	needless, err := j.subtract(ctx, left)
	if err != nil {
		return nil, err
	}
	for here, r := range left {
		// Of a room that was never stored nobody was told.
		if r.over || !r.opened {
			needless = append(needless, removal{place: here})
			continue
		}
		r.saved.Members = slices.SortedFunc(maps.Values(r.members), func(a, b Member) int {
			return cmp.Or(a.State.EnteredAt.Compare(b.State.EnteredAt), cmp.Compare(a.State.Session, b.State.Session))
		})
		j.saved = append(j.saved, r.saved)
	}
	slices.SortFunc(j.saved, func(a, b Saved) int {
		return cmp.Or(a.Room.OpenedAt.Compare(b.Room.OpenedAt), cmp.Compare(a.Room.Incarnation, b.Room.Incarnation))
	})
	return needless, nil
}

// subtract takes away whose stays ended, and notes how. The stream of exits decides.
func (j *Journal) subtract(ctx context.Context, left map[string]*remains) ([]removal, error) {
	var needless []removal
	err := j.read(ctx, exitsStream, func(e entry) {
		here := place(e.Key, e.Incarnation)
		r := left[here]
		if r == nil {
			return
		}
		r.over = r.over || e.Over
		for _, record := range j.records(e) {
			if _, inside := r.members[record.Session]; inside {
				delete(r.members, record.Session)
				needless = append(needless, removal{place: here, session: record.Session})
			}
			if !r.told[record.Session] {
				r.told[record.Session] = true
				r.saved.Exits = append(r.saved.Exits, record)
			}
		}
	})
	return needless, err
}

func (j *Journal) records(e entry) []exit.Record {
	records := make([]exit.Record, 0, len(e.Exits))
	for _, kept := range e.Exits {
		r, err := kept.record()
		if err != nil {
			j.log.Warn("exit record passed over", "room", e.Key.String(), "session", kept.Session, "why", err)
			continue
		}
		records = append(records, r)
	}
	return records
}

// read calls yield for each message of a stream, the oldest first.
func (j *Journal) read(ctx context.Context, stream string, yield func(e entry)) error {
	reader, err := j.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: readIdle,
	})
	if err != nil {
		return fmt.Errorf("read the stream of %s: %w", stream, err)
	}
	defer func() { _ = j.js.DeleteConsumer(ctx, stream, reader.CachedInfo().Name) }()
	for n := 1; n > 0; {
		if ctx.Err() != nil {
			return fmt.Errorf("read the stream of %s: %w", stream, ctx.Err())
		}
		batch, err := reader.FetchNoWait(readAtOnce)
		if err != nil {
			return fmt.Errorf("read the stream of %s: %w", stream, err)
		}
		n = 0
		for message := range batch.Messages() {
			n++
			j.readOne(message, yield)
		}
		if err := batch.Error(); err != nil && !errors.Is(err, jetstream.ErrNoMessages) {
			return fmt.Errorf("read the stream of %s: %w", stream, err)
		}
	}
	return nil
}

func (j *Journal) readOne(message jetstream.Msg, yield func(entry)) {
	e, err := decode(message.Data())
	if err != nil {
		j.log.Warn("stored record passed over", "why", err)
		return
	}
	yield(e)
}
