package media

import (
	"time"

	"github.com/exeunt/exeunt/server/rtp"
)

// keyframeEvery is how often a publisher is asked for a key frame at most, in nanoseconds: they are large, and when a
// hundred listeners ask within this time they all mean the same one.
const keyframeEvery = int64(500 * time.Millisecond)

// keyframes are the wishes for a key frame of a layer. One that comes too early is kept until its time, not lost: it
// may be of a listener who has seen nothing yet.
type keyframes struct {
	wished bool
	asked  int64
	// needy says that the engine's tick looks at the layer.
	needy bool
}

// ask wishes for a key frame, now or as soon as it is time; the caller holds mu. Before the first packet there is
// nothing to ask for: a stream begins with one.
func (e *Engine) ask(l *layer) {
	if l.ssrc == 0 || !l.line.isPicture() {
		return
	}
	l.wished = true
	e.wish(l, e.clock())
	if l.wished {
		e.need(l)
	}
}

// wish passes a wish on if it is time (RFC 4585 §6.3.1).
func (e *Engine) wish(l *layer, now int64) {
	if l.wished && now-l.asked >= keyframeEvery {
		l.wished, l.asked = false, now
		s := l.line.session
		e.control(s, rtp.AppendKeyFrameWish(s.report(e.out.compound[:0]), s.ssrc, l.ssrc))
	}
}

// connected asks for key frames for all that was bound before the listener could receive; the caller holds mu.
func (e *Engine) connected(s *session) {
	for _, slot := range s.slots {
		if slot.carries != nil {
			e.ask(slot.carries.layer())
		}
	}
}
