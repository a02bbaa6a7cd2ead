package media

import (
	"net"
	"strconv"
	"time"

	"github.com/pion/webrtc/v4"
)

// Drop ends the session's media at once, both ways: when it returns, not one more packet of it is sent or taken, and
// its streams go to nobody. Closing the transport goes on behind (F4, M2).
func (e *Engine) Drop(id string) {
	e.mu.Lock()
	s := e.sessions[id]
	if s == nil {
		e.mu.Unlock()
		return
	}
	delete(e.sessions, id)
	for stream := range s.streams {
		e.unpublish(s, stream)
	}
	for _, slot := range s.slots {
		if slot.carries != nil {
			e.disconnect(slot.carries)
		}
	}
	e.closing.Add(1)
	tcp := s.tcp
	e.mu.Unlock()
	s.gate.shut()
	e.network.tcp.cut(tcp)
	e.shutdown(s)
	e.closing.Done()
}

// routed notes the TCP connection that the session's media takes, if it takes one. Frames that wait in it were sent
// before a drop but would arrive after it, so a drop cuts it.
func (e *Engine) routed(s *session, pair *webrtc.ICECandidatePair) {
	tcp := ""
	if pair != nil && pair.Remote.Protocol == webrtc.ICEProtocolTCP {
		tcp = net.JoinHostPort(pair.Remote.Address, strconv.Itoa(int(pair.Remote.Port)))
	}
	e.mu.Lock()
	s.tcp = tcp
	late := e.sessions[s.id] != s
	e.mu.Unlock()
	if late {
		e.network.tcp.cut(tcp)
	}
}

// shutdown closes the transport behind everybody's back. It may hang on a peer or in Pion (K5), so nobody waits for it
// but Close, and one that takes longer than closeMax is counted.
func (e *Engine) shutdown(s *session) {
	overdue := time.AfterFunc(closeMax, func() {
		e.metrics.Overdue("transport_close")
		e.log.Warn("a transport does not close", "session", s.id, "why", "deadline passed")
	})
	e.closing.Go(func() {
		defer overdue.Stop()
		if err := s.pc.GracefulClose(); err != nil {
			e.log.Debug("a transport closed with an error", "session", s.id, "why", err)
		}
	})
}
