package api

import (
	"context"
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// listRooms is ListRooms, an action of ours: the live rooms of an app, at most 1000.
var listRooms = &action{
	name: "ListRooms", group: groupDescribe, parameters: []string{"SdkAppId"},
	read: func(c *call) (deed, error) {
		app, err := c.app()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, hall Hall) (fields, error) {
			rooms, err := hall.Rooms(ctx, app)
			if err != nil {
				return nil, explain(err)
			}
			list := make([]Room, 0, len(rooms))
			for _, info := range rooms {
				summary := newRoom(info)
				summary.Members, summary.Policy = nil, nil
				list = append(list, summary)
			}
			return fields{"Rooms": list}, nil
		}, nil
	},
}

// Room is a live room in an answer.
type Room struct {
	// RoomID is the name of the room; RoomType says whether it is a "numeric" or a "str" one.
	RoomID   string `json:"RoomId"`
	RoomType string
	// Incarnation tells this life of the room from earlier and later ones.
	Incarnation string
	// Scene is TRTCAppScene: 0 video call, 1 live, 2 audio call, 3 voice chat room.
	Scene     int
	CreatedAt time.Time
	// Seq counts what has happened in the room.
	Seq uint64
	// Policy are the rules of the room, each by its name, as CreateRoom takes them (G8); none in ListRooms.
	Policy map[string]string `json:",omitempty"`
	// Host is who is host now; empty for nobody.
	Host string `json:",omitempty"`
	// MembersTotal counts the members; Members lists at most 1000 of them, and none in ListRooms.
	MembersTotal int
	Members      []Member `json:",omitempty"`
}

// Member is a member in an answer.
type Member struct {
	UserID    string `json:"UserId"`
	SessionID string `json:"SessionId"`
	// Role is TRTCRoleType: 20 anchor, 21 audience.
	Role      int
	EnteredAt time.Time
	Streams   []Stream
	// Client names the member's SDK and its version, DeviceID the device.
	Client   string
	DeviceID string `json:"DeviceId,omitempty"`
	// Rights are the bits of a PrivateMapKey, 255 for all.
	Rights uint32
	// Unstable says that nothing is heard of the member now.
	Unstable bool
	// AudioBlocked and VideoBlocked say what SetUserBlocked has taken.
	AudioBlocked, VideoBlocked bool
}

// Stream is one thing that a member publishes.
type Stream struct {
	// Type is "audio", "big" for the camera or "sub" for the screen.
	Type  string
	Muted bool
}

func newRoom(info host.RoomInfo) Room {
	r := Room{
		RoomID: info.Key.ID, RoomType: roomType(info.Key.Kind), Incarnation: info.Incarnation, Scene: int(info.Scene),
		CreatedAt: info.CreatedAt, Seq: info.Seq, MembersTotal: info.Total,
		Policy: Rules(info.Policy, Pascal), Host: info.Host,
	}
	for _, m := range info.Members {
		member := Member{
			UserID: m.User, SessionID: m.Session, Role: int(m.Role), EnteredAt: m.EnteredAt, Client: m.Client,
			Streams: []Stream{}, DeviceID: m.Device, Rights: uint32(m.Rights), Unstable: m.Unstable != "",
			AudioBlocked: m.AudioBlocked, VideoBlocked: m.VideoBlocked,
		}
		for _, s := range m.Streams {
			member.Streams = append(member.Streams, Stream{Type: streamName(s.Stream), Muted: s.Muted})
		}
		r.Members = append(r.Members, member)
	}
	return r
}

func roomType(kind room.Kind) string {
	if kind == room.Str {
		return "str"
	}
	return "numeric"
}

func streamName(s room.Stream) string {
	switch s {
	case room.Audio:
		return "audio"
	case room.Big:
		return "big"
	case room.Sub:
		return "sub"
	default:
		return fmt.Sprintf("stream %d", s)
	}
}
