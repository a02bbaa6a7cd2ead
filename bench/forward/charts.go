//go:build linux

package main

import (
	"cmp"
	"fmt"
	"slices"
)

// charts are the plots of what was found, those with something in them.
func (r results) charts() []chart {
	var all []chart
	for _, draw := range []func() (chart, bool){
		r.costChart, r.roomChart, r.latencyChart, r.joinChart, r.lineChart, r.perPacketChart, r.growthChart,
	} {
		if one, ok := draw(); ok {
			all = append(all, one)
		}
	}
	return all
}

// classOf is the colour of a server.
func classOf(server string) string { return "of-" + server }

// parts are the bars of scenarios, one for each server that was measured there. Show writes a number.
func (r results) parts(what []scenario, get func(figure) float64, show func(float64) string) []part {
	var all []part
	for _, s := range what {
		one := part{heading: s.name + ": " + s.String()}
		for _, c := range contenders {
			sorted := r.sorted(s.name, c.name, get)
			if len(sorted) == 0 {
				continue
			}
			middle := sorted[(len(sorted)-1)/2]
			one.bars = append(one.bars, bar{
				name: shortName(c), class: classOf(c.name), value: middle, least: sorted[0], most: sorted[len(sorted)-1],
				mark: r.mark(s.name, c.name, get), shown: show(middle),
			})
		}
		if len(one.bars) > 0 {
			all = append(all, one)
		}
	}
	return all
}

// shortName fits beside a bar on a telephone.
func shortName(c contender) string {
	return map[string]string{
		nameLivekit: "LiveKit", namePion: "Pion", nameJanus: "Janus", nameTuned: "Janus tuned",
	}[c.name] + map[string]string{nameExeunt: "exeunt", nameFloor: "floor"}[c.name]
}

// mark is where ours must end at most: the lowest of what the goals make of the others' medians. It stands at our bar.
func (r results) mark(scenario, server string, get func(figure) float64) float64 {
	if server != nameExeunt {
		return 0
	}
	lowest := 0.0
	for _, g := range goals {
		their, ok := r.median(scenario, g.Against, get)
		if g.Scenario != scenario || g.Against == "" || !ok || !r.together(scenario, nameExeunt, g.Against) {
			continue
		}
		if limit := g.Must * their; lowest == 0 || limit < lowest {
			lowest = limit
		}
	}
	return lowest
}

// barChart is a plot of parts; false when there are none.
func barChart(title, note string, parts []part) (chart, bool) {
	return chart{Title: title, Note: note, Plot: drawBars(title, parts)}, len(parts) > 0
}

func (r results) costChart() (chart, bool) {
	parts := r.parts(of(forwarding, r.measured()), cost, func(x float64) string { return fmt.Sprintf("%.2f µs", x) })
	return barChart("What a forwarded packet costs",
		"Server CPU for each packet that arrived, in µs: the bar is the median, the thin line the least and the most of the "+
			"rounds, the upright line what exeunt must keep beside all that were measured with it. Less is better.", parts)
}

func (r results) roomChart() (chart, bool) {
	what := of(rooming, r.measured())
	parts := r.parts(what, core, func(x float64) string { return fmt.Sprintf("%.0f %%", x*100) })
	return barChart("Rooms where everybody speaks",
		"Share of the server's core for all rooms together. Where fewer are heard than speak, exeunt chooses whom and "+
			"LiveKit's members subscribe to as many. Less is better.", parts)
}

func (r results) latencyChart() (chart, bool) {
	what := of(latency, r.measured())
	show := func(x float64) string { return fmt.Sprintf("%.2f ms", x) }
	var parts []part
	for _, one := range []struct {
		name string
		get  func(figure) float64
	}{{"p50", p50}, {"p99", p99}} {
		get := func(f figure) float64 { return one.get(f) / 1e3 }
		for _, p := range r.parts(what, get, show) {
			p.heading = one.name + ", " + p.heading
			if one.name == "p50" {
				for i := range p.bars {
					p.bars[i].mark = 0 // The goals are of p99.
				}
			}
			parts = append(parts, p)
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(after(a.heading), after(b.heading)) })
	return barChart("How late a packet is",
		"From the speaker's write until the kernel had the datagram at the listener's socket, in ms. The upright line is "+
			"what exeunt must keep. Less is better.", parts)
}

// after is a heading without the quantile that it begins with.
func after(heading string) string { return heading[min(len(heading), len("p50, ")):] }

func (r results) joinChart() (chart, bool) {
	what := of(joining, r.measured())
	ms := func(x float64) string { return fmt.Sprintf("%.1f ms", x) }
	var parts []part
	for _, one := range []struct {
		name string
		get  func(figure) float64
		show func(float64) string
	}{
		{"first packet after enter, p50 of those who enter alone (less is better)", firstPacket, ms},
		{"server CPU of an entry (less is better)", entryCost, ms},
	} {
		for _, p := range r.parts(what, func(f figure) float64 { return one.get(f) / 1e3 }, one.show) {
			p.heading = one.name
			parts = append(parts, p)
		}
	}
	return barChart("Joining",
		fmt.Sprintf("A real ICE, DTLS and SRTP transport for each member; %d enter one after the other, then %d at "+
			"once. Entries a second are in the table of docs/media.md.", solos, entrants), parts)
}

// points is one series for each server of the linear scenarios.
func (r results) points(get func(figure) float64) ([]series, float64) {
	var all []series
	most := 0.0
	for _, c := range contenders {
		one := series{name: c.title, class: classOf(c.name)}
		for _, s := range of(linear, r.measured()) {
			if y, ok := r.median(s.name, c.name, get); ok {
				one.points = append(one.points, point{float64(s.listeners), y})
				most = max(most, y)
			}
		}
		if len(one.points) > 0 {
			all = append(all, one)
		}
	}
	return all, most
}

func legend(all []series) []key {
	var keys []key
	for _, one := range all {
		keys = append(keys, key{one.name, one.class})
	}
	return keys
}

func (r results) lineChart() (chart, bool) {
	all, _ := r.points(func(f figure) float64 { return f.Core * 1e3 })
	return linePlot("Cost grows with listeners, and no faster",
		"Server CPU in ms a second, both axes by powers of ten. The dashed line is in proportion to the listeners, through "+
			"exeunt's widest crowd: who is on it or flatter than it is linear.", "server CPU, ms each second", all)
}

// linePlot is a plot by powers of ten, with a line in proportion.
func linePlot(title, note, up string, all []series) (chart, bool) {
	var xs, ys []float64
	for _, one := range all {
		for _, p := range one.points {
			xs, ys = append(xs, p.x), append(ys, p.y)
		}
	}
	if len(xs) < 2 {
		return chart{}, false
	}
	keys := legend(all)
	if ours := all[0].points; all[0].class == classOf(nameExeunt) && len(ours) > 1 {
		first, last := ours[0], ours[len(ours)-1]
		all = append(all, series{"in proportion", "proportion", []point{{first.x, last.y / last.x * first.x}, last}})
		ys = append(ys, last.y/last.x*first.x)
		keys = append(keys, key{"in proportion", "proportion"})
	}
	across := axis{"listeners", byPowers, powers(xs)}
	return chart{title, note, keys, drawLines(title, across, axis{up, byPowers, powers(ys)}, all)}, true
}

func (r results) perPacketChart() (chart, bool) {
	all, most := r.points(cost)
	if most == 0 {
		return chart{}, false
	}
	var xs []float64
	for _, one := range all {
		for _, p := range one.points {
			xs = append(xs, p.x)
		}
	}
	title := "A packet costs no more in a crowd"
	return chart{
		title, "Server CPU for a forwarded packet, in µs, by listeners. Small crowds pay more: what wakes the server is " +
			"shared by fewer. Less is better.", legend(all),
		drawLines(title, axis{"listeners", byPowers, powers(xs)}, axis{"µs a packet", evenly, upTo(most)}, all),
	}, true
}

func (r results) growthChart() (chart, bool) {
	var all []series
	most := 0.0
	for _, c := range contenders {
		rounds := r.valid(cycles, c.name)
		if len(rounds) == 0 {
			continue
		}
		memory := series{name: c.title + ", memory", class: classOf(c.name)}
		heap := series{name: c.title + ", heap", class: classOf(c.name) + " faint"}
		for _, h := range rounds[len(rounds)-1].Growth.Looks {
			memory.points = append(memory.points, point{float64(h.Cycles), float64(h.RSS) / 1e6})
			heap.points = append(heap.points, point{float64(h.Cycles), h.Heap / 1e6})
			most = max(most, float64(h.RSS)/1e6)
		}
		all = append(all, memory, heap)
	}
	if len(all) == 0 {
		return chart{}, false
	}
	title := "Nothing stays behind"
	return chart{
		title, fmt.Sprintf("Memory and heap in MB after members came, heard media and went, %d at a time, in the last "+
			"round. Level is good.", cyclesAtOnce), legend(all),
		drawLines(title, axis{"entries and exits", evenly, upTo(cyclesCount)}, axis{"MB", evenly, upTo(most)}, all),
	}, true
}
