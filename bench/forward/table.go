//go:build linux

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// grid writes a Markdown table.
type grid struct{ strings.Builder }

func (g *grid) row(cells ...string) { fmt.Fprintf(g, "| %s |\n", strings.Join(cells, " | ")) }

func (g *grid) head(cells ...string) {
	g.row(cells...)
	g.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
}

// absent stands where nothing was measured.
const absent = "–"

// markdown is all of it as Markdown.
func (r record) markdown() string {
	text := r.heading() + "\n"
	return text + r.results().tables()
}

// heading says when, where and how it was measured.
func (r record) heading() string {
	var days, ways []string
	for _, one := range r.Runs {
		way := fmt.Sprintf("%d rounds of %d s", one.Rounds, one.Seconds)
		if !slices.Contains(days, one.day()) {
			days = append(days, one.day())
		}
		if !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return fmt.Sprintf("Measured on %s with `make bench-media` on %v; "+`medians of %s, reports every %d ms.
Foreign load before each: median %.1f %%, most %.1f %%; widest spread between rounds: %.0f %% of the median.
%s`, strings.Join(days, ", "), r.Runs[0].Machine, strings.Join(ways, " and "), r.Runs[0].FeedbackMS,
		r.Noise.Load*100, r.Noise.LoadMax*100, r.Noise.SpreadMax*100, r.janus())
}

// janus says what its libsrtp encrypts with.
func (r record) janus() string {
	if len(r.Janus) != 2 {
		return "Janus was not measured: it is not installed here.\n"
	}
	return fmt.Sprintf("Janus encrypts with %s as packaged, tuned with %s and one event loop.\n", r.Janus[0], r.Janus[1])
}

// tables is all that was found as Markdown.
func (r results) tables() string {
	what := r.measured()
	speaking := slices.DeleteFunc(slices.Clone(what), func(s scenario) bool { return !s.forwards() })
	all := []string{goalTable(r.verdicts())}
	if len(speaking) > 0 {
		who := r.present(speaking)
		all = append(all, r.costTable(speaking, who), r.coreTable(speaking, who), r.latencyTable(speaking, looking(who)),
			r.patternTable(speaking, who))
	}
	for _, one := range []struct {
		group string
		table func([]scenario, []contender) string
	}{{joining, r.joinTable}, {growth, r.growthTable}, {resting, r.idleTable}} {
		if some := of(one.group, what); len(some) > 0 {
			all = append(all, one.table(some, r.present(some)))
		}
	}
	return strings.Join(all, "\n")
}

// goalTable has every goal, with what was measured.
func goalTable(all []verdict) string {
	g := &grid{}
	g.head("measure", "where", "must", "aim", "measured", "verdict")
	for _, v := range all {
		g.row(v.Title, "`"+v.Scenario+"`", v.limit(v.Must), v.limit(v.Aim), v.shown(), v.Word())
	}
	return g.String()
}

// table has a row for each scenario and a column for each server.
func table(title string, what []scenario, who []contender, cell func(scenario, server string) string) string {
	g := &grid{}
	names := []string{title}
	for _, c := range who {
		names = append(names, c.title)
	}
	g.head(names...)
	for _, s := range what {
		cells := []string{fmt.Sprintf("`%s`: %v", s.name, s)}
		for _, c := range who {
			cells = append(cells, cell(s.name, c.name))
		}
		g.row(cells...)
	}
	return g.String()
}

func (r results) costTable(what []scenario, who []contender) string {
	title := "server µs a forwarded packet: median (least–most)"
	return table(title, what, who, func(scenario, server string) string {
		return r.cell(scenario, server, func() string {
			all := r.sorted(scenario, server, cost)
			return fmt.Sprintf("%.2f (%.2f–%.2f)", all[(len(all)-1)/2], all[0], all[len(all)-1])
		})
	})
}

// cell shows the valid rounds, and says of others that they are not among them and why.
func (r results) cell(scenario, server string, show func() string) string {
	all, valid := r[cellName{scenario, server}], r.valid(scenario, server)
	if len(all) == 0 {
		return absent
	}
	why := ""
	for _, f := range all {
		if f.Invalid != "" {
			// A cell is one line, and a bar would end it.
			why = strings.NewReplacer("\n", " ", "|", "/").Replace(f.Invalid)
		}
	}
	switch {
	case len(valid) == 0:
		return "invalid: " + why
	case why != "":
		return fmt.Sprintf("%s, %d of %d rounds invalid: %s", show(), len(all)-len(valid), len(all), why)
	}
	return show()
}

// latencyTable and patternTable are of the listener that looks into its packets; the floor has none.
func (r results) latencyTable(what []scenario, who []contender) string {
	return table("from write to socket, p50 / p99 in µs", what, who, func(scenario, server string) string {
		half, ok := r.median(scenario, server, p50)
		most, _ := r.median(scenario, server, p99)
		if !ok || most == 0 {
			return absent
		}
		return fmt.Sprintf("%.0f / %.0f", half, most)
	})
}

func looking(who []contender) []contender {
	return slices.DeleteFunc(slices.Clone(who), func(c contender) bool { return c.name == nameFloor })
}

// patternTable shows what the rounds themselves were like, the least good of each: those that are invalid, too.
func (r results) patternTable(what []scenario, who []contender) string {
	title := "delivered; lost; extra; datagrams as received, padded"
	return table(title, what, who, func(scenario, server string) string {
		all := r[cellName{scenario, server}]
		if len(all) == 0 {
			return absent
		}
		worst := slices.MinFunc(all, func(a, b figure) int {
			return cmp.Or(cmp.Compare(a.Delivery, b.Delivery), cmp.Compare(b.Lost, a.Lost))
		})
		text := fmt.Sprintf("%.2f %%; %d; %d", worst.Delivery*100, worst.Lost, worst.Extra)
		if c := worst.Content; c != nil {
			text += fmt.Sprintf("; %d–%d B, %.0f %%", c.SizeMin, c.SizeMax, c.Padded*100)
		}
		return text
	})
}

// coreTable shows what the server used of its processor for each member and second, and what the load used of its own.
func (r results) coreTable(what []scenario, who []contender) string {
	title := "server CPU for a member and second; of a core: server, load"
	return table(title, what, who, func(scenario, server string) string {
		return r.cell(scenario, server, func() string {
			used, _ := r.median(scenario, server, core)
			load, _ := r.median(scenario, server, func(f figure) float64 { return f.Load })
			return fmt.Sprintf("%.2f ms; %.0f %%, %.0f %%", perMember(what, scenario, used), used*100, load*100)
		})
	})
}

// perMember is a share of a processor as milliseconds for each member and second.
func perMember(what []scenario, name string, used float64) float64 {
	s := what[slices.IndexFunc(what, func(s scenario) bool { return s.name == name })]
	return used * 1e3 / float64(len(s.seats()))
}

func (r results) joinTable(what []scenario, who []contender) string {
	title := "first packet after enter, p50; server CPU of an entry; entries a second (load's core)"
	return table(title, what, who, func(scenario, server string) string {
		return r.cell(scenario, server, func() string {
			first, _ := r.median(scenario, server, firstPacket)
			spent, _ := r.median(scenario, server, entryCost)
			rate, _ := r.median(scenario, server, entryRate)
			load, _ := r.median(scenario, server, func(f figure) float64 { return f.Join.Load })
			return fmt.Sprintf("%.1f ms; %.2f ms; %.0f (%.0f %%)", first/1e3, spent/1e3, rate, load*100)
		})
	})
}

func (r results) growthTable(what []scenario, who []contender) string {
	title := "before and after, last round: RSS; heap; goroutines; descriptors"
	return table(title, what, who, func(scenario, server string) string {
		return r.cell(scenario, server, func() string {
			all := r.valid(scenario, server)
			one := all[len(all)-1].Growth
			before, after := one.ends()
			text := fmt.Sprintf("%d → %d KiB; %.0f → %.0f KiB; %.0f → %.0f; %d → %d", before.RSS>>10, after.RSS>>10,
				before.Heap/1024, after.Heap/1024, before.Goroutines, after.Goroutines, before.Descriptors, after.Descriptors)
			if grew := one.grew(); grew != "" {
				text += ": " + grew
			}
			return text
		})
	})
}

func (r results) idleTable(what []scenario, who []contender) string {
	title := "a member who is only there: RSS, goroutines, CPU per second"
	return table(title, what, who, func(scenario, server string) string {
		return r.cell(scenario, server, func() string {
			memory, _ := r.median(scenario, server, func(f figure) float64 { return f.Idle.RSS })
			goroutines, _ := r.median(scenario, server, func(f figure) float64 { return f.Idle.Goroutines })
			spent, _ := r.median(scenario, server, func(f figure) float64 { return f.Idle.Cost })
			number := absent
			if goroutines > 0 {
				number = fmt.Sprintf("%.1f", goroutines)
			}
			return fmt.Sprintf("%.0f KiB, %s, %.2f ms", memory/1024, number, spent)
		})
	})
}
