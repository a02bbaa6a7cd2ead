package api

import (
	"context"
	"slices"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// removalParameters are those of TRTC, and three of ours: a text for the removed, who removes them, and the one stay
// that is meant.
var removalParameters = []string{"SdkAppId", "RoomId", "UserIds", "Reason", "Operator", "SessionId"}

// removeUser is RemoveUser (TRTC): it ends the stays of up to ten users in a numeric room. They may enter again.
var removeUser = &action{
	name: "RemoveUser", group: groupRemove, parameters: removalParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.numericRoom()
		if err != nil {
			return nil, err
		}
		return readRemoval(c, key)
	},
}

// readRemoval makes the deed of removing users from a room of either kind. Someone who is not there is no error: the
// caller wanted them out, and out they are (F9). With a SessionId, a later stay of the user goes on (F10).
func readRemoval(c *call, key room.Key) (deed, error) {
	users, err := c.users()
	if err != nil {
		return nil, err
	}
	session, err := c.session(users)
	if err != nil {
		return nil, err
	}
	why, err := c.why(exit.Removed)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, hall Hall) (fields, error) {
		reply, err := ask(ctx, hall,
			host.Command{Op: host.OpRemove, Key: key, Users: users, Session: session, Why: why})
		if err != nil {
			return nil, err
		}
		return whoWent(users, reply.Exited), nil
	}, nil
}

// whoWent tells those who had to go from those who were not there, and names the stays that ended.
func whoWent(users []string, exited []exit.Record) fields {
	removed, absent, ended := []string{}, []string{}, []string{}
	for _, record := range exited {
		ended = append(ended, record.Session)
	}
	for _, user := range users {
		if slices.ContainsFunc(exited, func(r exit.Record) bool { return r.User == user }) {
			removed = append(removed, user)
		} else {
			absent = append(absent, user)
		}
	}
	return fields{"RemovedUserIds": removed, "AbsentUserIds": absent, "EndedSessionIds": ended}
}
