package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/client/load"
	"github.com/exeunt/exeunt/server/config"
)

// BenchCmd loads a server and tells whether it holds.
type BenchCmd struct {
	URL string `default:"ws://127.0.0.1:8080" env:"EXEUNT_URL" help:"The server: ws, wss, http or https; without a path, /signal is meant."`
	App uint32 `default:"1400000000" env:"EXEUNT_APP" aliases:"sdk-app-id" help:"The SdkAppId."`
	// A flag shows the secret to every process of the machine, so its help points to the environment.
	Secret string `env:"EXEUNT_SECRET" help:"The app's secret; the environment keeps it from others' eyes. In development mode the built-in one."`

	benchLoad
	benchGates `group:"Gates: the exit code is 1 when one is exceeded"`

	Metrics  string `env:"EXEUNT_METRICS" help:"The server's numbers, such as http://127.0.0.1:8082/metrics, for its processor time and memory."`
	JSON     string `name:"json" placeholder:"FILE" help:"Write all numbers to this file; - for the terminal, in place of the table."`
	Markdown string `placeholder:"FILE" help:"Write the tables to this file as Markdown; - as above."`
}

// benchLoad is the shape of the load.
type benchLoad struct {
	Rooms      int           `default:"1" help:"Rooms, 1 to 1000."`
	Members    int           `default:"10" help:"Members of each room, 1 to 1000; 2000 in all."`
	Publishers int           `default:"1" help:"Those of a room's members who publish, 0 to 50; everybody receives the others."`
	Scene      uint32        `default:"0" help:"TRTCAppScene: 0 video call, 1 live, 2 audio call, 3 voice chat room. In 1 and 3 who does not publish is audience."`
	EnterRate  float64       `default:"20" help:"Members who ask to enter, a second, 0.1 to 1000."`
	Video      load.Video    `default:"30x10x1200" help:"Pictures: frames a second x packets a frame x bytes a packet (120 x 100 x 1200 at most), or none."`
	Audio      load.Audio    `default:"50" help:"Sound: packets a second (500 at most), or with bytes, 50x92; or none."`
	For        time.Duration `default:"30s" help:"How long to measure once everybody is inside, 1s to 24h."`
	TCP        bool          `name:"tcp" help:"Send and receive media over TCP only."`
}

// benchGates are what the server must keep to.
type benchGates struct {
	FailLoss  *load.Share    `placeholder:"SHARE" help:"Fail when more packets are lost, such as 1%."`
	FailP99   *time.Duration `name:"fail-p99" placeholder:"TIME" help:"Fail when the p99 latency of pictures or sound is longer, such as 100ms."`
	FailEnter *time.Duration `placeholder:"TIME" help:"Fail when the p99 of entering is longer."`
	FailExit  *time.Duration `placeholder:"TIME" help:"Fail when the p99 of the time until everybody knows of an exit is longer."`
}

// Help tells what it does to a server.
func (*BenchCmd) Help() string {
	return "Enters rooms of its own, whose names nobody else has, sends stamped media through the server and checks " +
		"every packet that comes. Ctrl-C leaves in order and prints what there is. The exit code is 0 when nothing went " +
		"wrong, 1 when a gate was exceeded, or somebody could not enter, was put out, or got what was not sent."
}

// Validate names the flag that is wrong, and its limit.
func (c *BenchCmd) Validate() error {
	plan := c.plan()
	_, err := signalAddress(c.URL)
	errs := []error{err}
	if u, err := url.Parse(plan.Metrics); c.Metrics != "" &&
		(err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme)) {
		errs = append(errs,
			fmt.Errorf("--metrics is %q: it must be an address such as http://127.0.0.1:8082/metrics", c.Metrics))
	}
	if plan.Secret == "" {
		errs = append(errs, fmt.Errorf("app %d needs EXEUNT_SECRET, or --secret, to make UserSigs", c.App))
	}
	for flag, bound := range map[string]*time.Duration{
		"--fail-p99": c.FailP99, "--fail-enter": c.FailEnter, "--fail-exit": c.FailExit,
	} {
		if bound != nil && *bound <= 0 {
			errs = append(errs, &load.LimitError{Flag: flag, Value: bound.String(), Limit: "more than 0s"})
		}
	}
	if c.JSON == terminal && c.Markdown == terminal {
		errs = append(errs, errors.New("--json and --markdown are both -: the terminal is one"))
	}
	return errors.Join(append(errs, plan.Validate())...)
}

// terminal stands for standard output where a file is named.
const terminal = "-"

// plan is the load, in the words of package load.
func (c *BenchCmd) plan() load.Plan {
	address, _ := signalAddress(c.URL)
	plan := load.Plan{
		URL: address, SdkAppID: c.App, Secret: c.Secret, Scene: c.Scene,
		Rooms: c.Rooms, Members: c.Members, Publishers: c.Publishers, EnterRate: c.EnterRate,
		Video: c.Video, Audio: c.Audio, For: c.For, Metrics: c.Metrics,
	}
	if plan.Secret == "" && c.App == config.DevelopmentSdkAppID {
		plan.Secret = config.DevelopmentSecret
	}
	if c.TCP {
		plan.Network = client.OnlyTCP
	}
	if u, err := url.Parse(c.Metrics); err == nil && u.Host != "" && (u.Path == "" || u.Path == "/") {
		u.Path = "/metrics"
		plan.Metrics = u.String()
	}
	return plan
}

// Run loads the server, and writes what it found.
func (c *BenchCmd) Run(k *kong.Context) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second Ctrl-C does what it always does.
	defer context.AfterFunc(ctx, stop)()
	ticker := newTicker(os.Stderr, c.For)
	report, err := load.Run(ctx, c.plan(), ticker.show)
	ticker.end()
	if err != nil {
		return err
	}
	report.Version = version
	report.Judge(load.Bounds{Loss: c.FailLoss, Latency: c.FailP99, Enter: c.FailEnter, Exit: c.FailExit})
	return errors.Join(c.write(k.Stdout, report), verdict(report))
}

// write writes the report in all forms that were asked for.
func (c *BenchCmd) write(stdout io.Writer, r *load.Report) error {
	if c.JSON != terminal && c.Markdown != terminal {
		if _, err := io.WriteString(stdout, benchText(r)); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the numbers as JSON: %w", err)
	}
	return errors.Join(
		writeTo(c.JSON, stdout, string(text)+"\n"),
		writeTo(c.Markdown, stdout, benchMarkdown(r)),
	)
}

func writeTo(file string, stdout io.Writer, text string) error {
	switch file {
	case "":
		return nil
	case terminal:
		_, err := io.WriteString(stdout, text)
		return err
	default:
		return os.WriteFile(file, []byte(text), 0o644)
	}
}

// verdict is an error when the server did not hold.
func verdict(r *load.Report) error {
	var failed []string
	for _, g := range r.Gates {
		if !g.OK {
			failed = append(failed, fmt.Sprintf("%s is %s, more than %s", g.Name, g.Measured, g.Bound))
		}
	}
	faults := 0
	for _, f := range r.Faults {
		faults += f.Count
	}
	if faults > 0 {
		failed = append(failed, plural(faults, "fault"))
	}
	if len(failed) == 0 {
		return nil
	}
	return errors.New("the server did not hold: " + strings.Join(failed, ", "))
}
