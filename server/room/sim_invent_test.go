package room

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// inventor makes up what happens, from what there is to happen to.
type inventor struct {
	*rand.Rand
	world *world
	at    time.Duration
	names int
	stale []string
}

func newInventor(w *world, seed uint64) *inventor {
	return &inventor{Rand: rand.New(rand.NewPCG(seed, 0)), world: w}
}

// one says yes once in n times.
func (in *inventor) one(n int) bool { return in.IntN(n) == 0 }

// between is a duration, in steps of a tenth of a second.
func (in *inventor) between(low, high time.Duration) time.Duration {
	return low + time.Duration(in.IntN(int((high-low)/(100*time.Millisecond))+1))*100*time.Millisecond
}

// invent makes up the next action. Mostly the hall keeps the rooms' deadlines to the moment; at times it is late or
// early, and at times the clock jumps.
func (in *inventor) invent() action {
	in.at += time.Duration(in.IntN(250)) * time.Millisecond
	if in.one(400) {
		in.at += in.between(time.Minute, 15*time.Minute)
	}
	room := in.IntN(stagesMax)
	s := in.world.stages[room]
	if s == nil || s.over {
		made := in.setup()
		return action{at: in.at, room: room, do: in.first(made.scene), setup: &made}
	}
	if deadline := s.room.Deadline(); !deadline.IsZero() && !in.one(8) {
		due := deadline.Sub(storyTime)
		switch {
		case due <= in.at:
			return action{at: in.at, room: room, do: Tick{}}
		case in.one(10) && due < in.at+30*time.Second:
			in.at = due - time.Duration(in.IntN(2))*time.Millisecond
			return action{at: in.at, room: room, do: Tick{}}
		}
	}
	at := in.at
	if in.one(100) {
		at -= 3 * time.Second // Somebody set the clock back.
	}
	return action{at: max(0, at), room: room, do: in.event(s)}
}

// first is what happens to a room that is new.
func (in *inventor) first(scene Scene) any {
	switch in.IntN(8) {
	case 0, 1:
		return Open{}
	case 2:
		return Tick{}
	default:
		return in.enter(scene, nil)
	}
}

func (in *inventor) setup() setup {
	made := setup{limits: DefaultLimits(), policy: in.policy(), scene: Scene(in.IntN(4))}
	made.limits.CallMembers, made.limits.LiveMembers = 4+in.IntN(3), 4+in.IntN(3)
	made.limits.Publishers = 2 + in.IntN(2)
	made.limits.SubStreams = 1 + in.IntN(2)
	return made
}

func (in *inventor) policy() Policy {
	p := DefaultPolicy()
	switch in.IntN(4) {
	case 0:
		p = TRTCPolicy()
	case 1, 2:
		p.Presence.UnstableAfter = in.between(time.Second, 3*time.Second)
		p.Presence.GoneAfter = p.Presence.UnstableAfter + in.between(time.Second, 9*time.Second)
		p.Presence.ClosedAfter = in.between(0, p.Presence.GoneAfter)
	}
	p.SameUser = SameUser(in.IntN(3))
	p.Devices = 1 + in.IntN(3)
	p.HostGone = HostGone(in.IntN(3))
	if in.one(2) {
		p.Host = in.user()
	}
	for _, timer := range []*time.Duration{
		&p.Timers.NeverEntered, &p.Timers.Empty, &p.Timers.Alone, &p.Timers.Idle, &p.Timers.MaxAge, &p.Timers.MaxStay,
		&p.Timers.HostAway,
	} {
		if in.one(4) {
			*timer = in.between(time.Second, 40*time.Second)
		}
	}
	return p
}

func (in *inventor) user() string { return cast[in.IntN(castSize)] }

// session picks a stay: mostly one that is inside, at times one that ended or never was.
func (in *inventor) session(s *stage) string {
	switch {
	case len(s.inside) > 0 && !in.one(12):
		return s.inside[in.IntN(len(s.inside))].session
	case len(in.stale) > 0 && !in.one(8):
		return in.stale[in.IntN(len(in.stale))]
	default:
		return "never"
	}
}

// speaker picks a stay that can say something: one whose link is whole.
func (in *inventor) speaker(s *stage) string {
	if in.one(16) {
		return in.session(s)
	}
	for range 4 {
		if w := s.find(in.session(s)); w != nil && !w.ears.client.isCut && w.pulse.closed.IsZero() {
			return w.session
		}
	}
	return in.session(s)
}

// unheard picks the stay that was silent for the longest time among those whose link is whole.
func (in *inventor) unheard(s *stage) string {
	session := in.session(s)
	var since time.Time
	for _, w := range s.inside {
		whole := !w.ears.client.isCut && w.pulse.closed.IsZero()
		if whole && (since.IsZero() || w.pulse.proof.Before(since)) {
			session, since = w.session, w.pulse.proof
		}
	}
	return session
}

// lost picks a stay whose link is cut.
func (in *inventor) lost(s *stage) string {
	for range 4 {
		if w := s.find(in.session(s)); w != nil && w.ears.client.isCut {
			return w.session
		}
	}
	return in.session(s)
}

func (in *inventor) why(reasons ...exit.Reason) exit.Why {
	return exit.Why{Reason: reasons[in.IntN(len(reasons))], Actor: "api"}
}

// event makes up what happens to a room. What happens to links and to the server is rarer than what members do.
func (in *inventor) event(s *stage) any {
	switch n := in.IntN(100); {
	case n < 10:
		return in.enter(s.scene, s)
	case n < 22:
		return in.link(s)
	case n < 30:
		return in.end(s)
	case n < 32:
		return in.rules(s)
	case n < 52:
		e := Proof{Session: in.unheard(s)}
		if in.one(6) {
			e.Promised = in.between(-time.Second, 4*time.Second)
		}
		return e
	case n < 56:
		return Tick{}
	default:
		return in.wish(s)
	}
}

// mid is a line of few, so that two streams want the same at times.
func (in *inventor) mid() string {
	if in.one(60) {
		return strings.Repeat("m", 17)
	}
	return fmt.Sprint(in.IntN(4))
}

func (in *inventor) enter(scene Scene, s *stage) any {
	in.names++
	e := Enter{
		Session: fmt.Sprint("s", in.names), User: in.user(), Scene: scene, Role: Role(20 + in.IntN(2)), Rights: AllRights,
		ReceiveAudio: !in.one(3), ReceiveVideo: !in.one(3),
	}
	in.stale = append(in.stale, e.Session)
	in.stale = in.stale[max(0, len(in.stale)-24):]
	if s != nil && len(s.inside) > 0 && in.one(3) {
		e.User = s.inside[in.IntN(len(s.inside))].user
	}
	if in.one(2) {
		e.Device = [...]string{"phone", "tablet", "car"}[in.IntN(3)]
	}
	if in.one(5) {
		e.Rights = Rights(in.IntN(256))
	}
	switch in.IntN(12) {
	case 0:
		e.Scene = Scene(in.IntN(6))
	case 1:
		e.Role = 22
	case 2, 3:
		if s != nil {
			e.Resumes = in.session(s)
		}
	}
	return e
}

// link makes up what happens to connections and transports.
func (in *inventor) link(s *stage) any {
	switch in.IntN(15) {
	case 0, 1, 2:
		return cut{session: in.session(s), lost: in.IntN(4)}
	case 3, 4:
		return Lost{Session: in.lost(s), Code: [...]int{0, 1000, 1001, 1005, 1006, 1011}[in.IntN(6)]}
	case 5, 6, 7, 8:
		return Resume{Session: in.lost(s)}
	case 9:
		return MediaInterruption{Session: in.session(s)}
	case 10:
		return MediaRecovery{Session: in.session(s)}
	case 11:
		return Deafen{Session: in.session(s)}
	case 12, 13:
		return Renew{Session: in.speaker(s)}
	default:
		if in.one(3) {
			return restart{lost: in.IntN(4)}
		}
		return keep{}
	}
}

// end makes up why somebody leaves.
func (in *inventor) end(s *stage) any {
	switch in.IntN(16) {
	case 0, 1:
		return Remove{Users: []string{in.user(), "nobody"}, Why: in.why(exit.Removed, exit.Banned)}
	case 2:
		user := in.user()
		return Remove{Users: []string{user, in.user(), user}, Why: in.why(exit.Removed, exit.Banned)}
	case 3:
		return Exit{Session: in.session(s), Users: []string{in.user(), in.user()}, Why: in.why(exit.Removed)}
	case 4:
		if in.one(3) {
			return Dismiss{Why: in.why(exit.Dismissed, exit.Drained, exit.NodeLost)}
		}
		return Open{}
	default:
		if in.one(2) {
			return Exit{Session: in.session(s), Why: in.why(exit.Left, exit.TooSlow, exit.ProtocolError)}
		}
		return Proof{Session: in.unheard(s)}
	}
}

// rules makes up what a back end changes.
func (in *inventor) rules(s *stage) any {
	if in.one(2) {
		p := in.policy()
		switch in.IntN(4) { // Mostly only a little changes.
		case 0:
			p.Presence, p.SameUser = s.policy.Presence, s.policy.SameUser
		case 1:
			same, devices := p.SameUser, p.Devices
			p = s.policy
			p.SameUser, p.Devices = same, devices
		}
		return SetPolicy{Policy: p}
	}
	return SetBlock{User: in.user(), Block: Block{Audio: in.one(2), Video: in.one(2)}}
}

// wish makes up what a member asks for.
func (in *inventor) wish(s *stage) any {
	who := in.speaker(s)
	stream := Stream(1 + in.IntN(3))
	if in.one(20) {
		stream = 9
	}
	switch in.IntN(28) {
	case 0, 1:
		return SwitchRole{Session: who, Role: Role(20 + in.IntN(2))}
	case 2:
		return SwitchRole{Session: who, Role: Role(20 + in.IntN(3))}
	case 3, 4, 5, 6, 7, 8, 9, 10, 11:
		return Publish{Session: who, Stream: stream, Mid: in.mid(), Muted: in.one(2)}
	case 12, 13:
		return Unpublish{Session: who, Stream: stream}
	case 14, 15, 16, 17, 18, 19:
		return Subscribe{Session: who, User: in.user(), Stream: stream}
	case 20, 21, 22, 23:
		return Unsubscribe{Session: who, User: in.user(), Stream: stream}
	case 24:
		reliable := in.one(2)
		return Say{
			Session: who, CmdID: uint32(in.IntN(12)), Data: make([]byte, in.IntN(1100)),
			Reliable: reliable, Ordered: reliable != in.one(9), Number: uint32(in.IntN(6)),
		}
	case 25, 26:
		first, second := in.IntN(256), in.IntN(256) // Together, so that most rights are there.
		return Grant{Session: who, Rights: Rights(first | second)}
	default:
		return SetBlock{User: in.user(), Block: Block{Audio: in.one(2), Video: in.one(3)}}
	}
}
