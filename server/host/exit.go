package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// Target says whose stay ends: one session, or users, or everybody. A session beside users holds only while it is of
// one of them: whoever has another stay by now is left alone (F10).
type Target struct {
	// Session is one stay.
	Session string
	// Users are all stays of these users in the room.
	Users []string
	// All is everybody, and the room with them.
	All bool
}

// event returns what happens to the room.
func (t Target) event(why exit.Why) (room.Event, error) {
	switch {
	case t.All && t.Session == "" && len(t.Users) == 0:
		return room.Dismiss{Why: why}, nil
	case t.Session != "" && !t.All:
		return room.Exit{Session: t.Session, Users: t.Users, Why: why}, nil
	case len(t.Users) > 0 && !t.All && t.Session == "":
		return room.Remove{Users: t.Users, Why: why}, nil
	default:
		return nil, errors.New("exit: the target must be one session, or users, or all")
	}
}

// Exit is the one door out of every room. It returns when the media of the leavers is cut and everybody is told, with
// the stays that it ended: none when they had ended before. The error is [ErrNoRoom] when this node has no such room,
// or the context's; then the exit may still happen.
func (h *Hall) Exit(ctx context.Context, key room.Key, target Target, why exit.Why) ([]exit.Record, error) {
	e, err := target.event(why)
	if err != nil {
		return nil, err
	}
	var records []exit.Record
	k, err := h.opened(ctx, key)
	if err == nil {
		records, err = k.exit(ctx, e, why)
	}
	if errors.Is(err, errOver) {
		return nil, fmt.Errorf("exit from %s: %w", key, ErrNoRoom)
	}
	return records, err
}

// exit lets an exit happen in one incarnation.
func (k *keeper) exit(ctx context.Context, e room.Event, why exit.Why) ([]exit.Record, error) {
	return k.exitIf(ctx, func() bool { return true }, e, why)
}

// exitIf lets an exit happen if it is still wanted when the room's turn comes.
func (k *keeper) exitIf(ctx context.Context, wanted func() bool, e room.Event, why exit.Why) ([]exit.Record, error) {
	if _, known := exit.Named(why.Reason.String()); !known {
		return nil, fmt.Errorf("exit: %v is none of the table's", why.Reason)
	}
	if len(why.Text) > exit.TextMax {
		return nil, fmt.Errorf("exit: text has %d bytes; the limit is %d", len(why.Text), exit.TextMax)
	}
	var records []exit.Record
	k.hall.cfg.At("exit: asked")
	err := k.call(ctx, func() {
		if wanted() {
			records = k.step(e)
		}
	})
	if err != nil {
		return nil, err
	}
	k.hall.cfg.At("exit: told")
	return records, nil
}
