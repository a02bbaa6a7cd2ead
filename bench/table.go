package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// columns are the servers in the order of the table.
var columns = []string{nameExeunt, nameDurable, nameLivekit}

// table is the fan-out as Markdown.
func (r *results) table() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "| last of the others told, p50 / p99 in ms | %s | target: p99 at most half of LiveKit's |\n",
		strings.Join(columns, " | "))
	b.WriteString("|---|" + strings.Repeat("---|", len(columns)+1) + "\n")
	for _, what := range slices.SortedFunc(maps.Keys(r.cells), compareRows) {
		servers := r.cells[what]
		fmt.Fprintf(&b, "| %v |", what)
		for _, name := range columns {
			fmt.Fprintf(&b, " %s |", servers[name])
		}
		fmt.Fprintf(&b, " %s |\n", verdict(what, servers))
	}
	return b.String()
}

func compareRows(a, b row) int {
	order := []way{byExit, byRemoval, byDismissal}
	if a.by != b.by {
		return slices.Index(order, a.by) - slices.Index(order, b.by)
	}
	if a.who != b.who && a.by != byDismissal {
		return int(b.who) - int(a.who)
	}
	return a.size - b.size
}

// String is the cell as the table shows it.
func (c *cell) String() string {
	f, ok := c.figures()
	if !ok {
		return "–"
	}
	text := fmt.Sprintf("%s / %s", milliseconds(f.p50), milliseconds(f.p99))
	if c.failures > 0 {
		text += fmt.Sprintf(", **%d of %d untold**", c.failures, c.failures+c.count)
	}
	return text
}

func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms >= 100 {
		return fmt.Sprintf("%.0f", ms)
	}
	return fmt.Sprintf("%.1f", ms)
}

// verdict says how our 99th percentile compares with theirs, and whether that keeps the target.
func verdict(what row, servers map[string]*cell) string {
	theirs, ok := servers[nameLivekit].figures()
	if !ok {
		return "–"
	}
	var verdicts []string
	for _, name := range []string{nameExeunt, nameDurable} {
		ours, ok := servers[name].figures()
		if !ok {
			continue
		}
		ratio := float64(ours.p99) / float64(theirs.p99)
		word := "PASS"
		switch {
		case servers[name].failures > 0:
			word = "FAIL"
		case what.by == byDismissal:
			word = "no target"
		case ratio > targetRatio:
			word = "FAIL"
		}
		verdicts = append(verdicts, fmt.Sprintf("%s (%.2f)", word, ratio))
	}
	return strings.Join(verdicts, ", ")
}

// targetRatio is how much of LiveKit's 99th percentile ours may take, for exits and removals.
const targetRatio = 0.5

// table is the detection as Markdown.
func (f *deathsFound) table() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "| the others are told: unstable / gone, after s | %s | target: gone within %.0f s |\n",
		strings.Join(columns, " | "), goneMax.Seconds())
	b.WriteString("|---|" + strings.Repeat("---|", len(columns)+1) + "\n")
	for _, d := range deaths {
		fmt.Fprintf(&b, "| %s |", d)
		for _, name := range columns {
			fmt.Fprintf(&b, " %s |", latest(f.moments[d][name]))
		}
		word := "PASS"
		for _, name := range []string{nameExeunt, nameDurable} {
			if !inTime(f.moments[d][name]) {
				word = "FAIL"
			}
		}
		fmt.Fprintf(&b, " %s |\n", word)
	}
	return b.String()
}

// inTime says that everybody was told of every death within the target.
func inTime(moments []moment) bool {
	late := func(m moment) bool { return m.gone == 0 || m.gone > goneMax }
	return len(moments) > 0 && !slices.ContainsFunc(moments, late)
}

// latest shows the slowest of the deaths.
func latest(moments []moment) string {
	if len(moments) == 0 {
		return "–"
	}
	slowest := func(pick func(moment) time.Duration) string {
		var last time.Duration
		for _, m := range moments {
			if pick(m) == 0 {
				return "never"
			}
			last = max(last, pick(m))
		}
		return fmt.Sprintf("%.1f", last.Seconds())
	}
	return slowest(func(m moment) time.Duration { return m.shaky }) + " / " +
		slowest(func(m moment) time.Duration { return m.gone })
}
