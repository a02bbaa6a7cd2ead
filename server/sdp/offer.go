package sdp

import (
	"fmt"
	"strconv"
)

// The limits of an offer. Browsers stay far below those of a line.
const (
	// offerMax bounds an offer in bytes, as the frame that carries it is bounded.
	offerMax = 256 << 10
	// linesMax bounds its m-lines: TRTC lets a room have 50 publishers, each with sound and up to two pictures.
	linesMax = 200
	// midMax and ridMax are the longest that a one-byte RTP header extension carries (RFC 8285 §4.2).
	midMax, ridMax = 16, 16
	// codecsMax is how many payload types there are beside RTCP (RFC 5761 §4).
	codecsMax     = 96
	feedbackMax   = 16 // Of each codec.
	extensionsMax = 64
	ssrcsMax      = 64
	ridsMax       = 16
	// The lengths of RFC 8839 §5.4.
	ufragMin, pwdMin, credentialMax = 4, 22, 256
	fingerprintsMax                 = 8
	// quoteMax is how many bytes of an offer an error repeats.
	quoteMax = 20
)

// Error says which part of an offer cannot be answered, and why, in at most 300 bytes.
type Error struct {
	// Field names the part: "sdp", "session" for what stands before the first m-line, or "m-line 3", from 0.
	Field string
	// Problem says what is wrong with it, with the limit when there is one.
	Problem string
}

func (e *Error) Error() string { return "offer: " + e.Field + ": " + e.Problem }

func refuse(field, problem string, args ...any) *Error {
	return &Error{field, fmt.Sprintf(problem, args...)}
}

// quote shortens what an error repeats. It counts bytes: %.20q would let twenty runes pass, and what escapes them.
func quote(s string) string { return strconv.Quote(s[:min(len(s), quoteMax)]) }

// Fingerprint is the hash of a DTLS certificate (RFC 8122 §5).
type Fingerprint struct {
	// Hash is sha-256, sha-384 or sha-512.
	Hash  string
	Value []byte
}

// Offer is what a client wants. Its strings are parts of the text that was read, and keep that in memory.
type Offer struct {
	// Ufrag and Pwd are the client's ICE credentials: 4 to 256 and 22 to 256 characters (RFC 8839 §5.4).
	Ufrag, Pwd string
	// Fingerprint is the strongest of those offered.
	Fingerprint Fingerprint
	// Setup is actpass or active: we are passive (RFC 8842 §5.2).
	Setup string
	// Bundle lists the mids of all lines that are not rejected. The first one is tagged: it stands for the transport.
	Bundle []string
	// Lines has 1 to 200 lines, in order.
	Lines []Line
	// ExtmapAllowMixed says that every RTP line lets packets mix one-byte and two-byte extensions (RFC 8285 §6).
	ExtmapAllowMixed bool
}

// Line is one m-line of an offer. One that is rejected has only Mid, Kind, Protocol and Rejected.
type Line struct {
	// Mid has 1 to 16 token characters (RFC 5888 §4), and no other line has it.
	Mid  string
	Kind Kind
	// Protocol is the protocol of the m-line, which an answer repeats.
	Protocol string
	// Direction is the client's: SendOnly, RecvOnly or Inactive; SendRecv for Data.
	Direction Direction
	// Rejected says that the client gave the line up: port 0 without a=bundle-only.
	Rejected bool
	// Codecs are in the client's order. A format that no a=rtpmap names is left out.
	Codecs     []Codec
	Extensions []Extension
	// Layers are those of a=simulcast:send in order, paused ones too. Of alternatives it has the first
	// (RFC 8853 §5.1).
	Layers []Layer
	SSRCs  []uint32
	// Repairs gives the SSRC that retransmits each primary one: a=ssrc-group:FID (RFC 4588 §8.3).
	Repairs map[uint32]uint32
	// ReducedSize says that the client takes a=rtcp-rsize (RFC 5506 §5).
	ReducedSize bool
	// SCTPPort is 1 to 65535 for Data.
	SCTPPort int
	// MaxMessage is the longest message in bytes that the client takes; 0 for any length (RFC 8841 §6).
	MaxMessage int
}

// Reply starts the answer: every line in its place, in our direction, with nothing agreed yet. A line to which the
// caller adds no codec, or no SCTP port, is rejected.
func (o *Offer) Reply() *Answer {
	a := &Answer{Bundle: o.Bundle, ExtmapAllowMixed: o.ExtmapAllowMixed, Lines: make([]AnswerLine, len(o.Lines))}
	for i, l := range o.Lines {
		a.Lines[i] = AnswerLine{
			Mid: l.Mid, Kind: l.Kind, Protocol: l.Protocol, Direction: l.Direction.Reverse(),
			Rejected: l.Rejected, ReducedSize: l.ReducedSize,
		}
	}
	return a
}
