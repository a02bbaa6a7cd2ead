package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// Bans keeps who may not come in.
type Bans interface {
	Put(ctx context.Context, b ban.Ban) (ban.Ban, error)
	Lift(ctx context.Context, app uint32, id string) (ban.Ban, bool, error)
	List(app uint32) []ban.Ban
	Check(key room.Key, incarnation, user, device string, now time.Time) (ban.Ban, bool)
	Over(incarnation string)
}

// The hall's words about bans.
var (
	// ErrNoBan says that there is no such ban, or no longer.
	ErrNoBan = errors.New("no such ban")
	// ErrNoBans says that this hall keeps none.
	ErrNoBans = errors.New("this server keeps no bans")
)

// admissible is the one place where a room says no to who somebody is: every entry, every return and every move passes
// it, in the room's own turn (I-8, H3). A ban that was made while somebody was on the way in is seen here; one that is
// made after it finds the user inside.
func (k *keeper) admissible(user, device string) *Refusal {
	if k.hall.cfg.Bans == nil {
		return nil
	}
	b, banned := k.hall.cfg.Bans.Check(k.key, k.incarnation, user, device, time.Now())
	if !banned {
		return nil
	}
	until := "for good"
	if !b.Until.IsZero() {
		until = "until " + b.Until.UTC().Format(time.RFC3339)
	}
	message := "this user may not enter " + until
	if b.Text != "" {
		message += ": " + b.Text
	}
	return &Refusal{Code: room.CodeEnterRefused, Message: message}
}

// Ban keeps a user out and removes it from wherever the ban reaches. The ban is on disk before anybody is removed, so
// nobody slips back in between. When session is not empty, nothing happens unless it is the user's stay in b.Key now
// (F10); the ban returned has no id then. The error is [ErrNoRoom] when a ban of this incarnation names a room that is
// not open.
func (h *Hall) Ban(ctx context.Context, b ban.Ban, session string) (ban.Ban, Reply, error) {
	if h.cfg.Bans == nil {
		return ban.Ban{}, Reply{}, ErrNoBans
	}
	if b.Scope == ban.Incarnation || session != "" {
		reply, err := h.Ask(ctx, Command{Op: OpDescribe, Key: b.Key})
		if err != nil {
			return ban.Ban{}, Reply{}, fmt.Errorf("ban %s: %w", b.User, err)
		}
		if session != "" && !reply.Room.has(session, b.User) {
			return ban.Ban{}, Reply{}, nil
		}
		if b.Scope == ban.Incarnation {
			b.Incarnation = reply.Room.Incarnation
		}
	}
	made, err := h.cfg.Bans.Put(ctx, b)
	if err != nil {
		return ban.Ban{}, Reply{}, fmt.Errorf("ban %s: %w", b.User, err)
	}
	h.log.Info("banned", "room", b.Key.String(), "user", b.User, "why", b.Text, "actor", b.Actor, "until", b.Until)
	reply, err := h.removeBanned(ctx, made)
	return made, reply, err
}

// removeBanned ends the stays that a ban reaches.
func (h *Hall) removeBanned(ctx context.Context, b ban.Ban) (Reply, error) {
	keys := []room.Key{b.Key}
	if b.Scope == ban.App {
		var err error
		if keys, err = h.registry.Rooms(ctx, b.App); err != nil {
			return Reply{}, fmt.Errorf("remove the banned %s: %w", b.User, err)
		}
	}
	why := exit.Why{Reason: exit.Banned, Actor: b.Actor, Text: b.Text}
	if !b.Until.IsZero() {
		why.RejoinAfter = time.Until(b.Until)
	}
	var all Reply
	for _, key := range keys {
		reply, err := h.Ask(ctx, Command{Op: OpRemove, Key: key, Users: []string{b.User}, Why: why})
		if errors.Is(err, ErrNoRoom) {
			continue
		}
		if err != nil {
			return all, fmt.Errorf("remove the banned %s: %w", b.User, err)
		}
		all.Exited = append(all.Exited, reply.Exited...)
		all.Total += reply.Total
	}
	return all, nil
}

// has says whether the room has this stay of this user.
func (r *RoomInfo) has(session, user string) bool {
	return slices.ContainsFunc(r.Members, func(m MemberInfo) bool { return m.Session == session && m.User == user })
}

// Bans lists the bans of an app, the oldest first.
func (h *Hall) Bans(_ context.Context, app uint32) ([]ban.Ban, error) {
	if h.cfg.Bans == nil {
		return nil, ErrNoBans
	}
	return h.cfg.Bans.List(app), nil
}

// LiftBan ends a ban of an app early; [ErrNoBan] when there is none with this id.
func (h *Hall) LiftBan(ctx context.Context, app uint32, id string) (ban.Ban, error) {
	if h.cfg.Bans == nil {
		return ban.Ban{}, ErrNoBans
	}
	lifted, found, err := h.cfg.Bans.Lift(ctx, app, id)
	if err != nil {
		return ban.Ban{}, fmt.Errorf("lift ban %s: %w", id, err)
	}
	if !found {
		return ban.Ban{}, ErrNoBan
	}
	return lifted, nil
}
