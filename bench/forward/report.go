//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/exeunt/exeunt/bench/page"
)

// record is a whole run as JSON.
type record struct {
	Date       string  `json:"date"`
	Machine    machine `json:"machine"`
	Rounds     int     `json:"rounds"`
	Seconds    int     `json:"seconds"`
	FeedbackMS int64   `json:"feedbackMS"`
	Noise      noise   `json:"noise"`
	Cells      []cell  `json:"cells"`
	Ratios     []ratio `json:"ratios"`
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

// newRecord gathers what a run found.
func newRecord(o options, what []scenario, who []contender, r results) (record, error) {
	found := record{
		Date: time.Now().UTC().Format(time.DateOnly), Rounds: o.rounds, Seconds: o.seconds,
		FeedbackMS: o.feedback.Milliseconds(), Ratios: r.ratios(what, who), Cells: []cell{},
	}
	var err error
	if found.Machine, err = thisMachine(); err != nil {
		return record{}, err
	}
	found.Noise.Load, found.Noise.LoadMax, found.Noise.SpreadMax = r.noise()
	for _, s := range what {
		for _, c := range who {
			rounds, ok := r[cellName{s.name, c.name}]
			if !ok {
				continue
			}
			median, _ := r.median(s.name, c.name, cost)
			found.Cells = append(found.Cells, cell{s.name, c.name, median, r.spread(s.name, c.name), rounds})
		}
	}
	return found, nil
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

// report prints the tables, writes them and the JSON into files when such are named, and fails when something was
// measured without one valid round.
func report(o options, what []scenario, who []contender, r results) error {
	found, err := newRecord(o, what, who, r)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("Measured on %s with `make bench-media` on %v; "+`medians of %d rounds of %d s, reports every %v.
Foreign load before each: median %.1f %%, most %.1f %%; widest spread between rounds: %.0f %% of the median.

%s`, found.Date, found.Machine, o.rounds, o.seconds, o.feedback,
		found.Noise.Load*100, found.Noise.LoadMax*100, found.Noise.SpreadMax*100, r.tables(what, who))
	fmt.Print(text)
	if o.json != "" {
		if err := found.keep(o.json); err != nil {
			return err
		}
	}
	if o.write != "" {
		if err := page.Write(o.write, text); err != nil {
			return err
		}
	}
	if empty := r.empty(); len(empty) > 0 {
		return errors.New("no valid round: " + strings.Join(empty, ", "))
	}
	return found.judge(o.gate)
}

// judge fails when a target is missed by more than a factor; 0 lets everything pass.
func (r record) judge(factor float64) error {
	var missed []error
	for _, one := range r.Ratios {
		if factor > 0 && one.Target > 0 && one.Ratio > one.Target*factor {
			missed = append(missed, fmt.Errorf("%s costs %.2f of %s; the gate is %.2f", one.Scenario, one.Ratio, one.Against,
				one.Target*factor))
		}
	}
	return errors.Join(missed...)
}
