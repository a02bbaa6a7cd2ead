// Package sdp reads the offers of browsers and writes our answers (RFC 8866, RFC 8829): one transport for all lines
// (RFC 8843), with rtcp-mux, where the other side is a full ICE agent (RFC 8839) and starts DTLS (RFC 8842).
//
// It is pure: text in, structs out; structs in, text out. Choosing codecs and extensions is the caller's. Nothing of
// an offer can add a line to an answer: Read refuses control characters, and Answer.String escapes them.
package sdp

import "strings"

// Kind is what a line carries.
type Kind uint8

// The kinds. Data is m=application with webrtc-datachannel (RFC 8841).
const (
	Audio Kind = iota + 1
	Video
	Data
)

// String returns the word of the m-line.
func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	case Data:
		return "application"
	default:
		return "unknown"
	}
}

// Direction is seen from the side that wrote it: in an offer from the client, in an answer from us.
type Direction uint8

// The directions. Bit 0 says that the writer sends, bit 1 that it receives.
const (
	Inactive Direction = iota
	SendOnly
	RecvOnly
	SendRecv
)

// String returns the name of the attribute.
func (d Direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&SendRecv]
}

// Sends says whether the writer sends.
func (d Direction) Sends() bool { return d&SendOnly != 0 }

// Receives says whether the writer receives.
func (d Direction) Receives() bool { return d&RecvOnly != 0 }

// Reverse returns the same direction as the other side says it.
func (d Direction) Reverse() Direction {
	return (d&SendOnly)<<1 | (d&RecvOnly)>>1
}

// directionOf reads the name of a direction.
func directionOf(name string) (Direction, bool) {
	for d := Inactive; d <= SendRecv; d++ {
		if d.String() == name {
			return d, true
		}
	}
	return Inactive, false
}

// Codec is one payload type of an RTP line.
type Codec struct {
	// Type is the payload type: 0 to 63 or 96 to 127, as RTCP on the same port takes the rest (RFC 5761 §4).
	Type uint8
	// Name is upper or lower as the offer has it: compare with strings.EqualFold.
	Name string
	// ClockRate is in Hz.
	ClockRate uint32
	// Channels is 1 for sound that says nothing of it, and 0 for pictures.
	Channels uint8
	// Params is the value of a=fmtp, such as "minptime=10;useinbandfec=1".
	Params string
	// Feedback lists the values of a=rtcp-fb, such as "nack pli" (RFC 4585 §4.2).
	Feedback []string
}

// Param returns a parameter of Params, such as apt (RFC 4588 §8.6). It is empty for one that is not there.
func (c Codec) Param(name string) string {
	for part := range strings.SplitSeq(c.Params, ";") {
		key, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Extension is an RTP header extension and the number that packets carry for it (RFC 8285).
type Extension struct {
	// ID is 1 to 255, and never 15, which the one-byte form reserves (RFC 8285 §4.2).
	ID  uint8
	URI string
	// Direction is where it is used. Read sets SendRecv when the offer says nothing, and leaves out what is inactive.
	// In an answer the zero value stands for SendRecv.
	Direction Direction
}

// Layer is one of the simulcast streams of a line (RFC 8853).
type Layer struct {
	// RID has 1 to 16 letters, digits, - and _ (RFC 8851 §10). Packets carry it in an extension.
	RID string
	// Paused says that nothing is sent at first: the ~ before the rid.
	Paused bool
}

// The protocols of a line (RFC 8829 §5.1.2). The TCP ones stand in an offer whose first candidate is TCP.
const (
	protocolRTP     = "UDP/TLS/RTP/SAVPF"
	protocolRTPTCP  = "TCP/DTLS/RTP/SAVPF"
	protocolData    = "UDP/DTLS/SCTP"
	protocolDataTCP = "TCP/DTLS/SCTP"
)

// protocols lists what a kind may say, the usual one first.
func (k Kind) protocols() [2]string {
	if k == Data {
		return [2]string{protocolData, protocolDataTCP}
	}
	return [2]string{protocolRTP, protocolRTPTCP}
}

// channelFormat is the one format of a data line (RFC 8841 §4).
const channelFormat = "webrtc-datachannel"
