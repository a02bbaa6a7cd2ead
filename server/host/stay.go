package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// Stay is one session, in the hands of the door that has its connection. It belongs to one incarnation of a room and
// cannot touch another (I-9). Once the session has a newer connection, or has ended, it does nothing any more. One
// goroutine at a time may use it, except for Exit.
type Stay struct {
	keeper  *keeper
	session string
	user    string
	link    Link
}

// Session returns the session's id: 128 random bits, made by the server.
func (s *Stay) Session() string { return s.session }

// User returns the user's id.
func (s *Stay) User() string { return s.user }

// Post lets an event of this session happen, in its turn, and does not wait for it. It fails with [ErrStayEnded] when
// the room is over, or with the context's error while the room has no time.
func (s *Stay) Post(ctx context.Context, e room.Event) error {
	own, ok := room.By(s.session, e)
	if !ok {
		return fmt.Errorf("post: %T is no event of a member", e)
	}
	return s.post(ctx, func(*seat) { s.keeper.step(own) })
}

// Alive says that the page's script gave a sign of life: it has heard everything up to seq, and its next sign may come
// later than usual by promised.
func (s *Stay) Alive(ctx context.Context, seq uint64, promised time.Duration) error {
	return s.post(ctx, func(seat *seat) {
		seat.missed.heard(seq)
		s.keeper.step(room.Proof{Session: s.session, Promised: promised})
	})
}

// Lost says that the connection closed without a goodbye, with a close code or 0. The stay goes on for a while. It does
// nothing when the session has a newer connection.
func (s *Stay) Lost(ctx context.Context, code int) error {
	return s.post(ctx, func(seat *seat) {
		seat.link, seat.back = nobody{}, nil
		s.keeper.step(room.Lost{Session: s.session, Code: code})
	})
}

// post does work in the room's turn, unless the session has ended or has a newer connection.
func (s *Stay) post(ctx context.Context, work func(*seat)) error {
	return s.ended(s.keeper.post(ctx, func() {
		if seat := s.seat(); seat != nil {
			work(seat)
		}
	}))
}

// seat is this connection's seat; nil when the session has ended or has a newer connection. Only for the room's turn.
func (s *Stay) seat() *seat {
	seat := s.keeper.seats[s.session]
	if seat == nil || seat.dropped || (seat.link != s.link && seat.back != s.link) {
		return nil
	}
	return seat
}

// Reoffer answers a later offer: more slots, an ICE restart, or the first offer of a session without a transport. The
// Answer frame is queued on the link, and then streams that lacked a slot get one. The error is the negotiator's,
// [ErrStayEnded] or the context's; the session goes on as it was.
func (s *Stay) Reoffer(ctx context.Context, id uint32, sdp string) error {
	has := false
	if err := s.call(ctx, func(seat *seat) { has = seat.media }); err != nil {
		return err
	}
	if !has {
		return s.open(ctx, id, sdp)
	}
	answer, err := s.keeper.hall.negotiator.Reoffer(ctx, s.session, sdp)
	if err != nil {
		return fmt.Errorf("reoffer: %w", err)
	}
	s.keeper.hall.cfg.At("reoffer: answered")
	return s.call(ctx, func(seat *seat) {
		s.keeper.send(seat, answerFrame(id, answer))
		s.keeper.short.stirred = true
		s.keeper.short.floor.listen(seat)
	})
}

// Renew answers the offer of a new peer connection, which takes the place of the old one: what the member published and
// received goes over the new one. For the others nothing happens.
func (s *Stay) Renew(ctx context.Context, id uint32, sdp string) error {
	err := s.call(ctx, func(seat *seat) {
		s.keeper.hangUp(seat)
		s.keeper.hush(seat)
		seat.media, seat.lines = false, seat.lines.renewed()
		seat.lines.deaf = true
		s.keeper.hall.switchboard.Drop(s.session)
		s.keeper.stopWaiting(func(f forward) bool { return f.from == s.session })
		s.keeper.withdraw(seat)
		s.keeper.short.floor.forget(seat)
		s.keeper.step(room.Deafen{Session: s.session})
	})
	if err != nil {
		return err
	}
	s.keeper.hall.cfg.At("renew: transport dropped")
	return s.open(ctx, id, sdp)
}

// open makes a transport for a session that has none.
func (s *Stay) open(ctx context.Context, id uint32, sdp string) error {
	answer, err := s.keeper.hall.negotiator.Open(ctx, s.keeper.key.String(), s.session, sdp)
	if err != nil {
		return fmt.Errorf("open a transport: %w", err)
	}
	s.keeper.hall.cfg.At("renew: offer answered")
	err = s.call(ctx, func(seat *seat) {
		seat.media, seat.lines = true, seat.lines.renewed()
		s.keeper.send(seat, answerFrame(id, answer))
		s.keeper.step(room.Renew{Session: s.session})
	})
	if err != nil {
		// The keeper may not know of the transport, so nobody else would close it.
		s.keeper.hall.switchboard.Drop(s.session)
	}
	return err
}

// call does work in the room's turn and waits until it is done and carried out; [ErrStayEnded] when the session has
// ended or has a newer connection.
func (s *Stay) call(ctx context.Context, work func(*seat)) error {
	inside := false
	err := s.keeper.call(ctx, func() {
		if seat := s.seat(); seat != nil {
			inside = true
			work(seat)
		}
	})
	if err == nil && !inside {
		return ErrStayEnded
	}
	return s.ended(err)
}

// Exit ends this stay: the door. It returns when the session's media is cut and everybody is told. A stay that has
// ended already is no error (D3).
func (s *Stay) Exit(ctx context.Context, why exit.Why) error {
	return s.exitIf(ctx, func() bool { return true }, why)
}

// undo ends a stay whose entry was given up meanwhile; not one that has a newer connection already.
func (s *Stay) undo(ctx context.Context, why exit.Why) error {
	return s.exitIf(ctx, func() bool { return s.seat() != nil }, why)
}

func (s *Stay) exitIf(ctx context.Context, wanted func() bool, why exit.Why) error {
	_, err := s.keeper.exitIf(ctx, wanted, room.Exit{Session: s.session, Why: why}, why)
	if errors.Is(err, errOver) {
		return nil
	}
	return err
}

// ended says in the hall's words that the incarnation is over.
func (s *Stay) ended(err error) error {
	if errors.Is(err, errOver) {
		return ErrStayEnded
	}
	return err
}
