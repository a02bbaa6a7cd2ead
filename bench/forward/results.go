//go:build linux

package main

import (
	"fmt"
	"slices"
)

// results has what was found, a figure for each round, by scenario and server.
type results map[cellName][]figure

// cellName names one cell of the table.
type cellName struct{ scenario, server string }

func (r results) add(scenario, server string, f figure) {
	key := cellName{scenario, server}
	r[key] = append(r[key], f)
}

// valid are the rounds of a cell that may be used.
func (r results) valid(scenario, server string) []figure {
	invalid := func(f figure) bool { return f.Invalid != "" }
	return slices.DeleteFunc(slices.Clone(r[cellName{scenario, server}]), invalid)
}

// median is the middle of what get finds in the valid rounds of a cell; of an even number, the lower. False when there
// is none.
func (r results) median(scenario, server string, get func(figure) float64) (float64, bool) {
	all := r.sorted(scenario, server, get)
	if len(all) == 0 {
		return 0, false
	}
	return all[(len(all)-1)/2], true
}

func (r results) sorted(scenario, server string, get func(figure) float64) []float64 {
	var all []float64
	for _, f := range r.valid(scenario, server) {
		all = append(all, get(f))
	}
	slices.Sort(all)
	return all
}

func cost(f figure) float64 { return f.Cost.float() }

// spread is how far the rounds of a cell lie apart, of their median.
func (r results) spread(scenario, server string) float64 {
	all := r.sorted(scenario, server, cost)
	if len(all) == 0 || all[0] == 0 {
		return 0
	}
	return (all[len(all)-1] - all[0]) / all[(len(all)-1)/2]
}

// noise is what disturbed the run: the foreign load before a measurement, median and most, and the widest spread.
func (r results) noise() (load, loadMax, spreadMax float64) {
	var loads []float64
	for key, figures := range r {
		for _, f := range figures {
			loads = append(loads, f.Foreign)
		}
		spreadMax = max(spreadMax, r.spread(key.scenario, key.server))
	}
	if len(loads) == 0 {
		return 0, 0, 0
	}
	slices.Sort(loads)
	return loads[(len(loads)-1)/2], loads[len(loads)-1], spreadMax
}

// empty lists the cells that were measured without one valid round.
func (r results) empty() []string {
	var all []string
	for key := range r {
		if len(r.valid(key.scenario, key.server)) == 0 {
			all = append(all, fmt.Sprintf("%s of %s", key.scenario, key.server))
		}
	}
	slices.Sort(all)
	return all
}

// The servers, as flags name them.
const (
	nameExeunt  = "exeunt"
	nameFloor   = "floor"
	namePion    = "pion"
	nameLivekit = "livekit"
)

// targets say by which factor of another's cost ours may be at most.
var targets = map[cellName]float64{
	{frames, nameFloor}: 1.7, {frames, nameLivekit}: 0.45, {frames, namePion}: 0.40,
	{single, nameFloor}: 1.25, {single, nameLivekit}: 0.80,
	{three, nameLivekit}: 0.55,
	{audio, nameLivekit}: 0.5,
	{inbound, namePion}:  0.5,
}

// ratio is our cost against another's in one scenario.
type ratio struct {
	Scenario string  `json:"scenario"`
	Against  string  `json:"against"`
	Ratio    float64 `json:"ratio"`
	// Target is 0 when there is none; Met is then false.
	Target float64 `json:"target,omitempty"`
	Met    bool    `json:"met"`
}

// ratios are all that can be told, in the order of the tables.
func (r results) ratios(what []scenario, who []contender) []ratio {
	var all []ratio
	for _, s := range what {
		for _, c := range who {
			ours, ok := r.median(s.name, nameExeunt, cost)
			theirs, also := r.median(s.name, c.name, cost)
			if !ok || !also || c.name == nameExeunt || theirs == 0 {
				continue
			}
			one := ratio{Scenario: s.name, Against: c.name, Ratio: ours / theirs}
			one.Target = targets[cellName{s.name, c.name}]
			one.Met = one.Ratio <= one.Target
			all = append(all, one)
		}
	}
	return all
}
