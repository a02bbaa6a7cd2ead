package room

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Rights are the bits of a PrivateMapKey (TRTC, advanced permission control).
type Rights uint32

// The rights. Without permission control a member has [AllRights].
const (
	MayCreate       Rights = 1
	MayEnter        Rights = 2
	MaySendAudio    Rights = 4
	MayReceiveAudio Rights = 8
	MaySendVideo    Rights = 16
	MayReceiveVideo Rights = 32
	MaySendSub      Rights = 64
	MayReceiveSub   Rights = 128
	AllRights       Rights = 255
)

// Block is what a back end has taken from a user, whatever the rights say (TRTC, SetUserBlocked). It belongs to the
// user in this incarnation, so it outlives each stay (I-14).
type Block struct{ Audio, Video bool }

// State is what a room keeps of itself beyond the life of its process, but for its members.
type State struct {
	Incarnation string
	Scene       Scene
	OpenedAt    time.Time
	// Seq is the place of the latest happening that was kept. What was told after it may be higher.
	Seq    uint64
	Policy Policy
	// Host is who is host now; it may have been handed over.
	Host string `json:",omitempty"`
	// HostAway says that the host was inside and left.
	HostAway bool             `json:",omitempty"`
	Blocks   map[string]Block `json:",omitempty"`
	LastRole Role             `json:",omitempty"`
}

// MemberState is what a room keeps of a stay beyond the life of its process.
type MemberState struct {
	Session, User, Client, Device string
	Role                          Role
	Rights                        Rights
	EnteredAt                     time.Time
	ReceiveAudio, ReceiveVideo    bool
	// Replaced are the sessions that ended for this stay to begin, and Resumes the one among them that it continued.
	Replaced []string      `json:",omitempty"`
	Resumes  string        `json:",omitempty"`
	Streams  []StreamState `json:",omitempty"`
	Wishes   []Wish        `json:",omitempty"`
}

// StreamState is one stream in a [MemberState].
type StreamState struct {
	Stream Stream
	Mid    string
	Muted  bool
}

// Wish is an explicit Subscribe or Unsubscribe in a [MemberState].
type Wish struct {
	User   string
	Stream Stream
	Wanted bool
}

// restoreGap is how far the order of a restored room jumps ahead. What the room told after its state was kept has a
// lower place, so nobody who was told it takes it for news, and everybody who comes back is given the whole room.
const restoreGap = 1 << 20

// State returns what the room must keep of itself.
func (r *Room) State() State {
	return State{
		Incarnation: r.incarnation, Scene: r.scene, OpenedAt: r.opened, Seq: r.seq, Policy: r.policy, Host: r.host.user,
		HostAway: !r.host.away.IsZero(), Blocks: maps.Clone(r.blocks), LastRole: r.lastRole,
	}
}

// Member returns what the room must keep of one stay; false when the session is not inside.
func (r *Room) Member(session string) (MemberState, bool) {
	m := r.roster.sessions[session]
	if m == nil {
		return MemberState{}, false
	}
	s := MemberState{
		Session: m.session, User: m.user, Client: m.client, Device: m.device, Role: m.role, Rights: m.rights,
		EnteredAt: m.enteredAt, ReceiveAudio: m.unasked.audio, ReceiveVideo: m.unasked.video,
		Replaced: m.before.replaced, Resumes: m.before.resumes,
	}
	for stream := Audio; stream <= Sub; stream++ {
		if p, ok := m.streams[stream]; ok {
			s.Streams = append(s.Streams, StreamState{Stream: stream, Mid: p.mid, Muted: p.muted})
		}
	}
	for user, wishes := range m.wishes {
		for stream, wanted := range wishes {
			s.Wishes = append(s.Wishes, Wish{User: user, Stream: stream, Wanted: wanted})
		}
	}
	return s, true
}

// Restore makes a room again from what was kept of it. Everybody is inside, without a connection and a transport, and
// has the room's patience, from now on, to come back. The room's own clocks begin anew too. Where the process died
// between an entry and the end of the stay that it replaced, that stay ends in the first step (I-1, I-2).
func Restore(state State, members []MemberState, limits Limits, now time.Time) *Room {
	r := New(state.Incarnation, limits, state.Policy, now)
	r.opened, r.scene, r.seq = state.OpenedAt, state.Scene, state.Seq+restoreGap
	r.lastRole, r.host.user = state.LastRole, state.Host
	if state.HostAway {
		r.host.away = now
	}
	maps.Copy(r.blocks, state.Blocks)
	members = slices.SortedFunc(slices.Values(members), func(a, b MemberState) int {
		return cmp.Or(a.EnteredAt.Compare(b.EnteredAt), cmp.Compare(a.Session, b.Session))
	})
	for _, kept := range members {
		m := kept.member()
		m.life = life{proof: now, closed: now, cause: Restarted, deaf: true}
		r.roster.add(m)
		r.look(m)
		if r.announces(m) {
			r.roster.show(m)
			r.roster.shaky[m.user] = Restarted
		}
	}
	r.unended = r.succeeded()
	r.wait(state)
	return r
}

// succeeded are the stays that are inside though they have ended for another one to begin: the store keeps entries and
// ends apart, and the process may die between them.
func (r *Room) succeeded() []leaving {
	var all []leaving
	for m := range each(r.roster.entered) {
		for _, session := range m.before.replaced {
			if old := r.roster.sessions[session]; old != nil {
				all = append(all, stayOver(old, comesAgain(old, m.before.resumes)))
			}
		}
	}
	return all
}

// wait begins the clocks of a restored room. One that nobody ever entered has no scene yet and waits for its first
// entrant; one that is empty waits as it did.
func (r *Room) wait(state State) {
	switch {
	case state.Seq == 0:
		r.seq = 0
		r.open()
	case len(r.roster.sessions) == 0:
		r.closesAt = r.now.Add(r.linger())
	default:
		r.settle()
	}
}

// member makes a member of what was kept of one.
func (s MemberState) member() *member {
	m := &member{
		session: s.Session, user: s.User, client: s.Client, device: s.Device, role: s.Role, rights: s.Rights,
		enteredAt: s.EnteredAt, unasked: unasked{audio: s.ReceiveAudio, video: s.ReceiveVideo},
		before:  succession{replaced: s.Replaced, resumes: s.Resumes},
		streams: map[Stream]publication{}, wishes: map[string]map[Stream]bool{},
	}
	for _, p := range s.Streams {
		m.streams[p.Stream] = publication{mid: p.Mid, muted: p.Muted}
	}
	for _, w := range s.Wishes {
		m.wish(w.User, w.Stream, w.Wanted)
	}
	return m
}
