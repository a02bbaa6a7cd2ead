package media

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// slot is one receive line of a session: one RTP stream to it, that carries one publication after another. It is a
// [webrtc.TrackLocal].
type slot struct {
	session *session
	kind    webrtc.RTPCodecType
	name    string
	// mid, codecs and carries are guarded by the engine's mu; carries is nil while the slot is free.
	mid     string
	codecs  []webrtc.RTPCodecParameters
	carries *forward
	// reads says that the slot's RTCP is being read.
	reads sync.Once

	// mu is lock 3 of the package comment; it guards out and current.
	mu      sync.Mutex
	current *forward
	out     output
}

// output is where a slot's RTP stream stands.
type output struct {
	writer  webrtc.TrackLocalWriter
	ssrc    uint32
	rtxSSRC uint32
	// rtx says which payload type retransmits each other one; 0 for none.
	rtx     payloads
	levelID uint8
	// seq and timestamp are the newest packet's; sentAt is zero before the first.
	seq       uint16
	timestamp uint32
	sentAt    time.Time
	rtxSeq    uint16
	// resentAt is when a packet was last sent again, by place in the line's history, in milliseconds.
	resentAt *[historySize]int64
	// header is used again for each packet.
	header rtp.Header
}

// forward connects a line to a slot. Its fields below payloads are guarded by the slot's mu.
type forward struct {
	line *line
	slot *slot
	// payloads translates the publisher's payload types; 0 for a codec that the listener lacks.
	payloads payloads
	begun    bool
	// first and newest are the publisher's sequence numbers, counted on beyond 16 bits.
	first, newest int64
	seqOffset     uint16
	timeOffset    uint32
}

func newSlot(s *session, kind webrtc.RTPCodecType) *slot {
	s.made++
	return &slot{
		session: s, kind: kind, name: fmt.Sprintf("slot-%d", s.made),
		out: output{seq: uint16(rand.Uint32()), rtxSeq: uint16(rand.Uint32()), timestamp: rand.Uint32()},
	}
}

// slotOf returns the slot that a transceiver sends.
func slotOf(t *webrtc.RTPTransceiver) (*slot, bool) {
	if t.Sender() == nil {
		return nil, false
	}
	s, ok := t.Sender().Track().(*slot)
	return s, ok
}

// adopt notes what an offer said about the slot; the caller holds the engine's mu.
func (s *slot) adopt(t *webrtc.RTPTransceiver) {
	s.codecs = t.Sender().GetParameters().Codecs
	if s.mid == "" {
		s.mid = t.Mid()
		s.session.slots = append(s.session.slots, s)
	}
}

// ID names the track in the answer.
func (s *slot) ID() string { return s.name }

// StreamID is different for each slot, so that a browser does not hold back one user's picture for another's sound.
func (s *slot) StreamID() string { return s.name }

// RID is empty: a slot has one layer.
func (s *slot) RID() string { return "" }

// Kind is the kind of the line.
func (s *slot) Kind() webrtc.RTPCodecType { return s.kind }

// Bind notes how to send. Pion calls it when the answer is set.
func (s *slot) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := c.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.writer = c.WriteStream()
	s.out.ssrc = uint32(c.SSRC())
	s.out.rtxSSRC = uint32(c.SSRCRetransmission())
	s.out.rtx = repairs(codecs)
	s.out.levelID = extensionID(c.HeaderExtensions(), extAudioLevel)
	return codecs[0], nil
}

// Unbind forgets how to send.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.writer = nil
	return nil
}

// carry makes f the one whose packets the slot sends; nil for none. After it returns, not one more packet of the one
// before is sent.
func (s *slot) carry(f *forward) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = f
}

// send passes one packet on, and says whether it did.
func (s *slot) send(f *forward, p *rtp.Packet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	payloadType := f.payloads[p.PayloadType&127]
	if s.current != f || s.out.writer == nil || payloadType == 0 {
		return false
	}
	if !s.place(f, p) {
		return false
	}
	s.prepare(f, p, payloadType)
	n, err := s.out.writer.WriteRTP(&s.out.header, p.Payload)
	return err == nil && n > 0
}

// place gives a packet its sequence number. A slot's numbers go on from one publication to the next, so one that comes
// late, from before the slot was bound, has no place.
func (s *slot) place(f *forward, p *rtp.Packet) bool {
	if !f.begun {
		f.begun = true
		f.first = int64(p.SequenceNumber)
		f.newest = f.first
		f.seqOffset = s.out.seq + 1 - p.SequenceNumber
		f.timeOffset = s.out.timestamp + s.elapsed() - p.Timestamp
	}
	number := f.newest + int64(int16(p.SequenceNumber-uint16(f.newest)))
	if number < f.first {
		return false
	}
	if number >= f.newest {
		f.newest = number
		s.out.seq = p.SequenceNumber + f.seqOffset
		s.out.timestamp = p.Timestamp + f.timeOffset
		s.out.sentAt = time.Now()
	}
	return true
}

// elapsed is how far the slot's clock went on since its newest packet, so that a publication which takes the slot over
// continues the timeline at the right place: never backwards, and with no longer a pause than there was.
func (s *slot) elapsed() uint32 {
	if s.out.sentAt.IsZero() {
		return 0
	}
	rate := 90000.0
	if s.kind == webrtc.RTPCodecTypeAudio {
		rate = 48000
	}
	return 1 + uint32(time.Since(s.out.sentAt).Seconds()*rate)
}

// prepare fills the header. The payload stays the publisher's; padding is left out.
func (s *slot) prepare(f *forward, p *rtp.Packet, payloadType uint8) {
	h := &s.out.header
	*h = rtp.Header{
		Version: 2, Marker: p.Marker, PayloadType: payloadType, SSRC: s.out.ssrc,
		SequenceNumber: p.SequenceNumber + f.seqOffset, Timestamp: p.Timestamp + f.timeOffset,
		Extensions: h.Extensions[:0],
	}
	if f.line.levelID == 0 || s.out.levelID == 0 {
		return
	}
	if level := p.GetExtension(f.line.levelID); level != nil {
		// It was a valid extension when it came, so it is one now.
		_ = h.SetExtension(s.out.levelID, level)
	}
}
