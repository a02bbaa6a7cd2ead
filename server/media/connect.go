package media

import (
	"fmt"
	"slices"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/sdp"
)

// kindOf is the kind of line that a stream needs.
func kindOf(stream room.Stream) sdp.Kind {
	if stream == room.Audio {
		return sdp.Audio
	}
	return sdp.Video
}

// Publish says that the send line mid of the session carries stream. Packets may have come before; they went nowhere.
func (e *Engine) Publish(id string, stream room.Stream, mid string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[id]
	if s == nil {
		return ErrNoSession
	}
	l := s.lines[mid]
	if l == nil {
		return fmt.Errorf("the offer has no send line with mid %.20q", mid)
	}
	if l.kind != kindOf(stream) {
		return fmt.Errorf("the line with mid %s is %v; the stream needs %v", mid, l.kind, kindOf(stream))
	}
	if s.streams[stream] == l {
		return nil
	}
	if l.published || s.streams[stream] != nil {
		return fmt.Errorf("stream %d or the line with mid %s is in use; unpublish first", stream, mid)
	}
	l.published = true
	s.streams[stream] = l
	return nil
}

// Unpublish ends the stream and every forward of it. When it returns, not one more packet of it is sent to anybody.
func (e *Engine) Unpublish(id string, stream room.Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.sessions[id]; s != nil {
		e.unpublish(s, stream)
	}
}

func (e *Engine) unpublish(s *session, stream room.Stream) {
	l := s.streams[stream]
	if l == nil {
		return
	}
	delete(s.streams, stream)
	l.published = false
	for len(l.forwards) > 0 {
		disconnect(l.forwards[0])
	}
}

// Forward starts sending from's stream to a free slot of to and names the slot's mid. A stream that goes to the
// listener already keeps its slot. Errors: [ErrNoSlot], [ErrNoCodec], [ErrNoSession].
func (e *Engine) Forward(from string, stream room.Stream, to string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	source, target := e.sessions[from], e.sessions[to]
	if source == nil || target == nil {
		return "", ErrNoSession
	}
	l := source.streams[stream]
	if l == nil {
		return "", fmt.Errorf("session %s does not publish stream %d", from, stream)
	}
	if s := target.carrying(l); s != nil {
		return s.mid, nil
	}
	s := target.freeSlot(l.kind)
	if s == nil {
		return "", ErrNoSlot
	}
	table, common := translation(l.codecs, s.codecs)
	if !common || (l.seen != 0 && table[l.seen&127] == 0) {
		return "", ErrNoCodec
	}
	f := &forward{line: l, slot: s, payloads: table, at: l.layers[0]}
	s.carries = f
	s.clock = l.clock(l.seen)
	l.forwards = append(l.forwards, f)
	e.ask(f.at)
	return s.mid, nil
}

// Unforward frees the slot and returns its mid; empty when there was none. When it returns, not one more packet of the
// stream is sent to the listener.
func (e *Engine) Unforward(from string, stream room.Stream, to string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	source, target := e.sessions[from], e.sessions[to]
	if source == nil || target == nil || source.streams[stream] == nil {
		return ""
	}
	s := target.carrying(source.streams[stream])
	if s == nil {
		return ""
	}
	disconnect(s.carries)
	return s.mid
}

// Slots lists what the session's slots carry now, in the order of its lines.
func (e *Engine) Slots(id string) []room.Slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[id]
	if s == nil {
		return nil
	}
	var carried []room.Slot
	for _, slot := range s.slots {
		if slot.carries == nil {
			continue
		}
		source := slot.carries.line.session
		for stream, line := range source.streams {
			if line == slot.carries.line {
				carried = append(carried, room.Slot{Mid: slot.mid, From: source.id, Stream: stream})
			}
		}
	}
	return carried
}

// disconnect takes f out of its line and its slot.
func disconnect(f *forward) {
	f.line.forwards = slices.DeleteFunc(f.line.forwards, func(other *forward) bool { return other == f })
	f.slot.carries = nil
}

// carrying returns the slot that carries a line; nil when there is none.
func (s *session) carrying(l *line) *slot {
	for _, one := range s.slots {
		if one.carries != nil && one.carries.line == l {
			return one
		}
	}
	return nil
}

// freeSlot returns the first free slot of a kind; nil when there is none.
func (s *session) freeSlot(kind sdp.Kind) *slot {
	for _, one := range s.slots {
		if one.kind == kind && one.open && one.carries == nil {
			return one
		}
	}
	return nil
}
