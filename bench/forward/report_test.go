//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// cheap is a figure of a packet that costs so many µs, of one run.
func cheap(run string, us int) figure {
	return figure{
		Cost: micros(time.Duration(us) * time.Microsecond), Delivery: 1, Run: run,
		Content: &content{SizeMin: 1216, SizeMax: 1220},
	}
}

// found makes results with one figure for each cost in µs.
func found(server string, costs ...int) results {
	r := results{}
	for _, us := range costs {
		r.add(frames, server, cheap("", us))
	}
	return r
}

// joined puts results together.
func joined(all ...results) results {
	sum := results{}
	for _, one := range all {
		for key, figures := range one {
			sum[key] = append(sum[key], figures...)
		}
	}
	return sum
}

func TestTheTablesHaveMediansAndNameWhatIsInvalid(t *testing.T) {
	r := joined(found(nameExeunt, 30, 10, 20), found(nameFloor, 5, 5, 16))
	r.add(frames, nameExeunt, figure{Cost: 1, Delivery: 0.98, Invalid: "98.0 % delivered"})
	r.add(frames, namePion, figure{Cost: 1, Delivery: 0.9, Lost: 7, Invalid: "it said:\na|b"})
	r.add(idle, nameExeunt, figure{Idle: &idleness{RSS: 102400, Goroutines: 3, Cost: 0.125}})
	r.add(idle, namePion, figure{Idle: &idleness{RSS: 204800, Cost: 0.25}})
	tables := r.tables()
	for _, want := range []string{
		"| `T10`: 1 → 100, 30/s × 10 × 1200 B | 20.00 (10.00–30.00), 1 of 4 rounds invalid: 98.0 % delivered " +
			"| 5.00 (5.00–16.00) | invalid: it said: a/b |\n",
		"| a forwarded packet / floor | `T10` | ≤ 1.70 | ≤ 1.40 | 2 | FAIL |\n",
		"| a forwarded packet / LiveKit | `T10` | ≤ 0.45 | ≤ 0.30 | – | not measured |\n",
		"| memory of a member who is only there | `idle` | ≤ 150 KB | ≤ 100 KB | 102 KB | PASS |\n",
		"| 98.00 %; 0; 0 | 100.00 %; 0; 0; 1216–1220 B, 0 % | 90.00 %; 7; 0 |\n",
		"| `idle`: 100 members, nobody sends | 100 KiB, 3.0, 0.12 ms | 200 KiB, –, 0.25 ms |\n",
	} {
		if !strings.Contains(tables, want) {
			t.Errorf("no %q in\n%s", want, tables)
		}
	}
	if got := r.empty(); len(got) != 1 || got[0] != "T10 of pion" {
		t.Errorf("without a valid round: %q", got)
	}
	if got := r.spread(frames, nameExeunt); got != 1 {
		t.Errorf("spread is %g", got)
	}
}

// verdictOf is of the one goal of a scenario against a server, or alone.
func verdictOf(t *testing.T, r results, scenario, against string) verdict {
	t.Helper()
	for _, v := range r.verdicts() {
		if v.Scenario == scenario && v.Against == against {
			return v
		}
	}
	t.Fatalf("no goal of %s against %q", scenario, against)
	return verdict{}
}

func TestARatioIsHeldToItsMustAndItsAim(t *testing.T) {
	for us, want := range map[int]string{14: "PASS, aim reached", 17: "PASS", 18: "FAIL"} {
		v := verdictOf(t, joined(found(nameExeunt, us), found(nameFloor, 10)), frames, nameFloor)
		if v.Word() != want || !v.Known {
			t.Errorf("%d to 10 is %v: %s; want %s", us, v.Measured, v.Word(), want)
		}
	}
	entered := func(rate float64) figure { return figure{Join: &entries{Rate: rate}} }
	for rate, want := range map[float64]string{300: "PASS, aim reached", 200: "PASS", 199: "FAIL"} {
		r := results{}
		r.add(join, nameExeunt, entered(rate))
		r.add(join, nameLivekit, entered(100))
		all := r.verdicts()
		for _, v := range all {
			if v.better == higher && v.Word() != want {
				t.Errorf("%g entries against 100: %s; want %s", rate, v.Word(), want)
			}
		}
	}
}

func TestEveryGoalIsOfAScenarioAndOfServersThatItMeasures(t *testing.T) {
	for _, g := range goals {
		s := named(t, g.Scenario)
		if !s.measures(nameExeunt) || g.Against != "" && !s.measures(g.Against) {
			t.Errorf("%s is of %s, which does not measure exeunt and %q", g.Title, g.Scenario, g.Against)
		}
		if !g.keeps(g.Aim, g.Must) {
			t.Errorf("%s: the aim of %g is less than the must of %g", g.Title, g.Aim, g.Must)
		}
	}
}

func TestFiguresOfTwoRunsAreNotCompared(t *testing.T) {
	r := results{}
	r.add(frames, nameExeunt, cheap("monday", 10))
	r.add(frames, nameFloor, cheap("tuesday", 10))
	if v := verdictOf(t, r, frames, nameFloor); v.Known {
		t.Errorf("a ratio of %g", v.Measured)
	}
	r.add(whole, nameExeunt, figure{Run: "monday", Content: &content{Last50: micros(300 * time.Microsecond)}})
	r.add(lone, nameExeunt, figure{Run: "tuesday", Content: &content{P50: micros(100 * time.Microsecond)}})
	if v := verdictOf(t, r, whole, ""); v.Known {
		t.Errorf("batching added %g ms", v.Measured)
	}
}

// A round's two servers follow each other, so their ratio is of that round; an invalid one makes no pair, and of two
// the ratio is between them.
func TestARatioIsOfTheRounds(t *testing.T) {
	r := results{}
	for _, us := range []int{10, 40, 99, 11} {
		r.add(frames, nameExeunt, cheap("monday", us))
	}
	for i, us := range []int{10, 40, 1, 5} {
		f := cheap("monday", us)
		if i == 2 {
			f.Invalid = "lost"
		}
		r.add(frames, nameFloor, f)
	}
	if v := verdictOf(t, r, frames, nameFloor); v.Measured != 1 {
		t.Errorf("a ratio of %g; want that of two of three rounds, 1", v.Measured)
	}
	for _, core := range []float64{1, 0.9} {
		r = results{}
		r.add(rooms1, nameExeunt, figure{usage: usage{Core: 0.25}, Run: "monday"})
		r.add(rooms1, nameLivekit, figure{usage: usage{Core: core}, Run: "monday", Invalid: "90.0 % delivered"})
		if v := verdictOf(t, r, rooms1, nameLivekit); v.Known != (core == 1) || v.Known && v.Measured != 0.25 {
			t.Errorf("a server that lost packets with %g of its processor: %v, a ratio of %g", core, v.Known, v.Measured)
		}
	}
	r = results{}
	for _, us := range []int{10, 30} {
		r.add(frames, nameExeunt, cheap("monday", us))
		r.add(frames, nameFloor, cheap("monday", 10))
	}
	if v := verdictOf(t, r, frames, nameFloor); v.Measured != 2 {
		t.Errorf("a ratio of %g; want 2", v.Measured)
	}
}

func TestWhatBatchingAddsIsLatencyLessThatOfLonePackets(t *testing.T) {
	us := func(n int) micros { return micros(time.Duration(n) * time.Microsecond) }
	r := results{}
	r.add(whole, nameExeunt, figure{Content: &content{P50: us(900), P99: us(990), Last50: us(150)}})
	r.add(spaced, nameExeunt, figure{Content: &content{P50: us(1100), P99: us(2500), Last50: us(10)}})
	r.add(lone, nameExeunt, figure{Content: &content{P50: us(100), P99: us(300), Last50: us(7)}})
	if v := verdictOf(t, r, whole, ""); v.Measured < 0.0499 || v.Measured > 0.0501 {
		t.Errorf("whole bursts: %g ms; want 0.05", v.Measured)
	}
	if v := verdictOf(t, r, spaced, ""); v.Measured < 2.199 || v.Measured > 2.201 || v.Word() != "FAIL" {
		t.Errorf("spaced packets: %g ms, %s; want 2.2", v.Measured, v.Word())
	}
}

// A goal that is missed by more than the gate allows fails the run; one that was not measured does not, nor any without
// a gate.
func TestAGateFailsTheRun(t *testing.T) {
	r := joined(found(nameExeunt, 21), found(nameFloor, 10))
	r.add(join, nameExeunt, figure{Join: &entries{Rate: 170}})
	r.add(join, nameLivekit, figure{Join: &entries{Rate: 100}})
	if err := judge(r.verdicts(), 1.25); err != nil {
		t.Error(err)
	}
	err := judge(r.verdicts(), 1.1)
	for _, want := range []string{
		"T10, a forwarded packet / floor: 2.10; the gate is ≤ 1.87",
		"join, entries a second, 200 at once / LiveKit: 1.70; the gate is ≥ 1.82",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if err := judge(r.verdicts(), 0); err != nil {
		t.Error(err)
	}
}

func TestSomethingThatStaysBehindIsFound(t *testing.T) {
	before := holding{RSS: 50 << 20, Heap: 10 << 20, Goroutines: 30, Descriptors: 12}
	fine := holding{Cycles: cyclesCount, RSS: 52 << 20, Heap: 11 << 20, Goroutines: 31, Descriptors: 12}
	for want, change := range map[string]func(*holding){
		"":                       func(*holding) {},
		"3 goroutines more":      func(h *holding) { h.Goroutines = 33 },
		"2000 descriptors more":  func(h *holding) { h.Descriptors = 2012 },
		"4000 KiB of heap more":  func(h *holding) { h.Heap += 2976 << 10 },
		"30720 KiB of memory":    func(h *holding) { h.RSS = 80 << 20 },
		"nothing was compared":   func(h *holding) { h.Cycles = 0 },
		"1970 goroutines more":   func(h *holding) { h.Goroutines = 2000 },
		"20480 KiB of heap more": func(h *holding) { h.Heap = 30 << 20 },
	} {
		after := fine
		change(&after)
		got := (&churned{Looks: []holding{before, after}}).grew()
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("got %q; want %q", got, want)
		}
	}
	r := results{}
	r.add(cycles, nameExeunt, figure{Growth: &churned{Looks: []holding{before, fine}}})
	r.add(cycles, nameExeunt, figure{Growth: &churned{Looks: []holding{before, {Cycles: 1, Goroutines: 99}}}})
	if v := verdictOf(t, r, cycles, ""); v.Measured != 1 || v.Word() != "FAIL" {
		t.Errorf("%g rounds grew: %s", v.Measured, v.Word())
	}
}

func TestTheAllocationTestsWordIsRead(t *testing.T) {
	if n, err := parseAllocations("=== RUN\n--- PASS: " + allocationTest + " (0.01s)\nPASS\n"); err != nil || n != 0 {
		t.Errorf("got %g, %v", n, err)
	}
	failed := "    cost_test.go:85: 400 allocations for a picture of 10 packets to 20 listeners\n--- FAIL: " +
		allocationTest
	if n, err := parseAllocations(failed); err != nil || n != 2 {
		t.Errorf("got %g, %v", n, err)
	}
	if _, err := parseAllocations("no test files"); err == nil {
		t.Error("no word was taken for none")
	}
}

// A run of some scenarios adds to what others found: what it measured is new, the rest stays, and what another machine
// found goes.
func TestARunAddsToWhatOthersFound(t *testing.T) {
	here := machine{CPU: "this", Cores: 2}
	monday, tuesday := runInfo{Name: "monday", Machine: here}, runInfo{Name: "tuesday", Machine: here}
	elsewhere := runInfo{Name: "sunday", Machine: machine{CPU: "that"}}
	old := results{}
	old.add(frames, nameExeunt, cheap("monday", 10))
	old.add(frames, nameFloor, cheap("monday", 5))
	old.add(three, nameExeunt, cheap("sunday", 7))
	old.add(single, nameExeunt, cheap("unknown", 7))
	kept := newRecord([]runInfo{elsewhere, monday}, old)
	fresh := results{}
	fresh.add(frames, nameExeunt, cheap("tuesday", 20))
	all, runs := kept.merge(tuesday, fresh)
	want := results{
		{frames, nameExeunt}: {cheap("tuesday", 20)}, {frames, nameFloor}: {cheap("monday", 5)},
	}
	if !reflect.DeepEqual(all, want) {
		t.Errorf("got  %+v\nwant %+v", all, want)
	}
	if !reflect.DeepEqual(runs, []runInfo{monday, tuesday}) {
		t.Errorf("runs are %+v", runs)
	}
}

func TestTheRecordIsReadAsItWasWritten(t *testing.T) {
	none := 0.0
	r := joined(found(nameExeunt, 30, 10))
	r.add(join, nameExeunt, figure{Join: &entries{First: micros(1500), Rate: 3}, usage: usage{Foreign: 0.25}})
	r.add(cycles, nameExeunt, figure{Growth: &churned{Looks: []holding{{RSS: 1}, {Cycles: 2}}}})
	r.add(nothings, nameExeunt, figure{Allocations: &none})
	wrote := newRecord([]runInfo{{Name: "2026-11-29T00:00:00Z", Rounds: 2}}, r)
	file := filepath.Join(t.TempDir(), "of", "media.json")
	if err := wrote.keep(file); err != nil {
		t.Fatal(err)
	}
	read, err := readRecord(file)
	if err != nil || !reflect.DeepEqual(read, wrote) {
		t.Errorf("read  %+v, %v\nwrote %+v", read, err, wrote)
	}
	if got, _ := read.results().median(frames, nameExeunt, cost); got != 10 {
		t.Errorf("the median is %g; want the lower of two", got)
	}
	if empty, err := readRecord(filepath.Join(t.TempDir(), "none")); err != nil || len(empty.Cells) != 0 {
		t.Errorf("without a file: %+v, %v", empty, err)
	}
	var m micros
	if json.Unmarshal([]byte(`"much"`), &m) == nil {
		t.Error("a word was taken for a time")
	}
}

// The page is one file that parses, needs nothing from elsewhere, and shows every goal.
func TestThePageStandsAlone(t *testing.T) {
	r := joined(found(nameExeunt, 10), found(nameFloor, 9))
	for _, n := range []int{10, 100, 1000} {
		r.add(lines(n).name, nameExeunt, figure{Cost: micros(3000), usage: usage{Core: float64(n) / 1e4}})
	}
	r.add(cycles, nameExeunt, figure{Growth: &churned{Looks: []holding{{RSS: 5e7}, {Cycles: 2000, RSS: 6e7}}}})
	r.add(join, nameExeunt, figure{Join: &entries{First: micros(1500), Cost: 7}})
	var out bytes.Buffer
	kept := newRecord([]runInfo{{Name: "2026-11-29T00:00:00Z", Machine: machine{CPU: `<script>&`}}}, r)
	if err := kept.html(&out); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, foreign := range []string{"http:", "https:", "src=", "href=", "@import", "url(", "<script", "NaN", "Inf"} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
	for _, v := range r.verdicts() {
		if !strings.Contains(page, v.Title) {
			t.Errorf("the page has no %q", v.Title)
		}
	}
	if got := strings.Count(page, "<section>"); got != 1+5 {
		t.Errorf("%d sections; want the goals, cost, join, two of the line, growth", got)
	}
	for plot := range strings.SplitSeq(page, "<svg") {
		if at := strings.Index(plot, "</svg>"); at >= 0 {
			wellFormed(t, "<svg"+plot[:at]+"</svg>")
		}
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%v in %s", err, text)
			return
		}
	}
}

func TestNumbersAreWrittenAsShortAsTheyCanBe(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 1000: "1000", 0.12345: "0.123", 17.3456: "17.3", 250: "250"} {
		if got := short(x); got != want {
			t.Errorf("%g on an axis is %q; want %q", x, got, want)
		}
	}
	for x, want := range map[float64]string{
		0.125: "0.125", 0.45: "0.45", 1.0 / 3: "0.333", 3: "3", 1.98765: "1.99", 154.7: "155",
	} {
		if got := (goal{}).number(x); got != want {
			t.Errorf("%g of a goal is %q; want %q", x, got, want)
		}
	}
}

func TestTicksReachWhatIsShown(t *testing.T) {
	for _, most := range []float64{0.03, 1, 7.3, 42, 99, 2000} {
		ticks := upTo(most)
		if last := ticks[len(ticks)-1]; last < most || last > 2.6*most || ticks[0] != 0 {
			t.Errorf("up to %g: %v", most, ticks)
		}
	}
	if got := powers([]float64{10, 1000, 30}); !reflect.DeepEqual(got, []float64{10, 100, 1000}) {
		t.Errorf("got %v", got)
	}
	if got := powers([]float64{5}); !reflect.DeepEqual(got, []float64{1, 10}) {
		t.Errorf("got %v", got)
	}
}
