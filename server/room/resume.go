package room

import "time"

// resume gives a session that lost its connection the room as it is now. It is the same stay: nobody is told of an
// exit, and those who were told that it is unstable hear that it is back (B2).
func (r *Room) resume(m *member) {
	m.life.closed, m.life.code, m.life.cause = time.Time{}, 0, SocketClosed
	r.prove(m, 0)
	r.put(Readmit{
		Session: m.session, Seq: r.seq, Members: r.seen(m.user), Role: m.role, Rights: m.rights, Host: r.host.user,
	})
	r.tellBlock(m)
}

// deafen notes that the transport of m is gone: what it published is not there, and nothing can be sent to it.
func (r *Room) deafen(m *member) {
	m.life.deaf = true
	for s := Audio; s <= Sub; s++ {
		if p, published := m.streams[s]; published {
			p.live = false
			m.streams[s] = p
		}
	}
}

// renew connects a member whose transport is new with everybody again.
func (r *Room) renew(m *member) {
	m.life.deaf = false
	for s := Audio; s <= Sub; s++ {
		if _, published := m.streams[s]; published {
			r.air(m, s)
		}
	}
	for source := range each(r.roster.announced) {
		r.connectStreams(source, m)
	}
	r.resumeMedia(m)
}
