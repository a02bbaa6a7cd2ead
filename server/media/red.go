package media

import "github.com/exeunt/exeunt/server/rtp"

// Redundant sound (RFC 2198) repeats in each packet what the one before had, so that single losses are not heard. Who
// listens gets it as it is, where both ends have it. Others get what is new in each packet: as many packets with the
// same numbers, and shorter.

// readRED notes where the new part of a packet of redundant sound begins. False says that it is broken, or repeats what
// is not on the line.
func (l *line) readRED(p *packet, payload []byte) bool {
	if l.red == 0 || p.kind != l.red {
		return true
	}
	red, ok := rtp.ReadRED(payload)
	p.red = red
	return ok && l.accepted[red.Type] != 0 && red.Type != l.red
}

// kind is the listener's payload type for a packet; 0 when the listener lacks the codec.
func (f *forward) kind(p *packet) uint8 {
	whole := f.payloads[p.kind&127]
	if p.red.Primary == 0 {
		return whole
	}
	inner := f.payloads[p.red.Type&127]
	if whole == 0 || inner == 0 {
		return inner
	}
	return whole
}

// repeated is what a listener gets of the payload of redundant sound: all of it, in dst if its blocks have other types
// at the listener, or the new part.
func (f *forward) repeated(dst []byte, p *packet, payload []byte) []byte {
	if f.payloads[p.kind&127] == 0 {
		return payload[p.red.Primary:]
	}
	inner := f.payloads[p.red.Type&127]
	if inner == p.red.Type {
		return payload
	}
	dst = dst[:copy(dst, payload)]
	rtp.RetypeRED(dst, inner)
	return dst
}
