package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/exeunt/exeunt/client/load"
)

// section is a part of a report: a table, or pairs of a name and what is said about it when it has no head.
type section struct {
	title string
	head  []string
	rows  [][]string
}

// heads are the cells above the rows, beside the title.
func (s section) heads() []string {
	if s.head == nil {
		return make([]string, len(s.rows[0])-1)
	}
	return s.head
}

// benchText is the report for a terminal.
func benchText(r *load.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "exeunt %s bench: %s\n", r.Version, benchTitle(r))
	for _, s := range sections(r) {
		b.WriteByte('\n')
		widths := make([]int, len(s.rows[0]))
		all := append([][]string{append([]string{s.title}, s.heads()...)}, s.rows...)
		for _, row := range all {
			for i, cell := range row {
				widths[i] = max(widths[i], len([]rune(cell)))
			}
		}
		for _, row := range all {
			b.WriteString(strings.TrimRight(benchRow(row, widths, s.head != nil), " ") + "\n")
		}
	}
	b.WriteString("\n" + benchVerdict(r) + "\n")
	return b.String()
}

// benchRow pads the cells of a row: the first to the left, the numbers of a table to the right.
func benchRow(row []string, widths []int, numbers bool) string {
	var b strings.Builder
	for i, cell := range row {
		pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
		switch {
		case i == 0:
			b.WriteString("  " + cell + pad)
		case numbers:
			b.WriteString("  " + pad + cell)
		default:
			b.WriteString("  " + cell + pad)
		}
	}
	return b.String()
}

// benchMarkdown is the same for a page.
func benchMarkdown(r *load.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**exeunt %s bench**: %s, %s\n", r.Version, benchTitle(r), r.Started.Format(time.RFC3339))
	for _, s := range sections(r) {
		head, align := s.heads(), "---:|"
		if s.head == nil {
			align = "---|"
		}
		fmt.Fprintf(&b, "\n| %s | %s |\n|---|%s\n", s.title, strings.Join(head, " | "), strings.Repeat(align, len(head)))
		for _, row := range s.rows {
			fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(strings.Join(row, " \x00 "), "|", "\\|"))
		}
	}
	return strings.ReplaceAll(b.String(), "\x00", "|") + "\n" + benchVerdict(r) + "\n"
}

// benchTitle says what the load was.
func benchTitle(r *load.Report) string {
	p := r.Plan
	return fmt.Sprintf("%s × %s, %s each, video %s, audio %s", plural(p.Rooms, "room"), plural(p.Members, "member"),
		plural(p.Publishers, "publisher"), p.Video, p.Audio)
}

// benchVerdict is the last line.
func benchVerdict(r *load.Report) string {
	verdict := "The server held."
	switch {
	case !r.OK:
		verdict = "The server did not hold."
	case r.Measured == 0:
		verdict = "Nothing was measured."
	}
	if r.Interrupted {
		verdict += " The run was interrupted."
	}
	return verdict
}

// sections are the parts of a report, each with at least one row.
func sections(r *load.Report) []section {
	all := []section{{title: "TIME", head: []string{"P50", "P95", "P99", "MAX", "OF"}, rows: timeRows(r)}}
	all = append(all, section{title: "LOAD", rows: loadRows(r)})
	if r.Server != nil {
		all = append(all, section{title: "SERVER", rows: serverRows(r.Server)})
	}
	if len(r.Faults) > 0 {
		s := section{title: "FAULTS"}
		for _, f := range r.Faults {
			s.rows = append(s.rows, []string{
				fmt.Sprintf("%s ×", thousands(uint64(f.Count))),
				strings.TrimSpace(f.What+" "+plain(f.Code)) + example(f.Example),
			})
		}
		all = append(all, s)
	}
	if len(r.Gates) > 0 {
		s := section{title: "GATE", head: []string{"BOUND", "MEASURED", ""}}
		for _, g := range r.Gates {
			s.rows = append(s.rows, []string{g.Name, g.Bound, g.Measured, map[bool]string{true: "ok", false: "FAILED"}[g.OK]})
		}
		all = append(all, s)
	}
	return all
}

func example(text string) string {
	if text == "" {
		return ""
	}
	return ": " + plain(text)
}

func timeRows(r *load.Report) [][]string {
	t := r.Times
	var rows [][]string
	for _, one := range []struct {
		name string
		load.Timing
	}{
		{"enter", t.Enter},
		{"first packet after that", t.FirstPacket},
		{"latency of pictures", t.Picture},
		{"latency of sound", t.Sound},
		{"exit until another knows", t.Told},
		{"exit until everybody knows", t.Everybody},
	} {
		if one.Count == 0 {
			rows = append(rows, []string{one.name, "-", "-", "-", "-", "0"})
			continue
		}
		row := []string{one.name}
		for _, d := range []load.Millis{one.P50, one.P95, one.P99, one.Max} {
			row = append(row, short(time.Duration(d)))
		}
		rows = append(rows, append(row, thousands(one.Count)))
	}
	return rows
}

func loadRows(r *load.Report) [][]string {
	m, g := r.Media, r.Generator
	entered := fmt.Sprintf("%d of %d", r.Entered, r.Asked)
	if r.PutOut > 0 {
		entered += fmt.Sprintf(", %d put out", r.PutOut)
	}
	rows := [][]string{{"entered", entered}}
	if r.Measured == 0 {
		return rows
	}
	rows = append(
		rows,
		[]string{"measured", time.Duration(r.Measured).Round(time.Millisecond).String()},
		[]string{"packets", fmt.Sprintf("%s/s, %s; %s of %s came", thousands(uint64(m.PacketsPerSecond)),
			bits(m.BitsPerSecond), thousands(m.Came), thousands(m.Due))},
		[]string{"lost", fmt.Sprintf("%s (%s)", thousands(m.Lost), load.Share(m.LostShare))},
		[]string{"late, repeated", fmt.Sprintf("%s, %s", thousands(m.Late), thousands(m.Again))},
		[]string{"corrupt, misrouted", fmt.Sprintf("%s, %s", thousands(m.Corrupt), thousands(m.Misrouted))},
		[]string{"this program", fmt.Sprintf("%.2f of %d processors; frames leave %s late (p99)",
			g.CPUs, g.Cores, short(time.Duration(g.Late.P99)))},
	)
	if g.Warning != "" {
		rows = append(rows, []string{"warning", "this program was too slow, times may be its own: " + g.Warning})
	}
	return rows
}

func serverRows(s *load.Server) [][]string {
	rows := [][]string{
		{"processors", fmt.Sprintf("%.2f; %.1f µs for each of %s forwarded packets", s.CPUs, s.CPUMicros,
			thousands(s.Forwarded))},
		{"memory", level(s.Memory, bytesOf)},
		{"goroutines", level(s.Goroutines, thousands)},
		{"troubles", fmt.Sprintf("%s datagrams that its kernel did not take, %s overdue waits",
			thousands(s.DatagramsLost), thousands(s.Overdue))},
	}
	if s.Warning != "" {
		rows = append(rows, []string{"warning", plain(s.Warning)})
	}
	return rows
}

func level(l load.Level, write func(uint64) string) string {
	return fmt.Sprintf("%s before, %s at most, %s after", write(l.Before), write(l.Most), write(l.After))
}

// short writes a duration with three digits or so.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	default:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	}
}

// thousands writes a number with a comma at each thousand.
func thousands(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func bits(perSecond float64) string {
	if perSecond >= 1e9 {
		return fmt.Sprintf("%.2f Gbit/s", perSecond/1e9)
	}
	return fmt.Sprintf("%.1f Mbit/s", perSecond/1e6)
}

func bytesOf(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
