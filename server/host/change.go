package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/room"
)

// change carries out a command that ends nobody's stay.
func (h *Hall) change(ctx context.Context, c Command) error {
	e, err := c.event()
	if err != nil {
		return err
	}
	k, err := h.opened(ctx, c.Key)
	if err != nil {
		return noRoom(err)
	}
	missing := false
	err = k.call(ctx, func() {
		missing = c.Block != nil && !k.room.Inside(c.Block.User)
		if !missing {
			k.step(e)
		}
	})
	if err == nil && missing {
		return ErrNoUser
	}
	return noRoom(err)
}

// event is what a command of change brings about.
func (c Command) event() (room.Event, error) {
	switch {
	case c.Op == OpBlock && c.Block != nil:
		return room.SetBlock{User: c.Block.User, Block: room.Block{Audio: c.Block.Audio, Video: c.Block.Video}}, nil
	case c.Op == OpPolicy && c.Policy != nil:
		if err := c.Policy.Check(); err != nil {
			return nil, fmt.Errorf("policy: %w", err)
		}
		return room.SetPolicy{Policy: *c.Policy}, nil
	default:
		return nil, fmt.Errorf("op %s lacks what it is about", c.Op)
	}
}

// OpenRoom opens an empty room with rules of its own; it waits for its first entrant as long as they say. It fails with
// [ErrRoomExists] when somebody was faster.
func (h *Hall) OpenRoom(ctx context.Context, key room.Key, p room.Policy) (*RoomInfo, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("open %s: policy: %w", key, err)
	}
	if !h.begin() {
		return nil, fmt.Errorf("open %s: %w", key, errClosing)
	}
	defer h.running.Done()
	if h.find(key) != nil {
		return nil, fmt.Errorf("open %s: %w", key, ErrRoomExists)
	}
	k, err := h.open(ctx, Entry{Key: key})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	var info *RoomInfo
	err = k.call(ctx, func() {
		if k.room.Snapshot().Seq == 0 {
			k.step(room.Open{})
			k.step(room.SetPolicy{Policy: p})
			info = k.info()
		}
	})
	if err == nil && info == nil {
		err = ErrRoomExists
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return info, nil
}

// ErrRoomExists says that the room is open already.
var ErrRoomExists = errors.New("the room is open already")
