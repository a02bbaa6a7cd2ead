package room

// hears says whether a listener is to be sent a stream: an explicit wish decides, else what it asked for at entry.
// Screens never arrive unasked.
func (m *member) hears(user string, s Stream) bool {
	if wish, ok := m.wishes[user][s]; ok {
		return wish
	}
	switch s {
	case Audio:
		return m.unasked.audio
	case Big:
		return m.unasked.video
	default:
		return false
	}
}

// wish notes what a listener explicitly wants of a user.
func (m *member) wish(user string, s Stream, wanted bool) {
	if m.wishes[user] == nil {
		m.wishes[user] = map[Stream]bool{}
	}
	m.wishes[user][s] = wanted
}

// wants says whether a listener is to be sent a stream of a user other than itself.
func (m *member) wants(user string, s Stream) bool { return m.user != user && m.hears(user, s) }

// subscribe connects a stream now, or as soon as it is published. A user who is not to be seen is ignored: whoever
// enters later under that name is asked for anew (B11).
func (r *Room) subscribe(m *member, e Subscribe) {
	if !r.mayWish(m, e.User, e.Stream) || m.hears(e.User, e.Stream) {
		return
	}
	m.wish(e.User, e.Stream, true)
	if source := r.publisher(e.User, e.Stream, nil); source != nil {
		r.connect(source, e.Stream, m)
	}
}

// unsubscribe disconnects a stream, and keeps it so until it is asked for or its user leaves.
func (r *Room) unsubscribe(m *member, e Unsubscribe) {
	if !r.mayWish(m, e.User, e.Stream) || !m.hears(e.User, e.Stream) {
		return
	}
	source := r.publisher(e.User, e.Stream, nil)
	connected := source != nil && r.connected(source, e.Stream, m)
	m.wish(e.User, e.Stream, false)
	if connected {
		r.put(Disconnect{From: source.session, Stream: e.Stream, To: m.session})
	}
}

// mayWish says whether there is such a stream to wish for: one of a user other than m that others may see.
func (r *Room) mayWish(m *member, user string, s Stream) bool {
	return user != m.user && s >= Audio && s <= Sub && r.roster.visible(user)
}

// connected says whether a stream goes to a listener.
func (r *Room) connected(source *member, s Stream, listener *member) bool {
	return source.streams[s].live && !listener.life.deaf && listener.rights&receiveRight(s) != 0 &&
		listener.wants(source.user, s)
}

// connect sends a stream that is live to a listener that wants it and may have it.
func (r *Room) connect(source *member, s Stream, listener *member) {
	if r.connected(source, s, listener) {
		r.put(Connect{From: source.session, Stream: s, To: listener.session, User: source.user})
	}
}

// connectStreams sends a newcomer all that it wants of a source.
func (r *Room) connectStreams(source, listener *member) {
	for s := Audio; s <= Sub; s++ {
		r.connect(source, s, listener)
	}
}
