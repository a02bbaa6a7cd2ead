package api

import (
	"context"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// dismissalParameters are those of TRTC, and two of ours: a text for the members, and who closes the room.
var dismissalParameters = []string{"SdkAppId", "RoomId", "Reason", "Operator"}

// dismissRoom is DismissRoom (TRTC): it ends every stay in a numeric room, and the room. Its number is free at once.
var dismissRoom = &action{
	name: "DismissRoom", group: groupDismiss, parameters: dismissalParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.numericRoom()
		if err != nil {
			return nil, err
		}
		return readDismissal(c, key)
	},
}

// readDismissal makes the deed of dismissing a room of either kind.
func readDismissal(c *call, key room.Key) (deed, error) {
	why, err := c.why(exit.Dismissed)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, hall Hall) (fields, error) {
		reply, err := ask(ctx, hall, host.Command{Op: host.OpDismiss, Key: key, Why: why})
		if err != nil {
			return nil, err
		}
		return fields{"RemovedTotal": reply.Total}, nil
	}, nil
}
