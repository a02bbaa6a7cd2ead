package media

import "github.com/exeunt/exeunt/server/room"

// news is what somebody outside is to be told.
type news struct {
	session string
	flows   bool
	// stream and layers are set for news of layers.
	stream room.Stream
	layers []string
}

// tell passes on which sessions fell silent or came back, and which layers are taken. One that was dropped or replaced
// is nobody's business.
func (e *Engine) tell() {
	e.telling.Lock()
	defer e.telling.Unlock()
	e.mu.Lock()
	all := e.gather()
	e.mu.Unlock()
	for _, n := range all {
		if n.stream != 0 {
			e.cfg.Wanted(n.session, n.stream, n.layers)
		} else {
			e.cfg.Changed(n.session, n.flows)
		}
	}
}

// gather takes what has not been told yet; the caller holds mu.
func (e *Engine) gather() []news {
	var all []news
	for _, s := range e.sessions {
		if s.flows != s.told {
			s.told = s.flows
			all = append(all, news{session: s.id, flows: s.flows})
		}
	}
	for _, l := range e.restated {
		for stream, line := range l.session.streams {
			if line == l && !l.session.dropped {
				all = append(all, news{session: l.session.id, stream: stream, layers: l.rids()})
			}
		}
	}
	e.restated = nil
	return all
}
