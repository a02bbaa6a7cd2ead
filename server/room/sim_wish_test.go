package room

import "time"

// The bits of a PrivateMapKey, by stream (TRTC, advanced permission control).
var (
	sendBits    = [Sub + 1]Rights{Audio: 4, Big: 16, Sub: 64}
	receiveBits = [Sub + 1]Rights{Audio: 8, Big: 32, Sub: 128}
)

// modelWish lets a member's wish happen, and returns the code of its refusal.
func (s *stage) modelWish(w *witness, e own) int32 {
	switch e := e.(type) {
	case Publish:
		return s.modelPublish(w, e)
	case Unpublish:
		if e.Stream <= Sub {
			s.silence(w, e.Stream)
		}
	case Subscribe:
		s.modelSubscribe(w, e.User, e.Stream, 1)
	case Unsubscribe:
		s.modelSubscribe(w, e.User, e.Stream, -1)
	case SwitchRole:
		return s.modelRole(w, e.Role)
	case Grant:
		for stream := Audio; stream <= Sub; stream++ {
			if w.rights&sendBits[stream] != 0 && e.Rights&sendBits[stream] == 0 {
				s.silence(w, stream)
			}
		}
		w.rights = e.Rights
	case Say:
		return s.modelSay(w, e)
	}
	return 0
}

func (s *stage) modelPublish(w *witness, e Publish) int32 {
	if code := s.publishCode(w, e); code != 0 {
		return code
	}
	l := line{published: true, muted: e.Muted, mid: e.Mid}
	if w.streams[e.Stream] != l {
		s.clock.active = s.clock.now
	}
	w.streams[e.Stream] = l
	return 0
}

func (s *stage) publishCode(w *witness, e Publish) int32 {
	switch {
	case e.Stream < Audio || e.Stream > Sub, e.Mid == "", len(e.Mid) > 16:
		return CodeInvalidParameter
	case !s.announces(w):
		return CodeAudienceUpstream
	case w.rights&sendBits[e.Stream] == 0:
		return CodeNoPush
	}
	publishers, screens := 0, 0
	for _, other := range s.inside {
		if other != w && other.who == w.who && other.streams[e.Stream].published {
			return CodeRefused
		}
		if other.publishes() {
			publishers++
		}
		if other.streams[Sub].published {
			screens++
		}
	}
	for stream := Audio; stream <= Sub; stream++ {
		if stream != e.Stream && w.streams[stream].published && w.streams[stream].mid == e.Mid {
			return CodeInvalidParameter
		}
	}
	switch {
	case w.streams[e.Stream].published:
		return 0
	case e.Stream == Sub && screens >= s.limits.SubStreams:
		return CodeAnotherSubVideo
	case !w.publishes() && publishers >= s.limits.Publishers:
		return CodeRoomFull
	}
	return 0
}

func (w *witness) publishes() bool {
	return w.streams[Audio].published || w.streams[Big].published || w.streams[Sub].published
}

// silence ends a stream.
func (s *stage) silence(w *witness, stream Stream) {
	if w.streams[stream].published {
		w.streams[stream] = line{}
		s.clock.active = s.clock.now
	}
}

// modelSubscribe: only what there is can be wished for (B11).
func (s *stage) modelSubscribe(w *witness, user string, stream Stream, wish int8) {
	who := number(user)
	if who < 0 || who == w.who || stream < Audio || stream > Sub || s.seen.current[who] == 0 {
		return
	}
	if w.wants(who, stream) != (wish > 0) {
		w.wishes[who][stream] = wish
	}
}

// wants says whether w is to be sent a stream of a user.
func (w *witness) wants(who int, stream Stream) bool {
	switch w.wishes[who][stream] {
	case 1:
		return true
	case -1:
		return false
	default:
		return w.unasked[stream]
	}
}

func (s *stage) modelRole(w *witness, to Role) int32 {
	s.clock.active = s.clock.now
	if !s.scene.Live() || to != Anchor && to != Audience {
		return CodeInvalidRole
	}
	if w.role == Anchor && to == Audience {
		for stream := Audio; stream <= Sub; stream++ {
			s.silence(w, stream)
		}
	}
	w.role = to
	return 0
}

func (s *stage) modelSay(w *witness, e Say) int32 {
	again := e.Number > 0 && e.Number <= w.said.number
	w.said.number = max(w.said.number, e.Number)
	if again {
		return 0
	}
	if e.CmdID < 1 || e.CmdID > 10 || len(e.Data) > 1024 || e.Reliable != e.Ordered {
		return CodeInvalidParameter
	}
	if s.clock.now.Sub(w.said.since) >= time.Second {
		w.said.since, w.said.bytes, w.said.messages = s.clock.now, 0, 0
	}
	if w.said.messages >= 30 || w.said.bytes+len(e.Data) > 8<<10 {
		return CodeRefused
	}
	w.said.messages++
	w.said.tally[e.CmdID].all++
	if e.Reliable {
		w.said.tally[e.CmdID].reliable++
	}
	w.said.bytes += len(e.Data)
	s.clock.active = s.clock.now
	return 0
}

// tallyOf is what a user has said so far, from all its devices.
func (s *stage) tallyOf(who int) *tally {
	for _, w := range s.inside {
		if w.who == who && w.said.tally != nil {
			return w.said.tally
		}
	}
	return &tally{}
}

// live says whether a stream of w goes out: it is published, there is a transport, and no block takes it (F11, I-14).
func (s *stage) live(w *witness, stream Stream) bool {
	b := s.blocks[w.who]
	blocked := b.Video
	if stream == Audio {
		blocked = b.Audio
	}
	return w.streams[stream].published && !w.pulse.deaf && !blocked
}
