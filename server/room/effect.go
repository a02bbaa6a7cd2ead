package room

import (
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// Effect is something that the hall must do. The effects of one step are carried out in the order in which they stand.
type Effect interface{ effect() }

// Admit lets a newcomer in: its first frame, with everybody whom it may see.
type Admit struct {
	Session string
	Seq     uint64
	// Members stand in the order in which they were announced.
	Members []Seen
	// Rights are what the newcomer may do.
	Rights Rights
	// Host is the user whose leaving may end the room; empty for nobody.
	Host string
}

// Readmit gives a session that came back the room as it is now; what it missed is the hall's to say.
type Readmit struct {
	Session string
	// Seq is the place in the room's order up to which Members speaks.
	Seq     uint64
	Members []Seen
	Role    Role
	Rights  Rights
	Host    string
}

// Seen is a member as others see it.
type Seen struct {
	User    string
	Streams []Published
	// Unstable says that nothing is heard of it at present.
	Unstable bool
	// Said are the commands by which it has sent reliable messages.
	Said []Said
}

// Said is how many reliable messages of one command a user has sent.
type Said struct{ CmdID, Reliable uint32 }

// Published is a stream as others see it.
type Published struct {
	Stream Stream
	Muted  bool
}

// Refuse turns a newcomer away: a TRTC code below zero and a sentence. Nothing has changed.
type Refuse struct {
	Session string
	Code    int32
	Message string
}

// Drop ends a session's media, both ways. It comes first: the removed go deaf and mute at once.
type Drop struct{ Session string }

// Cut says the last word to a leaver and closes its link.
type Cut struct{ Record exit.Record }

// Tell sends one notice to sessions, in this order. The slice may be shared; nobody changes it.
type Tell struct {
	To []string
	// Seq is the happening's place in the room's total order; 0 for a notice that is no happening.
	Seq    uint64
	Notice Notice
}

// Record writes down the end of a stay. It comes last: slow storage keeps nobody in the room.
type Record struct{ Record exit.Record }

// Start says that a send line of a session carries a stream from now on.
type Start struct {
	Session string
	Stream  Stream
	Mid     string
}

// Stop ends a stream, and with it every connection from it.
type Stop struct {
	Session string
	Stream  Stream
}

// Connect sends a session's stream to a listener.
type Connect struct {
	From   string
	Stream Stream
	To     string
	// User is the one who publishes, as the listener knows it.
	User string
}

// Disconnect ends a connection at the listener's wish; the stream itself goes on.
type Disconnect struct {
	From   string
	Stream Stream
	To     string
}

// Slot is one receive line of a session, and whose stream it carries.
type Slot struct {
	Mid, From string
	Stream    Stream
}

// End says that the incarnation is over. It is the last effect that a room ever has.
type End struct {
	// Rule is the room's rule that ended it; empty when it was none.
	Rule string
}

func (Admit) effect()      {}
func (Readmit) effect()    {}
func (Refuse) effect()     {}
func (Drop) effect()       {}
func (Cut) effect()        {}
func (Tell) effect()       {}
func (Record) effect()     {}
func (Start) effect()      {}
func (Stop) effect()       {}
func (Connect) effect()    {}
func (Disconnect) effect() {}
func (End) effect()        {}

// Notice is what a member can be told.
type Notice interface{ notice() }

// MemberEntered announces a member.
type MemberEntered struct{ User string }

// MemberLeft takes a member back, with all its streams and the receive slots that they used.
type MemberLeft struct {
	User string
	// Reason is the number of onRemoteUserLeaveRoom: the exit table's, or [exit.BecameAudience].
	Reason int32
	// Record is the end of the stay; nil for one that turned audience and stayed.
	Record *exit.Record
}

// StreamChanged tells what became of a stream.
type StreamChanged struct {
	User      string
	Stream    Stream
	Published bool
	Muted     bool
}

// RoleSwitched answers SwitchRole; code 0 says that Role is now the member's.
type RoleSwitched struct {
	Code    int32
	Message string
	Role    Role
}

// MessageReceived is a custom message of another member.
type MessageReceived struct {
	User  string
	CmdID uint32
	// Seq counts the user's messages of this command, from 1; Reliable those among them that are reliable, 0 for one
	// that is not.
	Seq, Reliable uint32
	Data          []byte
}

// MessageAck answers a numbered message: every one up to this number was heard.
type MessageAck struct{ Number uint32 }

// Problem says that a request failed and changed nothing: a TRTC error (below zero) or warning code and a sentence.
type Problem struct {
	Code    int32
	Message string
}

// MemberPresence tells that a user became unstable, or is back.
type MemberPresence struct {
	User     string
	Unstable bool
	Cause    Cause
	// GoneIn is how long until the stay ends if nothing is heard; 0 when stable, or when only media is missing.
	GoneIn time.Duration
}

// RightsChanged tells a member what it may do from now on.
type RightsChanged struct {
	Rights Rights
	// Block is what the back end has taken, whatever the rights say.
	Block Block
}

// HostChanged names the user whose leaving may end the room.
type HostChanged struct{ User string }

func (MemberEntered) notice()   {}
func (MemberPresence) notice()  {}
func (RightsChanged) notice()   {}
func (HostChanged) notice()     {}
func (MemberLeft) notice()      {}
func (StreamChanged) notice()   {}
func (RoleSwitched) notice()    {}
func (MessageReceived) notice() {}
func (MessageAck) notice()      {}
func (Problem) notice()         {}
