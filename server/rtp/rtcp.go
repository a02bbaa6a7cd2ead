package rtp

import "encoding/binary"

// The types of RTCP packets (RFC 3550 §12.1, RFC 4585 §6.1).
const (
	SenderReport      = 200
	ReceiverReport    = 201
	Description       = 202
	Goodbye           = 203
	TransportFeedback = 205
	PayloadFeedback   = 206
	ExtendedReport    = 207 // RFC 3611 §2.
)

// The formats of feedback, which stand where other packets have their count.
const (
	formatNack     = 1  // Of TransportFeedback (RFC 4585 §6.2.1).
	formatArrivals = 15 // draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
	formatPLI      = 1  // Of PayloadFeedback (RFC 4585 §6.3.1).
	formatFIR      = 4  // RFC 5104 §4.3.1.
	formatRemb     = 15 // draft-alvestrand-rmcat-remb-03 §2.2.
)

// The types of the blocks of extended reports.
const (
	blockReference = 4 // RFC 3611 §4.4.
	blockReply     = 5 // RFC 3611 §4.5.
)

const (
	rtcpHeaderLen  = 4
	senderLen      = 24 // Of a sender report before its blocks, without the header.
	reportBlockLen = 24
	feedbackLen    = 8 // The SSRCs of who sends feedback and whose media it is about.
)

// Packet is one packet of a compound. Body is what follows its header, without padding.
type Packet struct {
	// Type is SenderReport and the like; Count, 0 to 31, is the count or the format.
	Type, Count uint8
	Body        []byte
}

// IsRTCP tells RTCP from RTP on one port (RFC 5761 §4).
func IsRTCP(b []byte) bool { return len(b) >= 2 && b[1] >= 192 && b[1] <= 223 }

// Next returns the first packet of a compound, and what follows it. The error is [ErrMalformed].
func Next(compound []byte) (p Packet, rest []byte, err error) {
	if len(compound) < rtcpHeaderLen || compound[0]>>6 != version {
		return Packet{}, nil, ErrMalformed
	}
	end := rtcpHeaderLen + 4*int(binary.BigEndian.Uint16(compound[2:]))
	if len(compound) < end {
		return Packet{}, nil, ErrMalformed
	}
	body := compound[rtcpHeaderLen:end:end]
	if compound[0]&0x20 != 0 {
		if body, _ = Trim(body); body == nil {
			return Packet{}, nil, ErrMalformed
		}
	}
	return Packet{Type: compound[1], Count: compound[0] & 0x1f, Body: body}, compound[end:], nil
}

// Sender is what a sender report says of its stream (RFC 3550 §6.4.1).
type Sender struct {
	SSRC uint32
	// NTP is the time in seconds since 1900, with 32 bits behind the point. Timestamp is the same time in the stream.
	NTP             uint64
	Timestamp       uint32
	Packets, Octets uint32
}

// Sender reads a sender report.
func (p Packet) Sender() (Sender, bool) {
	if p.Type != SenderReport || len(p.Body) < senderLen {
		return Sender{}, false
	}
	b := p.Body
	return Sender{
		SSRC: binary.BigEndian.Uint32(b), NTP: binary.BigEndian.Uint64(b[4:]), Timestamp: binary.BigEndian.Uint32(b[12:]),
		Packets: binary.BigEndian.Uint32(b[16:]), Octets: binary.BigEndian.Uint32(b[20:]),
	}, true
}

// Block is what a report says of one stream that its sender receives (RFC 3550 §6.4.1).
type Block struct {
	SSRC uint32
	// FractionLost is in 256ths since the report before; Lost, -2^23 to 2^23-1, is since the beginning.
	FractionLost uint8
	Lost         int32
	// Highest has the sequence number in its lower half and the wrap-arounds in the upper one.
	Highest uint32
	// Jitter is in units of the stream's clock.
	Jitter uint32
	// LastSR is the middle of the latest sender report's NTP, and Delay the time since it in 65536ths of a second.
	LastSR, Delay uint32
}

// Blocks yields the blocks of a sender or receiver report, up to where its data ends.
func (p Packet) Blocks(yield func(Block) bool) {
	start := 4
	switch p.Type {
	case SenderReport:
		start = senderLen
	case ReceiverReport:
	default:
		return
	}
	for i := range int(p.Count) {
		at := start + i*reportBlockLen
		if len(p.Body) < at+reportBlockLen {
			return
		}
		b := p.Body[at:]
		block := Block{
			SSRC: binary.BigEndian.Uint32(b), FractionLost: b[4], Lost: int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8,
			Highest: binary.BigEndian.Uint32(b[8:]), Jitter: binary.BigEndian.Uint32(b[12:]),
			LastSR: binary.BigEndian.Uint32(b[16:]), Delay: binary.BigEndian.Uint32(b[20:]),
		}
		if !yield(block) {
			return
		}
	}
}

// Nack yields each packet that a generic NACK asks for again: the stream's SSRC and the sequence number. Of another
// packet it yields nothing.
func (p Packet) Nack(yield func(ssrc uint32, sequence uint16) bool) {
	if p.Type != TransportFeedback || p.Count != formatNack || len(p.Body) < feedbackLen {
		return
	}
	ssrc := binary.BigEndian.Uint32(p.Body[4:])
	for b := p.Body[feedbackLen:]; len(b) >= 4; b = b[4:] {
		first, mask := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		if !yield(ssrc, first) {
			return
		}
		for i := uint16(0); mask != 0; i, mask = i+1, mask>>1 {
			if mask&1 != 0 && !yield(ssrc, first+1+i) {
				return
			}
		}
	}
}

// KeyFrameWish yields the SSRC of each stream that a PLI or FIR asks for a key frame of. Of another packet it yields
// nothing.
func (p Packet) KeyFrameWish(yield func(ssrc uint32) bool) {
	if p.Type != PayloadFeedback || len(p.Body) < feedbackLen {
		return
	}
	switch p.Count {
	case formatPLI:
		yield(binary.BigEndian.Uint32(p.Body[4:]))
	case formatFIR:
		for b := p.Body[feedbackLen:]; len(b) >= 8; b = b[8:] {
			if !yield(binary.BigEndian.Uint32(b)) {
				return
			}
		}
	}
}

// Remb reads the receiver's estimate of what its path carries, in bits per second.
func (p Packet) Remb() (bitsPerSecond uint64, ok bool) {
	b := p.Body
	if p.Type != PayloadFeedback || p.Count != formatRemb || len(b) < 16 || string(b[8:12]) != "REMB" {
		return 0, false
	}
	exponent := b[13] >> 2
	mantissa := uint64(b[13]&3)<<16 | uint64(binary.BigEndian.Uint16(b[14:]))
	if exponent > 45 { // 18 bits more would not fit.
		return 1<<63 - 1, true
	}
	return mantissa << exponent, true
}

// Reply is what a sender of media answers to a receiver that asked for the time on the way (RFC 3611 §4.5).
type Reply struct {
	// SSRC is that of the receiver who asked.
	SSRC uint32
	// LastRR is the middle of the NTP time in the question, and Delay the time since it in 65536ths of a second.
	LastRR, Delay uint32
}

// replyLen is a reply's length in bytes.
const replyLen = 12

// Replies yields the answers in an extended report, up to where its data ends. Of another packet it yields nothing.
func (p Packet) Replies(yield func(Reply) bool) {
	if p.Type != ExtendedReport || len(p.Body) < 4 {
		return
	}
	for b := p.Body[4:]; len(b) >= 4; {
		end := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if len(b) < end {
			return
		}
		block := b[4:end]
		for ; b[0] == blockReply && len(block) >= replyLen; block = block[replyLen:] {
			reply := Reply{
				SSRC:   binary.BigEndian.Uint32(block),
				LastRR: binary.BigEndian.Uint32(block[4:]), Delay: binary.BigEndian.Uint32(block[8:]),
			}
			if !yield(reply) {
				return
			}
		}
		b = b[end:]
	}
}
