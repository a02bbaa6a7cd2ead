//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// allocationTest fails when a forwarded packet costs an allocation (testing.AllocsPerRun); its package is the server's.
const (
	allocationTest    = "TestForwardingAllocatesNothing"
	allocationPackage = "./server/media"
)

// allocate has the server's own test look for allocations: from outside they cannot be told from those of the
// signalling.
func (c *crowd) allocate(ctx context.Context, _ options) (figure, error) {
	command := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^"+allocationTest+"$", allocationPackage)
	command.Dir = ".."
	out, err := command.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return figure{}, fmt.Errorf("run the test: %w", err)
	}
	n, err := parseAllocations(string(out))
	return figure{Allocations: &n}, err
}

// parseAllocations reads what the test said: nothing when it passed, the number for a picture when it failed.
func parseAllocations(text string) (float64, error) {
	if strings.Contains(text, "--- PASS: "+allocationTest) {
		return 0, nil
	}
	for line := range strings.Lines(text) {
		_, line, _ = strings.Cut(line, ".go:")
		var at int
		var n, packets, listeners float64
		_, err := fmt.Sscanf(line, "%d: %f allocations for a picture of %f packets to %f listeners",
			&at, &n, &packets, &listeners)
		if err == nil && packets*listeners > 0 {
			return n / packets / listeners, nil
		}
	}
	return 0, fmt.Errorf("the test neither passed nor said how many:\n%s", text)
}
