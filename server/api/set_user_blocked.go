package api

import (
	"context"

	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// setUserBlocked is SetUserBlocked (TRTC, international API): the server forwards sound or pictures of a user in a
// numeric room no more, until it is told otherwise (F11).
var setUserBlocked = &action{
	name: "SetUserBlocked", group: groupBlock, parameters: []string{"SdkAppId", "RoomId", "UserId", "IsMute"},
	changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.numericRoom()
		if err != nil {
			return nil, err
		}
		user, err := c.user()
		if codeOf(err) == codeMissingUserID {
			// TRTC's numeric action has no code of its own for that.
			return nil, refuse(codeInvalidUserID, "the parameter UserId is missing")
		}
		if err != nil {
			return nil, err
		}
		return readBlock(c, key, user)
	},
}

// isMute is what the values of IsMute take (TRTC): nothing, both, sound, pictures. Older callers know the first two.
var isMute = []host.Block{{}, {Audio: true, Video: true}, {Audio: true}, {Video: true}}

// readBlock makes the deed of blocking a user in a room of either kind.
func readBlock(c *call, key room.Key, user string) (deed, error) {
	if c.params["IsMute"] == nil {
		return nil, refuse(codeMissingParameter, "the parameter IsMute is missing")
	}
	n, err := c.params.count("IsMute", 0, int64(len(isMute)-1), 0)
	if err != nil {
		return nil, refuse(codeInvalidParameter, "IsMute must be from 0 to %d", len(isMute)-1)
	}
	block := isMute[n]
	block.User = user
	return func(ctx context.Context, hall Hall) (fields, error) {
		_, err := ask(ctx, hall, host.Command{Op: host.OpBlock, Key: key, Block: &block})
		return fields{}, err
	}, nil
}

// user reads UserId.
func (c *call) user() (string, error) {
	user, err := c.params.words("UserId")
	if err == nil && (user == "" || len(user) > room.UserMax) {
		err = refuse(codeInvalidUserID, "UserId must have 1 to %d bytes", room.UserMax)
	}
	return user, err
}
