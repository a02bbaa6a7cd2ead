package media

import (
	"time"

	"github.com/exeunt/exeunt/server/rtp"
)

const (
	// arrivalsMax is how many packets one transport feedback speaks of.
	arrivalsMax = 512
	// never marks a packet that did not come.
	never = -1
	// blocksMax is how many layers one report speaks of (RFC 3550 §6.4.1).
	blocksMax = 31
)

// arrivals is when the packets of a session came, by their transport-wide numbers, since the last feedback.
type arrivals struct {
	begun bool
	base  uint16
	count uint8
	// times are in microseconds, from base on; only the first n are in use.
	times [arrivalsMax]int64
	n     int
}

// arrive notes one packet.
func (e *Engine) arrive(s *session, number uint16, now int64) {
	if s.arrivals == nil {
		s.arrivals = &arrivals{}
	}
	a := s.arrivals
	if !a.begun {
		a.begun, a.base = true, number
	}
	i := int(int16(number - a.base))
	if i < 0 {
		return // The feedback has said that it is lost, and the next one cannot take that back.
	}
	if i >= arrivalsMax {
		e.feedBack(s)
		if i = int(int16(number - a.base)); i < 0 || i >= arrivalsMax {
			// A leap: begin anew.
			a.base, a.n, i = number, 0, 0
		}
	}
	for a.n <= i {
		a.times[a.n] = never
		a.n++
	}
	a.times[i] = now / 1000
}

// feedBack tells a publisher when its packets came; the caller holds mu.
func (e *Engine) feedBack(s *session) {
	a := s.arrivals
	for a != nil && a.n > 0 {
		media := uint32(0)
		for ssrc := range s.sources {
			media = ssrc
			break
		}
		compound, taken := rtp.AppendArrivals(s.report(e.out.compound[:0]), s.ssrc, media, a.base, a.count, a.times[:a.n])
		if taken <= 0 {
			a.n = 0
			return
		}
		a.count++
		a.base += uint16(taken)
		a.n = copy(a.times[:], a.times[taken:a.n])
		e.control(s, compound)
	}
}

// report begins a compound packet (RFC 3550 §6.1) with a receiver report that says nothing.
func (s *session) report(dst []byte) []byte { return rtp.AppendReceiver(dst, s.ssrc, nil) }

// reportAll tells a client how its streams arrive, and what we have sent to it; the caller holds mu.
func (e *Engine) reportAll(s *session, now int64) {
	var blocks [blocksMax]rtp.Block
	n := 0
	for _, l := range s.lines {
		for _, one := range l.layers {
			if one.received > one.reported.received && n < blocksMax {
				blocks[n] = one.block(now)
				n++
			}
		}
	}
	if n > 0 {
		compound := rtp.AppendReceiver(e.out.compound[:0], s.ssrc, blocks[:n])
		if now-s.tripAt > tripAsk {
			compound = rtp.AppendReference(compound, s.ssrc, ntp(now))
		}
		e.control(s, compound)
	}
	for _, slot := range s.slots {
		if slot.packets != slot.reported {
			slot.reported = slot.packets
			compound := rtp.AppendSender(e.out.compound[:0], slot.sender(now), nil)
			e.control(s, rtp.AppendDescription(compound, slot.ssrc, slot.name))
		}
	}
}

// ntpEpoch is the seconds from 1900 to 1970 (RFC 3550 §4).
const ntpEpoch = 2_208_988_800

// ntp is a time in seconds since 1900, with 32 bits behind the point, and middle the half of it that comes back in
// reports.
func ntp(now int64) uint64 {
	seconds, rest := now/int64(time.Second), now%int64(time.Second)
	return uint64(seconds+ntpEpoch)<<32 | uint64(rest)<<32/uint64(time.Second)
}

func middle(now int64) uint32 { return uint32(ntp(now) >> 16) }

// sender is the slot's sender report: the time now, on the wall and in the stream.
func (s *slot) sender(now int64) rtp.Sender {
	return rtp.Sender{
		SSRC: s.ssrc, NTP: ntp(now),
		Timestamp: s.timestamp + uint32(time.Duration(now-s.at).Seconds()*float64(s.clock)),
		Packets:   s.packets, Octets: s.octets,
	}
}
