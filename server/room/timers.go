package room

import (
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// clocks are since when the room is as it is.
type clocks struct {
	// activeAt is when somebody last came, went, published or spoke by message.
	activeAt time.Time
	// aloneAt is since when one user has been alone; zero while none is.
	aloneAt time.Time
	// closesAt is when an empty room ends; zero while somebody is inside.
	closesAt time.Time
	// opening says that a back end opened the room and nobody has entered yet.
	opening bool
}

// host is the user whose leaving may end the room.
type host struct {
	user string
	// here says that the host is inside; away is since when it is not, zero for one who never came.
	here bool
	away time.Time
}

// openMax is how long a room that a back end opened waits for its first entrant when no timer says so.
const openMax = 10 * time.Minute

// rule is one of the room's rules that time alone fulfils.
type rule struct {
	name string
	at   time.Time
	text string
}

// rules lists those that are running.
func (r *Room) rules() []rule {
	t := r.policy.Timers
	var running []rule
	add := func(name string, since time.Time, after time.Duration, text string) {
		if after > 0 && !since.IsZero() {
			running = append(running, rule{name, since.Add(after), fmt.Sprintf(text, after)})
		}
	}
	add("max_age", r.opened, t.MaxAge, "This room may be open for %v.")
	if len(r.roster.sessions) == 0 {
		return running
	}
	add("alone", r.aloneAt, t.Alone, "Nobody else was in the room for %v.")
	add("idle", r.activeAt, t.Idle, "Nothing happened in the room for %v.")
	if r.policy.HostGone != KeepRoom {
		add("host_gone", r.host.away, t.HostAway, "The host was away for %v.")
	}
	return running
}

// Deadline returns when time alone will change something, to be answered by a [Tick]; zero for never. It may be too
// early, never too late, and costs the same in a room of any size.
func (r *Room) Deadline() time.Time {
	if r.over {
		return time.Time{}
	}
	next := r.closesAt
	if len(r.roster.dues) > 0 {
		next = r.roster.dues[0].life.due
	}
	for _, rule := range r.rules() {
		if next.IsZero() || rule.at.Before(next) {
			next = rule.at
		}
	}
	return next
}

// applyRules carries out the first rule whose time has come.
func (r *Room) applyRules() {
	for _, rule := range r.rules() {
		if r.now.Before(rule.at) {
			continue
		}
		if rule.name == "host_gone" && r.policy.HostGone == HandOver {
			r.handOver()
			continue
		}
		r.dismiss(Dismiss{Why: exit.Why{Reason: exit.ClosedByPolicy, Actor: server, Rule: rule.name, Text: rule.text}})
		return
	}
}

// handOver makes the member host whom others have seen for the longest time. While there is nobody to see, the room
// waits for somebody.
func (r *Room) handOver() {
	first := r.roster.announced.Front()
	if first == nil {
		r.host.away = r.now
		return
	}
	r.setHost(first.Value.(*member).user)
}

func (r *Room) setHost(user string) {
	r.host = host{user: user}
	if len(r.roster.sessions) == 0 {
		return
	}
	r.tell(r.roster.others(""), r.next(), HostChanged{User: user})
}

// open makes the room wait for its first entrant.
func (r *Room) open() {
	if r.seq > 0 || r.opening {
		return
	}
	wait := r.policy.Timers.NeverEntered
	if wait == 0 {
		wait = openMax
	}
	r.opening, r.closesAt = true, r.now.Add(wait)
}

// setPolicy replaces the rules. The clocks go on as they are.
func (r *Room) setPolicy(p Policy) {
	r.policy = p
	for m := range each(r.roster.entered) {
		r.look(m)
	}
	if r.opening {
		r.opening = false
		r.open()
	}
	if p.Host != "" && p.Host != r.host.user {
		r.setHost(p.Host)
	}
}

// settle brings the clocks up to date after each step, and decides how long an empty room stays.
func (r *Room) settle() {
	if r.over {
		return
	}
	r.watchHost()
	switch len(r.roster.users) {
	case 0:
		r.aloneAt = time.Time{}
		r.settleEmpty()
	case 1:
		if r.aloneAt.IsZero() {
			r.aloneAt = r.now
		}
	default:
		r.aloneAt = time.Time{}
	}
}

func (r *Room) watchHost() {
	here := r.host.user != "" && r.roster.users[r.host.user] != nil
	switch {
	case here:
		r.host.here, r.host.away = true, time.Time{}
	case r.host.here:
		r.host.here, r.host.away = false, r.now
	}
}

// settleEmpty follows the timer of empty rooms, else TRTC (concepts): a call room ends at once; a live room ends at
// once when its last leaver was an anchor, and after a while when it was audience.
func (r *Room) settleEmpty() {
	if r.closesAt.IsZero() {
		r.closesAt = r.now
		if r.seq > 0 {
			r.closesAt = r.now.Add(r.linger())
		}
	}
	switch {
	case r.now.Before(r.closesAt):
	case r.opening:
		r.end("never_entered")
	case r.policy.Timers.Empty > 0 && r.seq > 0:
		r.end("empty")
	default:
		r.end("")
	}
}

// linger is how long the room stays once it is empty.
func (r *Room) linger() time.Duration {
	switch {
	case r.policy.Timers.Empty > 0:
		return r.policy.Timers.Empty
	case r.scene.Live() && r.lastRole == Audience:
		return r.limits.Linger
	default:
		return 0
	}
}
