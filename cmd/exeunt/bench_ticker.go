package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/exeunt/exeunt/client/load"
)

// ticker tells how far a load has come: on a terminal in one line that is written anew, elsewhere in a line now and
// then.
type ticker struct {
	out    io.Writer
	onTerm bool
	// long is how long the measurement takes.
	long time.Duration
	// last is what was shown before, at a time; width is the width of the line that stands.
	last  load.Progress
	shown time.Time
	width int
}

// lineEvery is how often a line is written where none can be written anew.
const lineEvery = 5 * time.Second

func newTicker(out *os.File, long time.Duration) *ticker {
	info, err := out.Stat()
	onTerm := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	return &ticker{out: out, onTerm: onTerm, long: long}
}

// show writes the progress, when it is time.
func (t *ticker) show(p load.Progress) {
	now := time.Now()
	if !t.onTerm && p.Phase == t.last.Phase && now.Sub(t.shown) < lineEvery {
		return
	}
	rate := 0.0
	if !t.shown.IsZero() && now.After(t.shown) {
		rate = float64(p.Packets-t.last.Packets) / now.Sub(t.shown).Seconds()
	}
	t.shown, t.last = now, p
	line := t.line(p, rate)
	if !t.onTerm {
		fmt.Fprintln(t.out, line)
		return
	}
	width := len([]rune(line))
	fmt.Fprint(t.out, "\r", line, strings.Repeat(" ", max(0, t.width-width)))
	t.width = width
}

// end takes the line off the terminal.
func (t *ticker) end() {
	if t.onTerm && t.width > 0 {
		fmt.Fprint(t.out, "\r", strings.Repeat(" ", t.width), "\r")
	}
}

// line is one line; it fits a terminal of 80 columns.
func (t *ticker) line(p load.Progress, rate float64) string {
	parts := []string{fmt.Sprintf("%-9s", p.Phase), fmt.Sprintf("%d/%d inside", p.Inside, p.Total)}
	if p.Phase == load.Measuring {
		parts[0] = fmt.Sprintf("%s %v/%v", p.Phase, p.For.Truncate(time.Second), t.long)
	}
	if p.Packets > 0 && p.Phase != load.Leaving {
		parts = append(parts, thousands(uint64(rate))+" packets/s")
	}
	if p.Due > 0 {
		parts = append(parts, thousands(p.Lost)+" lost", "p99 "+short(p.P99))
	}
	if p.Faults > 0 {
		parts = append(parts, plural(p.Faults, "fault"))
	}
	return strings.Join(parts, "  ")
}
