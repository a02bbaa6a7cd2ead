package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
)

// The commands that a room's owner understands.
const (
	OpRemove   = "remove"
	OpDismiss  = "dismiss"
	OpDescribe = "describe"
	OpBlock    = "block"
	OpPolicy   = "policy"
)

// listedMax bounds the members and exits that one reply lists, so that it fits into a message of the bus (1 MB). Total
// counts all of them.
const listedMax = 1000

// Command is what one node asks the owner of a room.
type Command struct {
	// Op is one of the Op… constants.
	Op  string
	Key room.Key
	// Users are those to remove.
	Users []string `json:",omitempty"`
	// Session restricts a removal to one stay: it does nothing when the user has another one by now (F10).
	Session string `json:",omitempty"`
	Why     exit.Why
	Block   *Block       `json:",omitempty"`
	Policy  *room.Policy `json:",omitempty"`
}

// Block takes sound or pictures from a user who is in the room, or gives them back (TRTC, SetUserBlocked).
type Block struct {
	User         string
	Audio, Video bool
}

// Reply is the owner's answer.
type Reply struct {
	// Exited are the stays that the command ended, at most 1000 of them; Total counts them all.
	Exited []exit.Record `json:",omitempty"`
	Total  int
	Room   *RoomInfo `json:",omitempty"`
	// Error says why nothing was done; empty for success.
	Error string `json:",omitempty"`
}

// RoomInfo describes a room.
type RoomInfo struct {
	Key         room.Key
	Incarnation string
	Scene       room.Scene
	CreatedAt   time.Time
	Seq         uint64
	Policy      room.Policy
	// Host is the user whose leaving may end the room; empty for nobody.
	Host string
	// Members are those inside, at most 1000 of them in entry order; Total counts them all.
	Members []MemberInfo
	Total   int
}

// MemberInfo describes one member.
type MemberInfo struct {
	User, Session string
	Role          room.Role
	EnteredAt     time.Time
	Streams       []StreamInfo
	Client        string
	Device        string
	Rights        room.Rights
	// Unstable is the cause for which nothing is heard of the member; empty while it is stable.
	Unstable                   room.Cause
	AudioBlocked, VideoBlocked bool
}

// StreamInfo describes one stream of a member.
type StreamInfo struct {
	Stream room.Stream
	Muted  bool
}

// Ask sends a command to the room's owner, wherever it is, and returns when the owner has done it. The error is
// [ErrNoRoom] when nobody owns the room, else what the owner or the way to it said.
func (h *Hall) Ask(ctx context.Context, c Command) (Reply, error) {
	request, err := json.Marshal(c)
	if err != nil {
		return Reply{}, fmt.Errorf("ask %s to %s: %w", c.Key, c.Op, err)
	}
	answer, err := h.registry.Ask(ctx, c.Key, request)
	if errors.Is(err, registry.ErrNoRoom) {
		err = ErrNoRoom
	}
	if err != nil {
		return Reply{}, fmt.Errorf("ask %s to %s: %w", c.Key, c.Op, err)
	}
	var reply Reply
	if err := json.Unmarshal(answer, &reply); err != nil {
		return Reply{}, fmt.Errorf("ask %s to %s: read the reply: %w", c.Key, c.Op, err)
	}
	if reply.Error == "" {
		return reply, nil
	}
	for _, known := range []error{ErrNoRoom, ErrNoUser} {
		if reply.Error == known.Error() {
			return reply, fmt.Errorf("ask %s to %s: %w", c.Key, c.Op, known)
		}
	}
	return reply, fmt.Errorf("ask %s to %s: the owner says: %s", c.Key, c.Op, reply.Error)
}

// Answer does what another node, or this one, asks of a room that this node owns. The registry calls it.
func (h *Hall) Answer(ctx context.Context, request []byte) []byte {
	var c Command
	reply, err := Reply{}, json.Unmarshal(request, &c)
	if err != nil {
		err = fmt.Errorf("read the command: %w", err)
	} else {
		reply, err = h.obey(ctx, c)
	}
	switch {
	case errors.Is(err, ErrNoRoom):
		reply.Error = ErrNoRoom.Error()
	case errors.Is(err, ErrNoUser):
		reply.Error = ErrNoUser.Error()
	case err != nil:
		reply.Error = err.Error()
	}
	answer, err := json.Marshal(reply)
	if err != nil {
		// A reply is made of plain values, which JSON can always write.
		panic(fmt.Sprintf("host: write a reply: %v", err))
	}
	return answer
}

func (h *Hall) obey(ctx context.Context, c Command) (Reply, error) {
	var records []exit.Record
	var err error
	switch c.Op {
	case OpRemove:
		records, err = h.Exit(ctx, c.Key, Target{Users: c.Users, Session: c.Session}, c.Why)
	case OpDismiss:
		records, err = h.Exit(ctx, c.Key, Target{All: true}, c.Why)
	case OpBlock, OpPolicy:
		return Reply{}, h.change(ctx, c)
	case OpDescribe:
		var info *RoomInfo
		info, err = h.describe(ctx, c.Key)
		return Reply{Room: info}, err
	default:
		return Reply{}, fmt.Errorf("op %q is none of remove, dismiss, block, policy, describe", c.Op)
	}
	return Reply{Exited: records[:min(len(records), listedMax)], Total: len(records)}, err
}
