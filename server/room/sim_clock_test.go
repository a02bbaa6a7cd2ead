package room

import (
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

func (s *stage) unstableAt(w *witness) time.Time {
	return w.pulse.proof.Add(s.policy.Presence.UnstableAfter + w.pulse.promised)
}

// goneAt is when nothing more is heard of w for so long that the stay is over. Who was silent by leave when its
// connection closed has the whole patience from then on.
func (s *stage) goneAt(w *witness) time.Time {
	p, since := s.policy.Presence, w.pulse.proof
	if w.pulse.closed.IsZero() {
		return since.Add(w.pulse.promised + p.GoneAfter)
	}
	if w.pulse.promised > 0 {
		since = w.pulse.closed
	}
	at := since.Add(p.GoneAfter)
	if code := w.pulse.code; code == 1000 || code == 1001 || code == 1005 {
		if soon := w.pulse.closed.Add(p.ClosedAfter); soon.Before(at) {
			return soon
		}
	}
	return at
}

// judge notes what is known of w's life now.
func (s *stage) judge(w *witness) {
	switch {
	case !w.pulse.closed.IsZero(), !s.clock.now.Before(s.unstableAt(w)):
		w.pulse.shaky = unheard
	case w.pulse.noMedia:
		w.pulse.shaky = noPackets
	default:
		w.pulse.shaky = steady
	}
}

// expire ends the stays whose time is up and notices who has been silent for too long.
func (s *stage) expire(x *outcome) {
	var leavers []leaver
	for _, w := range s.inside {
		stay := s.policy.Timers.MaxStay
		switch {
		case stay > 0 && !s.clock.now.Before(w.enteredAt.Add(stay)):
			why := exit.Why{Reason: exit.CredentialExpired, Actor: "server", Rule: "max_stay"}
			leavers = append(leavers, leaver{w, why})
		case !s.clock.now.Before(s.goneAt(w)):
			why := exit.Why{Reason: exit.TimedOut, Actor: "server"}
			if w.pulse.isRestarted {
				why.Reason = exit.NodeLost
			}
			leavers = append(leavers, leaver{w, why})
		case !s.clock.now.Before(s.unstableAt(w)):
			w.pulse.shaky = unheard
		}
	}
	s.depart(x, leavers...)
}

// due is when w's stay ends by itself.
func (s *stage) due(w *witness) time.Time {
	at := s.goneAt(w)
	if stay := s.policy.Timers.MaxStay; stay > 0 && w.enteredAt.Add(stay).Before(at) {
		at = w.enteredAt.Add(stay)
	}
	return at
}

// simRule is a timer of the room that is running.
type simRule struct {
	name string
	at   time.Time
}

func (s *stage) running() []simRule {
	t, c := s.policy.Timers, s.clock
	all := []struct {
		name    string
		since   time.Time
		after   time.Duration
		applies bool
	}{
		{"max_age", c.opened, t.MaxAge, true},
		{"alone", c.alone, t.Alone, len(s.inside) > 0},
		{"idle", c.active, t.Idle, len(s.inside) > 0},
		{"host_gone", s.host.away, t.HostAway, len(s.inside) > 0 && s.policy.HostGone != KeepRoom},
	}
	var running []simRule
	for _, r := range all {
		if r.applies && r.after > 0 && !r.since.IsZero() {
			running = append(running, simRule{r.name, r.since.Add(r.after)})
		}
	}
	return running
}

// modelRules carries out the first timer that has run out.
func (s *stage) modelRules(x *outcome) {
	for _, r := range s.running() {
		switch {
		case s.clock.now.Before(r.at):
		case r.name == "host_gone" && s.policy.HostGone == HandOver:
			s.handOver()
		default:
			s.modelDismiss(exit.Why{Reason: exit.ClosedByPolicy, Actor: "server", Rule: r.name}, x)
			return
		}
	}
}

// handOver makes whom the others have seen for the longest time host.
func (s *stage) handOver() {
	s.host.away = s.clock.now
	first := 0
	for _, w := range s.inside {
		if w.shown > 0 && (first == 0 || w.shown < first) {
			first, s.host = w.shown, simHost{user: w.user}
		}
	}
}

func (s *stage) modelDismiss(why exit.Why, x *outcome) {
	s.depart(x, s.all(why, func(*witness) bool { return true })...)
	x.ended, x.rule = true, why.Rule
}

func (s *stage) modelOpen() {
	if s.clock.entered || s.clock.opening {
		return
	}
	wait := s.policy.Timers.NeverEntered
	if wait == 0 {
		wait = 10 * time.Minute
	}
	s.clock.opening, s.clock.closes = true, s.clock.now.Add(wait)
}

func (s *stage) modelPolicy(p Policy) {
	s.policy = p
	if p.Host != "" && p.Host != s.host.user {
		s.host = simHost{user: p.Host}
	}
	if s.clock.opening {
		s.clock.opening = false
		s.modelOpen()
	}
}

// settle brings the clocks up to date.
func (s *stage) settle(x *outcome) {
	if x.ended {
		return
	}
	switch here := s.host.user != "" && s.devices(number(s.host.user)) > 0; {
	case here:
		s.host.here, s.host.away = true, time.Time{}
	case s.host.here:
		s.host.here, s.host.away = false, s.clock.now
	}
	switch alone := s.crowd() == 1; {
	case !alone:
		s.clock.alone = time.Time{}
	case s.clock.alone.IsZero():
		s.clock.alone = s.clock.now
	}
	if len(s.inside) == 0 {
		s.settleEmpty(x)
	}
}

// settleEmpty: an empty room stays as long as its timer says, else as TRTC has it.
func (s *stage) settleEmpty(x *outcome) {
	c := &s.clock
	if c.closes.IsZero() {
		c.closes = c.now.Add(s.linger())
	}
	if c.now.Before(c.closes) {
		return
	}
	x.ended = true
	switch {
	case c.opening:
		x.rule = "never_entered"
	case c.entered && s.policy.Timers.Empty > 0:
		x.rule = "empty"
	}
}

func (s *stage) linger() time.Duration {
	switch {
	case !s.clock.entered:
		return 0
	case s.policy.Timers.Empty > 0:
		return s.policy.Timers.Empty
	case s.scene.Live() && s.clock.lastRole == Audience:
		return s.limits.Linger
	default:
		return 0
	}
}

// nextChange is when time alone changes something; zero for never.
func (s *stage) nextChange() time.Time {
	var next time.Time
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for _, w := range s.inside {
		sooner(s.due(w))
		if w.pulse.shaky < unheard {
			sooner(s.unstableAt(w))
		}
	}
	for _, r := range s.running() {
		sooner(r.at)
	}
	if len(s.inside) == 0 && !s.clock.closes.IsZero() {
		sooner(s.clock.closes)
	}
	return next
}
