package api

// banUsersByStrRoomID is BanUsersByStrRoomId, an action of ours: the same as BanUsers, for a string room.
var banUsersByStrRoomID = &action{
	name: "BanUsersByStrRoomId", group: groupBan, parameters: banParameters, changes: true,
	read: func(c *call) (deed, error) { return readScopedBan(c, (*call).strRoom) },
}
