package media

import (
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
	e.mu.Unlock()
	s.gate.shut()
	e.cutTCP(s)
	e.shutdown(s)
	e.closing.Done()
}

// cutTCP ends the session's TCP connection, if that is how it came: frames that wait in it were sent before the cut,
// but would arrive after it.
func (e *Engine) cutTCP(s *session) {
	pair, err := s.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err == nil && pair != nil && pair.Remote.Protocol == webrtc.ICEProtocolTCP {
		e.network.tcp.cut(pair.Remote.Address, pair.Remote.Port)
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
