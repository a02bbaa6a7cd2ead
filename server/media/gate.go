package media

import (
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// gate lets packets through until it is shut. Packets share the lock; shut takes it alone and never gives it back.
type gate struct{ mu sync.RWMutex }

// enter says whether a packet may pass; after true, leave must follow. It never waits: the only one who ever asks for
// the lock alone is shut, and a packet that meets it is one too late. So two gates can be passed one inside the other
// in any order.
func (g *gate) enter() bool { return g.mu.TryRLock() }

func (g *gate) leave() { g.mu.RUnlock() }

// shut waits for the packets under way, and lets none pass after it returns. It must be called once.
func (g *gate) shut() { g.mu.Lock() }

// wire is the interceptor next to SRTP: whatever is sent to a session, reports and retransmissions too, passes here
// last. That makes it the place of the gate.
type wire struct {
	interceptor.NoOp
	gate *gate
	// writers are the ways below all other interceptors, by SSRC.
	writers sync.Map
}

// NewInterceptor makes wire its own factory: each session has its own registry.
func (w *wire) NewInterceptor(string) (interceptor.Interceptor, error) { return w, nil }

// BindRTCPWriter puts the gate before all RTCP.
func (w *wire) BindRTCPWriter(next interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(packets []rtcp.Packet, a interceptor.Attributes) (int, error) {
		if !w.gate.enter() {
			return 0, nil
		}
		defer w.gate.leave()
		return next.Write(packets, a)
	})
}

// BindLocalStream puts the gate before all RTP of one slot.
func (w *wire) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	guarded := interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if !w.gate.enter() {
			return 0, nil
		}
		defer w.gate.leave()
		return next.Write(h, payload, a)
	})
	w.writers.Store(info.SSRC, guarded)
	return guarded
}

// retransmit sends a packet below the interceptors, so that reports do not count it as news.
func (w *wire) retransmit(slotSSRC uint32, h *rtp.Header, payload []byte) {
	if writer, ok := w.writers.Load(slotSSRC); ok {
		// A packet that cannot be sent is lost, as on any network.
		_, _ = writer.(interceptor.RTPWriterFunc)(h, payload, nil)
	}
}
