package media

import (
	"time"

	"github.com/exeunt/exeunt/server/rtp"
)

// reception is how a layer's packets come, for receiver reports (RFC 3550 §6.4.1). Repairs are a stream of their own
// (RFC 4588 §4) and do not count: what they bring was lost, and a publisher who hears otherwise takes a bad path for a
// good one.
type reception struct {
	first, highest int64
	received       uint32
	// reported is as of the last report, and measured as of the last measurement of the session.
	reported, measured mark
	// advised is as of the last advice to the publisher.
	advised mark
	// transit is the last packet's, and jitter what it varies, in sixteenths; both in units of the layer's clock.
	transit, jitter int64
	// lastSR is the middle of the last sender report's time, and heardSR when it came.
	lastSR  uint32
	heardSR int64
}

// mark is how many packets should have come and came up to a moment.
type mark struct{ expected, received uint32 }

// grown returns how many should have come and came since a mark, and moves it to now.
func (r *reception) grown(m *mark) (due, got uint32) {
	now := mark{uint32(r.highest - r.first + 1), r.received}
	due, got = now.expected-m.expected, now.received-m.received
	*m = now
	return due, got
}

// receive counts one packet (RFC 3550 appendix A.1 and A.8).
func (l *layer) receive(h *rtp.Header, clock uint32, now int64) {
	r := &l.reception
	number := l.newest + int64(int16(h.Sequence-uint16(l.newest)))
	if r.received == 0 {
		r.first, r.highest = number, number
	}
	r.highest = max(r.highest, number)
	r.received++
	transit := now/1000*int64(clock)/1_000_000 - int64(h.Timestamp)
	if r.transit != 0 {
		d := int64(int32(transit - r.transit))
		r.jitter += max(d, -d) - (r.jitter+8)>>4
	}
	r.transit = transit
}

// block is what a receiver report says of the layer (RFC 3550 appendix A.3).
func (l *layer) block(now int64) rtp.Block {
	r := &l.reception
	due, got := r.grown(&r.reported)
	lost := int32(r.reported.expected - r.reported.received)
	b := rtp.Block{
		SSRC: l.ssrc, Lost: min(max(lost, -1<<23), 1<<23-1), Highest: uint32(r.highest - r.first&^0xffff),
		Jitter: uint32(r.jitter >> 4),
	}
	if due > got && due > 0 {
		b.FractionLost = uint8(min((due-got)<<8/due, 255))
	}
	if r.lastSR != 0 {
		b.LastSR, b.Delay = r.lastSR, uint32((now-r.heardSR)<<16/int64(time.Second))
	}
	return b
}

// hear takes a compound report; the caller holds mu.
func (e *Engine) hear(s *session, compound []byte, now int64) {
	for len(compound) > 0 {
		p, rest, err := rtp.Next(compound)
		if err != nil {
			return
		}
		compound = rest
		switch p.Type {
		case rtp.SenderReport:
			s.hearSender(p, now)
			s.hearReports(p, now)
		case rtp.ReceiverReport:
			s.hearReports(p, now)
		case rtp.ExtendedReport:
			for r := range p.Replies {
				s.hearReply(r, now)
			}
		case rtp.TransportFeedback:
			for ssrc, sequence := range p.Nack {
				if slot := s.outs[ssrc]; slot != nil {
					e.resend(slot, sequence, now)
				}
			}
			s.hearArrivals(p, now)
		case rtp.PayloadFeedback:
			for ssrc := range p.KeyFrameWish {
				if slot := s.outs[ssrc]; slot != nil && slot.carries != nil {
					e.ask(slot.carries.layer())
				}
			}
			if rate, ok := p.Remb(); ok {
				s.estimate.Remb(rate)
			}
		}
	}
}

// hearSender notes the time of a sender report.
func (s *session) hearSender(p rtp.Packet, now int64) {
	report, ok := p.Sender()
	from := s.sources[report.SSRC]
	if !ok || from.layer == nil || from.repair {
		return
	}
	from.layer.lastSR, from.layer.heardSR = uint32(report.NTP>>16), now
}

// hearReports takes what the client says of the streams that it gets.
func (s *session) hearReports(p rtp.Packet, now int64) {
	for b := range p.Blocks {
		s.hearReport(b, now)
	}
}

// hearArrivals takes transport-wide feedback on what was sent.
func (s *session) hearArrivals(p rtp.Packet, now int64) {
	if _, ok := p.FeedbackCount(); !ok {
		return
	}
	s.estimate.Begin(now / 1000)
	for a := range p.Arrivals {
		s.estimate.Arrived(a.Number, a.Received, a.At)
	}
	s.estimate.End()
}
