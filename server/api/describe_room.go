package api

import (
	"context"

	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// descriptionParameters are those of both ways to describe a room.
var descriptionParameters = []string{"SdkAppId", "RoomId"}

// describeRoom is DescribeRoom, an action of ours: a numeric room with its members.
var describeRoom = &action{
	name: "DescribeRoom", group: groupDescribe, parameters: descriptionParameters,
	read: func(c *call) (deed, error) {
		key, err := c.numericRoom()
		if err != nil {
			return nil, err
		}
		return describe(key), nil
	},
}

// describe is the deed of describing a room of either kind.
func describe(key room.Key) deed {
	return func(ctx context.Context, hall Hall) (fields, error) {
		reply, err := ask(ctx, hall, host.Command{Op: host.OpDescribe, Key: key})
		if err != nil {
			return nil, err
		}
		return fields{"Room": newRoom(*reply.Room)}, nil
	}
}
