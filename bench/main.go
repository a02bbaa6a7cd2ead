// Program bench measures, side by side on one machine, how fast exeunt and LiveKit tell the members of a room that
// somebody is gone. It is a module of its own, so that nothing of the peer comes near the server.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/exeunt/exeunt/bench/servers"
)

// runMax bounds a whole run; what is not measured by then is missing from the table.
const runMax = 12 * time.Minute

// The names of the columns.
const (
	nameExeunt  = "exeunt"
	nameDurable = "exeunt, records on disk"
	nameLivekit = "LiveKit " + servers.LivekitVersion
)

// options are the flags.
type options struct {
	exeunt, livekit string
	write           string
	rounds          int
}

func main() {
	var o options
	flag.StringVar(&o.exeunt, "exeunt", "../bin/exeunt", "our server's `program`")
	flag.StringVar(&o.livekit, "livekit", "", "the LiveKit server's `program`, or none; empty to install it")
	flag.StringVar(&o.write, "write", "", "also write the tables into this `file`, between its markers")
	flag.IntVar(&o.rounds, "rounds", 3, "how often the fan-out is measured; 0 for not at all")
	be := flag.String("be", "", "for the bench itself: be a member, as this `errand` says")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := error(nil)
	if *be != "" {
		err = beStranger(ctx, *be, os.Stdout)
	} else {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// garbage lets the members' memory grow before it is collected: their pauses are not the servers'.
const garbage = 400

func run(ctx context.Context, o options) error {
	switch o.livekit {
	case "none":
		o.livekit = ""
	case "":
		var err error
		if o.livekit, err = servers.InstallLivekit(ctx, "../.cache/bench"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, runMax)
	defer cancel()
	debug.SetGCPercent(garbage)
	found := detectAll(ctx, o)
	fan := newResults(os.Stderr)
	for round := range o.rounds {
		for _, c := range o.contenders() {
			begin := time.Now()
			if err := c.measure(ctx, fan); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s took %.0f s\n", round+1, o.rounds, c.name, time.Since(begin).Seconds())
		}
		fan.endRound()
	}
	return report(o, fan.table()+"\n"+found.table())
}

// contender is one column of the tables.
type contender struct {
	name  string
	start func(ctx context.Context, mediaIP string, mediaPort int) (service, error)
	plan  plan
}

func (o options) contenders() []contender {
	ours := plan{sizes: []int{2, 50, 200, 1000}, speakers: 40, silents: 3, dismissals: 5}
	theirs := ours
	theirs.sizes = []int{2, 50, 200}
	all := []contender{
		{nameExeunt, func(ctx context.Context, ip string, port int) (service, error) {
			return startExeunt(ctx, o.exeunt, mediaFlags(ip, port)...)
		}, ours},
		{nameDurable, func(ctx context.Context, ip string, port int) (service, error) {
			return startDurable(ctx, o.exeunt, mediaFlags(ip, port)...)
		}, ours},
		{nameLivekit, func(ctx context.Context, ip string, port int) (service, error) {
			return startLivekit(ctx, o.livekit, ip, port)
		}, theirs},
	}
	if o.livekit == "" {
		return all[:2]
	}
	return all
}

// ownIP is where servers take media.
const ownIP = "127.0.0.1"

// mediaFlags make our server take media at a port, and say that it is at an address.
func mediaFlags(ip string, port int) []string {
	flags := []string{fmt.Sprintf("--media-addr=%s:%d", ownIP, port)}
	if ip != ownIP {
		flags = append(flags, "--public-ips="+ip)
	}
	return flags
}

// measure starts the server, measures it once, and stops it.
func (c contender) measure(ctx context.Context, into *results) error {
	port, err := servers.FreePort()
	if err != nil {
		return err
	}
	s, err := c.start(ctx, ownIP, port)
	if err != nil {
		return err
	}
	defer s.close()
	c.plan.run(ctx, s, c.name, into)
	return ctx.Err()
}
