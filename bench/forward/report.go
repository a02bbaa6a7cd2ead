//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/exeunt/exeunt/bench/page"
	"github.com/exeunt/exeunt/bench/servers"
)

// record is all that was measured, as JSON. Its parts may come of several runs.
type record struct {
	Runs []runInfo `json:"runs"`
	// Janus says which cryptography its libsrtp has: as packaged, and tuned.
	Janus  []string `json:"janusCryptography,omitempty"`
	Noise  noise    `json:"noise"`
	Cells  []cell   `json:"cells"`
	Ratios []ratio  `json:"ratios"`
}

// runInfo is one run: what was measured in turns, at one time.
type runInfo struct {
	// Name is when it began (RFC 3339); the figures have it.
	Name       string  `json:"name"`
	Machine    machine `json:"machine"`
	Rounds     int     `json:"rounds"`
	Seconds    int     `json:"seconds"`
	FeedbackMS int64   `json:"feedbackMS"`
}

// day is the date of a run.
func (r runInfo) day() string { day, _, _ := strings.Cut(r.Name, "T"); return day }

// ratio is one goal that is measured against another server, or alone.
type ratio struct {
	Scenario string  `json:"scenario"`
	Against  string  `json:"against,omitempty"`
	Title    string  `json:"title"`
	Measured float64 `json:"measured"`
	Must     float64 `json:"must"`
	Aim      float64 `json:"aim"`
	Verdict  string  `json:"verdict"`
}

// noise is what disturbed a run, in shares of 1.
type noise struct {
	Load      float64 `json:"foreignLoadMedian"`
	LoadMax   float64 `json:"foreignLoadMost"`
	SpreadMax float64 `json:"spreadMost"`
}

// cell is one scenario at one server.
type cell struct {
	Scenario string `json:"scenario"`
	Server   string `json:"server"`
	// Median and Spread are of the cost in the valid rounds; 0 when there is none, or no cost.
	Median float64  `json:"usPerPacketMedian,omitempty"`
	Spread float64  `json:"spread,omitempty"`
	Rounds []figure `json:"rounds"`
}

// readRecord reads what was kept; an empty record when there is no file.
func readRecord(file string) (record, error) {
	var kept record
	if file == "" {
		return kept, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return kept, nil
	}
	if err != nil {
		return kept, fmt.Errorf("read what was kept: %w", err)
	}
	if err := json.Unmarshal(data, &kept); err != nil {
		return kept, fmt.Errorf("read what was kept in %s: %w", file, err)
	}
	return kept, nil
}

// merge puts what a run found in the place of what was kept of the same scenarios and servers. What another machine
// found goes, and so does what no run is known of.
func (r record) merge(now runInfo, fresh results) (results, []runInfo) {
	all, runs := results{}, []runInfo{now}
	for _, c := range r.Cells {
		key := cellName{c.Scenario, c.Server}
		if len(c.Rounds) == 0 || len(fresh[key]) > 0 {
			continue
		}
		at := slices.IndexFunc(r.Runs, func(one runInfo) bool { return one.Name == c.Rounds[0].Run })
		if at < 0 || r.Runs[at].Machine != now.Machine {
			continue
		}
		all[key] = c.Rounds
		if !slices.Contains(runs, r.Runs[at]) {
			runs = append(runs, r.Runs[at])
		}
	}
	for key, figures := range fresh {
		all[key] = figures
	}
	slices.SortFunc(runs, func(a, b runInfo) int { return strings.Compare(a.Name, b.Name) })
	return all, runs
}

// results are the figures of a record.
func (r record) results() results {
	all := results{}
	for _, c := range r.Cells {
		all[cellName{c.Scenario, c.Server}] = c.Rounds
	}
	return all
}

// newRecord gathers what runs found.
func newRecord(runs []runInfo, r results) record {
	kept := record{Runs: runs, Cells: []cell{}, Ratios: []ratio{}}
	kept.Noise.Load, kept.Noise.LoadMax, kept.Noise.SpreadMax = r.noise()
	for _, s := range scenarios {
		for _, c := range contenders {
			if rounds, ok := r[cellName{s.name, c.name}]; ok {
				median, _ := r.median(s.name, c.name, cost)
				kept.Cells = append(kept.Cells, cell{s.name, c.name, median, r.spread(s.name, c.name), rounds})
			}
		}
	}
	for _, v := range r.verdicts() {
		if v.Known {
			kept.Ratios = append(kept.Ratios,
				ratio{v.Scenario, v.Against, v.Title, v.Measured, v.Must, v.Aim, v.Word()})
		}
	}
	return kept
}

// thisRun is the run that the flags ask for, on this machine.
func thisRun(o options) (runInfo, error) {
	m, err := thisMachine()
	return runInfo{o.run, m, o.rounds, o.seconds, o.feedback.Milliseconds()}, err
}

func thisMachine() (machine, error) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return machine{}, err
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return machine{}, fmt.Errorf("name the kernel: %w", err)
	}
	// What a distribution adds to the number says nothing here.
	release, _, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), "-")
	return machine{
		CPU: parseModel(string(text)), Cores: strings.Count(string(text), "processor\t:"),
		Kernel: release, Go: runtime.Version(),
	}, nil
}

// keep writes the record into a file.
func (r record) keep(file string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}

// report prints the tables, writes them, the page and the JSON into files when such are named, and fails when something
// was measured without one valid round.
func report(o options, kept record, fresh results) error {
	now, err := thisRun(o)
	if err != nil {
		return err
	}
	all, runs := kept.merge(now, fresh)
	found := newRecord(runs, all)
	if found.Janus = kept.Janus; fresh.touches(contender.isJanus) {
		found.Janus = []string{servers.JanusCrypto(""), servers.JanusCrypto(o.janusSRTP)}
	}
	if o.json != "" {
		if err := found.keep(o.json); err != nil {
			return err
		}
	}
	if err := found.publish(o); err != nil {
		return err
	}
	if empty := fresh.empty(); len(empty) > 0 {
		return errors.New("no valid round: " + strings.Join(empty, ", "))
	}
	return judge(fresh.verdicts(), o.gate)
}

// touches says whether some of these servers were measured.
func (r results) touches(some func(contender) bool) bool {
	for _, c := range contenders {
		for key := range r {
			if key.server == c.name && some(c) {
				return true
			}
		}
	}
	return false
}

// publish prints the tables, and writes them and the page where such are named.
func (r record) publish(o options) error {
	text := r.markdown()
	fmt.Print(text)
	if o.write != "" {
		if err := page.Write(o.write, text); err != nil {
			return err
		}
	}
	if o.html == "" {
		return nil
	}
	var out bytes.Buffer
	if err := r.html(&out); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.html), 0o755); err != nil {
		return err
	}
	return os.WriteFile(o.html, out.Bytes(), 0o644)
}

// showKept shows what was kept, without measuring.
func showKept(o options) error {
	kept, err := readRecord(o.json)
	if err != nil {
		return err
	}
	if len(kept.Runs) == 0 {
		return fmt.Errorf("-show: %q has no run", o.json)
	}
	return kept.publish(o)
}
