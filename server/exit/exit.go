// Package exit is the table of every way to leave a room: one row a reason, one meaning everywhere.
//
// A [Reason] is a value from the moment somebody decides until it is on a screen: the same value stands in the
// log line, the metric label, the frame, the close code and the record. The package holds words only; it never
// removes anybody. The SDK's codes.ts is generated from the same table.
package exit

import (
	"fmt"
	"time"
)

// Reason says in one word why a stay ended.
type Reason uint8

// The reasons. Zero is no reason, and no stay may end with it.
const (
	// Left: the user called exitRoom or closed the page.
	Left Reason = iota + 1
	// Removed: a back end called RemoveUser. The user may enter again.
	Removed
	// Banned: a back end removed the user for a time, and the server keeps the door shut for that time.
	Banned
	// Dismissed: a back end called DismissRoom.
	Dismissed
	// Replaced: the same user entered the same room once more, from elsewhere.
	Replaced
	// TimedOut: neither the page's script nor its media gave a sign of life for too long.
	TimedOut
	// TooSlow: the member did not read its frames as fast as the room makes them.
	TooSlow
	// Drained: the server stops and there is nowhere to move the session to.
	Drained
	// NodeLost: the node that owned the room died.
	NodeLost
	// CredentialExpired: the stay was limited by its credential, and the limit has come.
	CredentialExpired
	// ProtocolError: the client sent what no client of ours sends.
	ProtocolError
	// ClosedByPolicy: a rule of the room ended it, such as its maximum age.
	ClosedByPolicy
)

// Row is what one reason means to each observer.
type Row struct {
	// Name is the reason's word on the wire, in logs, metrics, callbacks and the SDK's detail.code.
	Name string
	// Self is the first argument of the leaver's onExitRoom: 0 own wish, 1 removed, 2 room dismissed, 3 the server
	// cannot keep the session (TRTC, TRTCCloudCallback onExitRoom).
	Self int32
	// Peer is the second argument of the others' onRemoteUserLeaveRoom: 0 left, 1 timed out, 2 removed
	// (3, turned audience, is no exit and has no row).
	Peer int32
	// Callback is the Reason of the server callback 104: 1 normal, 2 time-out, 3 removed.
	Callback int32
	// Close is the WebSocket close code (RFC 6455 §7.4.2, private range): 4000–4499 the SDK may come back by
	// itself, 4500–4999 it must not.
	Close uint16
	// Text is one sentence for a person, used where nobody gave a better one.
	Text string
}

// CloseForGood is the first close code after which a client must not come back by itself.
const CloseForGood uint16 = 4500

// BecameAudience is the onRemoteUserLeaveRoom number of an anchor that turned audience and stayed in the room.
const BecameAudience int32 = 3

// table has one row for each reason, in the order of the constants.
var table = [...]Row{
	Left:              {"left", 0, 0, 1, 4500, "You left the room."},
	Removed:           {"removed", 1, 2, 3, 4501, "You were removed from the room."},
	Banned:            {"banned", 1, 2, 3, 4502, "You were removed from the room and may not come back yet."},
	Dismissed:         {"dismissed", 2, 2, 3, 4503, "The room was closed."},
	Replaced:          {"replaced", 1, 2, 3, 4504, "You entered this room from another place."},
	TimedOut:          {"timed_out", 3, 1, 2, 4000, "The connection was lost for too long."},
	TooSlow:           {"too_slow", 3, 1, 2, 4001, "The connection was too slow to keep up with the room."},
	Drained:           {"drained", 3, 1, 2, 4002, "The server is stopping."},
	NodeLost:          {"node_lost", 3, 1, 2, 4003, "The server that kept the room was lost."},
	CredentialExpired: {"credential_expired", 1, 2, 3, 4505, "The time allowed for this stay is over."},
	ProtocolError:     {"protocol_error", 3, 1, 2, 4506, "The app sent something that the server does not understand."},
	ClosedByPolicy:    {"closed_by_policy", 2, 2, 3, 4507, "The room was closed by one of its rules."},
}

// Reasons lists every reason, in the table's order.
func Reasons() []Reason {
	all := make([]Reason, 0, len(table)-1)
	for r := Left; int(r) < len(table); r++ {
		all = append(all, r)
	}
	return all
}

// Row returns what the reason means to each observer. It panics for a value that is no reason: a stay that ends
// for nothing is a broken invariant.
func (r Reason) Row() Row {
	if r == 0 || int(r) >= len(table) {
		panic(fmt.Sprintf("exit: %d is no reason", uint8(r)))
	}
	return table[r]
}

// String returns the reason's name.
func (r Reason) String() string {
	if r == 0 || int(r) >= len(table) {
		return fmt.Sprintf("reason(%d)", uint8(r))
	}
	return table[r].Name
}

// MayReturn says whether the SDK may enter again by itself after this reason.
func (r Reason) MayReturn() bool { return r.Row().Close < CloseForGood }

// Named finds a reason by its name.
func Named(name string) (Reason, bool) {
	for r := Left; int(r) < len(table); r++ {
		if table[r].Name == name {
			return r, true
		}
	}
	return 0, false
}

// Why is a reason with who decided and what they said.
type Why struct {
	Reason Reason
	// Actor says who decided: the user's own id for a wish of theirs, "api:" and the key's id for a back end,
	// "server" for a rule or a fault. A leave is an exit whose actor is the leaver.
	Actor string
	// Text is what the actor wants the leaver to read; at most [TextMax] bytes; empty for the row's own sentence.
	Text string
	// Rule is the room's rule that ended the stay, such as "idle"; empty when it was none.
	Rule string
	// RejoinAfter is how long the same user stays out; 0 for not at all.
	RejoinAfter time.Duration
}

// TextMax bounds Why.Text, in bytes: it also has to fit beside the name into a close frame's 123 bytes when cut.
const TextMax = 512

// Sentence returns what a person should read: the actor's text, else the row's.
func (w Why) Sentence() string {
	if w.Text != "" {
		return w.Text
	}
	return w.Reason.Row().Text
}

// Record is the end of one stay. There is exactly one for each session, ever.
type Record struct {
	Session string
	User    string
	Why     Why
	// At is when the room decided.
	At time.Time
	// Seq is the decision's place in the room's one total order.
	Seq uint64
}
