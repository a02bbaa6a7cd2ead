// Program mutants plants faults into a copy of the repository, one at a time, and runs the tests that must notice. A
// fault that no test notices is a promise that nothing holds: the program prints it and fails.
//
// The faults are listed beside this file. It never changes the repository itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

const (
	// faultsMin and scriptFaultsMin are how many faults the lists have at least, and how many of those in the SDK.
	faultsMin, scriptFaultsMin = 140, 50
	// runWait bounds one command: the slowest takes a few seconds.
	runWait = 60 * time.Second
)

func main() {
	only := flag.String("run", "", "plant only the faults whose `names` match")
	parallel := flag.Int("parallel", 2, "how many to try at the same time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *parallel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// run tries the faults whose names match, and returns an error unless all are caught.
func run(ctx context.Context, only string, parallel int) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	faults, err := readFaults("test/mutants")
	if err != nil {
		return err
	}
	var chosen []fault
	for _, f := range faults {
		if wanted.MatchString(f.name) {
			chosen = append(chosen, f)
		}
	}
	if err := checkFaults(".", chosen); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return fmt.Errorf("make a place for the copies: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	benches, err := makeBenches(dir, max(1, min(parallel, len(chosen))))
	if err != nil {
		return err
	}
	if err := checkSound(ctx, benches, chosen); err != nil {
		return err
	}
	return tryAll(ctx, benches, chosen)
}
