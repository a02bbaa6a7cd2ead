package host

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
)

const (
	// enterTries bounds how many incarnations one entry may find closing. Each try needs a room that came and went
	// meanwhile, so more than one retry is rare.
	enterTries = 8
	// undoWait bounds the exit of an entry whose caller gave up meanwhile. Silence ends the stay anyway.
	undoWait = 5 * time.Second
)

var refusedStopping = &Refusal{Code: CodeConnectFail, Message: "this server is stopping; enter again to reach another"}

// Entry is what a door brings after it has authenticated the user.
type Entry struct {
	Key   room.Key
	User  string
	Scene room.Scene
	Role  room.Role
	// Offer is the SDP offer; empty for a member without media.
	Offer string
	// ReceiveAudio and ReceiveVideo say that audio and camera pictures of the others arrive unasked.
	ReceiveAudio, ReceiveVideo bool
	// Client is the SDK's name and version.
	Client string
	// Device names the installation; only it can resume the stay.
	Device string
	// Rights are the bits of the PrivateMapKey; [room.AllRights] where none is demanded.
	Rights room.Rights
	// Existing says that the entry may not open the room: its permit lacks the right to create one (TRTC, advanced
	// permission control, bit 1).
	Existing bool
	// ResumeSession is the session that this entry continues, because its media cannot be mended; it must still be
	// inside. Empty for a deliberate entry.
	ResumeSession string
	Link          Link
}

// Enter lets a user in. When it returns a stay, the Entered frame has been queued on the link before any later frame.
// The error is a [*Refusal], an [*Ended], or the context's; then nothing is left of the entry (D1).
func (h *Hall) Enter(ctx context.Context, e Entry) (*Stay, error) {
	session := rand.Text()
	stay, err := h.enter(ctx, session, e)
	if errors.Is(err, errNotInside) {
		return nil, h.ended(e.ResumeSession)
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		h.metrics.Refused(refusal.Code)
		h.log.Info("refused", "room", e.Key.String(), "user", e.User, "session", session, "why", refusal.Code)
	}
	return stay, err
}

// enter answers the offer and takes a seat. Whatever fails, the transport is gone when it returns.
func (h *Hall) enter(ctx context.Context, session string, e Entry) (*Stay, error) {
	if !h.begin() {
		return nil, refusedStopping
	}
	defer h.running.Done()
	answer := ""
	if e.Offer != "" {
		var err error
		if answer, err = h.negotiator.Open(ctx, e.Key.String(), session, e.Offer); err != nil {
			return nil, h.refusal(ctx, e, "the offer cannot be answered: "+err.Error(), err)
		}
	}
	h.cfg.At("enter: offer answered")
	stay, err := h.seat(ctx, newSeat(session, answer, e), e)
	if err != nil && e.Offer != "" {
		h.switchboard.Drop(session)
	}
	return stay, err
}

// seat finds or opens the room and enters it. A room that closes meanwhile is left alone; the next incarnation is
// entered instead (D5, G1, G14).
func (h *Hall) seat(ctx context.Context, s *seat, e Entry) (*Stay, error) {
	for range enterTries {
		k, err := h.open(ctx, e)
		switch {
		case err == nil:
		case errors.Is(err, errClosing):
			return nil, refusedStopping
		case errors.Is(err, errMayNotOpen) && e.ResumeSession != "":
			return nil, errNotInside
		case errors.Is(err, errMayNotOpen):
			return nil, &Refusal{Code: CodeNoCreate, Message: "privateMapKey does not allow to create this room"}
		case errors.Is(err, registry.ErrOwned):
			return nil, &Refusal{Code: CodeEnterTimeout, Message: "the room lives on another server; try again in a moment"}
		case ctx.Err() == nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
			// Somebody else opened the room and gave up; this entry did not.
			continue
		default:
			return nil, h.refusal(ctx, e, "the room cannot be opened now; try again", err)
		}
		h.cfg.At("enter: room found")
		stay, err := k.admit(ctx, s, e)
		h.cfg.At("enter: room answered")
		if !errors.Is(err, errOver) {
			return stay, err
		}
	}
	return nil, &Refusal{Code: CodeEnterTimeout, Message: "the room closed again and again; try again in a moment"}
}

// refusal turns a failure into one for the user, unless it is the caller who gave up. The cause is the operator's.
func (h *Hall) refusal(ctx context.Context, e Entry, message string, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	h.log.Warn("an entry failed", "room", e.Key.String(), "user", e.User, "why", cause)
	return &Refusal{Code: CodeEnterFail, Message: message}
}

// holds says whether a stay of the user is inside. Only for the room's turn.
func (k *keeper) holds(session, user string) bool {
	s := k.seats[session]
	return s != nil && !s.dropped && s.user == user
}

// errNotInside says that the session which an entry continues is not inside any more.
var errNotInside = errors.New("the session to continue is not inside")

// admit asks the keeper for a seat. Either the keeper takes the request or the caller gives it up, never both: that is
// what leaves nothing behind. errOver says that the incarnation ended before it took the request.
func (k *keeper) admit(ctx context.Context, s *seat, e Entry) (*Stay, error) {
	var taken atomic.Bool
	gone := false // Like s.refusal written in the room's turn, and read only when the turn is known to be over.
	err := k.call(ctx, func() {
		if taken.Swap(true) {
			return // Given up.
		}
		gone = e.ResumeSession != "" && !k.holds(e.ResumeSession, e.User)
		if !gone {
			s.refusal = k.admissible(e.User, e.Device)
		}
		if gone || s.refusal != nil {
			k.step(room.Tick{}) // A room that was opened for an entry which is refused must end.
			return
		}
		k.seats[s.session] = s
		k.step(room.Enter{
			Session: s.session, User: e.User, Scene: e.Scene, Role: e.Role, Client: e.Client, Resumes: e.ResumeSession,
			ReceiveAudio: e.ReceiveAudio, ReceiveVideo: e.ReceiveVideo, Device: e.Device, Rights: e.Rights,
		})
	})
	stay := &Stay{keeper: k, session: s.session, user: e.User, link: e.Link}
	switch {
	case err == nil && gone:
		return nil, errNotInside
	case err == nil && s.refusal != nil:
		return nil, s.refusal
	case err == nil:
		return stay, nil
	}
	if !taken.Swap(true) {
		k.nudge() // Nobody may have come at all, and an empty room must notice that.
		return nil, err
	}
	if errors.Is(err, errOver) && s.admitted {
		return stay, nil // The room failed behind this entry; the link was told.
	}
	if errors.Is(err, errOver) {
		return nil, &Refusal{Code: CodeEnterFail, Message: "the room failed while you entered; try again"}
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWait)
	defer cancel()
	gaveUp := exit.Why{Reason: exit.TimedOut, Actor: server, Text: "The connection was closed while entering."}
	if undoErr := stay.undo(undo, gaveUp); undoErr != nil {
		k.hall.metrics.Overdue("entry_undo")
		return nil, errors.Join(err, undoErr)
	}
	return nil, err
}
