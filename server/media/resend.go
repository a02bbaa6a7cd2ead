package media

import (
	"encoding/binary"
	"time"

	"github.com/exeunt/exeunt/server/rtp"
)

const (
	// resendEvery is how soon the same packet is sent again at most, in nanoseconds: a listener that asks faster than
	// any round trip must not make us send without end.
	resendEvery = int64(15 * time.Millisecond)
	// resentMax is how many packets are remembered for that.
	resentMax = 256
)

// resent is which packets were sent again, and when; made when the first one is.
type resent struct {
	numbers []int64
	at      []int64
}

// due says whether a packet may be sent again already, and notes it.
func (r *resent) due(number, now int64) bool {
	if r.numbers == nil {
		r.numbers, r.at = make([]int64, resentMax), make([]int64, resentMax)
	}
	i := number & (resentMax - 1)
	if r.numbers[i] == number && now-r.at[i] < resendEvery {
		return false
	}
	r.numbers[i], r.at[i] = number, now
	return true
}

// lost finds the packet that a slot's number carried; nil when it is not there any more.
func (f *forward) lost(number int64) (*packet, *span) {
	for i := len(f.spans) - 1; i >= 0; i-- {
		if s := &f.spans[i]; number >= s.first {
			return s.layer.recent.get(number - s.shift), s
		}
	}
	return nil, nil
}

// resend sends a lost packet again: as RTX when that was negotiated (RFC 4588), else as it was. A packet that is sent
// as it was has the same bytes and so the same nonce and the same text, which reveals nothing (RFC 7714 §8.1); that is
// why a slot without RTX has no numbers for transport feedback in its headers.
//
// Sound is not sent again: nobody was told that it could be, its headers have such numbers, and it would come too late.
func (e *Engine) resend(s *slot, sequence uint16, now int64) {
	f := s.carries
	if f == nil || !s.open || !s.session.ready() || !f.line.isPicture() {
		return
	}
	number := s.number + int64(int16(sequence-uint16(s.number)))
	p, in := f.lost(number)
	if p == nil || !p.left || f.payloads[p.kind&127] == 0 || !s.history.due(number, now) {
		return
	}
	fields := rtp.Fields{
		Marker: f.ends(p), Type: f.payloads[p.kind&127], Timestamp: p.timestamp + in.time, Level: p.level,
	}
	n := 0
	if repair := s.repair[fields.Type]; repair != 0 && s.repairSSRC != 0 {
		fields.Type = repair
		n = s.sealRepair(e.out.slab[:], in, p, fields, now)
	} else if (p.vp8.Len == 0 || !f.renumbers) && !p.depends.Described {
		// With numbers of its own, or an end, it would have to get the same ones again.
		n = s.sealAgain(e.out.slab[:], in, p, fields)
	}
	e.transmit(s.session.path, e.out.slab[:n])
}

// sealAgain writes a packet as it was.
func (s *slot) sealAgain(dst []byte, in *span, p *packet, fields rtp.Fields) int {
	number := p.number + in.shift
	fields.SSRC, fields.Sequence, fields.Padding = s.ssrc, uint16(number), p.padding > 0
	header := dst[:s.shape.Len()]
	s.shape.Write(header, &fields)
	return s.session.sealer.Seal(dst, header, in.layer.recent.payload(p), uint32(number>>16))
}

// sealRepair writes a packet as RTX: its number before its payload (RFC 4588 §4). It returns 0 if that cannot be.
func (s *slot) sealRepair(dst []byte, in *span, p *packet, fields rtp.Fields, now int64) int {
	header := dst[:s.shape.Len()]
	body := dst[len(header) : len(header)+2+int(p.length)]
	binary.BigEndian.PutUint16(body, uint16(p.number+in.shift))
	f := s.carries
	if f.renumbers && (in.layer != f.at || !f.begun) {
		return 0 // Its numbers went with the layer that was left.
	}
	body = body[:2+copy(body[2:], s.shown(body[2:], f, in, p))]
	s.repairs++
	fields.SSRC, fields.Sequence, fields.Transport = s.repairSSRC, uint16(s.repairs), s.session.nextTransport()
	s.shape.Write(header, &fields)
	n := s.session.sealer.Seal(dst, header, body, uint32(s.repairs>>16))
	s.sentAs(fields.Transport, n, now)
	return n
}

// repeat sends a slot's latest packets once more as repairs, so many bytes of them: the other end drops them, but tells
// when they came.
func (e *Engine) repeat(f *forward, octets int, now int64) {
	s := f.slot
	if !s.session.ready() || !f.begun {
		return
	}
	for back := int64(0); octets > 0 && back < cacheMax; back++ {
		p := f.at.recent.get(f.at.newest - back)
		if p == nil || !p.left {
			return
		}
		in := f.find(p.number)
		if in == nil {
			continue // It was left out.
		}
		fields := rtp.Fields{Marker: f.ends(p), Timestamp: p.timestamp + in.time, Type: s.repair[f.payloads[p.kind&127]]}
		n := s.sealRepair(e.out.slab[:], in, p, fields, now)
		if fields.Type == 0 || n == 0 {
			return
		}
		e.transmit(s.session.path, e.out.slab[:n])
		octets -= n
	}
}
