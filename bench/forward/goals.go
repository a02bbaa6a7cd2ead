//go:build linux

package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// goal is one line of what must be reached, and of what would be better still.
type goal struct {
	// Scenario and Against say where it is measured; Against is empty for what is ours alone.
	Scenario, Against string
	// Title says what is measured, Unit in what; the unit of a ratio is empty.
	Title, Unit string
	Must, Aim   float64
	better      direction
	find        func(r results) (float64, bool)
}

// direction says which numbers are better.
type direction int

const (
	lower direction = iota
	higher
)

// verdict is what became of a goal. The zero value says that it was not measured.
type verdict struct {
	goal
	Measured float64
	Known    bool
}

// versus is a goal for the ratio of ours to another's.
func versus(scenario, against, title string, must, aim float64, get func(figure) float64) goal {
	return goal{scenario, against, title, "", must, aim, lower, func(r results) (float64, bool) {
		return r.ratio(scenario, against, get)
	}}
}

// sharing is a goal for the part of a processor that ours needs, of what another needs, or would if it had more.
func sharing(scenario, title string) goal {
	return goal{scenario, nameLivekit, title, "", 0.5, 0.3, lower, func(r results) (float64, bool) {
		return r.ratioOf(scenario, nameLivekit, core, figure.validOrBusy)
	}}
}

// alone is a goal for a number of ours.
func alone(scenario, title, unit string, must, aim float64, get func(figure) float64) goal {
	return goal{scenario, "", title, unit, must, aim, lower, func(r results) (float64, bool) {
		return r.median(scenario, nameExeunt, get)
	}}
}

// What goals look at.
func memory(f figure) float64      { return f.Idle.RSS / 1000 }
func goroutines(f figure) float64  { return f.Idle.Goroutines }
func restCost(f figure) float64    { return f.Idle.Cost }
func core(f figure) float64        { return f.Core }
func firstPacket(f figure) float64 { return f.Join.First.float() }
func entryCost(f figure) float64   { return f.Join.Cost.float() }
func entryRate(f figure) float64   { return f.Join.Rate }
func p99(f figure) float64         { return f.looked().P99.float() }
func p50(f figure) float64         { return f.looked().P50.float() }
func last50(f figure) float64      { return f.looked().Last50.float() }

// looked is what listeners saw; nothing where nobody looked.
func (f figure) looked() content {
	if f.Content == nil {
		return content{}
	}
	return *f.Content
}

// aimNothing stands for an aim of nothing where what is measured has noise: a tenth of a millisecond.
const aimNothing = 0.1

// goals are the lines of the table, in its order.
var goals = []goal{
	versus(frames, nameFloor, "a forwarded packet / floor", 1.7, 1.4, cost),
	versus(frames, nameLivekit, "a forwarded packet / LiveKit", 0.45, 0.30, cost),
	versus(frames, nameTuned, "a forwarded packet / Janus tuned", 0.50, 0.35, cost),
	versus(frames, nameJanus, "a forwarded packet / Janus as packaged", 0.25, 0.15, cost),
	versus(frames, namePion, "a forwarded packet / plain Pion", 0.40, 0.25, cost),
	versus(single, nameFloor, "single packets / floor", 1.25, 1.1, cost),
	versus(single, nameLivekit, "single packets / LiveKit", 0.80, 0.65, cost),
	versus(three, nameLivekit, "three to a burst / LiveKit", 0.55, 0.40, cost),
	versus(audio, nameLivekit, "50 audio packets a second to 100 / LiveKit", 0.5, 0.35, cost),
	sharing(rooms10, "10 rooms of 10 who speak, CPU / LiveKit"),
	sharing(rooms2, "2 rooms of 50 who speak, CPU / LiveKit"),
	sharing(rooms1, "a room of 300 who speak, CPU / LiveKit"),
	versus(inbound, namePion, "receiving 2,400 packets a second, 1 out / plain Pion", 0.5, 0.35, cost),
	alone(nothings, "allocations of a forwarded packet", "", 0, 0, func(f figure) float64 { return *f.Allocations }),
	{spaced, "", "added by batching, packets 1 ms apart, p99", "ms", 2, 2, lower, addedSpaced},
	{whole, "", "added by batching, whole bursts, p50", "ms", 2, aimNothing, lower, addedWhole},
	versus(wide, nameLivekit, "one way to 200, p99 / LiveKit", 0.25, 0.125, p99),
	alone(idle, "memory of a member who is only there", "KB", 150, 100, memory),
	alone(idle, "goroutines of a member who is only there", "", 12, 9, goroutines),
	alone(idle, "CPU of a member who is only there", "ms/s", 0.2, 0.1, restCost),
	versus(join, nameLivekit, "first packet after enter, p50 / LiveKit", 1.0/2, 1.0/3, firstPacket),
	versus(join, nameLivekit, "server CPU of an entry / LiveKit", 1.0/2, 1.0/3, entryCost),
	{join, nameLivekit, "entries a second, 200 at once / LiveKit", "", 2, 3, higher, func(r results) (float64, bool) {
		return r.ratio(join, nameLivekit, entryRate)
	}},
	alone(flat, "400,000 packets a second, coalescing receivers: of a core", "%", 50, 30, func(f figure) float64 {
		return f.Core * 100
	}),
	{cycles, "", "rounds of 2,000 entries and exits that left something behind", "", 0, 0, lower, roundsThatGrew},
}

// addedSpaced is what a packet waits for others of its burst that come later, at most: its latency less that of packets
// that are bursts of their own.
func addedSpaced(r results) (float64, bool) { return added(r, spaced, p99) }

// addedWhole is the same for the last packet of bursts that come whole. It is not below nothing.
func addedWhole(r results) (float64, bool) { return added(r, whole, last50) }

func added(r results, scenario string, get func(figure) float64) (float64, bool) {
	with, ok := r.median(scenario, nameExeunt, get)
	base := p50
	if scenario == spaced {
		base = p99
	}
	without, also := r.median(lone, nameExeunt, base)
	if !ok || !also || r.valid(scenario, nameExeunt)[0].Run != r.valid(lone, nameExeunt)[0].Run {
		return 0, false
	}
	return max(0, with-without) / 1e3, true
}

// roundsThatGrew is in how many rounds something stayed behind.
func roundsThatGrew(r results) (float64, bool) {
	all := r.valid(cycles, nameExeunt)
	grew := 0
	for _, f := range all {
		if f.Growth.grew() != "" {
			grew++
		}
	}
	return float64(grew), len(all) > 0
}

// verdicts are of all goals, in the order of the table.
func (r results) verdicts() []verdict {
	var all []verdict
	for _, g := range goals {
		v := verdict{goal: g}
		v.Measured, v.Known = g.find(r)
		all = append(all, v)
	}
	return all
}

// keeps says whether a number is as good as a limit.
func (g goal) keeps(measured, limit float64) bool {
	if g.better == higher {
		return measured >= limit
	}
	return measured <= limit
}

func (v verdict) met() bool     { return v.Known && v.keeps(v.Measured, v.Must) }
func (v verdict) reached() bool { return v.Known && v.keeps(v.Measured, v.Aim) }

// Word is the verdict in a word.
func (v verdict) Word() string {
	switch {
	case !v.Known:
		return "not measured"
	case v.met() && v.reached():
		return "PASS, aim reached"
	case v.met():
		return "PASS"
	}
	return "FAIL"
}

// limit writes a limit of a goal as the table has it.
func (g goal) limit(x float64) string {
	sign := "≤"
	if g.better == higher {
		sign = "≥"
	}
	return sign + " " + g.number(x)
}

// number writes a number of a goal: whole ones as they are, others with two digits, or three of a part of one that
// needs them.
func (g goal) number(x float64) string {
	digits := 2
	switch {
	case x >= 100 || x == math.Trunc(x):
		digits = 0
	case x < 1 && math.Abs(x*100-math.Round(x*100)) > 1e-6:
		digits = 3
	}
	text := strconv.FormatFloat(x, 'f', digits, 64)
	if g.Unit != "" {
		text += " " + g.Unit
	}
	return text
}

// shown is what was measured, or that it was not.
func (v verdict) shown() string {
	if !v.Known {
		return absent
	}
	return v.number(v.Measured)
}

// judge fails when a goal is missed by more than a factor; 0 lets everything pass, and so does what was not measured.
func judge(all []verdict, factor float64) error {
	var missed []error
	for _, v := range all {
		gate := v.Must * factor
		if v.better == higher && factor > 0 {
			gate = v.Must / factor
		}
		if factor > 0 && v.Known && !v.keeps(v.Measured, gate) {
			missed = append(missed, fmt.Errorf("%s, %s: %s; the gate is %s", v.Scenario, v.Title, v.number(v.Measured),
				v.limit(gate)))
		}
	}
	return errors.Join(missed...)
}
