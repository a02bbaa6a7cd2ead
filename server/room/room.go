// Package room is the heart: who is in a room, and who hears whom.
//
// It is pure. [Room.Step] takes the time and one [Event] and returns [Effect]s, as data, for the hall to carry out in
// order. There is no goroutine, clock, socket, media or bus in here, and there never may be. A member leaves through
// one function only, in exit.go.
package room

import (
	"fmt"
	"time"
)

// Scene is TRTCAppScene.
type Scene uint8

// The scenes. In call scenes everybody is announced to everybody; in live scenes only anchors are.
const (
	VideoCall     Scene = 0
	Live          Scene = 1
	AudioCall     Scene = 2
	VoiceChatRoom Scene = 3
)

// Live says whether the scene knows an audience.
func (s Scene) Live() bool { return s == Live || s == VoiceChatRoom }

// Role is TRTCRoleType.
type Role uint8

// The roles; they only matter in live scenes.
const (
	Anchor   Role = 20
	Audience Role = 21
)

// Stream is one thing that a member may publish. The numbers are those of the wire.
type Stream uint8

const (
	// Audio is the microphone.
	Audio Stream = 1
	// Big is the camera (TRTCVideoStreamTypeBig).
	Big Stream = 2
	// Sub is the screen (TRTCVideoStreamTypeSub).
	Sub Stream = 3
)

// Room is one incarnation of a room. It is not safe for use by several goroutines: one owner steps it.
type Room struct {
	incarnation string
	limits      Limits
	policy      Policy
	opened      time.Time
	// scene is the first entrant's; before the first entry (seq 0) it means nothing.
	scene Scene
	// now is the latest time seen; it never runs backwards.
	now time.Time
	// seq is the place of the latest happening in the room's one total order.
	seq    uint64
	roster roster
	host   host
	// blocks are what a back end has taken from users, inside or not.
	blocks map[string]Block
	// unended are the stays that ended in the process before this one, of which it could not write so any more.
	unended []leaving
	// lastRole is the role of whoever left last; it decides how long an empty live room stays.
	lastRole Role
	clocks
	// over is the absorbing state: after it the room accepts nothing.
	over    bool
	effects []Effect
}

// New makes an empty incarnation. Its id must differ from every other incarnation's, of the same key too.
func New(incarnation string, limits Limits, policy Policy, now time.Time) *Room {
	return &Room{
		incarnation: incarnation, limits: limits, policy: policy, opened: now, now: now, roster: newRoster(),
		host: host{user: policy.Host}, blocks: map[string]Block{}, clocks: clocks{activeAt: now},
	}
}

// Step lets one event happen at now and returns what the hall must do, in order. Events of sessions that are not in the
// room do nothing. Step panics when the room's own invariants are broken; the hall then ends this room.
func (r *Room) Step(now time.Time, e Event) []Effect {
	if now.After(r.now) {
		r.now = now
	}
	r.effects = nil
	if r.over {
		r.turnAway(e)
		return r.effects
	}
	r.exit(r.unended...)
	r.unended = nil
	if own, ok := e.(own); ok {
		r.hear(own)
	} else {
		r.decide(e)
	}
	r.settle()
	return r.effects
}

// hear carries out what a member says or what its connection shows. A session that is not inside any more says nothing.
func (r *Room) hear(e own) {
	m := r.roster.sessions[e.speaker()]
	if m == nil {
		return
	}
	switch e := e.(type) {
	case Lost:
		r.lose(m, e.Code)
	case MediaInterruption:
		r.interruptMedia(m)
	case MediaRecovery:
		r.resumeMedia(m)
	case Deafen:
		r.deafen(m)
	case Resume:
		r.resume(m)
	case Proof:
		r.prove(m, e.Promised)
	default:
		r.prove(m, m.life.promised)
		r.speak(m, e)
	}
}

// speak carries out what a member asks for; every word of it proved that it lives.
func (r *Room) speak(m *member, e own) {
	switch e := e.(type) {
	case Publish:
		r.publish(m, e)
	case Unpublish:
		r.unpublish(m, e.Stream)
	case Subscribe:
		r.subscribe(m, e)
	case Unsubscribe:
		r.unsubscribe(m, e)
	case SwitchRole:
		r.switchRole(m, e.Role)
	case Grant:
		r.grant(m, e.Rights)
	case Say:
		r.say(m, e)
	case Renew:
		r.renew(m)
	default:
		panic(fmt.Sprintf("room: unknown event %T", e))
	}
}

// decide carries out what comes from outside the members.
func (r *Room) decide(e Event) {
	switch e := e.(type) {
	case Enter:
		r.enter(e)
	case Exit:
		r.leave(e)
	case Remove:
		r.remove(e)
	case Dismiss:
		r.dismiss(e)
	case SetBlock:
		r.setBlock(e.User, e.Block)
	case SetPolicy:
		r.setPolicy(e.Policy)
	case Open:
		r.open()
	case Tick:
		r.expire()
		r.applyRules()
	default:
		panic(fmt.Sprintf("room: unknown event %T", e))
	}
}

// next takes the next place in the room's total order.
func (r *Room) next() uint64 {
	r.seq++
	return r.seq
}

func (r *Room) put(e Effect) { r.effects = append(r.effects, e) }

// tell puts out one notice for the sessions; nobody to tell is no effect.
func (r *Room) tell(to []string, seq uint64, n Notice) {
	if len(to) > 0 {
		r.put(Tell{To: to, Seq: seq, Notice: n})
	}
}

// announces says whether the others are told of m: in call scenes of everybody, in live scenes of anchors only (TRTC,
// onRemoteUserEnterRoom).
func (r *Room) announces(m *member) bool { return !r.scene.Live() || m.role == Anchor }

// Policy returns the room's rules.
func (r *Room) Policy() Policy { return r.policy }
