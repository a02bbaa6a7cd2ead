package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
)

// JoinCmd is a member of a room in a terminal.
type JoinCmd struct {
	Room    string        `required:"" help:"The room: a number from 1 to 4294967294, or any name with --str."`
	Str     bool          `help:"The room is a string room: number 7 and string 7 are different rooms."`
	User    string        `required:"" help:"The user who enters."`
	URL     string        `default:"ws://127.0.0.1:8080" env:"EXEUNT_URL" help:"The server: ws, wss, http or https; without a path, /signal is meant."`
	App     uint32        `default:"1400000000" env:"EXEUNT_APP" help:"The SdkAppId."`
	Usersig string        `env:"EXEUNT_USERSIG" help:"The UserSig; without it, one is made with EXEUNT_SECRET, or in development mode."`
	Permit  string        `env:"EXEUNT_PRIVATE_MAP_KEY" help:"The PrivateMapKey, where the app demands one."`
	Scene   uint32        `default:"0" help:"TRTCAppScene: 0 video call, 1 live, 2 audio call, 3 voice chat room."`
	Role    uint32        `default:"20" help:"In live scenes: 20 anchor, 21 audience."`
	Publish bool          `help:"Send a test tone and a test picture."`
	Receive bool          `help:"Receive sound and pictures, and tell how much came."`
	TCP     bool          `name:"tcp" help:"Send and receive media over TCP only."`
	For     time.Duration `help:"Leave after this time; 0 for when told to (Ctrl-C)."`
}

// slotsAtFirst are the receive lines of the first offer, of each kind; more are added when they are needed.
const slotsAtFirst = 4

// Help tells what the exit codes mean.
func (*JoinCmd) Help() string {
	return "The exit code says how the stay ended: 0 by your own wish, 11 removed, 12 the room was dismissed, " +
		"13 the server could not keep it, 2 not let in."
}

// Validate checks what the server would refuse anyway, to name the flag.
func (c *JoinCmd) Validate() error {
	if _, err := strconv.ParseUint(c.Room, 10, 32); err != nil && !c.Str {
		return fmt.Errorf("--room is %q: without --str it must be a number from 1 to 4294967294", c.Room)
	}
	if _, err := signalAddress(c.URL); err != nil {
		return err
	}
	if c.For < 0 {
		return fmt.Errorf("--for is %s: it must be 0 or more", c.For)
	}
	return nil
}

// signalAddress is the signalling address; the address of the call page will do.
func signalAddress(of string) (string, error) {
	u, err := url.Parse(of)
	if err != nil || u.Host == "" || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		return "", fmt.Errorf("--url is %q: it must be an address such as ws://127.0.0.1:8080", of)
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	if u.Path == "" || u.Path == "/" {
		u.Path = "/signal"
	}
	return u.String(), nil
}

// Run enters, prints what happens, and leaves at Ctrl-C or when --for is over.
func (c *JoinCmd) Run(k *kong.Context) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	return c.stay(ctx, k.Stdout)
}

// stay is one stay, from entering until it is over or ctx is.
func (c *JoinCmd) stay(ctx context.Context, out io.Writer) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	member, err := client.Enter(ctx, cfg)
	if refusal := (*client.Refusal)(nil); errors.As(err, &refusal) {
		return &ending{code: exitRefused, text: refusal.Error()}
	}
	if err != nil {
		return err
	}
	show := &screen{out: out, member: member, inlets: map[source]*client.Inlet{}}
	show.line("you entered as %s, session %s", c.User, member.Session())
	leaving := context.AfterFunc(ctx, func() {
		// It ends by itself within half a second; the last event says how.
		_ = member.Exit(context.Background())
	})
	defer leaving()
	if c.Publish {
		stop, err := publishTest(member)
		if err != nil {
			return errors.Join(err, member.Exit(context.Background()))
		}
		defer stop()
	}
	for event := range member.Events() {
		show.event(event)
		if last, ok := event.(client.Exited); ok {
			return endingOf(last)
		}
	}
	return nil
}

func (c *JoinCmd) config() (client.Config, error) {
	address, err := signalAddress(c.URL)
	if err != nil {
		return client.Config{}, err
	}
	cfg := client.Config{
		URL: address, SdkAppID: c.App, UserID: c.User, UserSig: c.Usersig, PrivateMapKey: c.Permit,
		Scene: c.Scene, Role: c.Role, ReceiveAudio: c.Receive, ReceiveVideo: c.Receive, Name: "exeunt join/" + version,
	}
	if c.Str {
		cfg.StrRoomID = c.Room
	} else if number, err := strconv.ParseUint(c.Room, 10, 32); err == nil {
		cfg.RoomID = uint32(number)
	}
	if c.Publish || c.Receive {
		cfg.Media = &client.Media{AudioSlots: slotsAtFirst, VideoSlots: slotsAtFirst}
		if c.TCP {
			cfg.Media.Network = client.OnlyTCP
		}
	}
	if cfg.UserSig != "" {
		return cfg, nil
	}
	secret := os.Getenv("EXEUNT_SECRET")
	if secret == "" && c.App == config.DevelopmentSdkAppID {
		secret = config.DevelopmentSecret
	}
	if secret == "" {
		return cfg, fmt.Errorf("app %d needs --usersig, or EXEUNT_SECRET to make one", c.App)
	}
	cfg.UserSig = usersig.Sign(c.App, c.User, secret, time.Hour, time.Now())
	return cfg, nil
}

// The exit codes beside 0 and 1.
const (
	exitRefused = 2
	// exitEnded is added to onExitRoom's reason when that is not 0.
	exitEnded = 10
)

// ending is a stay that did not end by its own wish.
type ending struct {
	code int
	text string
}

func (e *ending) Error() string { return e.text }

// ExitCode is what the process returns.
func (e *ending) ExitCode() int { return e.code }

func endingOf(last client.Exited) error {
	if last.Reason == 0 {
		return nil
	}
	return &ending{code: exitEnded + int(last.Reason), text: "the stay ended: " + last.Detail.Code}
}
