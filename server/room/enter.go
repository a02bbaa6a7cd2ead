package room

import (
	"fmt"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// enter lets a user in. The first entrant fixes the scene. Stays of the same user that the newcomer replaces end only
// once the new entry is sure to be admitted (A12), and the others see the leave before the enter (B3).
func (r *Room) enter(e Enter) {
	replaced, code, message := r.admission(e)
	if code != 0 {
		r.put(Refuse{Session: e.Session, Code: code, Message: message})
		return
	}
	if r.seq == 0 {
		r.scene = e.Scene
	}
	r.exit(replaced...)
	m := r.newMember(e, replaced)
	r.opening, r.closesAt, r.activeAt = false, time.Time{}, r.now
	seq := r.next()
	r.put(Admit{Session: m.session, Seq: seq, Members: r.seen(m.user), Rights: m.rights, Host: r.host.user})
	known := r.roster.visible(m.user)
	r.roster.add(m)
	r.look(m)
	r.tellBlock(m)
	if r.announces(m) {
		if !known {
			r.tell(r.roster.others(m.user), seq, MemberEntered{User: m.user})
		}
		r.roster.show(m)
		r.tellPresence(m.user)
	}
	for source := range each(r.roster.announced) {
		r.connectStreams(source, m)
	}
}

func (r *Room) newMember(e Enter, replaced []leaving) *member {
	m := &member{
		session: e.Session, user: e.User, client: e.Client, device: e.Device, role: e.Role, rights: e.Rights,
		enteredAt: r.now, unasked: unasked{audio: e.ReceiveAudio, video: e.ReceiveVideo},
		streams: map[Stream]publication{}, wishes: map[string]map[Stream]bool{}, life: life{proof: r.now},
		before: succession{resumes: e.Resumes},
	}
	for _, l := range replaced {
		m.before.replaced = append(m.before.replaced, l.member.session)
	}
	if !r.scene.Live() {
		m.role = Anchor
	}
	return m
}

// admission is the room's own part of letting somebody in: which stays of the same user must end for it, or the code
// and the sentence of a refusal.
func (r *Room) admission(e Enter) ([]leaving, int32, string) {
	if code, message := r.misfit(e); code != 0 {
		return nil, code, message
	}
	replaced, code, message := r.sameUser(e)
	if code != 0 {
		return nil, code, message
	}
	limit := r.limits.CallMembers
	if e.Scene.Live() {
		limit = r.limits.LiveMembers
	}
	// Whoever comes again takes the own seat (A9).
	if len(r.roster.sessions)-len(replaced) >= limit {
		return nil, CodeRoomFull, fmt.Sprintf("the room is full; its limit is %d members", limit)
	}
	return replaced, 0, ""
}

// misfit says what is wrong with the scene or the role of an entry.
func (r *Room) misfit(e Enter) (int32, string) {
	if e.Scene > VoiceChatRoom {
		return CodeBadSceneOrRole, fmt.Sprintf("scene %d does not exist; scenes are 0 to 3", e.Scene)
	}
	if r.seq > 0 && e.Scene != r.scene {
		return CodeBadSceneOrRole, fmt.Sprintf("this room has scene %d, not %d; its first entrant chose it", r.scene, e.Scene)
	}
	if e.Scene.Live() && e.Role != Anchor && e.Role != Audience {
		return CodeBadSceneOrRole, fmt.Sprintf("role %d does not exist; roles are 20 (anchor) and 21 (audience)", e.Role)
	}
	return 0, ""
}

// sameUser decides about the stays that the user has already. A session that is continued, and an earlier stay from the
// same device, always make way.
func (r *Room) sameUser(e Enter) ([]leaving, int32, string) {
	var replaced []leaving
	others := 0
	for _, m := range r.roster.users[e.User] {
		own := m.session == e.Resumes || (e.Device != "" && m.device == e.Device)
		if own || r.policy.SameUser == Replace {
			replaced = append(replaced, stayOver(m, comesAgain(m, e.Resumes)))
		} else {
			others++
		}
	}
	switch {
	case r.policy.SameUser == RefuseNew && others > 0:
		return nil, CodeEnterRefused, "this user is in the room already, and the room refuses a second entry"
	case r.policy.SameUser == AllowDevices && others >= r.policy.Devices:
		return nil, CodeEnterRefused,
			fmt.Sprintf("this user is in the room from %d devices already; the room allows %d", others, r.policy.Devices)
	default:
		return replaced, 0, ""
	}
}

// comesAgain says why the old stay of a user ends when the user enters once more. A connection that comes back before
// its loss was noticed did not lose its place to anybody: as replaced it could never come back a second time (D8).
func comesAgain(old *member, resumes string) exit.Why {
	if resumes == old.session {
		return exit.Why{Reason: exit.TimedOut, Actor: server, Text: "The connection was lost and came back as a new one."}
	}
	return exit.Why{Reason: exit.Replaced, Actor: old.user}
}

// seen lists everybody whom a user may see, each user once, in the order in which they were announced.
func (r *Room) seen(by string) []Seen {
	members := make([]Seen, 0, r.roster.announced.Len())
	listed := map[string]int{}
	for m := range each(r.roster.announced) {
		if m.user == by {
			continue
		}
		streams := m.published(r.blocks[m.user])
		if i, again := listed[m.user]; again {
			members[i].Streams = append(members[i].Streams, streams...)
			slices.SortFunc(members[i].Streams, func(a, b Published) int { return int(a.Stream) - int(b.Stream) })
			continue
		}
		listed[m.user] = len(members)
		_, unstable := r.roster.shaky[m.user]
		said := r.roster.tallies[m.user].said()
		members = append(members, Seen{User: m.user, Streams: streams, Unstable: unstable, Said: said})
	}
	return members
}

// turnAway answers whoever comes after the end.
func (r *Room) turnAway(e Event) {
	if e, ok := e.(Enter); ok {
		r.put(Refuse{Session: e.Session, Code: CodeRoomNotExist, Message: "this room is over; enter again to open a new one"})
	}
}
