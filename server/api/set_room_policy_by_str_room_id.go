package api

// setRoomPolicyByStrRoomID is SetRoomPolicyByStrRoomId, an action of ours: the same as SetRoomPolicy, for a string
// room.
var setRoomPolicyByStrRoomID = &action{
	name: "SetRoomPolicyByStrRoomId", group: groupPolicy, parameters: creationParameters, changes: true,
	read: func(c *call) (deed, error) {
		key, err := c.strRoom()
		if err != nil {
			return nil, err
		}
		return readRules(c, key)
	},
}
