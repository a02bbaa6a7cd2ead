package room

import (
	"slices"

	"github.com/exeunt/exeunt/server/exit"
)

// server is the actor of what a rule or a fault decides.
const server = "server"

// leaving is a stay that ends, and why.
type leaving struct {
	member *member
	why    exit.Why
}

func stayOver(m *member, why exit.Why) leaving { return leaving{m, why} }

// exit ends stays: it is the one way out of a room, whatever the cause. First all leavers are off the roster, so that
// nobody hears of a fellow victim and a dismissal costs one step a member (K11). Then, for all of them: media stops,
// the leavers hear the last word, the others are told, and the ends are written down.
func (r *Room) exit(leavers ...leaving) {
	if len(leavers) == 0 {
		return
	}
	r.activeAt = r.now
	records := make([]exit.Record, len(leavers))
	seen := make([]bool, len(leavers))
	for i, l := range leavers {
		_ = l.why.Reason.Row() // A stay that ends for nothing is a broken invariant.
		seen[i] = l.member.announced != nil
		r.roster.take(l.member)
		r.lastRole = l.member.role
		records[i] = exit.Record{Session: l.member.session, User: l.member.user, Why: l.why, At: r.now, Seq: r.next()}
	}
	for _, l := range leavers {
		r.put(Drop{Session: l.member.session})
	}
	for i := range leavers {
		r.put(Cut{Record: records[i]})
	}
	r.tellOfLeavers(leavers, records, seen)
	for i := range leavers {
		r.put(Record{Record: records[i]})
	}
}

// tellOfLeavers tells those who stay. A user who is inside from another device too has not left, but the streams of the
// device that left have ended; that is said last, since it takes places in the order after those of the records.
func (r *Room) tellOfLeavers(leavers []leaving, records []exit.Record, seen []bool) {
	if len(r.roster.sessions) == 0 {
		clear(r.roster.shaky)
		return
	}
	told := map[string]bool{}
	for i, l := range leavers {
		user := l.member.user
		if !seen[i] || told[user] || r.roster.visible(user) {
			continue
		}
		told[user] = true
		r.unsee(user)
		reason := records[i].Why.Reason.Row().Peer
		r.tell(r.roster.others(user), records[i].Seq, MemberLeft{User: user, Reason: reason, Record: &records[i]})
	}
	for i, l := range leavers {
		if seen[i] && r.roster.visible(l.member.user) {
			r.tellOfDevice(l.member)
		}
	}
}

// tellOfDevice tells that a device left whose user stays.
func (r *Room) tellOfDevice(m *member) {
	for s := Audio; s <= Sub; s++ {
		if _, published := m.streams[s]; published {
			r.tell(r.roster.others(m.user), r.next(), StreamChanged{User: m.user, Stream: s})
		}
	}
	r.tellPresence(m.user)
}

// unsee forgets what everybody wished of a user who is not to be seen any more: whoever comes back is a new one.
func (r *Room) unsee(user string) {
	delete(r.roster.shaky, user)
	for m := range each(r.roster.entered) {
		delete(m.wishes, user)
	}
}

// leave ends one stay. A session that is not inside any more does nothing: user ids never end a stay late (A6, I-1).
func (r *Room) leave(e Exit) {
	if m := r.roster.sessions[e.Session]; m != nil && (len(e.Users) == 0 || slices.Contains(e.Users, m.user)) {
		r.exit(stayOver(m, e.Why))
	}
}

// remove ends the stays of users, on all their devices; those who are not inside are passed over (F9).
func (r *Room) remove(e Remove) {
	var leavers []leaving
	listed := map[string]bool{}
	for _, user := range e.Users {
		if listed[user] {
			continue
		}
		listed[user] = true
		for _, m := range r.roster.users[user] {
			leavers = append(leavers, stayOver(m, e.Why))
		}
	}
	r.exit(leavers...)
}

// dismiss ends every stay and the incarnation. With everybody gone there is nobody to tell about the others (TRTC says
// nothing of leave events among the dismissed).
func (r *Room) dismiss(e Dismiss) {
	var leavers []leaving
	for m := range each(r.roster.entered) {
		leavers = append(leavers, stayOver(m, e.Why))
	}
	r.exit(leavers...)
	r.end(e.Why.Rule)
}

// end makes the room over.
func (r *Room) end(rule string) {
	r.over = true
	r.put(End{Rule: rule})
}
