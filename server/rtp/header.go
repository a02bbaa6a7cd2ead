// Package rtp reads and writes the headers of RTP packets (RFC 3550, RFC 8285) and the packets of RTCP (RFC 3550,
// RFC 4585, RFC 5104), without an allocation for any. It knows no sockets, no clock, no codecs and no encryption.
package rtp

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed says that the bytes are no packet of RTP version 2, or that its lengths do not fit.
var ErrMalformed = errors.New("malformed RTP packet")

const (
	version     = 2
	fixedLen    = 12
	blockLen    = 4 // Of an extension block's own header (RFC 3550 §5.3.1).
	oneByteForm = 0xbede
	twoByteForm = 0x1000 // The lowest four bits are the application's (RFC 8285 §4.3).
)

// Header is the header of one RTP packet (RFC 3550 §5.1). Its extensions are a view into the packet.
type Header struct {
	Marker, Padding bool
	// Type is the payload type, 0 to 127.
	Type            uint8
	Sequence        uint16
	Timestamp, SSRC uint32
	// Len is the length in bytes of all that stands before the payload: the fixed part, CSRCs and extensions.
	Len int

	form       uint16
	extensions []byte
}

// ReadHeader reads the header of a packet whose payload may be encrypted. The error is [ErrMalformed].
func ReadHeader(packet []byte) (Header, error) {
	if len(packet) < fixedLen || packet[0]>>6 != version {
		return Header{}, ErrMalformed
	}
	h := Header{
		Padding: packet[0]&0x20 != 0, Marker: packet[1]&0x80 != 0, Type: packet[1] & 0x7f,
		Sequence: binary.BigEndian.Uint16(packet[2:]), Timestamp: binary.BigEndian.Uint32(packet[4:]),
		SSRC: binary.BigEndian.Uint32(packet[8:]), Len: fixedLen + 4*int(packet[0]&0x0f),
	}
	if packet[0]&0x10 != 0 {
		if len(packet) < h.Len+blockLen {
			return Header{}, ErrMalformed
		}
		h.form = binary.BigEndian.Uint16(packet[h.Len:])
		start := h.Len + blockLen
		h.Len = start + 4*int(binary.BigEndian.Uint16(packet[start-2:]))
		if len(packet) < h.Len {
			return Header{}, ErrMalformed
		}
		h.extensions = packet[start:h.Len:h.Len]
	}
	if len(packet) < h.Len {
		return Header{}, ErrMalformed
	}
	return h, nil
}

// Extension returns the data of the header extension with an id, 1 to 255; nil when the packet does not have it. What
// stands behind broken data is not seen.
func (h *Header) Extension(id uint8) []byte {
	if id == 0 {
		return nil
	}
	two := h.form&0xfff0 == twoByteForm
	if !two && h.form != oneByteForm {
		return nil
	}
	for b := h.extensions; len(b) > 0; {
		if b[0] == 0 {
			b = b[1:] // Padding between extensions.
			continue
		}
		found, n, start := b[0]>>4, int(b[0]&0x0f)+1, 1
		if two {
			if len(b) < 2 {
				return nil
			}
			found, n, start = b[0], int(b[1]), 2
		} else if found == 15 {
			return nil // Reserved: what follows must be ignored (RFC 8285 §4.2).
		}
		if len(b) < start+n {
			return nil
		}
		if found == id {
			return b[start : start+n : start+n]
		}
		b = b[start+n:]
	}
	return nil
}

// Trim takes the padding off a decrypted payload whose header says that it has some. ok is false when the last byte
// cannot be its length.
func Trim(payload []byte) (rest []byte, ok bool) {
	if len(payload) == 0 {
		return nil, false
	}
	n := int(payload[len(payload)-1])
	if n == 0 || n > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-n], true
}

// Shape is how the headers of one stream look: all have the same length, and their extensions, in the one-byte form,
// the same places.
type Shape struct {
	transportID, levelID uint8
	length               int
}

// NewShape makes a shape with the transport-wide sequence number (2 bytes) and the audio level (1 byte, RFC 6464) as
// extensions with these ids, 1 to 14; 0 for one that is not there.
func NewShape(transportID, levelID uint8) Shape {
	s := Shape{transportID: transportID, levelID: levelID, length: fixedLen}
	n := 0
	if transportID != 0 {
		n += 3
	}
	if levelID != 0 {
		n += 2
	}
	if n > 0 {
		s.length += blockLen + (n+3)&^3
	}
	return s
}

// Len is the length of each header in bytes: 12 to 24, a multiple of 4.
func (s *Shape) Len() int { return s.length }

// Fields is what differs from packet to packet. Transport and Level are written if the shape has them.
type Fields struct {
	Marker, Padding bool
	Type            uint8
	Sequence        uint16
	Timestamp, SSRC uint32
	Transport       uint16
	// Level has the voice bit, and the loudness below it (RFC 6464 §3).
	Level uint8
}

// Write writes a header to dst, which has Len bytes or more.
func (s *Shape) Write(dst []byte, f *Fields) {
	dst = dst[:s.length]
	first, second := byte(version<<6), f.Type&0x7f
	if f.Padding {
		first |= 0x20
	}
	if f.Marker {
		second |= 0x80
	}
	if s.length > fixedLen {
		first |= 0x10
	}
	dst[0], dst[1] = first, second
	binary.BigEndian.PutUint16(dst[2:], f.Sequence)
	binary.BigEndian.PutUint32(dst[4:], f.Timestamp)
	binary.BigEndian.PutUint32(dst[8:], f.SSRC)
	if s.length == fixedLen {
		return
	}
	binary.BigEndian.PutUint16(dst[12:], oneByteForm)
	binary.BigEndian.PutUint16(dst[14:], uint16(s.length-fixedLen-blockLen)/4)
	rest := dst[fixedLen+blockLen:]
	clear(rest)
	if s.transportID != 0 {
		rest[0] = s.transportID<<4 | 1
		binary.BigEndian.PutUint16(rest[1:], f.Transport)
		rest = rest[3:]
	}
	if s.levelID != 0 {
		rest[0], rest[1] = s.levelID<<4, f.Level
	}
}
