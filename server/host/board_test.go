package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
)

// board is media in memory: it negotiates and forwards. An offer is a number of slots such as "2".
type board struct {
	journal *diary

	mu sync.Mutex
	// before, when set, runs before each call and may block or panic.
	before func(call, session string)
	users  map[string]*transport
	// volumes say how loud sessions are.
	volumes map[string]uint8
}

type transport struct {
	// together is what the sessions of one room were opened with.
	together  string
	slots     int
	published map[room.Stream]string
	// taken is which stream sits in which slot, by mid.
	taken map[string]string
	// quality is which layer of it is wanted, by mid; none for the best.
	quality map[string]int
}

var errNoTransport = errors.New("no such transport")

func newBoard(j *diary) *board {
	return &board{journal: j, users: map[string]*transport{}, volumes: map[string]uint8{}}
}

// intervene lets f run before each call.
func (b *board) intervene(f func(call, session string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before = f
}

func (b *board) step(call, session string) {
	b.mu.Lock()
	before := b.before
	b.mu.Unlock()
	if before != nil {
		before(call, session)
	}
}

func (b *board) Open(ctx context.Context, together, session, offer string) (string, error) {
	b.step("open", session)
	if err := ctx.Err(); err != nil {
		return "", err
	}
	var slots int
	if _, err := fmt.Sscanf(offer, "%d", &slots); err != nil {
		return "", fmt.Errorf("the offer %q is no number of slots", offer)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[session] = &transport{
		together: together, slots: slots, published: map[room.Stream]string{}, taken: map[string]string{},
		quality: map[string]int{},
	}
	return "answer to " + offer, nil
}

func (b *board) Reoffer(_ context.Context, session, offer string) (string, error) {
	b.step("reoffer", session)
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.users[session]
	if t == nil {
		return "", errNoTransport
	}
	if _, err := fmt.Sscanf(offer, "%d", &t.slots); err != nil {
		return "", fmt.Errorf("the offer %q is no number of slots", offer)
	}
	return "answer to " + offer, nil
}

func (b *board) Publish(session string, stream room.Stream, mid string) error {
	b.step("publish", session)
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.users[session]
	if t == nil {
		return errNoTransport
	}
	if mid == "bad" {
		return errors.New("no such line")
	}
	if t.published[stream] != "" {
		return errors.New("published already")
	}
	t.published[stream] = mid
	return nil
}

func (b *board) Unpublish(session string, stream room.Stream) {
	b.step("unpublish", session)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.users[session].published, stream)
	b.free(fmt.Sprintf("%s.%d", session, stream))
}

func (b *board) Forward(from string, stream room.Stream, to string) (string, error) {
	b.step("forward", to)
	b.mu.Lock()
	defer b.mu.Unlock()
	source, t := b.users[from], b.users[to]
	if source == nil || t == nil {
		return "", errNoTransport
	}
	if _, ok := source.published[stream]; !ok {
		return "", errors.New("not published")
	}
	if source.published[stream] == "strange" {
		return "", media.ErrNoCodec
	}
	for i := range t.slots {
		mid := fmt.Sprint("m", i)
		if t.taken[mid] == "" {
			t.taken[mid] = fmt.Sprintf("%s.%d", from, stream)
			delete(t.quality, mid)
			return mid, nil
		}
	}
	return "", media.ErrNoSlot
}

func (b *board) Unforward(from string, stream room.Stream, to string) string {
	b.step("unforward", to)
	b.mu.Lock()
	defer b.mu.Unlock()
	for mid, what := range b.users[to].taken {
		if what == fmt.Sprintf("%s.%d", from, stream) {
			delete(b.users[to].taken, mid)
			return mid
		}
	}
	return ""
}

func (b *board) Prefer(from string, stream room.Stream, to string, quality int) {
	b.step("prefer", to)
	b.mu.Lock()
	defer b.mu.Unlock()
	for mid, what := range b.users[to].taken {
		if what == fmt.Sprintf("%s.%d", from, stream) {
			b.users[to].quality[mid] = quality
		}
	}
}

// qualities says which layers a session wants of what its slots carry, by slot.
func (b *board) qualities(session string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.users[session]
	var all []string
	for _, mid := range slices.Sorted(maps.Keys(t.taken)) {
		all = append(all, fmt.Sprintf("%s=%d", mid, t.quality[mid]))
	}
	return all
}

func (b *board) Drop(session string) {
	b.step("drop", session)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.journal.add("drop")
	delete(b.users, session)
	b.free(session + ".")
}

func (b *board) Slots(session string) []room.Slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.users[session]
	if t == nil {
		return nil
	}
	var carried []room.Slot
	for i := range t.slots {
		mid := fmt.Sprint("m", i)
		if from, stream, ok := strings.Cut(t.taken[mid], "."); ok {
			n, err := strconv.Atoi(stream)
			if err != nil {
				panic(err)
			}
			carried = append(carried, room.Slot{Mid: mid, From: from, Stream: room.Stream(n)})
		}
	}
	return carried
}

// free empties every slot with a stream that begins with prefix. Callers hold the lock.
func (b *board) free(prefix string) {
	for _, t := range b.users {
		for mid, what := range t.taken {
			if strings.HasPrefix(what, prefix) {
				delete(t.taken, mid)
			}
		}
	}
}

func (b *board) Volumes(sessions []string) []uint8 {
	b.step("volumes", "")
	b.mu.Lock()
	defer b.mu.Unlock()
	volumes := make([]uint8, len(sessions))
	for i, session := range sessions {
		volumes[i] = b.volumes[session]
	}
	return volumes
}

// sound sets how loud a session is.
func (b *board) sound(session string, volume uint8) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.volumes[session] = volume
}

// sessions counts the transports that are open.
func (b *board) sessions() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.users)
}

// open returns the sessions whose transports are open.
func (b *board) open() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.users))
}
