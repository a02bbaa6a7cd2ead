package room

import (
	"container/heap"
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// Cause says what was noticed when a member became unstable.
type Cause string

// The causes.
const (
	// Silence: the page's script said nothing for too long.
	Silence Cause = "silence"
	// SocketClosed: the connection closed without a goodbye.
	SocketClosed Cause = "socket"
	// MediaInterrupted: no packet of the member arrives any more, while its script is fine. It ends no stay.
	MediaInterrupted Cause = "media"
	// Restarted: the server restarted and the member has not come back yet.
	Restarted Cause = "restart"
)

// life is what the room knows of whether a member is there. Only a frame of the page's own script proves that; a pong
// comes from the browser's network process even when the page is frozen (I-10, A3).
type life struct {
	// proof is the latest sign of life.
	proof time.Time
	// promised is how much later than usual the next one may come, for a page whose timers are slowed down (E6).
	promised time.Duration
	// closed is when the socket went, and code its close code; zero while there is a socket.
	closed time.Time
	code   int
	// cause is why the member is unstable; empty while it is not.
	cause Cause
	// noMedia says that its packets stopped, deaf that it has no transport at present.
	noMedia, deaf bool
	// due is when to look at it again, and place where it stands in the heap of those moments. A proof only moves due
	// back, so that is left to [Room.expire]: proofs cost nothing.
	due   time.Time
	place int
}

// pageEnds are the close codes of a page that ends: 1000 and 1001 as browsers send them, and 1005 for a page that
// closed its socket without a code (RFC 6455 §7.4.1). A killed renderer shows as 1001 as well.
func pageEnds(code int) bool { return code == 1000 || code == 1001 || code == 1005 }

// unstableAt is when silence makes m unstable.
func (r *Room) unstableAt(m *member) time.Time {
	return m.life.proof.Add(r.policy.Presence.UnstableAfter + m.life.promised)
}

// goneAt is when m's stay ends unless there is another sign of life.
func (r *Room) goneAt(m *member) time.Time {
	p := r.policy.Presence
	if m.life.closed.IsZero() {
		return m.life.proof.Add(p.GoneAfter + m.life.promised)
	}
	since := m.life.proof
	if m.life.promised > 0 {
		since = m.life.closed // It was silent by leave.
	}
	gone := since.Add(p.GoneAfter)
	if ended := m.life.closed.Add(p.ClosedAfter); pageEnds(m.life.code) && ended.Before(gone) {
		return ended
	}
	return gone
}

// stayEnds is when m's time is up; false for never.
func (r *Room) stayEnds(m *member) (time.Time, bool) {
	return m.enteredAt.Add(r.policy.Timers.MaxStay), r.policy.Timers.MaxStay > 0
}

// nextLook is when time alone will change something for m.
func (r *Room) nextLook(m *member) time.Time {
	next := r.goneAt(m)
	if at := r.unstableAt(m); (m.life.cause == "" || m.life.cause == MediaInterrupted) && at.Before(next) {
		next = at
	}
	if at, limited := r.stayEnds(m); limited && at.Before(next) {
		next = at
	}
	return next
}

// look puts m where it belongs in the heap.
func (r *Room) look(m *member) {
	m.life.due = r.nextLook(m)
	heap.Fix(&r.roster.dues, m.life.place)
}

// prove notes a sign of life of m, and how much later than usual the next one may come.
func (r *Room) prove(m *member, promised time.Duration) {
	changed := promised != m.life.promised
	m.life.proof, m.life.promised = r.now, max(0, promised)
	r.judge(m, Silence)
	if changed {
		r.look(m)
	}
}

// judge decides anew whether m is unstable, and tells the others when that changes. noticed is what a silent member is
// called.
func (r *Room) judge(m *member, noticed Cause) {
	was := m.life.cause
	switch {
	case !m.life.closed.IsZero() && was == Restarted:
		// It stays what it is until it comes back.
	case !m.life.closed.IsZero():
		m.life.cause = SocketClosed
	case !r.now.Before(r.unstableAt(m)):
		m.life.cause = noticed
	case m.life.noMedia:
		m.life.cause = MediaInterrupted
	default:
		m.life.cause = ""
	}
	if was != m.life.cause {
		r.look(m)
		r.tellPresence(m.user)
	}
}

// presence says why a user is unstable, and when it is gone; empty for one that is not. A user is unstable when all
// its devices are that others see, it lacks only media when the script of one is fine, and it is gone with the last.
func (r *Room) presence(user string) (cause Cause, gone time.Time) {
	for _, m := range r.roster.users[user] {
		switch at := r.goneAt(m); {
		case m.announced == nil:
		case m.life.cause == "":
			return "", time.Time{}
		case m.life.cause == MediaInterrupted:
			cause = MediaInterrupted
		case cause == "" || cause != MediaInterrupted && at.After(gone):
			cause, gone = m.life.cause, at
		}
	}
	return cause, gone
}

// tellPresence tells the others when a user whom they see became unstable or is back.
func (r *Room) tellPresence(user string) {
	cause, gone := r.presence(user)
	told, wasTold := r.roster.shaky[user]
	switch {
	case cause == "" && wasTold:
		delete(r.roster.shaky, user)
		r.tell(r.roster.others(user), r.next(), MemberPresence{User: user})
	case cause != "" && (!wasTold || (cause == MediaInterrupted) != (told == MediaInterrupted)):
		r.roster.shaky[user] = cause
		n := MemberPresence{User: user, Unstable: true, Cause: cause}
		if cause != MediaInterrupted {
			n.GoneIn = max(0, gone.Sub(r.now))
		}
		r.tell(r.roster.others(user), r.next(), n)
	}
}

// lose notes that the socket of m closed without a goodbye. The stay goes on for a while: the member may come back.
func (r *Room) lose(m *member, code int) {
	m.life.closed, m.life.code = r.now, code
	r.judge(m, Silence)
	r.look(m)
	r.expire() // The silence may be too long already.
}

// interruptMedia and resumeMedia note what the transport says of m's packets.
func (r *Room) interruptMedia(m *member) {
	m.life.noMedia = true
	r.judge(m, Silence)
}

func (r *Room) resumeMedia(m *member) {
	m.life.noMedia = false
	r.judge(m, Silence)
}

// expire looks at everybody who is due: it ends the stays of the gone, and then notices the silent among those who
// stay.
func (r *Room) expire() {
	var gone []leaving
	var silent []*member
	for len(r.roster.dues) > 0 {
		m := r.roster.dues[0]
		if m.life.due.After(r.now) {
			break
		}
		if why, ends := r.expired(m); ends {
			gone = append(gone, stayOver(m, why))
		} else {
			silent = append(silent, m)
		}
		// Out of the way of this loop: exit takes it off for good, or look puts it where it belongs.
		m.life.due = r.now.Add(goneMax)
		heap.Fix(&r.roster.dues, m.life.place)
	}
	r.exit(gone...)
	for _, m := range silent {
		r.look(m)
		r.judge(m, Silence)
	}
	r.postpone()
}

// postpone moves back whoever is due first and has given proof since, until the first is really due: a crowd whose
// hearts beat is looked at together, about once in the pace of its heartbeats, and not each member by itself.
func (r *Room) postpone() {
	for len(r.roster.dues) > 0 {
		m := r.roster.dues[0]
		if !r.nextLook(m).After(m.life.due) {
			return
		}
		r.look(m)
	}
}

// expired says whether m's stay is over, and why.
func (r *Room) expired(m *member) (exit.Why, bool) {
	if at, limited := r.stayEnds(m); limited && !r.now.Before(at) {
		return exit.Why{
			Reason: exit.CredentialExpired, Actor: server, Rule: "max_stay",
			Text: fmt.Sprintf("A stay in this room may last %v.", r.policy.Timers.MaxStay),
		}, true
	}
	if r.now.Before(r.goneAt(m)) {
		return exit.Why{}, false
	}
	why := exit.Why{Reason: exit.TimedOut, Actor: server}
	switch {
	case m.life.cause == Restarted:
		why.Reason = exit.NodeLost
		why.Text = "The server restarted and the connection did not come back."
	case !m.life.closed.IsZero() && m.life.code != 0:
		why.Text = fmt.Sprintf("The connection was closed (close code %d) and did not come back.", m.life.code)
	case !m.life.closed.IsZero():
		why.Text = "The connection was closed and did not come back."
	default:
		why.Text = fmt.Sprintf("There was no sign of life for %v.", r.now.Sub(m.life.proof).Truncate(100*time.Millisecond))
	}
	return why, true
}
