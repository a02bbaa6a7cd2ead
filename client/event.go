package client

import (
	"time"

	"github.com/exeunt/exeunt/server/wire"
)

// Event is something that happened in the room. The types of this file are the events.
type Event interface{ event() }

// RemoteUserEnter says that somebody is in the room (TRTC onRemoteUserEnterRoom). It also comes once for everybody who
// was there before.
type RemoteUserEnter struct{ User string }

// RemoteUserLeave says that somebody is not in the room any more (TRTC onRemoteUserLeaveRoom). It also ends all that
// the user published; no other event comes for that.
type RemoteUserLeave struct {
	User string
	// Reason is 0 left, 1 timed out, 2 removed, 3 turned audience.
	Reason int32
	Detail Detail
}

// AudioAvailable says whether a user can be heard (TRTC onUserAudioAvailable).
type AudioAvailable struct {
	User      string
	Available bool
}

// VideoAvailable says whether a user's camera can be seen (TRTC onUserVideoAvailable).
type VideoAvailable struct {
	User      string
	Available bool
}

// SubStreamAvailable says whether a user's screen can be seen (TRTC onUserSubStreamAvailable).
type SubStreamAvailable struct {
	User      string
	Available bool
}

// SlotBound says that a stream begins to arrive; [Client.Receive] has its packets.
type SlotBound struct {
	User   string
	Stream Stream
	// Mid is the receive line that carries it.
	Mid string
}

// SlotUnbound says that a stream ceased to arrive because it was unsubscribed.
type SlotUnbound struct {
	User   string
	Stream Stream
	Mid    string
}

// Encode says which simulcast layers of a stream of one's own anybody takes: their a=rid, the best first. This client
// sends one layer, whatever it is told; the event is for whoever sends more.
type Encode struct {
	Stream Stream
	Layers []string
}

// RoleSwitched answers [Client.SwitchRole] (TRTC onSwitchRole). Code is 0, or a TRTC error code.
type RoleSwitched struct {
	Code    int32
	Message string
	Role    uint32
}

// Message is a custom message of another member (TRTC onRecvCustomCmdMsg).
type Message struct {
	User       string
	CmdID, Seq uint32
	Data       []byte
}

// MemberPresence says that nothing was heard of a member for a while, or that it is back. It is still inside.
type MemberPresence struct {
	User     string
	Unstable bool
	// Cause is what was noticed: "silence", "socket", "media" or "restart"; it may be empty.
	Cause string
	// GoneIn is when its stay ends if nothing is heard; 0 when that is not known.
	GoneIn time.Duration
}

// RightsChanged says what the user may do from now on.
type RightsChanged struct {
	// Rights are PrivateMapKey bits.
	Rights uint32
	// AudioBlocked and VideoBlocked say what the back end blocked (TRTC, SetUserBlocked).
	AudioBlocked, VideoBlocked bool
}

// HostChanged names the user whose leaving may end the room.
type HostChanged struct{ User string }

// ConnectionLost says that the connection broke and is being made anew (TRTC onConnectionLost).
type ConnectionLost struct{ Text string }

// ConnectionRecovered says that the stay goes on (TRTC onConnectionRecovery). What was missed follows. When Whole is
// set, only the difference does, and nothing is said of those who came and went meanwhile.
type ConnectionRecovered struct{ Whole bool }

// Problem says that a request failed and changed nothing (TRTC onError, onWarning).
type Problem struct {
	Code    int32
	Message string
}

// Exited is the last event of every stay (TRTC onExitRoom).
type Exited struct {
	// Reason is 0 own wish, 1 removed, 2 room dismissed, 3 the stay could not be kept.
	Reason int32
	Detail Detail
}

// Detail says how a stay ended.
type Detail struct {
	// Code is a word of the server's exit table, such as "removed". "connection_lost" and "no_answer" are the client's
	// own: the server did not say a last word.
	Code string
	// Actor says who decided; Text is one sentence for a person.
	Actor, Text string
	// RejoinAfter is how long the same user stays out.
	RejoinAfter time.Duration
	Session     string
	// Seq is the place of the exit in the room's one order of events.
	Seq uint64
	// Rule is the room's rule that ended the stay, such as "idle"; empty when it was none.
	Rule string
}

func (RemoteUserEnter) event()     {}
func (RemoteUserLeave) event()     {}
func (AudioAvailable) event()      {}
func (VideoAvailable) event()      {}
func (SubStreamAvailable) event()  {}
func (SlotBound) event()           {}
func (SlotUnbound) event()         {}
func (Encode) event()              {}
func (RoleSwitched) event()        {}
func (Message) event()             {}
func (MemberPresence) event()      {}
func (RightsChanged) event()       {}
func (HostChanged) event()         {}
func (ConnectionLost) event()      {}
func (ConnectionRecovered) event() {}
func (Problem) event()             {}
func (Exited) event()              {}

// state says whether a stream can be received; a muted one cannot.
type state bool

// availability says it in TRTC's words.
func availability(of source, now state) Event {
	switch of.stream {
	case Audio:
		return AudioAvailable{User: of.user, Available: bool(now)}
	case Big:
		return VideoAvailable{User: of.user, Available: bool(now)}
	default:
		return SubStreamAvailable{User: of.user, Available: bool(now)}
	}
}

func detail(d *wire.ExitDetail) Detail {
	return Detail{
		Code: d.GetCode(), Actor: d.GetActor(), Text: d.GetText(), Session: d.GetSessionId(), Seq: d.GetSeq(),
		Rule: d.GetRule(), RejoinAfter: time.Duration(d.GetRejoinAfterMs()) * time.Millisecond,
	}
}

func lastWord(e *wire.Exited) Exited {
	return Exited{Reason: e.GetReason(), Detail: detail(e.GetDetail())}
}
