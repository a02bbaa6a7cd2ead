// Command exeunt serves real-time rooms that one can leave, and works with them from a terminal.
package main

import (
	"github.com/alecthomas/kong"
)

// version is the version of the server and of every command.
const version = "0.1.0"

// cli is the command line: one field a command.
type cli struct {
	Serve   ServeCmd   `cmd:"" help:"Serve rooms: signalling, media, control API and call page."`
	Config  ConfigCmd  `cmd:"" help:"Print the settings in force as YAML, secrets masked."`
	Doctor  DoctorCmd  `cmd:"" help:"Look whether this host has what the server needs."`
	Usersig UsersigCmd `cmd:"" help:"Make a UserSig, with which a user enters rooms."`
	Join    JoinCmd    `cmd:"" help:"Enter a room from the terminal, and tell what happens in it."`
	Bench   BenchCmd   `cmd:"" help:"Load a server with members who send and receive, and tell whether it holds."`
	Room    RoomCmd    `cmd:"" help:"Work on live rooms: list, open, show, close, remove and ban users."`
	Version VersionCmd `cmd:"" help:"Print the version."`
}

const description = `Real-time audio and video rooms that you can leave.

Without settings, "exeunt serve" runs in development mode on this machine only; docs/operate.md has the rest.`

func main() {
	var c cli
	ctx := kong.Parse(&c, kong.Name("exeunt"), kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	ctx.FatalIfErrorf(ctx.Run())
}
