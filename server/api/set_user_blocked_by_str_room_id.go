package api

import "github.com/exeunt/exeunt/server/room"

// setUserBlockedByStrRoomID is SetUserBlockedByStrRoomId (TRTC, international API): the same as SetUserBlocked, in a
// string room, whose name stands in StrRoomId here.
var setUserBlockedByStrRoomID = &action{
	name: "SetUserBlockedByStrRoomId", group: groupBlock, changes: true,
	parameters: []string{"SdkAppId", "StrRoomId", "UserId", "IsMute"},
	read: func(c *call) (deed, error) {
		app, err := c.app()
		if err != nil {
			return nil, err
		}
		if c.params["StrRoomId"] == nil {
			return nil, refuse(codeMissingRoomID, "the parameter StrRoomId is missing")
		}
		id, err := c.params.words("StrRoomId")
		if err != nil || !roomName(id) {
			return nil, refuse(codeInvalidRoomID, "StrRoomId must be a string of %s", roomNames)
		}
		user, err := c.user()
		if err != nil {
			return nil, err
		}
		return readBlock(c, room.Key{App: app, Kind: room.Str, ID: id}, user)
	},
}
