package room

import (
	"slices"
)

// check compares what the effects made with what must be true, after each step.
func (s *stage) check() {
	s.checkDeadline()
	s.checkRoster()
	if s.over {
		must(len(s.inside) == 0, "I-9: the room is over with %d inside", len(s.inside))
		return
	}
	truth := s.glimpses()
	for _, w := range s.inside {
		s.checkLife(w)
		s.checkSight(w, truth)
		s.checkHearing(w)
	}
	if s.checks++; s.checks%s.rarely == 0 {
		s.checkSnapshot()
		s.checkState()
	}
}

// checkDeadline: the room never sleeps longer than until time alone changes something, and a Tick does all that is due,
// so that the hall neither misses anything nor spins (I-13).
func (s *stage) checkDeadline() {
	at := s.room.Deadline()
	if s.over {
		must(at.IsZero(), "I-13: the room is over and waits")
		return
	}
	if next := s.nextChange(); !next.IsZero() && (at.IsZero() || at.After(next)) {
		must(false, "I-13: the room waits until %v, and something changes at %v", at.Sub(storyTime), next.Sub(storyTime))
	}
	if _, ticked := s.event.(Tick); ticked {
		must(at.IsZero() || at.After(s.clock.now), "I-13: after a tick the room waits for the past")
	}
	must(len(s.inside) > 0 || !at.IsZero(), "I-13: an empty room waits for nothing")
}

// checkLife: nobody stays beyond its bound (A1, A2).
func (s *stage) checkLife(w *witness) {
	if _, ticked := s.event.(Tick); !ticked {
		return
	}
	must(s.clock.now.Before(s.due(w)), "A2: %s is inside after its time", w.session)
	must(w.pulse.shaky == unheard || s.clock.now.Before(s.unstableAt(w)),
		"A1: %s is silent, and nobody noticed", w.session)
}

// checkRoster: the room's lists agree with each other and with who was let in (A5).
func (s *stage) checkRoster() {
	r := &s.room.roster
	limit := s.limits.CallMembers
	if s.scene.Live() {
		limit = s.limits.LiveMembers
	}
	must(len(s.inside) <= limit, "A9: %d are inside", len(s.inside))
	must(len(r.sessions) == len(s.inside) && r.entered.Len() == len(s.inside) && len(r.dues) == len(s.inside),
		"A5: %d inside, but %d sessions, %d entered, %d due", len(s.inside), len(r.sessions), r.entered.Len(), len(r.dues))
	must(len(r.users) == s.crowd(), "A5: %d users, not %d", len(r.users), s.crowd())
	shown := 0
	for _, w := range s.inside {
		m := r.sessions[w.session]
		if m == nil || m.user != w.user || r.dues[m.life.place] != m || !slices.Contains(r.users[w.user], m) {
			must(false, "A5: %s is not on each of the room's lists", w.session)
		}
		if (m.announced != nil) != (w.shown > 0) {
			must(false, "A5: %s is announced: %v", w.session, m.announced != nil)
		}
		if m.announced != nil {
			shown++
		}
		if m.life.due.After(s.due(w)) {
			must(false, "I-13: %s is looked at too late", w.session)
		}
		for user := range m.wishes {
			must(s.seen.current[number(user)] != 0, "B11: %s wishes something of %s, who is not there", w.session, user)
		}
	}
	must(r.announced.Len() == shown, "A5: %d are announced, not %d", r.announced.Len(), shown)
	for user := range r.shaky {
		must(s.visible(number(user)), "A5: %s is noted as unstable and not there", user)
	}
}

// glimpses are what everybody must know of each user.
func (s *stage) glimpses() (truth [castSize]glimpse) {
	for who := range truth {
		if s.seen.current[who] != 0 {
			truth[who] = glimpse{episode: s.seen.current[who], shaky: s.shaky(who)}
		}
	}
	for _, w := range s.inside {
		if w.shown == 0 {
			continue
		}
		for stream := Audio; stream <= Sub; stream++ {
			if l := w.streams[stream]; l.published {
				truth[w.who].streams[stream] = s.sight(w, stream)
			}
		}
	}
	return truth
}

// sight is how the others see a stream: what a block takes counts as muted.
func (s *stage) sight(w *witness, stream Stream) sight {
	b := s.blocks[w.who]
	if w.streams[stream].muted || stream == Audio && b.Audio || stream != Audio && b.Video {
		return muted
	}
	return open
}

// checkSight: what a member was told is exactly what is true (B10), and so is what its client heard once nothing is on
// the way.
func (s *stage) checkSight(w *witness, truth [castSize]glimpse) {
	expected := view{users: truth, role: w.role, rights: w.rights, host: s.host.user}
	expected.users[w.who] = glimpse{}
	if !w.ears.view.same(&expected) {
		must(false, "B10: %s was told %+v; the truth is %+v", w.session, w.ears.view, expected)
	}
	c := &w.ears.client
	if !c.isCut && len(c.queue) == 0 && !c.view.same(&expected) {
		must(false, "B10: %s heard %+v; the truth is %+v", w.session, c.view, expected)
	}
}

// checkHearing: a stream starts exactly when it may go out, and goes to exactly those who want it, may have it, have a
// transport and are somebody else (F11, F12, B11).
func (s *stage) checkHearing(w *witness) {
	heard, publishers, screens := 0, 0, 0
	for _, from := range s.inside {
		if from.publishes() {
			publishers++
		}
		if from.streams[Sub].published {
			screens++
		}
		for stream := Audio; stream <= Sub; stream++ {
			live := s.live(from, stream)
			if from.media.started[stream] != live {
				must(false, "F11: stream %d of %s is started: %v", stream, from.session, !live)
			}
			hears := live && from.who != w.who && !w.pulse.deaf && w.rights&receiveBits[stream] != 0 &&
				w.wants(from.who, stream)
			if !hears {
				continue
			}
			if heard++; !slices.Contains(w.media.hears, feed{from, stream}) {
				must(false, "B11: %s does not hear stream %d of %s", w.session, stream, from.session)
			}
		}
	}
	must(heard == len(w.media.hears), "I-7: %s hears %d streams, not %d", w.session, len(w.media.hears), heard)
	must(!w.publishes() || s.announces(w), "F13: %s is audience and publishes", w.session)
	must(publishers <= s.limits.Publishers && screens <= s.limits.SubStreams,
		"A9: %d publish, %d share", publishers, screens)
}

// checkSnapshot: whoever asks from outside hears the same (A10).
func (s *stage) checkSnapshot() {
	shot := s.room.Snapshot()
	must(shot.Policy == s.policy && shot.Host == s.host.user && shot.OpenedAt.Equal(s.clock.opened), "A10: %+v", shot)
	must(len(shot.Members) == len(s.inside) && s.room.Policy() == s.policy, "A10: %d are listed", len(shot.Members))
	for i, w := range s.inside {
		m := shot.Members[i]
		must(m.Session == w.session && m.User == w.user && m.Device == w.device && m.Role == w.role && m.Rights == w.rights,
			"A10: %+v is not %s", m, w.session)
		must(m.EnteredAt.Equal(w.enteredAt) && m.Block == s.blocks[w.who], "A10: %+v is not %s", m, w.session)
		must((m.Unstable == "") == (w.pulse.shaky == steady), "A10: %s is unstable: %q", w.session, m.Unstable)
		must((m.Unstable == Restarted) == w.pulse.isRestarted, "J13: %s is unstable: %q", w.session, m.Unstable)
		must(s.room.Inside(w.user), "A10: %s is not inside", w.user)
		for _, p := range m.Streams {
			must(w.streams[p.Stream].published && p.Muted == (s.sight(w, p.Stream) == muted), "A10: %s, %+v", w.session, p)
		}
	}
}
