package rtp

import "encoding/binary"

// RED is what the payload of a packet of redundant sound has beside what is new in it (RFC 2198 §3).
type RED struct {
	// Type is the payload type of all its blocks.
	Type uint8
	// Primary is where the primary block begins, the one that is new: it is the rest of the payload.
	Primary int
}

// The header of a redundant block is four bytes, with a first bit that says so; that of the primary one is a byte.
const (
	redBlockLen = 4
	redFollows  = 0x80
	redLenMask  = 0x3ff // A length has ten bits.
)

// ReadRED reads the block headers of a payload. ok is false when the blocks do not fit into it, or are not all of one
// payload type: to repeat in another codec what was sent (RFC 2198 §4) is something that no browser does.
func ReadRED(payload []byte) (red RED, ok bool) {
	at, older := 0, 0
	for ; len(payload) >= at+redBlockLen && payload[at]&redFollows != 0; at += redBlockLen {
		if at > 0 && payload[at]&^redFollows != red.Type {
			return RED{}, false
		}
		red.Type = payload[at] &^ redFollows
		older += int(binary.BigEndian.Uint16(payload[at+2:]) & redLenMask)
	}
	if len(payload) <= at || payload[at]&redFollows != 0 || (at > 0 && payload[at] != red.Type) {
		return RED{}, false
	}
	red.Type, red.Primary = payload[at], at+1+older
	return red, red.Primary <= len(payload)
}

// RetypeRED gives all the blocks of a payload, which ReadRED has read, another payload type.
func RetypeRED(payload []byte, kind uint8) {
	at := 0
	for ; payload[at]&redFollows != 0; at += redBlockLen {
		payload[at] = redFollows | kind
	}
	payload[at] = kind
}
