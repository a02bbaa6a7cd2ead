package media

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// keyframeEvery is how often a publisher is asked for a key frame at most: they are large, and when a hundred
// listeners ask within this time they all mean the same one.
const keyframeEvery = 500 * time.Millisecond

// keyframes passes on wishes for a key frame. One that comes too early is kept until its time, not lost: it may be of a
// listener who has seen nothing yet.
type keyframes struct {
	send  func()
	next  atomic.Int64
	armed atomic.Bool
}

// ask wishes for a key frame, now or as soon as it is time.
func (k *keyframes) ask() {
	now := time.Now()
	next := k.next.Load()
	if now.UnixNano() >= next {
		if k.next.CompareAndSwap(next, now.Add(keyframeEvery).UnixNano()) {
			k.send()
		}
		return
	}
	if k.armed.CompareAndSwap(false, true) {
		time.AfterFunc(time.Duration(next-now.UnixNano()), func() {
			k.armed.Store(false)
			k.next.Store(time.Now().Add(keyframeEvery).UnixNano())
			k.send()
		})
	}
}

// sendPLI asks the publisher for a key frame (RFC 4585 §6.3.1). Before the first packet there is nothing to ask for: a
// stream begins with one. When the transport is closing, nobody wants the frame any more.
func (l *line) sendPLI() {
	if ssrc := l.ssrc.Load(); ssrc != 0 {
		_ = l.session.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
	}
}

// connected asks for key frames for all that was bound before the listener could receive.
func (e *Engine) connected(s *session) {
	e.mu.Lock()
	var waiting []*line
	for _, slot := range s.slots {
		if slot.kind == webrtc.RTPCodecTypeVideo && slot.carries != nil {
			waiting = append(waiting, slot.carries.line)
		}
	}
	e.mu.Unlock()
	for _, l := range waiting {
		l.keyframes.ask()
	}
}
