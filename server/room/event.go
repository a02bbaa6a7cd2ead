package room

import (
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// Event is something that happens to a room.
type Event interface{ event() }

// own is an event that a member brings about itself.
type own interface {
	Event
	speaker() string
}

// Enter asks to let a user in as a new session. The session id must never have been used before.
type Enter struct {
	Session, User string
	Scene         Scene
	Role          Role
	// ReceiveAudio and ReceiveVideo say that audio and camera pictures arrive unasked; screens never do.
	ReceiveAudio, ReceiveVideo bool
	// Client is the SDK's name and version, kept for whoever asks who is inside.
	Client string
	// Device names the installation that enters: the user's earlier stay from the same one is always replaced.
	Device string
	// Rights are the bits of the PrivateMapKey; [AllRights] where there is none.
	Rights Rights
	// Resumes is the session that this entry continues after a lost connection; empty for a deliberate entry. When
	// that session is still inside, it ends as timed out and not as replaced: nobody else took the user's place.
	Resumes string
}

// Exit ends one stay. A session that is not inside (any more) is no error: somebody else was faster.
type Exit struct {
	Session string
	// Users, when there are any, must have the session's among them: else it is another stay than the one that is
	// meant.
	Users []string
	Why   exit.Why
}

// Remove ends the stays of users. Users who are not inside are passed over.
type Remove struct {
	Users []string
	Why   exit.Why
}

// Dismiss ends every stay and the room.
type Dismiss struct{ Why exit.Why }

// Tick lets time pass: it carries out what [Room.Deadline] announced.
type Tick struct{}

// Open says that a back end opened the room, which now waits for its first entrant.
type Open struct{}

// SetPolicy gives the room other rules, at once.
type SetPolicy struct{ Policy Policy }

// SetBlock takes sound or pictures from a user, or gives them back, in this incarnation (TRTC, SetUserBlocked).
type SetBlock struct {
	User  string
	Block Block
}

// Lost says that a session's connection closed without a goodbye.
type Lost struct {
	Session string
	// Code is the close code that was seen, 0 for none.
	Code int
}

// Resume says that a lost session has a connection again.
type Resume struct{ Session string }

// Proof is a sign of life from the page's own script.
type Proof struct {
	Session string
	// Promised is how much later than usual the next one may come.
	Promised time.Duration
}

// MediaInterruption says that no packet of a session arrives any more, MediaRecovery that they arrive again.
type MediaInterruption struct{ Session string }

// MediaRecovery is the end of a [MediaInterruption].
type MediaRecovery struct{ Session string }

// Deafen says that a session's transport is gone while the stay goes on; nothing goes to it or comes from it until
// [Renew].
type Deafen struct{ Session string }

// Renew says that a session has a new transport, with the same lines as the one before.
type Renew struct{ Session string }

// Grant replaces a member's rights.
type Grant struct {
	Session string
	Rights  Rights
}

// Publish announces a stream, or changes its mute state.
type Publish struct {
	Session string
	Stream  Stream
	// Mid is the send line that carries the stream.
	Mid   string
	Muted bool
}

// Unpublish ends a stream. A stream that is not published is no error.
type Unpublish struct {
	Session string
	Stream  Stream
}

// Subscribe asks for a stream of a user, now or as soon as it is published.
type Subscribe struct {
	Session, User string
	Stream        Stream
}

// Unsubscribe refuses a stream of a user until it is asked for again or the user leaves.
type Unsubscribe struct {
	Session, User string
	Stream        Stream
}

// SwitchRole makes an anchor audience, or audience an anchor.
type SwitchRole struct {
	Session string
	Role    Role
}

// Say sends a custom message to everybody else.
type Say struct {
	Session string
	CmdID   uint32
	// Reliable says that whoever misses it shall be told of that; Ordered is always the same (TRTC).
	Reliable, Ordered bool
	// Number counts the member's messages, from 1, so that one that is said again is told once; 0 for one that is not.
	Number uint32
	Data   []byte
}

func (Enter) event()             {}
func (Exit) event()              {}
func (Remove) event()            {}
func (Dismiss) event()           {}
func (Tick) event()              {}
func (Open) event()              {}
func (SetPolicy) event()         {}
func (SetBlock) event()          {}
func (Lost) event()              {}
func (Resume) event()            {}
func (Deafen) event()            {}
func (Renew) event()             {}
func (Grant) event()             {}
func (MediaInterruption) event() {}
func (MediaRecovery) event()     {}
func (Proof) event()             {}
func (Publish) event()           {}
func (Unpublish) event()         {}
func (Subscribe) event()         {}
func (Unsubscribe) event()       {}
func (SwitchRole) event()        {}
func (Say) event()               {}

func (e Lost) speaker() string              { return e.Session }
func (e Resume) speaker() string            { return e.Session }
func (e Deafen) speaker() string            { return e.Session }
func (e Renew) speaker() string             { return e.Session }
func (e Grant) speaker() string             { return e.Session }
func (e MediaInterruption) speaker() string { return e.Session }
func (e MediaRecovery) speaker() string     { return e.Session }
func (e Proof) speaker() string             { return e.Session }
func (e Publish) speaker() string           { return e.Session }
func (e Unpublish) speaker() string         { return e.Session }
func (e Subscribe) speaker() string         { return e.Session }
func (e Unsubscribe) speaker() string       { return e.Session }
func (e SwitchRole) speaker() string        { return e.Session }
func (e Say) speaker() string               { return e.Session }

// By returns e as brought by session, whatever session stood in it: a member can speak only for itself. It reports
// false for an event that no member may bring.
func By(session string, e Event) (Event, bool) {
	switch e := e.(type) {
	case Proof:
		e.Session = session
		return e, true
	case Publish:
		e.Session = session
		return e, true
	case Unpublish:
		e.Session = session
		return e, true
	case Subscribe:
		e.Session = session
		return e, true
	case Unsubscribe:
		e.Session = session
		return e, true
	case SwitchRole:
		e.Session = session
		return e, true
	case Say:
		e.Session = session
		return e, true
	case Grant:
		e.Session = session
		return e, true
	default:
		return nil, false
	}
}
