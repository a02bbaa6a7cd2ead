package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/room"
)

// ruledRoom is a room and rules for it, as the settings file spells them.
type ruledRoom struct {
	roomName
	Rules map[string]string `arg:"" optional:"" name:"rule" help:"Rules such as idle=1h or same-user=refuse, named as in the settings file. What is left out is as the settings say."`
	control
}

// Validate names a mistake before anything is sent.
func (r *ruledRoom) Validate() error {
	if err := r.roomName.Validate(); err != nil {
		return err
	}
	_, err := api.Change(room.DefaultPolicy(), r.Rules, api.Kebab)
	return err
}

// policy spells the rules as the control API does: idle is Idle there, and same-user SameUser.
func (r *ruledRoom) policy() map[string]string {
	spelt := map[string]string{}
	for name, value := range r.Rules {
		var pascal strings.Builder
		for word := range strings.SplitSeq(name, "-") {
			pascal.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		spelt[pascal.String()] = value
	}
	return spelt
}

// RoomOpenCmd opens a room.
type RoomOpenCmd struct{ ruledRoom }

// Run says that the room is open.
func (c *RoomOpenCmd) Run(k *kong.Context) error {
	params := c.params()
	params["Policy"] = c.policy()
	answer, err := c.call(context.Background(), c.action("CreateRoom"), params)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(k.Stdout, answer.Room)
	}
	_, err = fmt.Fprintf(k.Stdout, "Room %s is open.\n", &c.roomName)
	return err
}

// RoomPolicyCmd prints or replaces the rules of a room.
type RoomPolicyCmd struct{ ruledRoom }

// Run prints the rules that the room has now.
func (c *RoomPolicyCmd) Run(k *kong.Context) error {
	rules, err := c.rules()
	if err != nil {
		return c.explain(err)
	}
	if c.JSON {
		return printJSON(k.Stdout, rules)
	}
	t := table(k.Stdout, "RULE", "VALUE")
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		t.row(plain(api.Kebab(name)), plain(rules[name]))
	}
	return t.Flush()
}

// rules asks for the room's rules, and replaces them first when some are given.
func (c *RoomPolicyCmd) rules() (map[string]string, error) {
	params := c.params()
	if len(c.Rules) == 0 {
		answer, err := c.call(context.Background(), c.action("DescribeRoom"), params)
		if err != nil {
			return nil, err
		}
		return answer.Room.Policy, nil
	}
	params["Policy"] = c.policy()
	answer, err := c.call(context.Background(), c.action("SetRoomPolicy"), params)
	if err != nil {
		return nil, err
	}
	return answer.Policy, nil
}

// roomUser is one user of a room.
type roomUser struct {
	roomName
	User string `arg:"" help:"The user."`
	control
}

// block makes the call; isMute is TRTC's number.
func (u *roomUser) block(k *kong.Context, isMute int, done string) error {
	params := map[string]any{"UserId": u.User, "IsMute": isMute}
	for _, id := range u.params() {
		name := "RoomId"
		if u.Str {
			name = "StrRoomId" // So it is called in this one action.
		}
		params[name] = id
	}
	if _, err := u.call(context.Background(), u.action("SetUserBlocked"), params); err != nil {
		return u.explain(err)
	}
	if u.JSON {
		return printJSON(k.Stdout, map[string]any{"user": u.User, "isMute": isMute})
	}
	_, err := fmt.Fprintf(k.Stdout, "%s %s room %s.\n", plain(u.User), done, &u.roomName)
	return err
}

// RoomBlockCmd takes sound and pictures from a user.
type RoomBlockCmd struct {
	Only string `enum:"audio,video,both" default:"both" help:"Take only sound (audio) or only pictures (video)."`
	roomUser
}

// Run says what was taken.
func (c *RoomBlockCmd) Run(k *kong.Context) error {
	switch c.Only {
	case "audio":
		return c.block(k, 2, "is not heard any more in")
	case "video":
		return c.block(k, 3, "is not seen any more in")
	case "both":
		return c.block(k, 1, "is neither heard nor seen any more in")
	default:
		return errors.New("--only must be audio, video or both")
	}
}

// RoomUnblockCmd gives back what was taken.
type RoomUnblockCmd struct{ roomUser }

// Run says that it was given back.
func (c *RoomUnblockCmd) Run(k *kong.Context) error {
	return c.block(k, 0, "may be heard and seen again in")
}
