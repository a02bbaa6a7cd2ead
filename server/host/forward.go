package host

import (
	"errors"
	"fmt"
	"slices"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
)

// forward is one stream on its way to a listener.
type forward struct {
	from, user string
	stream     room.Stream
}

// slots counts receive lines by kind.
type slots struct{ audio, video uint32 }

// start makes a send line carry a stream. When the line cannot, the member is told and the stream is taken back.
func (k *keeper) start(s *seat, e room.Start) {
	err := errNoMedia
	if s.media {
		err = k.hall.switchboard.Publish(s.session, e.Stream, e.Mid)
	}
	if err == nil {
		s.lines.started++
		if e.Stream == room.Audio {
			k.short.floor.speak(s)
		}
		return
	}
	s.lines.failed = e.Stream
	k.hall.log.Warn("a line cannot publish", "room", k.key.String(), "user", s.user, "session", s.session, "why", err)
	k.send(s, NoticeFrame(0, room.Problem{Code: room.CodeInvalidParameter, Message: "publish: " + err.Error()}))
	k.turn.after = append(k.turn.after, room.Unpublish{Session: s.session, Stream: e.Stream})
}

// errNoMedia says that a member entered without an offer.
var errNoMedia = errors.New("this session has no media; send an offer first")

// stop ends a stream. Its listeners take back their slots by themselves when they hear of it.
func (k *keeper) stop(s *seat, e room.Stop) {
	if s.lines.failed == e.Stream {
		s.lines.failed = 0 // It never started, so nobody waits for it.
		return
	}
	s.lines.started--
	k.hall.switchboard.Unpublish(s.session, e.Stream)
	if e.Stream == room.Audio {
		k.fallSilent(s)
		return
	}
	k.stopWaiting(func(f forward) bool { return f.from == e.Session && f.stream == e.Stream })
}

// connect sends a stream to a listener, or lets it wait for a slot.
func (k *keeper) connect(s *seat, f forward) {
	if f.stream == room.Audio {
		k.short.floor.want(s, f)
		return
	}
	if k.bind(s, f) {
		return
	}
	s.lines.waiting = append(s.lines.waiting, f)
	k.short.seats[s.session] = s
	k.short.stirred = true
}

// bind tries to send a stream to a listener and tells it the slot. False says that the stream waits for one.
func (k *keeper) bind(s *seat, f forward) bool {
	if k.seats[f.from].lines.failed == f.stream {
		return true // It is about to be taken back.
	}
	if !s.media {
		return false
	}
	mid, err := k.hall.switchboard.Forward(f.from, f.stream, s.session)
	switch {
	case err == nil:
		if q := s.lines.layers.preferred[picture{f.user, f.stream}]; q != 0 {
			k.hall.switchboard.Prefer(f.from, f.stream, s.session, int(q))
		}
		k.send(s, boundFrame(mid, f))
		return true
	case errors.Is(err, media.ErrNoSlot):
		return false
	default:
		k.deny(s, f, err)
		return true
	}
}

// deny tells a listener that a stream will not be sent to it.
func (k *keeper) deny(s *seat, f forward, why error) {
	k.hall.log.Warn("a stream cannot be forwarded", "room", k.key.String(), "user", s.user, "session", s.session,
		"from", f.from, "stream", f.stream, "why", why)
	k.send(s, NoticeFrame(0, room.Problem{
		Code: CodeNotSupported, Message: fmt.Sprintf("stream %d of %s cannot be sent to you: %v", f.stream, f.user, why),
	}))
}

// disconnect ends a forward at the listener's wish. This is the only time that a slot is taken back by a frame: after
// MemberLeft, and after StreamChanged with published false, the listener frees the slots by itself.
func (k *keeper) disconnect(s *seat, e room.Disconnect) {
	k.short.stirred = true
	s.lines.waiting = slices.DeleteFunc(s.lines.waiting, func(f forward) bool {
		return f.from == e.From && f.stream == e.Stream
	})
	if e.Stream == room.Audio {
		k.short.floor.refuse(s, k.seats[e.From].user)
	}
	if !s.media {
		return
	}
	if mid := k.hall.switchboard.Unforward(e.From, e.Stream, e.To); mid != "" {
		k.send(s, unboundFrame(mid))
	}
}

// shortage is the listeners for whose streams there are too few slots.
type shortage struct {
	seats map[string]*seat
	// stirred says that slots may have become free, or that more are missing.
	stirred bool
	// floor has the voices, which take turns in what slots there are.
	floor floor
}

// stopWaiting takes streams that are no more out of every waiting list.
func (k *keeper) stopWaiting(gone func(forward) bool) {
	k.short.stirred = true
	for _, s := range k.short.seats {
		s.lines.waiting = slices.DeleteFunc(s.lines.waiting, gone)
	}
}

// rebind gives waiting streams the slots that became free, and asks listeners for the slots that are still missing,
// once for each change of the numbers.
func (k *keeper) rebind() {
	k.seatVoices()
	if !k.short.stirred {
		return
	}
	k.short.stirred = false
	for _, s := range k.short.seats {
		k.rebindSeat(s)
	}
}

func (k *keeper) rebindSeat(s *seat) {
	s.lines.waiting = slices.DeleteFunc(s.lines.waiting, func(f forward) bool { return k.bind(s, f) })
	need := slots{audio: s.lines.ears.lacking(), video: uint32(len(s.lines.waiting))}
	if s.media && need != s.lines.told && need != (slots{}) {
		k.send(s, neededFrame(need))
	}
	s.lines.told = need
	if need == (slots{}) {
		delete(k.short.seats, s.session)
	}
}
