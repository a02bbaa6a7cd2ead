package api

// dismissRoomByStrRoomID is DismissRoomByStrRoomId (TRTC): the same as DismissRoom, for a string room.
var dismissRoomByStrRoomID = &action{
	name: "DismissRoomByStrRoomId", group: groupDismiss, parameters: dismissalParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.strRoom()
		if err != nil {
			return nil, err
		}
		return readDismissal(c, key)
	},
}
