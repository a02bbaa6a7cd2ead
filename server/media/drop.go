package media

import "slices"

// Drop ends the session's media at once, both ways: when it returns, not one more packet of it is sent or taken, its
// streams go to nobody, and no message of its data channels is handed out. Closing the transport goes on behind
// (F4, M2).
func (e *Engine) Drop(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[id]
	if s == nil {
		return
	}
	delete(e.sessions, id)
	for stream := range s.streams {
		e.unpublish(s, stream)
	}
	for _, slot := range s.slots {
		if slot.carries != nil {
			disconnect(slot.carries)
		}
	}
	e.silence(s)
	if s.pipe != nil {
		s.pipe.drop()
	}
}

// silence takes a session's keys and ways, so that nothing of it can be sent or taken; the caller holds mu.
func (e *Engine) silence(s *session) {
	s.dropped, s.opener, s.sealer = true, nil, nil
	if s.channels != nil {
		s.channels.close()
	}
	e.forget(s.ours)
	for _, way := range s.known {
		e.unlearn(way)
	}
	ofOther := func(l *layer) bool { return l.line.session != s }
	e.pending, e.needy = only(e.pending, ofOther), only(e.needy, ofOther)
}

// only keeps what is as wanted.
func only(all []*layer, wanted func(*layer) bool) []*layer {
	return slices.DeleteFunc(all, func(l *layer) bool { return !wanted(l) })
}
