package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
)

const (
	// VoicesDefault is how many voices a listener hears at once that does not say it.
	VoicesDefault = 8
	// VoicesMax is the most that it can ask for: as many as may publish in a room by TRTC's limit.
	VoicesMax = 50
	// rankEvery is how often the voices are ranked by their loudness, where there are more of them than slots.
	rankEvery = 200 * time.Millisecond
	// steady is how much louder or quieter a voice gets before its rank may change, in decibels: the ranks of those who
	// speak alike stay.
	steady = 6
	// faint is up to where a voice counts as silent, in decibels above silence: the noise of a room is about there.
	faint = 67
)

// voice is the microphone of a member, on the air.
type voice struct {
	session, user string
	// level is what it is ranked by.
	level uint8
}

// floor is whose voices there are in a room, and who wants more of them than it has slots. It ranks the voices once for
// all: a listener hears the first of them that it wants.
type floor struct {
	voices map[string]*voice // By user.
	// ranked has the loudest first, and among those who are alike whoever came there first.
	ranked []*voice
	// uneasy are those whose slots are looked at when the present turn is over, and crowded those who want more voices
	// than they hear.
	uneasy, crowded map[string]*seat
	next            time.Time
}

func newFloor() floor {
	return floor{voices: map[string]*voice{}, uneasy: map[string]*seat{}, crowded: map[string]*seat{}}
}

// ears are which voices a member wants, and which it hears.
type ears struct {
	// most is how many it wants at once, 0 for the usual number, and always the users that it hears as long as they are
	// on the air.
	most   int
	always []string
	wanted map[*voice]bool
	heard  []heard
	// slots is how many it has for voices, once one found none; short says that this is known.
	slots int
	short bool
}

// heard is a voice in a slot.
type heard struct {
	*voice
	mid string
}

// wish is how many voices are wanted at once.
func (e *ears) wish() int { return cmp.Or(e.most, VoicesDefault) }

// limit is how many voices can be heard at once.
func (e *ears) limit() int {
	if e.short {
		return min(e.wish(), e.slots)
	}
	return e.wish()
}

// lacking is how many slots more would be in use.
func (e *ears) lacking() uint32 {
	if !e.short {
		return 0
	}
	return uint32(max(0, min(e.wish(), len(e.wanted))-len(e.heard)))
}

// due is when the voices have to be ranked next; zero for never, as all are heard by all who want them.
func (f *floor) due() time.Time {
	if len(f.crowded) == 0 {
		return time.Time{}
	}
	return f.next
}

// speak puts a member's voice on the air.
func (f *floor) speak(s *seat) {
	v := &voice{session: s.session, user: s.user}
	f.voices[s.user] = v
	f.ranked = append(f.ranked, v)
}

// want notes that a listener wants a voice. One that is not there could not be put on the air, and is taken back.
func (f *floor) want(s *seat, of forward) {
	v := f.voices[of.user]
	if v == nil || v.session != of.from {
		return
	}
	if s.lines.ears.wanted == nil {
		s.lines.ears.wanted = map[*voice]bool{}
	}
	s.lines.ears.wanted[v] = true
	f.uneasy[s.session] = s
}

// refuse notes that a listener does not want a voice any more.
func (f *floor) refuse(s *seat, user string) {
	if v := f.voices[user]; v != nil {
		s.lines.ears.lose(v)
		f.uneasy[s.session] = s
	}
}

// lose forgets a voice; false says that it was not wanted.
func (e *ears) lose(v *voice) bool {
	was := e.wanted[v]
	delete(e.wanted, v)
	e.heard = slices.DeleteFunc(e.heard, func(h heard) bool { return h.voice == v })
	return was
}

// listen has the slots of a listener be looked at, who may have others than before.
func (f *floor) listen(s *seat) {
	s.lines.ears.short = false
	f.uneasy[s.session] = s
}

// forget takes a listener out.
func (f *floor) forget(s *seat) {
	delete(f.uneasy, s.session)
	delete(f.crowded, s.session)
}

// fallSilent takes the voice of a member off the air, if it is there. The slots with it are free: its listeners hear of
// that by the word that ends the stream, or the stay.
func (k *keeper) fallSilent(s *seat) {
	f := &k.short.floor
	v := f.voices[s.user]
	if v == nil || v.session != s.session {
		return
	}
	delete(f.voices, s.user)
	f.ranked = slices.DeleteFunc(f.ranked, func(other *voice) bool { return other == v })
	for _, listener := range k.seats {
		if listener.lines.ears.lose(v) {
			f.uneasy[listener.session] = listener
		}
	}
}

// withdraw takes a voice off the air that for its listeners is still there, and so has to tell them of their slots.
func (k *keeper) withdraw(s *seat) {
	for _, listener := range k.seats {
		for _, h := range listener.lines.ears.heard {
			if h.session == s.session {
				k.send(listener, unboundFrame(h.mid))
			}
		}
	}
	k.fallSilent(s)
}

// hush tells a listener that its slots carry no voice any more: on its next transport others may sit in them.
func (k *keeper) hush(s *seat) {
	for _, h := range s.lines.ears.heard {
		k.send(s, unboundFrame(h.mid))
	}
}

// rank orders the voices by their loudness, and has those look at their slots who cannot hear all of them.
func (k *keeper) rank(now time.Time) {
	f := &k.short.floor
	f.next = now.Add(rankEvery)
	sessions := make([]string, len(f.ranked))
	for i, v := range f.ranked {
		sessions[i] = v.session
	}
	for i, volume := range k.hall.switchboard.Volumes(sessions) {
		v := f.ranked[i]
		if volume <= faint {
			volume = 0
		}
		if max(volume, v.level)-min(volume, v.level) > steady {
			v.level = volume
		}
	}
	louder := func(a, b *voice) int { return cmp.Compare(b.level, a.level) }
	if slices.IsSortedFunc(f.ranked, louder) {
		return
	}
	slices.SortStableFunc(f.ranked, louder)
	for _, s := range f.crowded {
		f.uneasy[s.session] = s
	}
}

// choose lists the voices that a listener is to hear: those that it always wants, then the loudest.
func (f *floor) choose(e *ears) []*voice {
	limit := min(e.limit(), len(e.wanted))
	chosen := make([]*voice, 0, limit)
	take := func(v *voice) {
		if v != nil && len(chosen) < limit && e.wanted[v] && !slices.Contains(chosen, v) {
			chosen = append(chosen, v)
		}
	}
	for _, user := range e.always {
		take(f.voices[user])
	}
	for _, v := range f.ranked {
		if len(chosen) == limit {
			break
		}
		take(v)
	}
	return chosen
}

// seatVoices gives the listeners who are uneasy the voices that they are to hear.
func (k *keeper) seatVoices() {
	f := &k.short.floor
	for id, s := range f.uneasy {
		delete(f.uneasy, id)
		if !s.media || s.unplugged() {
			f.forget(s)
			continue
		}
		if k.short.stirred {
			s.lines.ears.short = false
		}
		for k.seatOnce(s) {
			continue // There were fewer slots than voices, so those go first that are louder than the rest.
		}
		if lacking := s.lines.ears.lacking(); lacking != s.lines.told.audio {
			k.short.seats[id], k.short.stirred = s, true
		}
		switch {
		case len(s.lines.ears.wanted) <= s.lines.ears.limit():
			delete(f.crowded, id)
		case len(f.crowded) == 0:
			f.next = time.Now()
			fallthrough
		default:
			f.crowded[id] = s
		}
	}
}

// seatOnce lets the voices that a listener is not to hear make room for the others, and tells it whose sound each slot
// carries from now on. True says that there are fewer slots than was known, which asks for another choice.
func (k *keeper) seatOnce(s *seat) (again bool) {
	e := &s.lines.ears
	chosen := k.short.floor.choose(e)
	var left []string
	e.heard = slices.DeleteFunc(e.heard, func(h heard) bool {
		if slices.Contains(chosen, h.voice) {
			return false
		}
		left = append(left, k.hall.switchboard.Unforward(h.session, room.Audio, s.session))
		return true
	})
	for _, v := range chosen {
		if slices.ContainsFunc(e.heard, func(h heard) bool { return h.voice == v }) {
			continue
		}
		f := forward{from: v.session, user: v.user, stream: room.Audio}
		mid, err := k.hall.switchboard.Forward(v.session, room.Audio, s.session)
		if errors.Is(err, media.ErrNoSlot) {
			e.slots, e.short, again = len(e.heard), true, len(e.heard) < len(chosen)
			break
		}
		if err != nil {
			k.deny(s, f, err)
			delete(e.wanted, v)
			again = true
			continue
		}
		e.heard = append(e.heard, heard{v, mid})
		left = slices.DeleteFunc(left, func(free string) bool { return free == mid })
		k.send(s, boundFrame(mid, f))
	}
	for _, mid := range left {
		if mid != "" {
			k.send(s, unboundFrame(mid))
		}
	}
	return again
}

// HearAtMost says how many voices this member hears at once, 0 for the usual number, and whom of them whatever others
// say (TRTC setRemoteAudioParallelParams). More than [VoicesMax] are as many. It holds for the rest of the stay. Error:
// the users are as many as the voices, or more.
func (s *Stay) HearAtMost(ctx context.Context, most int, always []string) error {
	most = min(max(most, 0), VoicesMax)
	limit := cmp.Or(most, VoicesDefault)
	if len(always) >= limit {
		return fmt.Errorf("%w: %d users always, and %d voices at most", ErrTooManyVoices, len(always), limit)
	}
	return s.post(ctx, func(seat *seat) {
		seat.lines.ears.most, seat.lines.ears.always = most, slices.Clone(always)
		s.keeper.short.floor.uneasy[seat.session] = seat
	})
}

// ErrTooManyVoices says that somebody wants to hear more users always than voices at all.
var ErrTooManyVoices = errors.New("more users than voices")
