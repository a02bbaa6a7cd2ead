package api

// removeUserByStrRoomID is RemoveUserByStrRoomId (TRTC): the same as RemoveUser, in a string room.
var removeUserByStrRoomID = &action{
	name: "RemoveUserByStrRoomId", group: groupRemove, parameters: removalParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.strRoom()
		if err != nil {
			return nil, err
		}
		return readRemoval(c, key)
	},
}
