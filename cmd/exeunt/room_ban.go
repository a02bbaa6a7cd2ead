package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/server/api"
)

// term is how long a ban lasts, and whom it includes.
type term struct {
	For     time.Duration `xor:"term" required:"" help:"How long, in whole seconds, up to 87600h (10 years)."`
	ForGood bool          `xor:"term" required:"" help:"Until it is lifted."`
	Devices bool          `help:"Ban the devices too, from which they are inside now."`
	remark
	control
}

// Validate refuses what is no number of seconds.
func (t *term) Validate() error {
	if !t.ForGood && (t.For < time.Second || t.For%time.Second != 0) {
		return fmt.Errorf("--for is %s: it must be whole seconds, from 1s to 87600h", t.For)
	}
	return nil
}

// ban makes the call, and says who was removed and which bans there are now.
func (t *term) ban(k *kong.Context, action string, params map[string]any) error {
	t.into(params)
	if t.ForGood {
		params["ForGood"] = true
	} else {
		params["BanSeconds"] = int64(t.For / time.Second)
	}
	if t.Devices {
		params["IncludeDevices"] = true
	}
	answer, err := t.call(context.Background(), action, params)
	if err != nil {
		return err
	}
	if t.JSON {
		return printJSON(k.Stdout, map[string]any{
			"bans": answer.Bans, "removed": answer.Removed, "absent": answer.Absent,
		})
	}
	for _, user := range answer.Removed {
		fmt.Fprintf(k.Stdout, "%s was removed.\n", plain(user))
	}
	for _, b := range answer.Bans {
		fmt.Fprintf(k.Stdout, "%s is banned from %s %s (ban %s).\n", banned(b), where(b), until(b), b.BanID)
	}
	return nil
}

// RoomBanCmd bans users from a room.
type RoomBanCmd struct {
	roomName
	Users []string `arg:"" name:"user" help:"Those to ban, at most 10."`
	Scope string   `enum:"room,incarnation" default:"room" help:"The room whenever it is open, or this incarnation of it only."`
	term
}

// Validate checks what cannot be sent.
func (c *RoomBanCmd) Validate() error {
	if err := c.roomName.Validate(); err != nil {
		return err
	}
	return c.term.Validate()
}

// Run bans.
func (c *RoomBanCmd) Run(k *kong.Context) error {
	params := c.params()
	params["UserIds"], params["Scope"] = c.Users, c.Scope
	return c.explain(c.ban(k, c.action("BanUsers"), params))
}

// RoomBanAppCmd bans users from an app.
type RoomBanAppCmd struct {
	Users []string `arg:"" name:"user" help:"Those to ban, at most 10."`
	term
}

// Run bans.
func (c *RoomBanAppCmd) Run(k *kong.Context) error {
	return c.ban(k, "BanUsers", map[string]any{"UserIds": c.Users, "Scope": "app"})
}

// bansMax is how many bans one answer lists at most.
const bansMax = 100

// RoomBansCmd lists bans.
type RoomBansCmd struct {
	User string `help:"Those of this user only."`
	Page int    `help:"A hundred bans are a page; the first is 0."`
	control
}

// Run prints one line for each ban.
func (c *RoomBansCmd) Run(k *kong.Context) error {
	params := map[string]any{"PageNumber": c.Page, "PageSize": bansMax}
	if c.User != "" {
		params["UserId"] = c.User
	}
	answer, err := c.call(context.Background(), "DescribeBans", params)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(k.Stdout, answer.Bans)
	}
	if len(answer.Bans) == 0 {
		_, err := fmt.Fprintln(k.Stdout, "Nobody is banned.")
		return err
	}
	t := table(k.Stdout, "BAN", "WHO", "FROM", "ENDS", "BY", "REASON")
	for _, b := range answer.Bans {
		t.row(b.BanID, banned(b), where(b), until(b), plain(b.Operator), plain(b.Reason))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if answer.Total > (c.Page+1)*bansMax {
		fmt.Fprintf(k.Stdout, "%d bans in all; --page %d has the next\n", answer.Total, c.Page+1)
	}
	return nil
}

// RoomLiftCmd lifts bans.
type RoomLiftCmd struct {
	Bans []string `arg:"" name:"ban" help:"The ids of the bans, at most 10; bans lists them."`
	control
}

// Run says which bans are over.
func (c *RoomLiftCmd) Run(k *kong.Context) error {
	answer, err := c.call(context.Background(), "LiftBans", map[string]any{"BanIds": c.Bans})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(k.Stdout, map[string]any{"lifted": answer.Bans, "absent": answer.AbsentBans})
	}
	for _, b := range answer.Bans {
		fmt.Fprintf(k.Stdout, "%s may come to %s again.\n", banned(b), where(b))
	}
	if len(answer.AbsentBans) > 0 {
		fmt.Fprintf(k.Stdout, "There is no ban %s.\n", plain(strings.Join(answer.AbsentBans, ", ")))
	}
	return nil
}

// banned names who is banned.
func banned(b api.Ban) string {
	if b.DeviceID == "" {
		return plain(b.UserID)
	}
	return strings.TrimSpace(plain(b.UserID) + " with device " + plain(b.DeviceID))
}

// where names what a ban keeps somebody out of.
func where(b api.Ban) string {
	name := roomName{Room: b.RoomID, Str: b.RoomType == "str"}
	switch b.Scope {
	case "app":
		return "every room"
	case "incarnation":
		return fmt.Sprintf("room %s while it is open", &name)
	default:
		return fmt.Sprintf("room %s", &name)
	}
}

// until says when a ban ends.
func until(b api.Ban) string {
	if b.Until == nil {
		return "for good"
	}
	return "until " + b.Until.Local().Format(time.DateTime)
}
