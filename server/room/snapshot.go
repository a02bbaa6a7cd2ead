package room

import "time"

// Snapshot is a room at one moment, for whoever asks from outside.
type Snapshot struct {
	Incarnation string
	Scene       Scene
	OpenedAt    time.Time
	Seq         uint64
	Policy      Policy
	// Host is the user whose leaving may end the room; empty for nobody.
	Host string
	// Members stand in entry order.
	Members []Member
}

// Member is one stay in a [Snapshot].
type Member struct {
	User, Session string
	Role          Role
	EnteredAt     time.Time
	Streams       []Published
	Client        string
	Device        string
	Rights        Rights
	Block         Block
	// Unstable is the cause for which nothing is heard of the member; empty while it is stable.
	Unstable Cause
}

// Snapshot returns the room as it is, everybody included whom others may not see.
func (r *Room) Snapshot() Snapshot {
	s := Snapshot{
		Incarnation: r.incarnation, Scene: r.scene, OpenedAt: r.opened, Seq: r.seq, Policy: r.policy, Host: r.host.user,
	}
	for m := range each(r.roster.entered) {
		s.Members = append(s.Members, Member{
			User: m.user, Session: m.session, Role: m.role, EnteredAt: m.enteredAt,
			Streams: m.published(r.blocks[m.user]), Client: m.client, Device: m.device, Rights: m.rights,
			Block: r.blocks[m.user], Unstable: m.life.cause,
		})
	}
	return s
}

// Seen lists everybody whom a user may see, and what they have said.
func (r *Room) Seen(by string) []Seen { return r.seen(by) }

// Inside says whether a user is in the room, from whichever device.
func (r *Room) Inside(user string) bool { return len(r.roster.users[user]) > 0 }
