package room

import (
	"cmp"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// kept is what outlives the process. It may be older than what was told, but for entries and exits: those are kept
// before anybody is told.
type kept struct {
	state   State
	members []MemberState
	// hostAway says that the host had left.
	hostAway bool
	blocks   [castSize]Block
}

// keep writes the room down.
type keep struct{}

// restart is the end of the process and its next beginning: all links break, and lose the latest frames on the way.
type restart struct{ lost int }

func (s *stage) keep() {
	if s.over {
		return
	}
	k := &kept{state: s.room.State(), hostAway: !s.host.away.IsZero(), blocks: s.blocks}
	for _, w := range s.inside {
		m, inside := s.room.Member(w.session)
		must(inside, "J13: %s cannot be kept", w.session)
		k.members = append(k.members, m)
	}
	s.kept = k
}

// checkState: what is kept is what is true (J13).
func (s *stage) checkState() {
	state := s.room.State()
	must(state.Policy == s.policy && state.Host == s.host.user && state.OpenedAt.Equal(s.clock.opened),
		"J13: kept %+v", state)
	must(state.Seq >= s.seq && (state.Seq > 0) == s.clock.entered, "J13: kept place %d after %d", state.Seq, s.seq)
	must(!s.clock.entered || state.Scene == s.scene, "J13: kept scene %d", state.Scene)
	must(state.LastRole == s.clock.lastRole, "J13: kept role %d of the last to leave", state.LastRole)
	for who, user := range cast {
		must(state.Blocks[user] == s.blocks[who], "I-14: the block of %s is kept as %+v", user, state.Blocks[user])
	}
	for _, w := range s.inside {
		m, inside := s.room.Member(w.session)
		must(inside && m.Session == w.session && m.User == w.user && m.Device == w.device, "J13: kept %+v", m)
		var was witness
		was.restore(m)
		must(was.role == w.role && was.rights == w.rights && was.unasked == w.unasked && was.enteredAt.Equal(w.enteredAt),
			"J13: kept %+v", m)
		must(was.streams == w.streams && was.wishes == w.wishes, "J13: kept %+v", m)
	}
	_, inside := s.room.Member("never")
	must(!inside, "J13: a stranger is kept")
}

// restore takes over what was kept of a stay.
func (w *witness) restore(m MemberState) {
	w.role, w.rights, w.enteredAt = m.Role, m.Rights, m.EnteredAt
	w.unasked[Audio], w.unasked[Big] = m.ReceiveAudio, m.ReceiveVideo
	w.streams, w.wishes = [Sub + 1]line{}, [castSize][Sub + 1]int8{}
	for _, p := range m.Streams {
		w.streams[p.Stream] = line{published: true, muted: p.Muted, mid: p.Mid}
	}
	for _, wish := range m.Wishes {
		w.wishes[number(wish.User)][wish.Stream] = -1
		if wish.Wanted {
			w.wishes[number(wish.User)][wish.Stream] = 1
		}
	}
}

// restart makes the room anew from what was kept. Nobody is told of anything: nobody is connected (J13).
func (s *stage) restart(now time.Time, do restart) {
	if s.over || !s.clock.entered && !s.clock.opening {
		return
	}
	if s.kept == nil {
		s.keep()
	}
	k := s.kept
	s.kept, s.event = nil, nil
	if now.After(s.clock.now) {
		s.clock.now = now
	}
	members := slices.Clone(k.members)
	slices.Reverse(members) // The store knows no order.
	s.room = Restore(k.state, members, s.limits, s.clock.now)
	must(len(members) == len(s.inside), "J13: %d were kept, %d were inside", len(members), len(s.inside))
	for i, w := range s.inside {
		w.restore(k.members[i])
		w.pulse = pulse{
			proof: s.clock.now, closed: s.clock.now, deaf: true, isRestarted: true, shaky: unheard,
		}
		w.said, w.media, w.shown = speech{}, media{}, 0
		w.ears.client.cut(do.lost)
		w.ears.client.forgotten = true
	}
	for _, w := range s.inside {
		w.said.tally = s.tallyOf(w.who)
	}
	s.reset(k)
	truth := s.glimpses()
	for _, w := range s.inside {
		w.ears.view = view{users: truth, role: w.role, rights: w.rights, host: s.host.user}
		w.ears.view.users[w.who] = glimpse{}
	}
	s.check()
}

// reset begins the clocks anew, with what was kept.
func (s *stage) reset(k *kept) {
	slices.SortStableFunc(s.inside, func(a, b *witness) int {
		return cmp.Or(a.enteredAt.Compare(b.enteredAt), cmp.Compare(a.session, b.session))
	})
	s.blocks = k.blocks
	s.policy = k.state.Policy
	now, was := s.clock.now, s.clock
	s.clock = simClock{
		now: now, opened: was.opened, active: now, entered: was.entered, lastRole: k.state.LastRole, opening: was.opening,
	}
	s.host = simHost{user: k.state.Host}
	if k.hostAway {
		s.host.away = now
	}
	s.look(ending{reason: exit.BecameAudience})
	if s.clock.opening {
		s.clock.opening = false
		s.modelOpen()
	}
	var x outcome
	if len(s.inside) > 0 {
		s.settle(&x)
	} else if !s.clock.opening {
		s.clock.closes = now.Add(s.linger())
	}
}
