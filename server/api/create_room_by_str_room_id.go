package api

// createRoomByStrRoomID is CreateRoomByStrRoomId, an action of ours: the same as CreateRoom, for a string room.
var createRoomByStrRoomID = &action{
	name: "CreateRoomByStrRoomId", group: groupPolicy, parameters: creationParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.strRoom()
		if err != nil {
			return nil, err
		}
		return readCreation(c, key)
	},
}
