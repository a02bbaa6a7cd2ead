package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/server/api"
)

// RoomCmd works on live rooms, through the control API.
type RoomCmd struct {
	List    RoomListCmd    `cmd:"" help:"List the live rooms of an app."`
	Show    RoomShowCmd    `cmd:"" help:"Show who is in a room."`
	Open    RoomOpenCmd    `cmd:"" help:"Open an empty room, with rules of its own."`
	Policy  RoomPolicyCmd  `cmd:"" help:"Print the rules of a room, or replace them."`
	Remove  RoomRemoveCmd  `cmd:"" help:"Remove users from a room; they may enter again."`
	Block   RoomBlockCmd   `cmd:"" help:"Take sound and pictures from a user, until unblock."`
	Unblock RoomUnblockCmd `cmd:"" help:"Give a user back what block took."`
	Ban     RoomBanCmd     `cmd:"" help:"Remove users from a room and keep them out."`
	BanApp  RoomBanAppCmd  `cmd:"" help:"Remove users from every room of the app and keep them out."`
	Bans    RoomBansCmd    `cmd:"" help:"List who is banned."`
	Lift    RoomLiftCmd    `cmd:"" help:"Lift bans."`
	Dismiss RoomDismissCmd `cmd:"" help:"Close a room: everybody in it is out."`
}

// Help tells what the exit codes mean.
func (*RoomCmd) Help() string {
	return "The key is EXEUNT_SECRET_KEY; in development mode it is the built-in one. The exit code is 0 when it is " +
		"done, 1 when the server cannot be asked, 2 when it refuses, 3 when there is no such room."
}

// roomName is the room that a command works on.
type roomName struct {
	Room string `arg:"" help:"The room: a number from 1 to 4294967294, or any name with --str."`
	Str  bool   `help:"The room is a string room: number 7 and string 7 are different rooms."`
}

// Validate checks what cannot be sent.
func (n *roomName) Validate() error {
	if _, err := strconv.ParseUint(n.Room, 10, 32); err != nil && !n.Str {
		return fmt.Errorf("the room is %q: without --str it must be a number from 1 to 4294967294", n.Room)
	}
	return nil
}

// String names the room for a person.
func (n *roomName) String() string {
	if n.Str {
		return strconv.Quote(n.Room)
	}
	return n.Room
}

// action is the name of the action for this kind of room.
func (n *roomName) action(name string) string {
	if n.Str {
		return name + "ByStrRoomId"
	}
	return name
}

// params are the parameters of an action on this room.
func (n *roomName) params() map[string]any {
	if n.Str {
		return map[string]any{"RoomId": n.Room}
	}
	return map[string]any{"RoomId": json.Number(n.Room)}
}

// remark is what the members of a room are told.
type remark struct {
	Reason   string `help:"What they read, at most 512 bytes."`
	Operator string `help:"Who acts, as they are told; the key's id when it is left out."`
}

func (r *remark) into(params map[string]any) map[string]any {
	if r.Reason != "" {
		params["Reason"] = r.Reason
	}
	if r.Operator != "" {
		params["Operator"] = r.Operator
	}
	return params
}

// RoomListCmd lists rooms.
type RoomListCmd struct{ control }

// Run prints one line for each room.
func (c *RoomListCmd) Run(k *kong.Context) error {
	answer, err := c.call(context.Background(), "ListRooms", map[string]any{})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(k.Stdout, answer.Rooms)
	}
	if len(answer.Rooms) == 0 {
		_, err := fmt.Fprintf(k.Stdout, "No room of app %d is open.\n", c.App)
		return err
	}
	t := table(k.Stdout, "ROOM", "KIND", "SCENE", "MEMBERS", "OPEN FOR")
	for _, r := range answer.Rooms {
		t.row(plain(r.RoomID), r.RoomType, scene(r.Scene), strconv.Itoa(r.MembersTotal), since(r.CreatedAt))
	}
	return t.Flush()
}

// RoomShowCmd shows a room.
type RoomShowCmd struct {
	roomName
	control
}

// Run prints the room, and one line for each member.
func (c *RoomShowCmd) Run(k *kong.Context) error {
	answer, err := c.call(context.Background(), c.action("DescribeRoom"), c.params())
	if err != nil {
		return c.explain(err)
	}
	r := answer.Room
	if c.JSON {
		return printJSON(k.Stdout, r)
	}
	fmt.Fprintf(k.Stdout, "Room %s: %s, open for %s, %s.\n", &c.roomName, scene(r.Scene), since(r.CreatedAt),
		counted(r.MembersTotal, "member"))
	if len(r.Members) == 0 {
		return nil
	}
	fmt.Fprintln(k.Stdout)
	t := table(k.Stdout, "USER", "ROLE", "INSIDE FOR", "PUBLISHES", "CLIENT", "NOTE")
	for _, m := range r.Members {
		t.row(plain(m.UserID), role(m.Role), since(m.EnteredAt), streams(m.Streams), plain(m.Client), note(m))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if hidden := r.MembersTotal - len(r.Members); hidden > 0 {
		fmt.Fprintf(k.Stdout, "and %d more\n", hidden)
	}
	return nil
}

// RoomRemoveCmd removes users.
type RoomRemoveCmd struct {
	roomName
	Users   []string `arg:"" name:"user" help:"Those to remove, at most 10."`
	Session string   `help:"Only when this is the user's stay: one who has entered again since stays."`
	remark
	control
}

// Run says who was removed, and who was not there.
func (c *RoomRemoveCmd) Run(k *kong.Context) error {
	params := c.into(c.params())
	params["UserIds"] = c.Users
	if c.Session != "" {
		params["SessionId"] = c.Session
	}
	answer, err := c.call(context.Background(), c.action("RemoveUser"), params)
	if err != nil {
		return c.explain(err)
	}
	if c.JSON {
		return printJSON(k.Stdout, map[string][]string{"removed": answer.Removed, "absent": answer.Absent})
	}
	for _, user := range answer.Removed {
		fmt.Fprintf(k.Stdout, "%s was removed from room %s.\n", plain(user), &c.roomName)
	}
	for _, user := range answer.Absent {
		fmt.Fprintf(k.Stdout, "%s was not in room %s.\n", plain(user), &c.roomName)
	}
	return nil
}

// RoomDismissCmd closes a room.
type RoomDismissCmd struct {
	roomName
	remark
	control
}

// Run says how many were in the room.
func (c *RoomDismissCmd) Run(k *kong.Context) error {
	answer, err := c.call(context.Background(), c.action("DismissRoom"), c.into(c.params()))
	if err != nil {
		return c.explain(err)
	}
	if c.JSON {
		return printJSON(k.Stdout, map[string]int{"removed": answer.RemovedTotal})
	}
	_, err = fmt.Fprintf(k.Stdout, "Room %s is closed; %s had to leave.\n", &c.roomName,
		counted(answer.RemovedTotal, "member"))
	return err
}

// explain adds to "no such room" what is most often wrong.
func (n *roomName) explain(err error) error {
	var r *refused
	if !errors.As(err, &r) || r.ExitCode() != exitNoRoom {
		return err
	}
	hint := "a string room needs --str"
	if n.Str {
		hint = "a numeric room needs no --str"
	}
	return &refused{code: r.code, message: fmt.Sprintf("there is no room %s (%s)", n, hint)}
}

// columns is a table for a terminal.
type columns struct{ *tabwriter.Writer }

func table(w io.Writer, heads ...string) columns {
	t := columns{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.row(heads...)
	return t
}

// row writes to the table's memory; [tabwriter.Writer.Flush] has the error.
func (t columns) row(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }

func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// since says how long ago t was, in whole seconds.
func since(t time.Time) string { return max(0, time.Since(t)).Truncate(time.Second).String() }

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func scene(number int) string {
	names := []string{"video call", "live", "audio call", "voice chat room"}
	if number < 0 || number >= len(names) {
		return fmt.Sprintf("scene %d", number)
	}
	return names[number]
}

func role(number int) string {
	switch number {
	case 20:
		return "anchor"
	case 21:
		return "audience"
	default:
		return strconv.Itoa(number)
	}
}

// note says what is unusual about a member.
func note(m api.Member) string {
	var notes []string
	if m.Unstable {
		notes = append(notes, "unstable")
	}
	if m.AudioBlocked {
		notes = append(notes, "microphone blocked")
	}
	if m.VideoBlocked {
		notes = append(notes, "camera and screen blocked")
	}
	return strings.Join(notes, ", ")
}

// streams lists what a member publishes, in the words of the call page.
func streams(list []api.Stream) string {
	words := map[string]string{"audio": "microphone", "big": "camera", "sub": "screen"}
	var published []string
	for _, s := range list {
		name := or(words[s.Type], plain(s.Type))
		if s.Muted {
			name += " (muted)"
		}
		published = append(published, name)
	}
	return or(strings.Join(published, ", "), "nothing")
}
