package api

import (
	"context"
	"fmt"

	"github.com/exeunt/exeunt/server/room"
)

// creationParameters are those of both ways to open a room.
var creationParameters = []string{"SdkAppId", "RoomId", "Policy"}

// createRoom is CreateRoom, an action of ours: it opens an empty numeric room with rules of its own.
var createRoom = &action{
	name: "CreateRoom", group: groupPolicy, parameters: creationParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.numericRoom()
		if err != nil {
			return nil, err
		}
		return readCreation(c, key)
	},
}

// readCreation makes the deed of opening a room of either kind.
func readCreation(c *call, key room.Key) (deed, error) {
	policy, err := c.policy(key)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, hall Hall) (fields, error) {
		info, err := hall.OpenRoom(ctx, key, policy)
		if err != nil {
			return nil, explain(fmt.Errorf("open %s: %w", key, err))
		}
		return fields{"Room": newRoom(*info)}, nil
	}, nil
}

// policy reads Policy: the rules that differ from those which the settings give the room.
func (c *call) policy(key room.Key) (room.Policy, error) {
	rules, err := c.params.rules("Policy")
	if err != nil {
		return room.Policy{}, err
	}
	policy, err := Change(c.key.tenant.policy(key), rules, Pascal)
	if err == nil {
		err = CheckPolicy(policy, c.key.tenant.heartbeat, Pascal)
	}
	if err != nil {
		return room.Policy{}, refuse(codeInvalidParameterValue+".Policy", "Policy: %v", err)
	}
	return policy, nil
}
