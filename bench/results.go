package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// row is one thing that is measured: a way out, of a room of that size, for one who does that.
type row struct {
	by   way
	size int
	who  part
}

// String is the row's title.
func (r row) String() string {
	title := fmt.Sprintf("%s, room of %d", r.by, r.size)
	switch {
	case r.by == byDismissal:
	case r.who == speaker:
		title += ", leaver published sound"
	case r.who == listener:
		title += ", everybody heard the leaver"
	default:
		title += ", leaver published nothing"
	}
	return title
}

// figures are the 50th and the 99th percentile.
type figures struct{ p50, p99 time.Duration }

// cell is what is known of one row of one server.
type cell struct {
	// now are the samples of this round; rounds are the figures of those before.
	now    []time.Duration
	rounds []figures
	count  int
	// failures are samples that have no time: somebody was never told.
	failures int
}

// results are all measurements of a run.
type results struct {
	log io.Writer

	mu    sync.Mutex
	cells map[row]map[string]*cell
}

func newResults(log io.Writer) *results { return &results{log: log, cells: map[row]map[string]*cell{}} }

// add notes one sample, or that it failed.
func (r *results) add(what row, server string, took time.Duration, err error) {
	if err != nil {
		r.fail(what, server, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.cell(what, server)
	c.now = append(c.now, took)
	c.count++
}

// fail notes that a sample has no time.
func (r *results) fail(what row, server string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cell(what, server).failures++
	fmt.Fprintf(r.log, "%s: %v: %v\n", server, what, err)
}

// cell finds or makes a cell; the caller holds mu.
func (r *results) cell(what row, server string) *cell {
	if r.cells[what] == nil {
		r.cells[what] = map[string]*cell{}
	}
	if r.cells[what][server] == nil {
		r.cells[what][server] = &cell{}
	}
	return r.cells[what][server]
}

// endRound makes figures of the samples since the last call.
func (r *results) endRound() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, servers := range r.cells {
		for _, c := range servers {
			if len(c.now) == 0 {
				continue
			}
			slices.Sort(c.now)
			c.rounds = append(c.rounds, figures{p50: percentile(c.now, 50), p99: percentile(c.now, 99)})
			c.now = nil
		}
	}
}

// figures returns the medians over the rounds.
func (c *cell) figures() (figures, bool) {
	if c == nil || len(c.rounds) == 0 {
		return figures{}, false
	}
	var p50s, p99s []time.Duration
	for _, f := range c.rounds {
		p50s, p99s = append(p50s, f.p50), append(p99s, f.p99)
	}
	slices.Sort(p50s)
	slices.Sort(p99s)
	return figures{p50: percentile(p50s, 50), p99: percentile(p99s, 50)}, true
}

// percentile returns the nearest rank of samples that are sorted and at least one.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}
