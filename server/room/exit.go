package room

import (
	"fmt"

	"github.com/exeunt/exeunt/server/exit"
)

// server is the actor of what a rule or a fault decides.
const server = "server"

// exit ends stays: it is the one way out of a room, whatever the cause. First all leavers are off the roster, so that
// nobody hears of a fellow victim and a dismissal costs one step a member (K11). Then, for all of them: media stops,
// the leavers hear the last word, the others are told, and the ends are written down.
func (r *Room) exit(why exit.Why, leavers ...*member) {
	row := why.Reason.Row()
	records := make([]exit.Record, len(leavers))
	for i, m := range leavers {
		r.roster.take(m)
		r.lastRole = m.role
		records[i] = exit.Record{Session: m.session, User: m.user, Why: why, At: r.now, Seq: r.next()}
	}
	for _, m := range leavers {
		r.put(Drop{Session: m.session})
	}
	for i := range leavers {
		r.put(Cut{Record: records[i]})
	}
	r.tellOfLeavers(leavers, records, row.Peer)
	for i := range leavers {
		r.put(Record{Record: records[i]})
	}
}

// tellOfLeavers tells those who stay, and forgets what they wished of the leavers: a user who comes back is a new one.
func (r *Room) tellOfLeavers(leavers []*member, records []exit.Record, reason int32) {
	var stayers []string
	for i, m := range leavers {
		if !r.announces(m) || len(r.roster.sessions) == 0 {
			continue
		}
		if stayers == nil {
			stayers = r.roster.others(nil)
		}
		r.forgetWishes(m.user)
		record := records[i]
		r.tell(stayers, record.Seq, MemberLeft{User: m.user, Reason: reason, Record: &record})
	}
}

// leave ends one stay. A session that is not inside any more does nothing: user ids never end a stay late (A6, I-1).
func (r *Room) leave(e Exit) {
	if m := r.roster.sessions[e.Session]; m != nil {
		r.exit(e.Why, m)
	}
}

// remove ends the stays of users; those who are not inside are passed over (F9).
func (r *Room) remove(e Remove) {
	var leavers []*member
	listed := map[string]bool{}
	for _, user := range e.Users {
		if m := r.roster.users[user]; m != nil && !listed[user] {
			listed[user] = true
			leavers = append(leavers, m)
		}
	}
	r.exit(e.Why, leavers...)
}

// dismiss ends every stay and the incarnation. With everybody gone there is nobody to tell about the others (TRTC says
// nothing of leave events among the dismissed).
func (r *Room) dismiss(e Dismiss) {
	r.exit(e.Why, r.roster.everybody()...)
	r.end()
}

// lose ends the stay of a connection that closed without a goodbye.
func (r *Room) lose(m *member, e Lost) {
	text := "The connection was closed without a goodbye."
	if e.Code != 0 {
		text = fmt.Sprintf("The connection was closed without a goodbye (close code %d).", e.Code)
	}
	r.exit(exit.Why{Reason: exit.TimedOut, Actor: server, Text: text}, m)
}

// end makes the room over.
func (r *Room) end() {
	r.over = true
	r.put(End{})
}
