package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// The markers between which the tables stand in a page.
const (
	markBegin = "<!-- bench: begin -->\n"
	markEnd   = "<!-- bench: end -->\n"
)

// report prints the tables, and writes them into a page when one is named.
func report(o options, tables string) error {
	text := fmt.Sprintf("Measured on %s with `make bench` on %d cores, %s; medians of %d rounds.\n\n%s",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), o.rounds, tables)
	fmt.Print(text)
	if o.write == "" {
		return nil
	}
	page, err := os.ReadFile(o.write)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	changed, err := between(string(page), text)
	if err != nil {
		return fmt.Errorf("%s: %w", o.write, err)
	}
	return os.WriteFile(o.write, []byte(changed), 0o644)
}

// between puts text between the markers of a page.
func between(page, text string) (string, error) {
	before, rest, ok := strings.Cut(page, markBegin)
	_, after, closed := strings.Cut(rest, markEnd)
	if !ok || !closed {
		return "", fmt.Errorf("the page has no lines %q and %q", strings.TrimSpace(markBegin), strings.TrimSpace(markEnd))
	}
	return before + markBegin + "\n" + text + "\n" + markEnd + after, nil
}
