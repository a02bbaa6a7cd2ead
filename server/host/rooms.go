package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/room"
)

// roomsMax bounds how many rooms one listing asks about.
const roomsMax = 1000

// Rooms describes the rooms of an app, on every node; at most 1000. A room that closes meanwhile is left out.
func (h *Hall) Rooms(ctx context.Context, app uint32) ([]RoomInfo, error) {
	keys, err := h.registry.Rooms(ctx, app)
	if err != nil {
		return nil, fmt.Errorf("list the rooms of %d: %w", app, err)
	}
	var rooms []RoomInfo
	for _, key := range keys[:min(len(keys), roomsMax)] {
		reply, err := h.Ask(ctx, Command{Op: OpDescribe, Key: key})
		if errors.Is(err, ErrNoRoom) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the rooms of %d: %w", app, err)
		}
		rooms = append(rooms, *reply.Room)
	}
	return rooms, nil
}

// describe describes a room of this node.
func (h *Hall) describe(ctx context.Context, key room.Key) (*RoomInfo, error) {
	k, err := h.opened(ctx, key)
	if err != nil {
		return nil, noRoom(err)
	}
	var info *RoomInfo
	if err := k.call(ctx, func() { info = k.info() }); err != nil {
		return nil, noRoom(err)
	}
	return info, nil
}

func (k *keeper) info() *RoomInfo {
	s := k.room.Snapshot()
	info := &RoomInfo{
		Key: k.key, Incarnation: s.Incarnation, Scene: s.Scene, CreatedAt: s.OpenedAt, Seq: s.Seq, Total: len(s.Members),
		Policy: s.Policy, Host: s.Host,
	}
	for _, m := range s.Members[:min(len(s.Members), listedMax)] {
		member := MemberInfo{
			User: m.User, Session: m.Session, Role: m.Role, EnteredAt: m.EnteredAt, Client: m.Client,
			Device: m.Device, Rights: m.Rights, Unstable: m.Unstable, AudioBlocked: m.Block.Audio, VideoBlocked: m.Block.Video,
		}
		for _, p := range m.Streams {
			member.Streams = append(member.Streams, StreamInfo(p))
		}
		info.Members = append(info.Members, member)
	}
	return info
}
