package room

import (
	"container/list"
	"fmt"
	"iter"
	"time"
)

// member is one stay: one session of one user.
type member struct {
	session, user, client      string
	role                       Role
	enteredAt, lastProof       time.Time
	receiveAudio, receiveVideo bool
	// streams are what it publishes.
	streams map[Stream]publication
	// wishes are its explicit Subscribe (true) and Unsubscribe (false), by user and stream.
	wishes map[string]map[Stream]bool
	said   pace
	// entered, announced and proven are its places in the roster's lists; announced is nil while nobody may see it.
	entered, announced, proven *list.Element
}

// publication is one stream of a member.
type publication struct {
	mid   string
	muted bool
}

// roster keeps who is inside. Finding, adding and removing cost the same in a room of 100 000.
type roster struct {
	sessions map[string]*member
	users    map[string]*member
	// entered has everybody, in entry order; announced has those whom others may see, in the order in which they
	// were told; proven has everybody, the longest silent first.
	entered, announced, proven *list.List
}

func newRoster() roster {
	return roster{
		sessions: map[string]*member{}, users: map[string]*member{},
		entered: list.New(), announced: list.New(), proven: list.New(),
	}
}

// add takes m in at now. A session or user that is inside already is a broken invariant.
func (r *roster) add(m *member, now time.Time) {
	if r.sessions[m.session] != nil || r.users[m.user] != nil {
		panic(fmt.Sprintf("room: session %s or its user is inside already", m.session))
	}
	r.sessions[m.session], r.users[m.user] = m, m
	m.entered, m.proven = r.entered.PushBack(m), r.proven.PushBack(m)
	m.enteredAt, m.lastProof = now, now
}

// take removes m. Only exit calls it.
func (r *roster) take(m *member) {
	if r.sessions[m.session] != m || r.users[m.user] != m {
		panic(fmt.Sprintf("room: session %s is not inside", m.session))
	}
	delete(r.sessions, m.session)
	delete(r.users, m.user)
	r.entered.Remove(m.entered)
	r.proven.Remove(m.proven)
	r.hide(m)
}

// show makes m one whom others may see.
func (r *roster) show(m *member) { m.announced = r.announced.PushBack(m) }

// hide takes that back; it does nothing for one who is hidden.
func (r *roster) hide(m *member) {
	if m.announced != nil {
		r.announced.Remove(m.announced)
		m.announced = nil
	}
}

// prove notes a sign of life: m becomes the one who was silent for the shortest time.
func (r *roster) prove(m *member, now time.Time) {
	m.lastProof = now
	r.proven.MoveToBack(m.proven)
}

// everybody returns all members in entry order.
func (r *roster) everybody() []*member {
	all := make([]*member, 0, r.entered.Len())
	for m := range each(r.entered) {
		all = append(all, m)
	}
	return all
}

// others returns the sessions of everybody but m, in entry order; m may be nil.
func (r *roster) others(m *member) []string {
	sessions := make([]string, 0, r.entered.Len())
	for other := range each(r.entered) {
		if other != m {
			sessions = append(sessions, other.session)
		}
	}
	return sessions
}

// each walks one of the roster's lists, which must not change meanwhile.
func each(l *list.List) iter.Seq[*member] {
	return func(yield func(*member) bool) {
		for e := l.Front(); e != nil; e = e.Next() {
			if !yield(e.Value.(*member)) {
				return
			}
		}
	}
}
