package media

import (
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/room"
)

// kindOf is the kind of line that a stream needs.
func kindOf(stream room.Stream) webrtc.RTPCodecType {
	if stream == room.Audio {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
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
	for _, f := range *l.forwards.Load() {
		e.disconnect(f)
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
	if sends := l.payloadType.Load(); !common || (sends != 0 && table[sends&127] == 0) {
		return "", ErrNoCodec
	}
	e.bind(&forward{line: l, slot: s, payloads: table})
	return s.mid, nil
}

// bind connects f; the caller holds mu.
func (e *Engine) bind(f *forward) {
	s := f.slot
	s.carries = f
	s.carry(f)
	f.line.add(f)
	s.reads.Do(func() {
		for _, t := range s.session.pc.GetTransceivers() {
			if owner, ok := slotOf(t); ok && owner == s {
				e.closing.Go(func() { s.listen(t.Sender()) })
			}
		}
	})
	if f.line.kind == webrtc.RTPCodecTypeVideo {
		f.line.keyframes.ask()
	}
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
	e.disconnect(s.carries)
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

// disconnect takes f out of its line and its slot; the caller holds mu.
func (e *Engine) disconnect(f *forward) {
	f.line.remove(f)
	f.slot.carries = nil
	f.slot.carry(nil)
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
func (s *session) freeSlot(kind webrtc.RTPCodecType) *slot {
	for _, one := range s.slots {
		if one.kind == kind && one.carries == nil {
			return one
		}
	}
	return nil
}
