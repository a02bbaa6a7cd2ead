//go:build linux

// Program forward measures, side by side on one machine, what a forwarded packet costs: exeunt, a floor that only
// encrypts and sends, a plain forwarder of Pion, and LiveKit. It needs two processors: one for the server, one for the
// load. It must never show a cost of packets that did not arrive, or that arrived as something else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/exeunt/exeunt/bench/servers"
)

// outputs are the files that are written, where they are named.
type outputs struct{ write, json, html, profile string }

// options are the flags.
type options struct {
	exeunt, livekit, janusSRTP string
	only, scenarios            string
	outputs
	// run names the run: when it began.
	run                string
	rounds, seconds    int
	gate               float64
	warm, feedback     time.Duration
	serverCPU, loadCPU int
}

func main() {
	var o options
	flag.StringVar(&o.exeunt, "exeunt", "../bin/exeunt", "our server's `program`")
	flag.StringVar(&o.livekit, "livekit", "", "the LiveKit server's `program`; empty to install it in ../.cache")
	flag.StringVar(&o.only, "only", "", "measure these servers alone: some of "+listed(contenders, contender.flag))
	flag.StringVar(&o.scenarios, "scenario", "", "run these alone: some of "+
		listed(scenarios, scenario.flag)+", or these groups of them: "+strings.Join(groups(), ","))
	flag.StringVar(&o.write, "write", "", "also write the tables into this `file`, between its markers")
	flag.StringVar(&o.json, "json", "", "also write all that was found into this `file`; what it has of scenarios and "+
		"servers that are not measured now stays, and is in the tables")
	flag.StringVar(&o.html, "html", "", "also write a page with plots into this `file`")
	flag.StringVar(&o.janusSRTP, "janus-srtp", "", "the `folder` with a libsrtp of OpenSSL's for the tuned Janus")
	show := flag.Bool("show", false, "measure nothing: show what the file of -json has")
	flag.StringVar(&o.profile, "profile", "", "take a CPU profile of exeunt into this `file`, if it has /debug/pprof")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each is measured, in turns")
	flag.IntVar(&o.seconds, "seconds", 5, "how long one measurement lasts")
	flag.Float64Var(&o.gate, "gate", 0, "fail when a target is missed by more than this `factor`; 0 for never")
	flag.DurationVar(&o.warm, "warm", 1500*time.Millisecond, "how long media flows before it begins")
	flag.DurationVar(&o.feedback, "feedback", 100*time.Millisecond, "how often listeners report; 0 for never")
	flag.IntVar(&o.serverCPU, "server-cpu", 0, "the processor of the servers")
	flag.IntVar(&o.loadCPU, "load-cpu", 1, "the processor of everything else")
	be := flag.String("be", "", "for the program itself: be this `server` (sfu or floor)")
	address := flag.String("address", "", "for the program itself: where that server listens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := error(nil)
	switch *be {
	case "":
		if o.run = time.Now().UTC().Format(time.RFC3339); *show {
			err = showKept(o)
			break
		}
		err = run(ctx, o)
	case "sfu":
		err = beSFU(*address)
	case "floor":
		err = beFloor(*address)
	default:
		err = fmt.Errorf("-be=%s: want sfu or floor", *be)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "forward:", err)
		os.Exit(1)
	}
}

// lasts is how long one measurement lasts.
func (o options) lasts() time.Duration { return time.Duration(o.seconds) * time.Second }

// check says what is wrong with the flags.
func (o options) check() error {
	switch {
	case o.serverCPU == o.loadCPU:
		return errors.New("-server-cpu and -load-cpu are the same: the load would be part of what is measured")
	case o.rounds < 1 || o.rounds > 100:
		return fmt.Errorf("-rounds=%d: want 1 to 100", o.rounds)
	case o.seconds < 1 || o.seconds > 3600:
		return fmt.Errorf("-seconds=%d: want 1 to 3600", o.seconds)
	case o.gate != 0 && (o.gate < 1 || o.gate > 10):
		return fmt.Errorf("-gate=%v: want 0, or 1 to 10", o.gate)
	case o.warm < 0 || o.warm > time.Hour:
		return fmt.Errorf("-warm=%v: want 0s to 1h", o.warm)
	case o.feedback < 0 || o.feedback > time.Hour:
		return fmt.Errorf("-feedback=%v: want 0s to 1h", o.feedback)
	}
	return nil
}

// starter starts a server on the calling thread's processor.
type starter func(ctx context.Context, o options) (service, error)

// contender is one column of the tables.
type contender struct {
	name, title string
	start       starter
}

var contenders = []contender{
	{nameExeunt, "exeunt", startExeunt},
	{nameFloor, "floor", startFloor},
	{namePion, "plain Pion", startPion},
	{nameLivekit, "LiveKit " + servers.LivekitVersion, startLivekit},
	{nameJanus, "Janus as packaged", startJanus},
	{nameTuned, "Janus tuned", startJanusTuned},
}

func (c contender) flag() string { return c.name }
func (s scenario) flag() string  { return s.name }

// listed names all that a flag may name.
func listed[T any](all []T, name func(T) string) string {
	var names []string
	for _, one := range all {
		names = append(names, name(one))
	}
	return strings.Join(names, ",")
}

// pick keeps what a flag names; an empty flag names all.
func pick[T any](all []T, name func(T) string, flagName, wanted string) ([]T, error) {
	if wanted == "" {
		return all, nil
	}
	var found []T
	for one := range strings.SplitSeq(wanted, ",") {
		at := slices.IndexFunc(all, func(t T) bool { return name(t) == one })
		if at < 0 {
			return nil, fmt.Errorf("-%s: there is no %q; want some of %s", flagName, one, listed(all, name))
		}
		found = append(found, all[at])
	}
	return found, nil
}

// choose are the scenarios that a flag names, each by its name or by that of its group.
func choose(wanted string) ([]scenario, error) {
	if wanted == "" {
		return scenarios, nil
	}
	var found []scenario
	for one := range strings.SplitSeq(wanted, ",") {
		before := len(found)
		for _, s := range scenarios {
			if s.name == one || s.group == one {
				found = append(found, s)
			}
		}
		if len(found) == before {
			return nil, fmt.Errorf("-scenario: there is no %q; want some of %s, or of the groups %s", one,
				listed(scenarios, scenario.flag), strings.Join(groups(), ","))
		}
	}
	return found, nil
}

// groups are the names of all groups, in the order of the tables.
func groups() []string {
	var all []string
	for _, s := range scenarios {
		if !slices.Contains(all, s.group) {
			all = append(all, s.group)
		}
	}
	return all
}

// present leaves out what cannot be measured here, unless the flag asks for it by its name, and says so.
func present(who []contender, wanted string) []contender {
	absent := servers.JanusAbsent()
	if absent == "" || wanted != "" {
		return who
	}
	fmt.Fprintln(os.Stderr, "forward: without Janus:", absent)
	return slices.DeleteFunc(slices.Clone(who), contender.isJanus)
}

func (c contender) isJanus() bool { return c.name == nameJanus || c.name == nameTuned }

// equip finds the programs of the servers that are measured.
func (o *options) equip(ctx context.Context, who []contender) error {
	for _, c := range who {
		var err error
		switch {
		case c.name == nameExeunt:
			_, err = exec.LookPath(o.exeunt)
		case c.name == nameLivekit && o.livekit == "":
			o.livekit, err = servers.InstallLivekit(ctx, "../.cache/bench")
		case c.name == nameLivekit:
			_, err = exec.LookPath(o.livekit)
		case c.isJanus() && servers.JanusAbsent() != "":
			err = errors.New(servers.JanusAbsent())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// garbage lets the load's memory grow before it is collected: its pauses are not the servers'.
const garbage = 400

func run(ctx context.Context, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	what, err := choose(o.scenarios)
	if err != nil {
		return err
	}
	who, err := pick(contenders, contender.flag, "only", o.only)
	if err != nil {
		return err
	}
	who = present(who, o.only)
	// What was kept is read first: to find it unreadable after an hour would be late.
	kept, err := readRecord(o.json)
	if err != nil {
		return err
	}
	if err := o.equip(ctx, who); err != nil {
		return err
	}
	if err := pinSelf(o.loadCPU); err != nil {
		return err
	}
	debug.SetGCPercent(garbage)
	r := results{}
	turns := plan(o.rounds, what, who)
	began := time.Now()
	for n, t := range turns {
		f, err := measure(ctx, o, t.contender, t.scenario)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", t.scenario.name, t.title, err)
		}
		fmt.Fprintf(os.Stderr, "%d of %d, round %d, %s, %s: %v; %v left\n", n+1, len(turns), t.round, t.scenario.name,
			t.title, f, remaining(time.Since(began), n+1, len(turns)))
		r.add(t.scenario.name, t.contender.name, f)
		if t.contender.name == nameExeunt {
			o.profile = "" // One is enough, of the first scenario.
		}
		// What the last crowd left must not be collected while the next one is measured.
		runtime.GC()
	}
	return report(o, kept, r)
}

// remaining is about how long the turns that are left take.
func remaining(took time.Duration, done, all int) time.Duration {
	return (took / time.Duration(done) * time.Duration(all-done)).Round(time.Second)
}

// turn is one measurement.
type turn struct {
	round int
	scenario
	contender
}

// plan lets the servers take turns within a round, and another one begin in each: whatever the machine does for a
// while, it does to all of them.
func plan(rounds int, what []scenario, who []contender) []turn {
	var all []turn
	for round := range rounds {
		for _, s := range what {
			for i := range who {
				if c := who[(i+round)%len(who)]; s.measures(c.name) {
					all = append(all, turn{round + 1, s, c})
				}
			}
		}
	}
	return all
}
