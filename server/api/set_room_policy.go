package api

import (
	"context"

	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// setRoomPolicy is SetRoomPolicy, an action of ours: it replaces the rules of an open numeric room.
var setRoomPolicy = &action{
	name: "SetRoomPolicy", group: groupPolicy, parameters: creationParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.numericRoom()
		if err != nil {
			return nil, err
		}
		return readRules(c, key)
	},
}

// readRules makes the deed of replacing the rules of a room of either kind. Rules that are left out become those of the
// settings, not those which the room has now: so two callers at once leave one of two policies, never a mixture.
func readRules(c *call, key room.Key) (deed, error) {
	if c.params["Policy"] == nil {
		return nil, missing("Policy")
	}
	policy, err := c.policy(key)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, hall Hall) (fields, error) {
		if _, err := ask(ctx, hall, host.Command{Op: host.OpPolicy, Key: key, Policy: &policy}); err != nil {
			return nil, err
		}
		return fields{"Policy": Rules(policy, Pascal)}, nil
	}, nil
}
