package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// Stay is one session, in the hands of the door that opened it. It belongs to one incarnation of a room and cannot
// touch another (I-9). One goroutine at a time may use it, except for Exit.
type Stay struct {
	keeper  *keeper
	session string
	media   bool
}

// Session returns the session's id: 128 random bits, made by the server.
func (s *Stay) Session() string { return s.session }

// Post lets an event of this session happen, in its turn, and does not wait for it. It fails with [ErrStayEnded] when
// the room is over, or with the context's error while the room has no time.
func (s *Stay) Post(ctx context.Context, e room.Event) error {
	own, ok := room.By(s.session, e)
	if !ok {
		return fmt.Errorf("post: %T is no event of a member", e)
	}
	return s.ended(s.keeper.post(ctx, func() { s.keeper.step(own) }))
}

// Reoffer answers a later offer: the Answer frame is queued on the link, and then streams that lacked a slot get one.
// The error is the negotiator's, [ErrStayEnded] or the context's; the session goes on as it was.
func (s *Stay) Reoffer(ctx context.Context, id uint32, sdp string) error {
	negotiate := s.keeper.hall.negotiator.Reoffer
	if !s.media {
		negotiate = s.keeper.hall.negotiator.Open
	}
	answer, err := negotiate(ctx, s.session, sdp)
	if err != nil {
		return fmt.Errorf("reoffer: %w", err)
	}
	frame, inside := answerFrame(id, answer), false
	err = s.keeper.call(ctx, func() { inside = s.keeper.offered(s.session, frame) })
	if err == nil && !inside {
		err = ErrStayEnded
	}
	if err != nil && !s.media {
		// The keeper may not know of the transport, so nobody else would close it.
		s.keeper.hall.switchboard.Drop(s.session)
	}
	s.media = s.media || err == nil
	return s.ended(err)
}

// Exit ends this stay: the door. It returns when the session's media is cut and everybody is told. A stay that has
// ended already is no error (D3).
func (s *Stay) Exit(ctx context.Context, why exit.Why) error {
	_, err := s.keeper.exit(ctx, room.Exit{Session: s.session, Why: why}, why)
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
