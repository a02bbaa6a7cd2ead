package media

import (
	"context"
	"fmt"

	"github.com/pion/webrtc/v4"
)

// Open makes the transport of a session and answers its offer. The session id must be new. Errors: [*OfferError],
// [ErrFull], [ErrClosed], the context's.
func (e *Engine) Open(ctx context.Context, id, offer string) (string, error) {
	sections, err := readOffer(offer)
	if err != nil {
		return "", err
	}
	s, err := e.admit(id)
	if err != nil {
		return "", err
	}
	answer, err := e.negotiate(ctx, s, sections, offer)
	if err != nil {
		e.Drop(id)
		return "", err
	}
	return answer, nil
}

// Reoffer answers a later offer: more slots, or an ICE restart. What is bound stays bound. Errors as Open's, and
// [ErrNoSession].
func (e *Engine) Reoffer(ctx context.Context, id, offer string) (string, error) {
	sections, err := readOffer(offer)
	if err != nil {
		return "", err
	}
	s := e.find(id)
	if s == nil {
		return "", ErrNoSession
	}
	return e.negotiate(ctx, s, sections, offer)
}

// admit makes a session, if there is room for it.
func (e *Engine) admit(id string) (*session, error) {
	e.mu.Lock()
	err := e.vacancy(id)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s, err := e.newSession(id)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	err = e.vacancy(id)
	if err == nil {
		e.sessions[id] = s
	}
	e.mu.Unlock()
	if err != nil {
		e.shutdown(s)
		return nil, err
	}
	return s, nil
}

// negotiate answers an offer of s. One offer of a session is answered at a time.
func (e *Engine) negotiate(ctx context.Context, s *session, sections []section, offer string) (string, error) {
	select {
	case s.negotiating <- struct{}{}:
		defer func() { <-s.negotiating }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for the offer before: %w", ctx.Err())
	}
	if err := e.makeSlots(s, sections); err != nil {
		return "", err
	}
	remote := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
	if err := s.pc.SetRemoteDescription(remote); err != nil {
		return "", &OfferError{"sdp", err.Error()}
	}
	e.adopt(s, sections)
	answer, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return "", &OfferError{"sdp", err.Error()}
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err := s.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("set the answer: %w", err)
	}
	select {
	case <-gathered:
		return s.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// makeSlots gives the peer connection one sender for each receive line that has none yet. Pion matches senders and
// lines by kind, in order.
func (e *Engine) makeSlots(s *session, sections []section) error {
	missing := map[webrtc.RTPCodecType]int{}
	e.mu.Lock()
	known := map[string]bool{}
	for _, slot := range s.slots {
		known[slot.mid] = true
	}
	e.mu.Unlock()
	for _, one := range sections {
		if one.direction == webrtc.RTPTransceiverDirectionRecvonly && !known[one.mid] {
			missing[one.kind]++
		}
	}
	for _, t := range s.pc.GetTransceivers() {
		if t.Mid() == "" {
			// Left over from an offer that failed.
			missing[t.Kind()]--
		}
	}
	for kind, n := range missing {
		for range n {
			slot := newSlot(s, kind)
			init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
			if _, err := s.pc.AddTransceiverFromTrack(slot, init); err != nil {
				return fmt.Errorf("add a slot: %w", err)
			}
		}
	}
	return nil
}

// adopt notes the lines and slots that the offer brought.
func (e *Engine) adopt(s *session, sections []section) {
	transceivers := map[string]*webrtc.RTPTransceiver{}
	for _, t := range s.pc.GetTransceivers() {
		transceivers[t.Mid()] = t
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, one := range sections {
		t := transceivers[one.mid]
		if t == nil {
			continue
		}
		if slot, ok := slotOf(t); ok {
			slot.adopt(t)
		} else if s.lines[one.mid] == nil && one.direction == webrtc.RTPTransceiverDirectionSendonly {
			s.lines[one.mid] = newLine(e, s, t)
		}
	}
}
