package room

import "time"

// Snapshot is a room at one moment, for whoever asks from outside.
type Snapshot struct {
	Incarnation string
	Scene       Scene
	OpenedAt    time.Time
	Seq         uint64
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
}

// Snapshot returns the room as it is, everybody included whom others may not see.
func (r *Room) Snapshot() Snapshot {
	s := Snapshot{Incarnation: r.incarnation, Scene: r.scene, OpenedAt: r.opened, Seq: r.seq}
	for m := range each(r.roster.entered) {
		s.Members = append(s.Members, Member{
			User: m.user, Session: m.session, Role: m.role, EnteredAt: m.enteredAt,
			Streams: m.published(), Client: m.client,
		})
	}
	return s
}
