package room

// sendRight and receiveRight are the bits that a stream needs.
func sendRight(s Stream) Rights {
	return [...]Rights{Audio: MaySendAudio, Big: MaySendVideo, Sub: MaySendSub}[s]
}

func receiveRight(s Stream) Rights {
	return [...]Rights{Audio: MayReceiveAudio, Big: MayReceiveVideo, Sub: MayReceiveSub}[s]
}

// takes says whether the block takes a stream.
func (b Block) takes(s Stream) bool {
	if s == Audio {
		return b.Audio
	}
	return b.Video
}

// grant replaces the rights of m, at once (F12): what it may not send any more ends for everybody, and what it may not
// receive any more ends for it.
func (r *Room) grant(m *member, rights Rights) {
	if rights == m.rights {
		return
	}
	lost, gained := m.rights&^rights, rights&^m.rights
	m.rights = rights
	for s := Audio; s <= Sub; s++ {
		if lost&sendRight(s) != 0 {
			r.unpublish(m, s)
		}
	}
	for source := range each(r.roster.announced) {
		if source.user == m.user {
			continue
		}
		for s := Audio; s <= Sub; s++ {
			r.regrant(source, s, m, lost, gained)
		}
	}
	r.tellRights(m)
}

// regrant ends or begins one stream for a listener whose rights changed.
func (r *Room) regrant(source *member, s Stream, listener *member, lost, gained Rights) {
	if !source.streams[s].live || listener.life.deaf || !listener.wants(source.user, s) {
		return
	}
	if lost&receiveRight(s) != 0 {
		r.put(Disconnect{From: source.session, Stream: s, To: listener.session})
	} else if gained&receiveRight(s) != 0 {
		r.put(Connect{From: source.session, Stream: s, To: listener.session, User: source.user})
	}
}

// setBlock takes streams from a user or gives them back: the server forwards none that is taken. It belongs to the
// user, so it holds for whoever comes back too (F11, I-14).
func (r *Room) setBlock(user string, b Block) {
	before := r.blocks[user]
	if before == b {
		return
	}
	if b == (Block{}) {
		delete(r.blocks, user)
	} else {
		r.blocks[user] = b
	}
	for _, m := range r.roster.users[user] {
		for s := Audio; s <= Sub; s++ {
			if p, published := m.streams[s]; published && before.takes(s) != b.takes(s) {
				r.hold(m, s, p)
			}
		}
		r.tellRights(m)
	}
}

// hold stops or restarts what a block took or gave back. For the others the stream is muted meanwhile.
func (r *Room) hold(m *member, s Stream, p publication) {
	taken := r.blocks[m.user].takes(s)
	if taken && p.live {
		p.live = false
		m.streams[s] = p
		r.put(Stop{Session: m.session, Stream: s})
	}
	if !p.muted {
		r.tell(r.roster.others(m.user), r.next(), StreamChanged{User: m.user, Stream: s, Published: true, Muted: taken})
	}
	if !taken {
		r.air(m, s)
	}
}

// tellRights tells a member what it may do now. It is no happening of the room, so nobody is told again who missed it:
// whoever enters or comes back hears of a block anew.
func (r *Room) tellRights(m *member) {
	r.tell([]string{m.session}, 0, RightsChanged{Rights: m.rights, Block: r.blocks[m.user]})
}

// tellBlock tells a member that has just come of the block that waited for it.
func (r *Room) tellBlock(m *member) {
	if r.blocks[m.user] != (Block{}) {
		r.tellRights(m)
	}
}
