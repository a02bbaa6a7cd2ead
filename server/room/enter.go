package room

import (
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// enter lets a user in. The first entrant fixes the scene. A user who is inside already is replaced, but only once the
// new entry is sure to be admitted (A12), and the others see the leave before the enter (B3).
func (r *Room) enter(e Enter) {
	if code, message := r.objection(e); code != 0 {
		r.put(Refuse{Session: e.Session, Code: code, Message: message})
		return
	}
	if r.seq == 0 {
		r.scene = e.Scene
	}
	if old := r.roster.users[e.User]; old != nil {
		r.exit(comesAgain(old, e), old)
	}
	m := newMember(e)
	if !r.scene.Live() {
		m.role = Anchor
	}
	r.closesAt = time.Time{}
	seq := r.next()
	r.put(Admit{Session: m.session, Seq: seq, Members: r.seen()})
	r.roster.add(m, r.now)
	if r.announces(m) {
		r.tell(r.roster.others(m), seq, MemberEntered{User: m.user})
		r.roster.show(m)
	}
	for source := range each(r.roster.announced) {
		r.connectStreams(source, m)
	}
}

func newMember(e Enter) *member {
	return &member{
		session: e.Session, user: e.User, client: e.Client, role: e.Role,
		receiveAudio: e.ReceiveAudio, receiveVideo: e.ReceiveVideo,
		streams: map[Stream]publication{}, wishes: map[string]map[Stream]bool{},
	}
}

// objection returns the code and the sentence of a refusal, or 0.
func (r *Room) objection(e Enter) (int32, string) {
	if e.Scene > VoiceChatRoom {
		return CodeBadSceneOrRole, fmt.Sprintf("scene %d does not exist; scenes are 0 to 3", e.Scene)
	}
	if r.seq > 0 && e.Scene != r.scene {
		return CodeBadSceneOrRole, fmt.Sprintf("this room has scene %d, not %d; its first entrant chose it", r.scene, e.Scene)
	}
	if e.Scene.Live() && e.Role != Anchor && e.Role != Audience {
		return CodeBadSceneOrRole, fmt.Sprintf("role %d does not exist; roles are 20 (anchor) and 21 (audience)", e.Role)
	}
	limit := r.limits.CallMembers
	if e.Scene.Live() {
		limit = r.limits.LiveMembers
	}
	// Whoever comes again takes the own seat (A9).
	if r.roster.users[e.User] == nil && len(r.roster.sessions) >= limit {
		return CodeRoomFull, fmt.Sprintf("the room is full; its limit is %d members", limit)
	}
	return 0, ""
}

// comesAgain says why the old stay of a user ends when the user enters once more. A connection that comes back before
// its loss was noticed did not lose its place to anybody: as replaced it could never come back a second time (D8).
func comesAgain(old *member, e Enter) exit.Why {
	if e.Resumes == old.session {
		return exit.Why{Reason: exit.TimedOut, Actor: server, Text: "The connection was lost and came back as a new one."}
	}
	return exit.Why{Reason: exit.Replaced, Actor: old.user}
}

// seen lists everybody whom a newcomer may see.
func (r *Room) seen() []Seen {
	members := make([]Seen, 0, r.roster.announced.Len())
	for m := range each(r.roster.announced) {
		members = append(members, Seen{User: m.user, Streams: m.published()})
	}
	return members
}

// turnAway answers whoever comes after the end.
func (r *Room) turnAway(e Event) {
	if e, ok := e.(Enter); ok {
		r.put(Refuse{Session: e.Session, Code: CodeRoomNotExist, Message: "this room is over; enter again to open a new one"})
	}
}
