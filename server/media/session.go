package media

import (
	"crypto/rand"
	"encoding/base64"
	mathrand "math/rand/v2"

	"github.com/exeunt/exeunt/server/estimate"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/sdp"
	"github.com/exeunt/exeunt/server/srtp"
	"github.com/exeunt/exeunt/server/stun"
)

// session is one member's transport. The engine's mu guards all of it.
type session struct {
	id string
	transport
	description
	// streams are the lines that carry something, by what they carry.
	streams map[room.Stream]*line
	incoming
	outgoing
	quality
}

// transport is the way to the client.
type transport struct {
	// ours are the ICE credentials that checks are made with: those of the last answer, and until one of its checks has
	// come, those before. theirs is the client's user name fragment: another one asks for an ICE restart.
	ours   []*credentials
	theirs string
	route
	// peer is what its certificate must be, and pipe how its DTLS records come; nil before the first.
	peer sdp.Fingerprint
	pipe *pipe
	// channels are its data channels; nil for a client that offered none.
	channels *channels
	opener   *srtp.Opener
	sealer   *srtp.Sealer
	// heard is when the last authentic packet came, in nanoseconds; flows and told say whether they come, and what
	// Changed knows of that.
	heard       int64
	flows, told bool
	dropped     bool
}

// credentials are one generation of our side of ICE.
type credentials struct {
	session    *session
	generation int
	ufrag, pwd string
	key        *stun.Key
}

// description is what was agreed on.
type description struct {
	// origin and version are those of the answers.
	origin, version uint64
	lines           map[string]*line
	// slots are in the offer's order.
	slots []*slot
	// made counts the slots ever made, for their names.
	made int
	ids  extensionIDs
}

// incoming is what the session sends to us.
type incoming struct {
	// sources finds what a packet belongs to by its SSRC, once one of them was authentic.
	sources  map[uint32]source
	arrivals *arrivals
	// advice is what the client was told that its path carries, in bits per second; 0 if it was not.
	advice int
}

// outgoing is what we send to the session.
type outgoing struct {
	// ssrc is ours for reports on what we receive.
	ssrc uint32
	outs map[uint32]*slot
	// transportSeq numbers all packets (transport-wide congestion control).
	transportSeq uint16
	// estimate is how much the way to the client carries, and lowered when a picture had to get smaller for it.
	estimate *estimate.Estimate
	lowered  int64
}

// source is where the packets of an SSRC go: to a layer, as they are or as its repairs.
type source struct {
	layer  *layer
	repair bool
}

// The lengths of our ICE credentials in bytes before base64: 48 bits, of which six name
// the engine, and 144 (RFC 8445 §5.3 wants 24 and 128).
const ufragLen, pwdLen = 6, 18

// shardLetters are the first letters of our user name fragments, in the order of the engines: those of base64.
const shardLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"

func newSession(id string) *session {
	return &session{
		id:          id,
		description: description{origin: mathrand.Uint64() >> 2, lines: map[string]*line{}},
		streams:     map[room.Stream]*line{},
		incoming:    incoming{sources: map[uint32]source{}},
		outgoing:    outgoing{ssrc: mathrand.Uint32() | 1, outs: map[uint32]*slot{}, estimate: newEstimate()},
		quality:     newQuality(),
	}
}

// renew makes new credentials; the caller holds mu.
func (e *Engine) renew(s *session) {
	random := make([]byte, ufragLen+pwdLen)
	_, _ = rand.Read(random) // It never fails.
	// The first six bits, which are the first letter, name the engine: so a TCP connection finds it.
	random[0] = byte(e.number)<<2 | random[0]&3
	c := &credentials{
		session: s, generation: 1,
		ufrag: base64.RawStdEncoding.EncodeToString(random[:ufragLen]),
		pwd:   base64.RawStdEncoding.EncodeToString(random[ufragLen:]),
	}
	c.key = stun.NewKey(c.pwd)
	if n := len(s.ours); n > 0 {
		c.generation = s.ours[n-1].generation + 1
		e.forget(s.ours[:n-1])
		s.ours = s.ours[n-1:]
	}
	s.ours = append(s.ours, c)
	e.fragments[c.ufrag] = c
}

// forget takes credentials out of use.
func (e *Engine) forget(old []*credentials) {
	for _, c := range old {
		delete(e.fragments, c.ufrag)
	}
}

// current are the credentials of the last answer.
func (s *session) current() *credentials { return s.ours[len(s.ours)-1] }

// ready says whether media can be sent.
func (s *session) ready() bool { return s.sealer != nil && s.path.valid() }

// uniqueSSRC makes one that no slot of the session has.
func (s *session) uniqueSSRC() uint32 {
	for {
		ssrc := mathrand.Uint32()
		if ssrc != 0 && ssrc != s.ssrc && s.outs[ssrc] == nil {
			return ssrc
		}
	}
}
