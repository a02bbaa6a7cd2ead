package sdp

import (
	"net/netip"
	"slices"
)

// Candidate is one of our addresses (RFC 8839 §5.1). All are host candidates of component 1.
type Candidate struct {
	// Foundation has 1 to 32 letters and digits.
	Foundation string
	// Protocol is udp or tcp. Over TCP we are passive: the client connects (RFC 6544 §4.5).
	Protocol string
	Priority uint32
	// Address has no zone. One that is not valid is left out.
	Address netip.AddrPort
}

// Answer is what we say to an offer. Offer.Reply starts one.
type Answer struct {
	// Session stays the same and Version grows by one for each answer of a session (RFC 8829 §5.3.2). Both count to
	// 2^63 - 1; the highest bit is left out.
	Session, Version uint64
	Ufrag, Pwd       string
	// Fingerprint is a hash and its value, such as "sha-256 AA:BB".
	Fingerprint string
	// Candidates are all that there are: none is sent later.
	Candidates []Candidate
	// Bundle is the offer's, which says whose line is tagged. When it is empty, the lines' order says it.
	Bundle []string
	// Lines are the offer's, each in its place.
	Lines []AnswerLine
	// ExtmapAllowMixed must be the offer's.
	ExtmapAllowMixed bool
}

// AnswerLine is one m-line of an answer.
type AnswerLine struct {
	Mid  string
	Kind Kind
	// Protocol is the offer's; what is not one of the kind's is written as the usual one.
	Protocol string
	// Direction is ours.
	Direction Direction
	// Rejected gives the line up. An RTP line without codecs and a data line without a port are rejected too. Do not
	// reject the tagged line in the first answer: Chromium with max-bundle fails over it. Answer it Inactive.
	Rejected   bool
	Codecs     []Codec
	Extensions []Extension
	// Stream and Track name what we send (RFC 8830 §2), and Stream the participant to whose clock it belongs:
	// it is the cname, too. Both are 1 to 64 characters. Empty ones are not written.
	Stream, Track string
	// SSRC and RepairSSRC are ours on a line that sends; 0 for none (RFC 4588 §8.3).
	SSRC, RepairSSRC uint32
	// Layers are those that we receive, as the offer has them (RFC 8853 §5.3). Chromium starts to send what it had
	// paused if the answer does not say so again.
	Layers []Layer
	// ReducedSize must be the offer's.
	ReducedSize bool
	SCTPPort    int
	// MaxMessage is the longest message in bytes that we take; 0 writes nothing, which stands for 65536.
	MaxMessage int
}

// CName is the canonical name of what we send, which sender reports repeat (RFC 3550 §6.5.1).
func (l *AnswerLine) CName() string {
	if l.Stream == "" {
		return word(l.Mid)
	}
	return word(l.Stream)
}

// accepted says whether the line is one of the transport's.
func (l *AnswerLine) accepted() bool {
	if l.Kind == Data {
		return !l.Rejected && l.SCTPPort > 0
	}
	return !l.Rejected && len(l.Codecs) > 0
}

// bundle lists the mids of the accepted lines, the tagged one first (RFC 8843 §7.3).
func (a *Answer) bundle() []string {
	var left []string
	for i := range a.Lines {
		if a.Lines[i].accepted() {
			left = append(left, a.Lines[i].Mid)
		}
	}
	var mids []string
	for _, mid := range a.Bundle {
		if at := slices.Index(left, mid); at >= 0 {
			mids = append(mids, mid)
			left = slices.Delete(left, at, at+1)
		}
	}
	return append(mids, left...)
}
