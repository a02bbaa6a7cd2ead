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

// tables is all of it as Markdown. The scenarios in which nobody sends have tables of their own.
func (r results) tables(what []scenario, who []contender) string {
	speaking := slices.DeleteFunc(slices.Clone(what), scenario.idle)
	resting := slices.DeleteFunc(slices.Clone(what), func(s scenario) bool { return !s.idle() })
	var all []string
	if len(speaking) > 0 {
		all = append(all, r.costTable(speaking, who), r.latencyTable(speaking, who), r.patternTable(speaking, who))
	}
	if text := r.ratioTable(speaking, who); text != "" {
		all = slices.Insert(all, 1, text)
	}
	if len(resting) > 0 {
		all = append(all, r.idleTable(resting, who))
	}
	return strings.Join(all, "\n")
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

func (r results) ratioTable(what []scenario, who []contender) string {
	found := r.ratios(what, who)
	if len(found) == 0 {
		return ""
	}
	g := &grid{}
	g.head("scenario", "against", "our cost / theirs", "target")
	for _, one := range found {
		verdict := "no target"
		if one.Target > 0 {
			verdict = fmt.Sprintf("at most %.2f: FAIL", one.Target)
		}
		if one.Met {
			verdict = fmt.Sprintf("at most %.2f: PASS", one.Target)
		}
		g.row("`"+one.Scenario+"`", titleOf(who, one.Against), fmt.Sprintf("%.2f", one.Ratio), verdict)
	}
	return g.String()
}

func titleOf(who []contender, name string) string {
	return who[slices.IndexFunc(who, func(c contender) bool { return c.name == name })].title
}

// latencyTable and patternTable are of the listener that looks into its packets; the floor has none.
func (r results) latencyTable(what []scenario, who []contender) string {
	get50 := func(f figure) float64 { return f.Content.P50.float() }
	get99 := func(f figure) float64 { return f.Content.P99.float() }
	return table("from write to socket, p50 / p99 in µs", what, looking(who), func(scenario, server string) string {
		p50, ok := r.median(scenario, server, get50)
		p99, _ := r.median(scenario, server, get99)
		if !ok {
			return absent
		}
		return fmt.Sprintf("%.0f / %.0f", p50, p99)
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

func (r results) idleTable(what []scenario, who []contender) string {
	title := "a member who is only there: RSS, goroutines, CPU per second"
	return table(title, what, looking(who), func(scenario, server string) string {
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
