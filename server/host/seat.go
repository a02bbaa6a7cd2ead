package host

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// seat is what the keeper holds of one member: the way to it, what it missed, and the streams that wait for a slot.
type seat struct {
	session, user, client string
	// link is the way to the member; [nobody] while its connection is lost. back is the way of a member that is coming
	// back, until its first frame is said on it.
	link, back Link
	ticket     ticket
	missed     backlog
	// given goes out with the first frame of the entry.
	given given
	// media says that the member has a transport.
	media bool
	// admitted says that the member was told that it is inside; until then nobody says a last word to it.
	admitted bool
	// slow says that its link was full once; it hears nothing more but the last word.
	slow bool
	// dropped says that its media has ended for good; last is the end of the stay, once the link is cut.
	dropped bool
	last    *exit.Record
	refusal *Refusal
	lines   lines
}

// given is what an entry gives its member.
type given struct {
	// answer is the SDP answer, and secret what the member may resume with.
	answer string
	secret []byte
}

// unplugged says that nothing can be started or connected, because the media has ended or is being replaced.
func (s *seat) unplugged() bool { return s.dropped || s.lines.deaf }

// lines are a member's streams and slots.
type lines struct {
	// started counts the streams that it publishes; failed is the one whose line could not start, until it is taken
	// back.
	started int
	failed  room.Stream
	// channel says that reliable messages go over its data channel.
	channel bool
	// deaf says that the transport is being replaced: what is started or connected meanwhile is said again after it.
	deaf bool
	// waiting are the streams for which there was no slot; told is how many of them the member knows about.
	waiting []forward
	told    slots
	layers  layers
	ears    ears
}

// renewed are the lines of a new transport: of the old one only the wishes are left.
func (l lines) renewed() lines {
	return lines{layers: layers{preferred: l.layers.preferred}, ears: ears{most: l.ears.most, always: l.ears.always}}
}

// secretLen is the length of the secret that resumes a stay: 128 random bits.
const secretLen = 16

// newSeat makes the seat of an entry.
func newSeat(session, answer string, e Entry) *seat {
	secret := make([]byte, secretLen)
	rand.Read(secret) // It never fails (crypto/rand).
	return &seat{
		session: session, user: e.User, client: e.Client, link: e.Link, ticket: newTicket(secret, e.Device),
		given: given{answer, secret}, media: e.Offer != "",
	}
}

// ticket is what a resume must show. The server keeps no secret that would open the seat of another.
type ticket struct {
	hash   [sha256.Size]byte
	device string
}

func newTicket(secret []byte, device string) ticket { return ticket{sha256.Sum256(secret), device} }

// opens compares in constant time.
func (t ticket) opens(secret []byte, device string) bool {
	hash := sha256.Sum256(secret)
	return subtle.ConstantTimeCompare(t.hash[:], hash[:]) == 1 &&
		subtle.ConstantTimeCompare([]byte(t.device), []byte(device)) == 1
}

// nobody is the link of a member whose connection is lost. What it is told waits in its backlog.
type nobody struct{}

func (nobody) Send([]byte) bool        { return true }
func (nobody) Enclose([]byte)          {}
func (nobody) Cut([]byte, exit.Record) {}
func (nobody) Leave(uint16)            {}
