package room

// hears says whether a listener is to be sent a stream: an explicit wish decides, else what it asked for at entry.
// Screens never arrive unasked.
func (m *member) hears(user string, s Stream) bool {
	if wish, ok := m.wishes[user][s]; ok {
		return wish
	}
	switch s {
	case Audio:
		return m.receiveAudio
	case Big:
		return m.receiveVideo
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

// subscribe connects a stream now, or as soon as it is published. A user who is not to be seen is ignored: whoever
// enters later under that name is asked for anew (B11).
func (r *Room) subscribe(m *member, e Subscribe) {
	source := r.source(m, e.User, e.Stream)
	if source == nil || m.hears(e.User, e.Stream) {
		return
	}
	m.wish(e.User, e.Stream, true)
	r.connect(source, e.Stream, m)
}

// unsubscribe disconnects a stream, and keeps it so until it is asked for or its user leaves.
func (r *Room) unsubscribe(m *member, e Unsubscribe) {
	source := r.source(m, e.User, e.Stream)
	if source == nil || !m.hears(e.User, e.Stream) {
		return
	}
	m.wish(e.User, e.Stream, false)
	if _, published := source.streams[e.Stream]; published {
		r.put(Disconnect{From: source.session, Stream: e.Stream, To: m.session})
	}
}

// source finds a member other than m that others may see; nil for nobody, or for a stream that cannot exist.
func (r *Room) source(m *member, user string, s Stream) *member {
	source := r.roster.users[user]
	if source == nil || source == m || source.announced == nil || s < Audio || s > Sub {
		return nil
	}
	return source
}

// connect sends a published stream to a listener that wants it.
func (r *Room) connect(source *member, s Stream, listener *member) {
	if _, published := source.streams[s]; !published || listener == source || !listener.hears(source.user, s) {
		return
	}
	r.put(Connect{From: source.session, Stream: s, To: listener.session, User: source.user})
}

// connectStreams sends a newcomer all that it wants of a source.
func (r *Room) connectStreams(source, listener *member) {
	for s := Audio; s <= Sub; s++ {
		r.connect(source, s, listener)
	}
}

// forgetWishes drops what everybody wished of a user who is not to be seen any more.
func (r *Room) forgetWishes(user string) {
	for m := range each(r.roster.entered) {
		delete(m.wishes, user)
	}
}
