package room

import (
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// cast are the users of the simulation. Their order is their number.
var cast = [castSize]string{"ann", "ben", "cat", "dan", "eve"}

const castSize = 5

func number(user string) int { return slices.Index(cast[:], user) }

// stage is one incarnation and what must be true of it, as the model has it. The model never looks into the room to
// decide what is right, except to compare.
type stage struct {
	room *Room
	setup
	inside  []*witness
	blocks  [castSize]Block
	host    simHost
	clock   simClock
	seen    episodes
	records map[string]exit.Record
	// seq is the highest place in the room's order that anybody heard of.
	seq   uint64
	over  bool
	kept  *kept
	event Event
	// effects are those of the latest step.
	effects []Effect
	// checks counts the checks; every so many of them is a thorough one.
	checks, rarely int
}

// simHost is who the host is, whether it is inside, and since when it is away.
type simHost struct {
	user string
	here bool
	away time.Time
}

// simClock is since when the room is as it is.
type simClock struct {
	now, opened, active, alone, closes time.Time
	opening, entered                   bool
	lastRole                           Role
}

// episodes number the times for which a user was there to be seen, from 1 on.
type episodes struct {
	// current is each user's running episode, 0 for none; closed is the one that ended in the present step.
	current, closed [castSize]int
	// endings say how each episode ended.
	endings []ending
	// shows counts the devices that became visible.
	shows int
}

// ending is how an episode ended: by the end of a stay, or by its user turning audience.
type ending struct {
	over    bool
	session string
	reason  int32
}

// witness is one stay.
type witness struct {
	session, user, device string
	who                   int
	role                  Role
	rights                Rights
	// unasked says which streams arrive without a wish.
	unasked [Sub + 1]bool
	streams [Sub + 1]line
	// wishes are 1 for wanted and -1 for refused, by user and stream.
	wishes    [castSize][Sub + 1]int8
	pulse     pulse
	enteredAt time.Time
	// shown is the place in which others were told of it; 0 while nobody may see it.
	shown int
	said  speech
	media media
	ears  ears
}

// speech is what a witness said, and what its user did from all devices.
type speech struct {
	pace
	tally *tally
}

// line is one stream that a witness publishes.
type line struct {
	published, muted bool
	mid              string
}

// pulse is what was noticed of a witness's life.
type pulse struct {
	proof, closed              time.Time
	promised                   time.Duration
	code                       int
	noMedia, deaf, isRestarted bool
	shaky                      shakiness
}

// shakiness is what the others know of a user's life.
type shakiness uint8

const (
	steady shakiness = iota
	noPackets
	unheard
	// unsure is unstable for a cause that a list of members does not say.
	unsure
)

// media is what the effects made of a witness's transport.
type media struct {
	started [Sub + 1]bool
	hears   []feed
}

// feed is one stream that goes to a witness.
type feed struct {
	from   *witness
	stream Stream
}

// ears are what a witness was told: all of it in view, and what its client heard over its link.
type ears struct {
	admitted, dropped bool
	seq               uint64
	view              view
	client            client
}

func newStage(incarnation string, made setup, now time.Time) *stage {
	s := &stage{setup: made, records: map[string]exit.Record{}}
	s.room = New(incarnation, made.limits, made.policy, now)
	s.host.user = made.policy.Host
	s.clock = simClock{now: now, opened: now, active: now}
	s.seen.endings = []ending{{}}
	return s
}

// step lets one event happen, to the model and to the room, and checks everything.
func (s *stage) step(now time.Time, e Event) {
	if now.After(s.clock.now) {
		s.clock.now = now
	}
	s.event = e
	if s.over {
		s.stayOver(e)
		return
	}
	s.seen.closed = [castSize]int{}
	x := s.model(e)
	s.unplug(e)
	effects := s.room.Step(now, e)
	s.effects = effects
	for _, effect := range effects {
		if cut, ok := effect.(Cut); ok {
			s.clock.lastRole = x.leaver(cut.Record.Session).w.role
		}
	}
	s.settle(&x)
	if proof, ok := e.(Proof); ok {
		s.beat(proof.Session)
	}
	s.follow(effects, x)
	s.over = x.ended
	if x.newcomer != nil || len(x.leavers) > 0 {
		s.kept = nil // An entry and an exit are kept before anybody is told.
	}
	s.check()
	if s.over {
		s.afterEnd()
	}
}

// afterEnd tries to wake an incarnation that is over.
func (s *stage) afterEnd() {
	last := "never"
	for session := range s.records {
		last = max(last, session)
	}
	for _, e := range []Event{
		Tick{},
		Open{},
		SetPolicy{Policy: DefaultPolicy()},
		SetBlock{User: "ann", Block: Block{Audio: true}},
		Exit{Session: last},
		Remove{Users: cast[:]},
		Dismiss{},
		Proof{Session: last},
		Resume{Session: last},
		Renew{Session: last},
		Enter{Session: "late", User: "ann", Scene: s.scene, Role: Anchor, Resumes: last},
	} {
		s.stayOver(e)
	}
	_, kept := s.room.Member(last)
	must(!kept && !s.room.Inside("ann"), "I-9: somebody is inside after the end")
}

// stayOver: nothing wakes an incarnation that is over (I-9).
func (s *stage) stayOver(e Event) {
	effects := s.room.Step(s.clock.now, e)
	if enter, ok := e.(Enter); ok {
		must(len(effects) == 1, "I-9: an entry after the end had %v", effects)
		refuse, refused := effects[0].(Refuse)
		must(refused && refuse.Code == CodeRoomNotExist && refuse.Session == enter.Session,
			"I-9: an entry after the end had %v", effects)
		return
	}
	must(len(effects) == 0, "I-9: %T after the end had %v", e, effects)
	must(s.room.Deadline().IsZero(), "I-9: the room is over and waits")
}

// beat is a heartbeat of a client.
func (s *stage) beat(session string) {
	if w := s.find(session); w != nil {
		w.ears.client.beat()
	}
}

// find returns the witness of a session that is inside; nil for none.
func (s *stage) find(session string) *witness {
	for _, w := range s.inside {
		if w.session == session {
			return w
		}
	}
	return nil
}

func (s *stage) announces(w *witness) bool { return !s.scene.Live() || w.role == Anchor }

// devices counts the stays of a user.
func (s *stage) devices(who int) int {
	n := 0
	for _, w := range s.inside {
		if w.who == who {
			n++
		}
	}
	return n
}

// crowd counts the users who are inside.
func (s *stage) crowd() int {
	n := 0
	for who := range cast {
		if s.devices(who) > 0 {
			n++
		}
	}
	return n
}

// shaky is what the others must know of a visible user: it is unstable when all its visible devices are, and only for
// its packets when the script of one of them is well.
func (s *stage) shaky(who int) shakiness {
	least := unheard
	for _, w := range s.inside {
		if w.who == who && w.shown > 0 {
			least = min(least, w.pulse.shaky)
		}
	}
	return least
}

// goneIn is how long until the last visible device of a user is gone.
func (s *stage) goneIn(who int) time.Duration {
	var in time.Duration
	for _, w := range s.inside {
		if w.who == who && w.shown > 0 {
			in = max(in, s.goneAt(w).Sub(s.clock.now))
		}
	}
	return in
}
