package room

import "fmt"

// publish announces a stream, or changes whether it is muted. A muted stream keeps its connections.
func (r *Room) publish(m *member, e Publish) {
	if code, message := r.publishObjection(m, e); code != 0 {
		r.tell([]string{m.session}, 0, Problem{Code: code, Message: message})
		return
	}
	before, exists := m.streams[e.Stream]
	if exists && before.mid == e.Mid && before.muted == e.Muted {
		return
	}
	r.activeAt = r.now
	if exists && before.mid != e.Mid {
		// Another line is another stream: listeners bind it anew.
		r.unpublish(m, e.Stream)
		before, exists = publication{}, false
	}
	m.streams[e.Stream] = publication{mid: e.Mid, muted: e.Muted, live: before.live}
	muted := e.Muted || r.blocks[m.user].takes(e.Stream)
	starts := !exists && r.start(m, e.Stream)
	r.tell(r.roster.others(m.user), r.next(), StreamChanged{
		User: m.user, Stream: e.Stream, Published: true, Muted: muted,
	})
	if starts {
		r.connectListeners(m, e.Stream)
	}
}

// start lets a transport carry a stream, unless there is none or a block takes the stream; it says whether it did.
func (r *Room) start(m *member, s Stream) bool {
	p := m.streams[s]
	if m.life.deaf || r.blocks[m.user].takes(s) {
		return false
	}
	p.live = true
	m.streams[s] = p
	r.put(Start{Session: m.session, Stream: s, Mid: p.mid})
	return true
}

// air starts a stream that the others know of already.
func (r *Room) air(m *member, s Stream) {
	if r.start(m, s) {
		r.connectListeners(m, s)
	}
}

func (r *Room) connectListeners(m *member, s Stream) {
	for listener := range each(r.roster.entered) {
		r.connect(m, s, listener)
	}
}

// publishObjection returns the code and the sentence of a refusal, or 0.
func (r *Room) publishObjection(m *member, e Publish) (int32, string) {
	if e.Stream < Audio || e.Stream > Sub {
		return CodeInvalidParameter, fmt.Sprintf("stream %d does not exist; streams are 1 to 3", e.Stream)
	}
	if e.Mid == "" || len(e.Mid) > midMax {
		return CodeInvalidParameter, fmt.Sprintf("mid has %d bytes; it must have 1 to %d", len(e.Mid), midMax)
	}
	if !r.announces(m) {
		return CodeAudienceUpstream, "audience publishes nothing; switch to anchor first"
	}
	if m.rights&sendRight(e.Stream) == 0 {
		return CodeNoPush, fmt.Sprintf("privateMapKey does not allow to send stream %d", e.Stream)
	}
	if r.publisher(m.user, e.Stream, m) != nil {
		return CodeRefused, fmt.Sprintf("stream %d of this user comes from another device already", e.Stream)
	}
	for stream, other := range m.streams {
		if stream != e.Stream && other.mid == e.Mid {
			return CodeInvalidParameter, fmt.Sprintf("mid %q carries stream %d already", e.Mid, stream)
		}
	}
	if _, exists := m.streams[e.Stream]; exists {
		return 0, ""
	}
	publishers, subs := r.publishing()
	if e.Stream == Sub && r.limits.SubStreams > 0 && subs >= r.limits.SubStreams {
		return CodeAnotherSubVideo, fmt.Sprintf("%d screen is shared already; that is this room's limit", subs)
	}
	if len(m.streams) == 0 && publishers >= r.limits.Publishers {
		return CodeRoomFull, fmt.Sprintf("%d members publish already; that is this room's limit", publishers)
	}
	return 0, ""
}

// publishing counts the members that publish anything, and the screens.
func (r *Room) publishing() (publishers, subs int) {
	for m := range each(r.roster.announced) {
		if len(m.streams) > 0 {
			publishers++
		}
		if _, shares := m.streams[Sub]; shares {
			subs++
		}
	}
	return publishers, subs
}

// unpublish ends a stream of a member that stays. Media first, then the others.
func (r *Room) unpublish(m *member, s Stream) {
	p, exists := m.streams[s]
	if !exists {
		return
	}
	r.activeAt = r.now
	delete(m.streams, s)
	if p.live {
		r.put(Stop{Session: m.session, Stream: s})
	}
	r.tell(r.roster.others(m.user), r.next(), StreamChanged{User: m.user, Stream: s})
}

// published lists what the member publishes, in the order of the streams' numbers. What a block takes counts as muted.
func (m *member) published(b Block) []Published {
	var all []Published
	for s := Audio; s <= Sub; s++ {
		if p, ok := m.streams[s]; ok {
			all = append(all, Published{Stream: s, Muted: p.muted || b.takes(s)})
		}
	}
	return all
}

// publisher finds the visible device of a user that publishes a stream, other than one of them; nil for none.
func (r *Room) publisher(user string, s Stream, but *member) *member {
	for _, m := range r.roster.users[user] {
		if _, published := m.streams[s]; published && m != but && m.announced != nil {
			return m
		}
	}
	return nil
}
