package media

import (
	"context"
	"fmt"

	"github.com/exeunt/exeunt/server/sdp"
)

// Open makes the transport of a session and answers its offer. The session id must be new. Errors: [*OfferError],
// [ErrFull], [ErrClosed], the context's.
func (e *Engine) Open(ctx context.Context, id, offer string) (string, error) {
	read, err := sdp.Read(offer)
	if err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.vacancy(id); err != nil {
		return "", err
	}
	s := newSession(id)
	s.peer = read.Fingerprint
	if err := s.check(read); err != nil {
		return "", err
	}
	e.sessions[id] = s
	e.hasten(watchTicks)
	return e.answer(s, read), nil
}

// Reoffer answers a later offer: more slots, or an ICE restart. What is bound stays bound. Errors as Open's, and
// [ErrNoSession].
func (e *Engine) Reoffer(ctx context.Context, id, offer string) (string, error) {
	read, err := sdp.Read(offer)
	if err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[id]
	if s == nil {
		return "", ErrNoSession
	}
	if err := s.check(read); err != nil {
		return "", err
	}
	return e.answer(s, read), nil
}

// check refuses an offer that would turn the session into another, before anything of it is changed.
func (s *session) check(offer *sdp.Offer) error {
	if f := offer.Fingerprint; f.Hash != s.peer.Hash || string(f.Value) != string(s.peer.Value) {
		return &OfferError{Field: "session", Problem: "a=fingerprint is not that of the first offer"}
	}
	for i := range offer.Lines {
		o := &offer.Lines[i]
		field := fmt.Sprintf("m-line %d", i)
		if l := s.lines[o.Mid]; l != nil && (o.Direction == sdp.RecvOnly || l.kind != o.Kind) {
			return &OfferError{Field: field, Problem: fmt.Sprintf("a=mid:%s was a send line of %v", o.Mid, l.kind)}
		}
		if slot := s.slot(o.Mid); slot != nil && (o.Direction == sdp.SendOnly || slot.kind != o.Kind) {
			return &OfferError{Field: field, Problem: fmt.Sprintf("a=mid:%s was a receive line of %v", o.Mid, slot.kind)}
		}
	}
	return nil
}

// slot finds a slot by its mid; nil when there is none.
func (s *session) slot(mid string) *slot {
	for _, one := range s.slots {
		if one.mid == mid {
			return one
		}
	}
	return nil
}

// answer adopts an offer and answers it; the caller holds mu.
func (e *Engine) answer(s *session, offer *sdp.Offer) string {
	if offer.Ufrag != s.theirs {
		e.renew(s)
		s.theirs = offer.Ufrag
		s.heard = e.clock()
	}
	s.version++
	a := offer.Reply()
	a.Session, a.Version = s.origin, s.version
	a.Ufrag, a.Pwd, a.Fingerprint = s.current().ufrag, s.current().pwd, e.dtls.fingerprint
	a.Candidates = e.candidates()
	for i := range offer.Lines {
		s.agree(&offer.Lines[i], &a.Lines[i])
	}
	return a.String()
}

// agree settles one line of an offer.
func (s *session) agree(offered *sdp.Line, answer *sdp.AnswerLine) {
	if offered.Kind == sdp.Data && !offered.Rejected {
		s.agreeData(answer)
		return
	}
	if offered.Rejected {
		answer.Rejected = true
		if slot := s.slot(offered.Mid); slot != nil {
			slot.open = false
		}
		return
	}
	codecs := common(offered)
	if len(codecs) == 0 {
		// Nothing can flow, but a tagged line that is rejected would end the transport.
		answer.Codecs, answer.Direction = offered.Codecs, sdp.Inactive
		return
	}
	answer.Codecs = codecs
	answer.Extensions = s.ids.settle(offered)
	switch offered.Direction {
	case sdp.SendOnly:
		l := s.lines[offered.Mid]
		if l == nil {
			l = newLine(s, offered, codecs)
			s.lines[offered.Mid] = l
		} else {
			l.describe(offered, codecs)
		}
		answer.Layers = offered.Layers
	case sdp.RecvOnly:
		slot := s.slot(offered.Mid)
		if slot == nil {
			slot = newSlot(s, offered, codecs)
			s.slots = append(s.slots, slot)
			s.outs[slot.ssrc] = slot
		}
		slot.settle(answer)
	case sdp.Inactive, sdp.SendRecv:
		if slot := s.slot(offered.Mid); slot != nil {
			slot.open = false
		}
	}
}

// agreeData takes the line of the data channels. Whether the client ever uses them it shows by itself.
func (s *session) agreeData(answer *sdp.AnswerLine) {
	if s.channels == nil {
		s.channels = &channels{session: s}
	}
	answer.SCTPPort, answer.MaxMessage = sctpPort, ChannelMessageMax
}

// settle notes what was agreed on and names what the slot sends.
func (s *slot) settle(answer *sdp.AnswerLine) {
	s.open, s.codecs = true, answer.Codecs
	s.repair = payloads{}
	for _, c := range s.codecs {
		if isRTX(c) {
			s.repair[repaired(c)] = c.Type
		}
	}
	if s.repair != (payloads{}) && s.repairSSRC == 0 {
		s.repairSSRC = s.session.uniqueSSRC()
	}
	s.shape, s.numbered = s.session.ids.shape(answer, s.repairSSRC != 0)
	answer.Stream, answer.Track = s.name, s.name
	answer.SSRC, answer.RepairSSRC = s.ssrc, s.repairSSRC
}
