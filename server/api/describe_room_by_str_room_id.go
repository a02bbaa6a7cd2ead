package api

// describeRoomByStrRoomID is DescribeRoomByStrRoomId, an action of ours: a string room with its members.
var describeRoomByStrRoomID = &action{
	name: "DescribeRoomByStrRoomId", group: groupDescribe, parameters: descriptionParameters,
	read: func(c *call) (deed, error) {
		key, err := c.strRoom()
		if err != nil {
			return nil, err
		}
		return describe(key), nil
	},
}
