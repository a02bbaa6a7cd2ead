package api

import "github.com/exeunt/exeunt/server/ban"

// banUsersByStrRoomID is BanUsersByStrRoomId, an action of ours: the same as BanUsers, for a string room.
var banUsersByStrRoomID = &action{
	name: "BanUsersByStrRoomId", group: groupBan, parameters: banParameters, changes: true,
	read: func(c *call) (deed, error) {
		scope, err := c.scope()
		if err != nil {
			return nil, err
		}
		if scope == ban.App {
			return readAppBan(c)
		}
		key, err := c.strRoom()
		if err != nil {
			return nil, err
		}
		return readBan(c, ban.Ban{App: key.App, Scope: scope, Key: key})
	},
}
