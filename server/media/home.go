package media

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/room"
)

// directory says where everybody lives; the mu of the [Engines] guards it. A room is a word that all sessions have in
// common who may ever hear each other: they live in one engine, so no packet ever goes from one to another.
type directory struct {
	homes  map[string]*home
	places map[string]*place
	// loads count the sessions of each engine, those that are about to open among them.
	loads []int
}

// home is the engine of a room, as long as any of its sessions is there.
type home struct {
	room             string
	engine, sessions int
}

// place is where one session lives.
type place struct {
	*home
	// opening says that its engine may not know the session yet, and dropped that it was dropped meanwhile.
	opening, dropped bool
}

func newDirectory(engines int) directory {
	return directory{homes: map[string]*home{}, places: map[string]*place{}, loads: make([]int, engines)}
}

// settle gives a session a place: where its room is, or else where the fewest are.
func (d *directory) settle(room, session string) *place {
	h := d.homes[room]
	if h == nil {
		h = &home{room: room}
		for i, load := range d.loads {
			if load < d.loads[h.engine] {
				h.engine = i
			}
		}
		d.homes[room] = h
	}
	h.sessions++
	d.loads[h.engine]++
	p := &place{home: h, opening: true}
	d.places[session] = p
	return p
}

// clear takes a session from its place, unless it has another one by now; the room's home goes with the last.
func (d *directory) clear(session string, p *place) {
	if d.places[session] != p {
		return
	}
	delete(d.places, session)
	d.loads[p.engine]--
	if p.sessions--; p.sessions == 0 {
		delete(d.homes, p.room)
	}
}

// Open makes the transport of a session and answers its offer. The session id must be new. All sessions of one room
// have to name it alike; the room's first chooses the engine. Errors as [Engine.Open]'s, and [ErrNoSession] when the
// session was dropped meanwhile.
func (s *Engines) Open(ctx context.Context, room, session, offer string) (string, error) {
	p, err := s.enter(room, session)
	if err != nil {
		return "", err
	}
	e := s.engines[p.engine]
	answer, err := e.Open(ctx, session, offer)
	if s.wasDropped(p) {
		e.Drop(session)
		answer, err = "", errors.Join(ErrNoSession, err)
	}
	if err != nil {
		s.leavePlace(session, p)
	}
	return answer, err
}

// enter settles a session that wants to open.
func (s *Engines) enter(room, session string) (*place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.places[session] != nil:
		return nil, fmt.Errorf("session %s is open already", session)
	case len(s.places) >= s.sessionsMax:
		return nil, fmt.Errorf("%w: the limit is %d", ErrFull, s.sessionsMax)
	}
	return s.settle(room, session), nil
}

// wasDropped says whether somebody dropped a session while it opened, which has come to its end: its engine may not
// have known of the session yet.
func (s *Engines) wasDropped(p *place) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.opening = false
	return p.dropped
}

func (s *Engines) leavePlace(session string, p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Whoever opens it sees to that itself.
	if !p.opening {
		s.clear(session, p)
	}
}

// Drop ends the session's media at once, both ways: when it returns, not one more packet of it is sent or taken, and
// its streams go to nobody. Closing the transport goes on behind (F4, M2). An Open that is under way fails.
func (s *Engines) Drop(session string) {
	s.mu.Lock()
	p := s.places[session]
	if p != nil && p.opening {
		p.dropped = true
	}
	s.mu.Unlock()
	if p == nil {
		return
	}
	s.engines[p.engine].Drop(session)
	s.leavePlace(session, p)
}

// of is the engine where a session lives; nil for nowhere.
func (s *Engines) of(session string) *Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.places[session]; p != nil {
		return s.engines[p.engine]
	}
	return nil
}

// Reoffer is [Engine.Reoffer].
func (s *Engines) Reoffer(ctx context.Context, session, offer string) (string, error) {
	if e := s.of(session); e != nil {
		return e.Reoffer(ctx, session, offer)
	}
	return "", ErrNoSession
}

// Publish is [Engine.Publish].
func (s *Engines) Publish(session string, stream room.Stream, mid string) error {
	if e := s.of(session); e != nil {
		return e.Publish(session, stream, mid)
	}
	return ErrNoSession
}

// Unpublish is [Engine.Unpublish].
func (s *Engines) Unpublish(session string, stream room.Stream) {
	if e := s.of(session); e != nil {
		e.Unpublish(session, stream)
	}
}

// Forward is [Engine.Forward]. From one room to another nothing goes.
func (s *Engines) Forward(from string, stream room.Stream, to string) (string, error) {
	if e := s.of(from); e != nil {
		return e.Forward(from, stream, to)
	}
	return "", ErrNoSession
}

// Unforward is [Engine.Unforward].
func (s *Engines) Unforward(from string, stream room.Stream, to string) string {
	if e := s.of(from); e != nil {
		return e.Unforward(from, stream, to)
	}
	return ""
}

// Prefer is [Engine.Prefer].
func (s *Engines) Prefer(from string, stream room.Stream, to string, quality int) {
	if e := s.of(from); e != nil {
		e.Prefer(from, stream, to, quality)
	}
}

// Slots is [Engine.Slots].
func (s *Engines) Slots(session string) []room.Slot {
	if e := s.of(session); e != nil {
		return e.Slots(session)
	}
	return nil
}

// Volumes is [Engine.Volumes], of sessions of one room.
func (s *Engines) Volumes(sessions []string) []uint8 {
	for _, session := range sessions {
		if e := s.of(session); e != nil {
			return e.Volumes(sessions)
		}
	}
	return make([]uint8, len(sessions))
}

// Say is [Engine.Say].
func (s *Engines) Say(session string, how Delivery, message []byte) error {
	if e := s.of(session); e != nil {
		return e.Say(session, how, message)
	}
	return ErrNoSession
}
