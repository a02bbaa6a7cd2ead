package media

import (
	"fmt"
	"math/rand/v2"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
)

// slot is one receive line of a session: one RTP stream to it, that carries one publication after another.
type slot struct {
	session *session
	kind    sdp.Kind
	mid     string
	name    string
	codecs  []sdp.Codec
	// open says that the client still wants something on the line; carries is nil while the slot is free.
	open    bool
	carries *forward
	position
	history resent
	// numbers are those of VP8 pictures that come from several layers.
	numbers picture.VP8Numbers
}

// position is where a slot's RTP stream stands.
type position struct {
	ssrc, repairSSRC uint32
	// repair says which payload type retransmits each other one; 0 for none.
	repair payloads
	// numbered says that the shape has transport-wide numbers.
	shape    rtp.Shape
	numbered bool
	// number, counted on beyond 16 bits, and timestamp are the newest packet's; at is when it left, 0 before the first.
	number    int64
	timestamp uint32
	at        int64
	clock     uint32
	// repairs is the number of the latest repair.
	repairs int64
	sent
}

// sent is what sender reports say (RFC 3550 §6.4.1).
type sent struct {
	packets, octets uint32
	reported        uint32 // The packets at the last report.
	account         account
}

// forward connects a line to a slot.
type forward struct {
	line *line
	slot *slot
	// payloads translates the publisher's payload types; 0 for a codec that the listener lacks.
	payloads payloads
	// at is the layer that is sent, and next the one that a key frame leads over to; nil for none. begun says that the
	// layer's place in the slot's numbers is known; it begins with the number from.
	at, next *layer
	begun    bool
	from     int64
	// wish is the best layer that the listener wants, by place, and limit the best step that its path carries; fits is
	// what the allotment that is being made gives it.
	wish, limit, fits int
	thinning
	// selection is what is sent of a scalable layer; nil before its first packet.
	selection *selection
	// spans say what the slot's latest numbers carried, oldest first.
	spans []span
}

// headerMax is the longest that sealing adds to a payload, in bytes.
const headerMax = 64

func newSlot(s *session, offered *sdp.Line, codecs []sdp.Codec) *slot {
	s.made++
	// The numbers begin in the lower half, so that the other end cannot miss a wrap-around before its first packet.
	return &slot{
		session: s, kind: offered.Kind, mid: offered.Mid, name: fmt.Sprintf("slot-%d", s.made), codecs: codecs, open: true,
		position: position{
			ssrc: s.uniqueSSRC(), number: int64(rand.Uint32N(1<<15)) + 1, repairs: int64(rand.Uint32N(1<<15)) + 1,
			timestamp: rand.Uint32(),
		},
	}
}

// layer is what the forward sends now.
func (f *forward) layer() *layer { return f.at }

// seal writes the packet that a listener gets for a publisher's, and returns its length; 0 if it gets none.
func (s *slot) seal(dst []byte, f *forward, p *packet, now int64) int {
	kind := f.kind(p)
	if kind == 0 || !s.open {
		return 0
	}
	if !f.begun {
		if p.number < f.from || !f.opens(p) {
			return 0
		}
		s.begin(f, p, now)
	}
	if f.skips(p) {
		s.skip(f, p)
		return 0
	}
	in := f.find(p.number)
	if in == nil {
		return 0
	}
	payload := s.shown(dst[s.shape.Len():], f, in, p)
	number, timestamp := p.number+in.shift, p.timestamp+in.time
	s.advance(number, timestamp, now)
	fields := rtp.Fields{
		Marker: f.ends(p), Padding: p.padding > 0 && len(payload) > 0, Type: kind,
		Sequence: uint16(number), Timestamp: timestamp, SSRC: s.ssrc, Transport: s.session.nextTransport(), Level: p.level,
	}
	s.packets++
	s.octets += uint32(max(0, len(payload)-int(p.padding)))
	header := dst[:s.shape.Len()]
	s.shape.Write(header, &fields)
	n := s.session.sealer.Seal(dst, header, payload, uint32(number>>16))
	s.sentAs(fields.Transport, n, now)
	return n
}

// sentAs tells the estimate of a packet, if its header has a number that the other end will speak of.
func (s *slot) sentAs(number uint16, n int, now int64) {
	if s.numbered {
		s.session.estimate.Sent(number, n, now/1000)
	}
}

// shown is the payload that a listener is shown: the layer's, or a copy where it is sealed, with numbers that go on
// from layer to layer. Of a picture that has no number, as the rest of it was left out, the packet stays, empty: a
// receiver waits for each sequence number.
func (s *slot) shown(dst []byte, f *forward, in *span, p *packet) []byte {
	payload := in.layer.recent.payload(p)
	if p.depends.Described && f.known(p) == left {
		return dst[:0]
	}
	if p.red.Primary > 0 {
		return f.repeated(dst, p, payload)
	}
	if !f.renumbers || p.vp8.Len == 0 {
		return payload
	}
	id, tl0, ok := s.numbers.Map(p.vp8)
	if !ok {
		return dst[:0]
	}
	dst = dst[:copy(dst, payload)]
	picture.Patch(dst, p.vp8, id, tl0)
	return dst
}

// nextTransport counts one packet more (transport-wide congestion control).
func (o *outgoing) nextTransport() uint16 {
	o.transportSeq++
	return o.transportSeq
}
