package host

import (
	"context"
	"maps"
	"slices"

	"github.com/exeunt/exeunt/server/room"
)

// Quality is which layer of a picture a listener wants at most: 0 the best, then down.
type Quality int

// QualityLowest is the last layer that can be wished for.
const QualityLowest Quality = 2

// picture is one stream of a user, whoever of the user's sessions sends it.
type picture struct {
	user   string
	stream room.Stream
}

// layers are what a member and the others agreed on about simulcast.
type layers struct {
	// preferred is what the member wants of the others, where that is not the best.
	preferred map[picture]Quality
	// taken is what it was told of its own pictures: the layers that anybody takes.
	taken map[room.Stream][]string
}

// Prefer says which layer of a user's picture this member wants at most, from now on and until that user leaves. To a
// user who is not inside it means nothing.
func (s *Stay) Prefer(ctx context.Context, user string, stream room.Stream, q Quality) error {
	return s.post(ctx, func(seat *seat) { s.keeper.prefer(seat, picture{user, stream}, q) })
}

func (k *keeper) prefer(s *seat, of picture, q Quality) {
	if !k.room.Inside(of.user) {
		return
	}
	preferred := &s.lines.layers.preferred
	if *preferred == nil {
		*preferred = map[picture]Quality{}
	}
	if q == 0 {
		delete(*preferred, of)
	} else {
		(*preferred)[of] = q
	}
	k.boundPreferences(*preferred)
	for _, slot := range k.hall.switchboard.Slots(s.session) {
		if from := k.seats[slot.From]; from != nil && from.user == of.user && slot.Stream == of.stream {
			k.hall.switchboard.Prefer(slot.From, slot.Stream, s.session, int(q))
		}
	}
}

// boundPreferences forgets those for users who left unseen, as audience does, before they outnumber those inside.
func (k *keeper) boundPreferences(preferred map[picture]Quality) {
	if len(preferred) > 2*picturesMax*len(k.seats) {
		maps.DeleteFunc(preferred, func(p picture, _ Quality) bool { return !k.room.Inside(p.user) })
	}
}

// forget takes back what was wanted of a user who left.
func (l layers) forget(user string) {
	delete(l.preferred, picture{user, room.Big})
	delete(l.preferred, picture{user, room.Sub})
}

// picturesMax is how many pictures a user publishes: camera and screen.
const picturesMax = 2

// outlet is a stream that a session publishes.
type outlet struct {
	session string
	stream  room.Stream
}

// Wanted says which simulcast layers of a stream anybody takes from now on. The media engine calls it; it never waits
// for long. It must not get lost, or somebody would look at a picture that nobody encodes: so it waits outside the
// mailbox, where the latest word takes the place of those before it.
func (h *Hall) Wanted(session string, stream room.Stream, rids []string) {
	h.mu.Lock()
	k := h.stays[session]
	if k != nil {
		if h.wanted[k] == nil {
			h.wanted[k] = map[outlet][]string{}
		}
		h.wanted[k][outlet{session, stream}] = slices.Clone(rids)
	}
	h.mu.Unlock()
	if k == nil {
		return
	}
	k.stirred.Store(true)
	// A full mailbox is no loss: the room looks at the end of each turn, and has many before it.
	k.offer(func() {})
}

// encode tells publishers which layers anybody takes of their pictures.
func (k *keeper) encode() {
	if !k.stirred.Swap(false) {
		return
	}
	k.hall.mu.Lock()
	wanted := k.hall.wanted[k]
	delete(k.hall.wanted, k)
	k.hall.mu.Unlock()
	for of, rids := range wanted {
		s := k.seats[of.session]
		if s == nil || s.unplugged() {
			continue // What a transport was asked for ends with it.
		}
		if s.lines.layers.taken == nil {
			s.lines.layers.taken = map[room.Stream][]string{}
		}
		s.lines.layers.taken[of.stream] = rids
		k.send(s, encodeFrame(of.stream, rids))
	}
}

// encodeAgain says it to a member that came back: the frame may have been lost with its connection.
func (k *keeper) encodeAgain(s *seat) {
	for _, stream := range slices.Sorted(maps.Keys(s.lines.layers.taken)) {
		k.send(s, encodeFrame(stream, s.lines.layers.taken[stream]))
	}
}
