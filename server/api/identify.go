package api

import (
	"fmt"
	"math"
	"strconv"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// usersMax is how many users one call removes (TRTC RemoveUser).
const usersMax = 10

// sessionMax bounds the name of a stay, in bytes; ours are shorter.
const sessionMax = 128

// operatorMax bounds the name of who acts, in bytes.
const operatorMax = 128

// app reads SdkAppId, and refuses an app that the key may not act for.
func (c *call) app() (uint32, error) {
	n, err := c.params.number("SdkAppId")
	if err != nil {
		return 0, err
	}
	if n == 0 || n > math.MaxUint32 {
		return 0, refuse(codeInvalidSdkAppID, "SdkAppId must be from 1 to %d", uint32(math.MaxUint32))
	}
	if uint32(n) != c.key.tenant.app {
		return 0, refuse(codeUnauthorizedSdkAppID, "this key may not act for SdkAppId %d", n)
	}
	return uint32(n), nil
}

// numericRoom reads which room is meant, of those with a number.
func (c *call) numericRoom() (room.Key, error) {
	app, err := c.app()
	if err != nil {
		return room.Key{}, err
	}
	n, err := c.params.number("RoomId")
	if err != nil {
		return room.Key{}, err
	}
	if n == 0 || n > room.NumberMax {
		return room.Key{}, refuse(codeRoomIDOutOfRange, "RoomId must be from 1 to %d", uint32(room.NumberMax))
	}
	return room.Key{App: app, Kind: room.Numeric, ID: strconv.FormatUint(n, 10)}, nil
}

// strRoom reads which room is meant, of those with a string for a name.
func (c *call) strRoom() (room.Key, error) {
	app, err := c.app()
	if err != nil {
		return room.Key{}, err
	}
	id, err := c.params.words("RoomId")
	if err != nil {
		return room.Key{}, err
	}
	if !roomName(id) {
		return room.Key{}, refuse(codeRoomIDOutOfRange, "RoomId must have %s", roomNames)
	}
	return room.Key{App: app, Kind: room.Str, ID: id}, nil
}

// roomNames says what the name of a string room has.
var roomNames = fmt.Sprintf("1 to %d of the characters a-z, A-Z, 0-9 and %q", room.StrMax, room.StrSigns)

func roomName(id string) bool { return id != "" && len(id) <= room.StrMax && room.StrangeSign(id) < 0 }

// users reads UserIds, each once.
func (c *call) users() ([]string, error) { return c.params.list("UserIds", usersMax, room.UserMax) }

// session reads SessionId, an addition of ours: the one stay that the caller means (F10).
func (c *call) session(users []string) (string, error) {
	session, err := c.params.remark("SessionId", sessionMax)
	if err == nil && session != "" && len(users) > 1 {
		err = refuse(codeInvalidParameter, "SessionId names the stay of one user, and UserIds has %d", len(users))
	}
	return session, err
}

// why reads who acts and what they say. Both are additions of ours.
func (c *call) why(reason exit.Reason) (exit.Why, error) {
	said, err := c.params.remark("Reason", exit.TextMax)
	if err != nil {
		return exit.Why{}, err
	}
	operator, err := c.params.remark("Operator", operatorMax)
	if err != nil {
		return exit.Why{}, err
	}
	if operator == "" {
		operator = fmt.Sprintf("api:%s", c.key.id)
	}
	return exit.Why{Reason: reason, Actor: operator, Text: said}, nil
}
