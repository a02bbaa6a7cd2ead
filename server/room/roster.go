package room

import (
	"container/heap"
	"container/list"
	"fmt"
	"iter"
	"slices"
	"time"
)

// member is one stay: one session of one user, from one device.
type member struct {
	session, user, client, device string
	role                          Role
	rights                        Rights
	enteredAt                     time.Time
	unasked                       unasked
	before                        succession
	// streams are what it publishes.
	streams map[Stream]publication
	// wishes are its explicit Subscribe (true) and Unsubscribe (false), by user and stream.
	wishes map[string]map[Stream]bool
	said   pace
	life   life
	// entered and announced are its places in the roster's lists; announced is nil while nobody may see it.
	entered, announced *list.Element
}

// unasked says what of the others arrives without being asked for.
type unasked struct{ audio, video bool }

// succession is whose place an entry took: the sessions that ended for it, and the one among them that it continued.
type succession struct {
	replaced []string
	resumes  string
}

// publication is one stream of a member.
type publication struct {
	mid   string
	muted bool
	// live says that a transport carries it and that it may be heard; the others see one that is not live as muted.
	live bool
}

// roster keeps who is inside. Finding, adding and removing cost the same in a room of 100 000, but for the order of the
// deadlines, where they cost its logarithm.
type roster struct {
	sessions map[string]*member
	// users are the stays of each user, the oldest first; mostly one.
	users map[string][]*member
	// tallies are what the users have said who have said anything.
	tallies map[string]*tally
	// shaky are the users who are visible and of whom the others were told that they are unstable, and why.
	shaky map[string]Cause
	// entered has everybody, in entry order; announced has those whom others may see, in the order in which they
	// were told.
	entered, announced *list.List
	// dues has everybody, whose life is to be looked at first, first.
	dues dues
}

func newRoster() roster {
	return roster{
		sessions: map[string]*member{}, users: map[string][]*member{}, tallies: map[string]*tally{},
		shaky: map[string]Cause{}, entered: list.New(), announced: list.New(),
	}
}

// add takes m in. A session that is inside already is a broken invariant.
func (r *roster) add(m *member) {
	if r.sessions[m.session] != nil {
		panic(fmt.Sprintf("room: session %s is inside already", m.session))
	}
	r.sessions[m.session] = m
	r.users[m.user] = append(r.users[m.user], m)
	m.entered = r.entered.PushBack(m)
	heap.Push(&r.dues, m)
}

// take removes m. Only exit calls it.
func (r *roster) take(m *member) {
	if r.sessions[m.session] != m {
		panic(fmt.Sprintf("room: session %s is not inside", m.session))
	}
	delete(r.sessions, m.session)
	stays := r.users[m.user]
	if len(stays) == 1 {
		delete(r.users, m.user)
		delete(r.tallies, m.user)
	} else {
		r.users[m.user] = slices.DeleteFunc(stays, func(other *member) bool { return other == m })
	}
	r.entered.Remove(m.entered)
	heap.Remove(&r.dues, m.life.place)
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

// visible says whether others may see the user: by any of its devices.
func (r *roster) visible(user string) bool {
	return slices.ContainsFunc(r.users[user], func(m *member) bool { return m.announced != nil })
}

// others returns the sessions of all other users, in entry order.
func (r *roster) others(user string) []string {
	sessions := make([]string, 0, r.entered.Len())
	for other := range each(r.entered) {
		if other.user != user {
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

// dues is a heap of members by when their lives are to be looked at (container/heap).
type dues []*member

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].life.due.Before(d[j].life.due) }

func (d dues) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].life.place, d[j].life.place = i, j
}

// Push is for container/heap only.
func (d *dues) Push(m any) {
	added := m.(*member)
	added.life.place = len(*d)
	*d = append(*d, added)
}

// Pop is for container/heap only.
func (d *dues) Pop() any {
	last := len(*d) - 1
	m := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return m
}
