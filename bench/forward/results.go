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
	invalid := func(f figure) bool { return !f.valid() }
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
	nameJanus   = "janus"
	nameTuned   = "janus-tuned"
)

// together says whether two cells were measured in the same run, in turns: only then do they compare.
func (r results) together(scenario, one, other string) bool {
	a, b := r.valid(scenario, one), r.valid(scenario, other)
	return len(a) > 0 && len(b) > 0 && a[0].Run == b[0].Run
}

// ratio is ours against another's, of what get finds: the middle of the ratios of each round, where the two were
// measured one after the other. What slows the machine for a while is then in both. False when no round has both; of an
// even number, between the two in the middle.
func (r results) ratio(scenario, against string, get func(figure) float64) (float64, bool) {
	return r.ratioOf(scenario, against, get, figure.valid)
}

// ratioOf is the same, of those figures of theirs that are usable.
func (r results) ratioOf(scenario, against string, get func(figure) float64, usable func(figure) bool) (float64, bool) {
	ours, theirs := r[cellName{scenario, nameExeunt}], r[cellName{scenario, against}]
	var all []float64
	for i := range min(len(ours), len(theirs)) {
		our, their := ours[i], theirs[i]
		if our.Run == their.Run && our.valid() && usable(their) && get(their) != 0 {
			all = append(all, get(our)/get(their))
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2, true
}

// measured are the scenarios of which something was.
func (r results) measured() []scenario {
	var all []scenario
	for _, s := range scenarios {
		if slices.ContainsFunc(contenders, func(c contender) bool { return r.has(s, c) }) {
			all = append(all, s)
		}
	}
	return all
}

// present are the servers of which something was measured in some of these scenarios.
func (r results) present(what []scenario) []contender {
	var all []contender
	for _, c := range contenders {
		if slices.ContainsFunc(what, func(s scenario) bool { return r.has(s, c) }) {
			all = append(all, c)
		}
	}
	return all
}

func (r results) has(s scenario, c contender) bool { return len(r[cellName{s.name, c.name}]) > 0 }

// of are the scenarios of a group.
func of(group string, what []scenario) []scenario {
	return slices.DeleteFunc(slices.Clone(what), func(s scenario) bool { return s.group != group })
}
