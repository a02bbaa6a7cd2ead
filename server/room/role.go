package room

import "github.com/exeunt/exeunt/server/exit"

// switchRole makes an anchor audience or the other way round. Whoever turns audience stays inside, but for the others
// it has left (TRTC, onRemoteUserLeaveRoom reason 3).
func (r *Room) switchRole(m *member, to Role) {
	r.activeAt = r.now
	switch {
	case !r.scene.Live():
		r.answerRole(m, 0, CodeInvalidRole, "roles mean nothing in a call scene")
	case to != Anchor && to != Audience:
		r.answerRole(m, 0, CodeInvalidRole, "roles are 20 (anchor) and 21 (audience)")
	case to == m.role:
		r.answerRole(m, 0, 0, "")
	case to == Audience:
		r.becomeAudience(m)
	default:
		r.becomeAnchor(m)
	}
}

func (r *Room) becomeAudience(m *member) {
	for s := Audio; s <= Sub; s++ {
		r.unpublish(m, s)
	}
	m.role = Audience
	r.roster.hide(m)
	seq := r.next()
	if !r.roster.visible(m.user) {
		r.unsee(m.user)
		r.tell(r.roster.others(m.user), seq, MemberLeft{User: m.user, Reason: exit.BecameAudience})
	}
	r.answerRole(m, seq, 0, "")
	r.tellPresence(m.user)
}

func (r *Room) becomeAnchor(m *member) {
	m.role = Anchor
	known := r.roster.visible(m.user)
	r.roster.show(m)
	seq := r.next()
	if !known {
		r.tell(r.roster.others(m.user), seq, MemberEntered{User: m.user})
	}
	r.answerRole(m, seq, 0, "")
	r.tellPresence(m.user)
}

// answerRole tells the member which role it has now, and why it is not another.
func (r *Room) answerRole(m *member, seq uint64, code int32, message string) {
	r.tell([]string{m.session}, seq, RoleSwitched{Code: code, Message: message, Role: m.role})
}
