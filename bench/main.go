// Program bench measures, side by side on one machine, how fast exeunt and LiveKit tell the members of a room that
// somebody is gone. It is a module of its own, so that nothing of the peer comes near the server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"time"
)

// runMax bounds a whole run; what is not measured by then is missing from the table.
const runMax = 12 * time.Minute

// The names of the columns.
const (
	nameExeunt  = "exeunt"
	nameDurable = "exeunt, records on disk"
	nameLivekit = "LiveKit 1.11.0"
)

// options are the flags.
type options struct {
	exeunt, livekit string
	write           string
	rounds          int
	only            string
}

func main() {
	var o options
	flag.StringVar(&o.exeunt, "exeunt", "../bin/exeunt", "our server's `program`")
	flag.StringVar(&o.livekit, "livekit", "", "the LiveKit server's `program`; without it, exeunt is measured alone")
	flag.StringVar(&o.write, "write", "", "also write the tables into this `file`, between its markers")
	flag.IntVar(&o.rounds, "rounds", 3, "how often everything is measured")
	flag.StringVar(&o.only, "only", "", "measure only the `part` fanout or detection")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if o.rounds < 1 {
		return errors.New("-rounds must be at least 1")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, runMax)
	defer cancel()
	debug.SetGCPercent(garbage)
	fan := newResults(os.Stderr)
	for round := range o.rounds {
		for _, s := range o.servers() {
			begin := time.Now()
			if err := s.measure(ctx, fan); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s took %.0f s\n", round+1, o.rounds, s.name, time.Since(begin).Seconds())
		}
		fan.endRound()
	}
	return report(o, fan.table())
}

// garbage lets the members' memory grow before it is collected: their pauses are not the servers'.
const garbage = 400

// contender is one column of the fan-out table.
type contender struct {
	name  string
	start func(context.Context) (service, error)
	plan  plan
}

func (o options) servers() []contender {
	ours := plan{sizes: []int{2, 50, 200, 1000}, speakers: 40, silents: 3, dismissals: 5}
	theirs := ours
	theirs.sizes = []int{2, 50, 200}
	all := []contender{
		{nameExeunt, func(ctx context.Context) (service, error) {
			return startExeunt(ctx, o.exeunt, "--media-addr=127.0.0.1:0")
		}, ours},
		{nameDurable, func(ctx context.Context) (service, error) { return startDurable(ctx, o.exeunt) }, ours},
		{nameLivekit, func(ctx context.Context) (service, error) {
			port, err := freePort()
			if err != nil {
				return nil, err
			}
			return startLivekit(ctx, o.livekit, "127.0.0.1", port)
		}, theirs},
	}
	if o.livekit == "" {
		return all[:2]
	}
	return all
}

// measure starts the server, measures it once, and stops it.
func (c contender) measure(ctx context.Context, into *results) error {
	s, err := c.start(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	c.plan.run(ctx, s, c.name, into)
	return ctx.Err()
}
