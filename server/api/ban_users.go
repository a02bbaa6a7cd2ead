package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// banParameters are those of both ways to ban.
var banParameters = []string{
	"SdkAppId", "RoomId", "UserIds", "Scope", "BanSeconds", "ForGood", "IncludeDevices", "Reason", "Operator", "SessionId",
}

// banUsers is BanUsers, an action of ours: it ends the stays of up to ten users and keeps the door shut, of this
// opening of a numeric room, of the room, or of every room of the app.
var banUsers = &action{
	name: "BanUsers", group: groupBan, parameters: banParameters, changes: true,
	read: func(c *call) (deed, error) { return readScopedBan(c, (*call).numericRoom) },
}

// readScopedBan makes the deed of banning; find reads the room, of either kind, that the ban is about.
func readScopedBan(c *call, find func(*call) (room.Key, error)) (deed, error) {
	scope, err := c.scope()
	if err != nil {
		return nil, err
	}
	if scope == ban.App {
		return readAppBan(c)
	}
	key, err := find(c)
	if err != nil {
		return nil, err
	}
	return readBan(c, ban.Ban{App: key.App, Scope: scope, Key: key})
}

// readAppBan makes the deed of banning from every room. A caller that names one room may not mean all of them (F6).
func readAppBan(c *call) (deed, error) {
	app, err := c.app()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"RoomId", "SessionId"} {
		if c.params[name] != nil {
			return nil, refuse(codeInvalidParameter, "a ban from the app is about no room: leave %s out, or take another Scope",
				name)
		}
	}
	return readBan(c, ban.Ban{App: app, Scope: ban.App})
}

// scopeWords are the words of Scope, by their number.
var scopeWords = []string{ban.Incarnation: "incarnation", ban.Room: "room", ban.App: "app"}

// scope reads how far a ban reaches.
func (c *call) scope() (ban.Scope, error) {
	name, err := c.params.words("Scope")
	if err != nil {
		return 0, err
	}
	if scope := slices.Index(scopeWords, name); scope > 0 {
		return ban.Scope(scope), nil
	}
	return 0, refuse(codeInvalidParameterValue+".Scope", "Scope must be one of %s", strings.Join(scopeWords[1:], ", "))
}

// banSecondsMax is how long a ban may last that is not for good.
const banSecondsMax = ban.YearsMax * 365 * 24 * 60 * 60

// until reads when a ban ends; the zero time for good. A number that a caller forgot to fill in is zero, and must ban
// nobody for ever, so that takes a word of its own.
func (c *call) until() (time.Time, error) {
	forGood, err := c.params.yes("ForGood")
	if err != nil {
		return time.Time{}, err
	}
	if given := c.params["BanSeconds"] != nil; forGood == given {
		if given {
			return time.Time{}, refuse(codeInvalidParameter, "take either BanSeconds or ForGood")
		}
		return time.Time{}, refuse(codeMissingParameter+".BanSeconds", "say how long, in BanSeconds, or ForGood")
	}
	if forGood {
		return time.Time{}, nil
	}
	seconds, err := c.params.count("BanSeconds", 1, banSecondsMax, 0)
	return c.now.Add(time.Duration(seconds) * time.Second), err
}

// barring is a good call to ban.
type barring struct {
	// ban is what all bans of the call have in common.
	ban     ban.Ban
	users   []string
	session string
	devices bool
}

// readBan makes the deed of banning as far as the scope of b reaches.
func readBan(c *call, b ban.Ban) (deed, error) {
	users, err := c.users()
	if err != nil {
		return nil, err
	}
	session, err := c.session(users)
	if err != nil {
		return nil, err
	}
	if b.Until, err = c.until(); err != nil {
		return nil, err
	}
	devices, err := c.params.yes("IncludeDevices")
	if err != nil {
		return nil, err
	}
	why, err := c.why(exit.Banned)
	if err != nil {
		return nil, err
	}
	b.At, b.Actor, b.Text = c.now, why.Actor, why.Text
	return barring{ban: b, users: users, session: session, devices: devices}.deed, nil
}

// deed bans one user after the other. When it fails halfway, those before are banned, and the same call may be made
// again: somebody who is banned twice is out as long as the longer ban says.
func (b barring) deed(ctx context.Context, hall Hall) (fields, error) {
	rooms, err := b.open(ctx, hall)
	if err != nil {
		return nil, err
	}
	var exited []exit.Record
	made := []Ban{}
	for _, user := range b.users {
		for _, device := range b.devicesOf(user, rooms) {
			wanted := b.ban
			wanted.User, wanted.Device = user, device
			done, reply, err := hall.Ban(ctx, wanted, b.session)
			if err != nil {
				return nil, explain(fmt.Errorf("ban: %w", err))
			}
			if done.ID == "" {
				continue // The user has another stay by now than the one that was meant (F10).
			}
			made, exited = append(made, newBan(done)), append(exited, reply.Exited...)
		}
	}
	answer := whoWent(b.users, exited)
	answer["Bans"] = made
	return answer, nil
}

// open describes the rooms that the ban reaches, where the devices in them must be known.
func (b barring) open(ctx context.Context, hall Hall) ([]host.RoomInfo, error) {
	switch {
	case !b.devices:
		return nil, nil
	case b.ban.Scope == ban.App:
		rooms, err := hall.Rooms(ctx, b.ban.App)
		if err != nil {
			return nil, explain(err)
		}
		return rooms, nil
	default:
		reply, err := ask(ctx, hall, host.Command{Op: host.OpDescribe, Key: b.ban.Key})
		if codeOf(err) == codeRoomNotExist && b.ban.Scope == ban.Room {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []host.RoomInfo{*reply.Room}, nil
	}
}

// devicesOf lists the devices that a user is banned with: those from which the user is inside, or the one of the stay
// that is meant; an empty one for none.
func (b barring) devicesOf(user string, rooms []host.RoomInfo) []string {
	if !b.devices {
		return []string{""}
	}
	var devices []string
	for _, info := range rooms {
		for _, m := range info.Members {
			meant := m.User == user && (b.session == "" || m.Session == b.session)
			if meant && m.Device != "" && !slices.Contains(devices, m.Device) {
				devices = append(devices, m.Device)
			}
		}
	}
	if len(devices) == 0 {
		return []string{""}
	}
	return devices
}

// Ban is a ban in an answer.
type Ban struct {
	BanID  string `json:"BanId"`
	UserID string `json:"UserId"`
	// DeviceID is a device that is kept out too.
	DeviceID string `json:"DeviceId,omitempty"`
	// Scope is "incarnation", "room" or "app". RoomID and RoomType name the room of the first two.
	Scope       string
	RoomID      string `json:"RoomId,omitempty"`
	RoomType    string `json:",omitempty"`
	Incarnation string `json:",omitempty"`
	From        time.Time
	// Until is left out for good.
	Until *time.Time `json:",omitempty"`
	// Operator says who decided, Reason what the banned read.
	Operator string
	Reason   string `json:",omitempty"`
}

func newBan(b ban.Ban) Ban {
	shown := Ban{
		BanID: b.ID, UserID: b.User, DeviceID: b.Device, Scope: scopeWords[b.Scope], RoomID: b.Key.ID,
		Incarnation: b.Incarnation, From: b.At, Operator: b.Actor, Reason: b.Text,
	}
	if b.Key != (room.Key{}) {
		shown.RoomType = roomType(b.Key.Kind)
	}
	if !b.Until.IsZero() {
		shown.Until = &b.Until
	}
	return shown
}
