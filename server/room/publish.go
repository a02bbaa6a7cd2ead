package room

import "fmt"

// publish announces a stream, or changes whether it is muted. A muted stream keeps its connections.
func (r *Room) publish(m *member, e Publish) {
	if code, message := r.publishObjection(m, e); code != 0 {
		r.tell([]string{m.session}, 0, Problem{Code: code, Message: message})
		return
	}
	before, exists := m.streams[e.Stream]
	after := publication{mid: e.Mid, muted: e.Muted}
	if exists && before == after {
		return
	}
	if exists && before.mid != after.mid {
		// Another line is another stream: listeners bind it anew.
		r.unpublish(m, e.Stream)
		exists = false
	}
	m.streams[e.Stream] = after
	if !exists {
		r.put(Start{Session: m.session, Stream: e.Stream, Mid: e.Mid})
	}
	r.tell(r.roster.others(m), r.next(), StreamChanged{
		User: m.user, Stream: e.Stream, Published: true, Muted: e.Muted,
	})
	if exists {
		return
	}
	for listener := range each(r.roster.entered) {
		r.connect(m, e.Stream, listener)
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
	if _, exists := m.streams[s]; !exists {
		return
	}
	delete(m.streams, s)
	r.put(Stop{Session: m.session, Stream: s})
	r.tell(r.roster.others(m), r.next(), StreamChanged{User: m.user, Stream: s})
}

// published lists what the member publishes, in the order of the streams' numbers.
func (m *member) published() []Published {
	var all []Published
	for s := Audio; s <= Sub; s++ {
		if p, ok := m.streams[s]; ok {
			all = append(all, Published{Stream: s, Muted: p.muted})
		}
	}
	return all
}
