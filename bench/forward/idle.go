//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// restSettle is how long members are left alone before their processor time is looked at: what entries left to do is
// done then, and heartbeats have found their time.
const restSettle = 5 * time.Second

// rest measures what members cost that only are there: what their entries left behind, and what keeps their transports
// alive.
func (c *crowd) rest(ctx context.Context, o options) (figure, error) {
	alone, err := resident(c.service.PID())
	if err != nil {
		return figure{}, err
	}
	before, told, err := metric(ctx, c.service.debug(), metricGoroutines)
	if err != nil {
		return figure{}, err
	}
	if err := c.gather(ctx); err != nil {
		return figure{}, err
	}
	if err := pause(ctx, o.warm); err != nil {
		return figure{}, err
	}
	together, err := resident(c.service.PID())
	if err != nil {
		return figure{}, err
	}
	if err := pause(ctx, restSettle); err != nil {
		return figure{}, err
	}
	first, last, err := c.watch(ctx, o)
	if err != nil {
		return figure{}, err
	}
	if first.err != nil || last.err != nil {
		return figure{}, errors.Join(first.err, last.err)
	}
	members := float64(c.listeners)
	f := figure{RSS: together, Idle: &idleness{
		RSS:  (float64(together) - float64(alone)) / members,
		Cost: (last.cost - first.cost).Seconds() * 1e3 / last.at.Sub(first.at).Seconds() / members,
	}}
	if told {
		after, _, err := metric(ctx, c.service.debug(), metricGoroutines)
		if err != nil {
			return figure{}, err
		}
		f.Idle.Goroutines = (after - before) / members
	}
	return f, nil
}

// The numbers that are asked for. The size of the heap at which the next collection begins is twice what the last one
// left, and says more of what is kept than a heap with garbage in it does.
const (
	metricGoroutines = "go_goroutines"
	metricHeap       = "go_memstats_next_gc_bytes"
)

// metric asks a server for one of its numbers; false when it has no place that tells.
func metric(ctx context.Context, debug, name string) (float64, bool, error) {
	if debug == "" {
		return 0, false, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, debug+"/metrics", nil)
	if err != nil {
		return 0, false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, false, fmt.Errorf("ask for metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, false, nil
	}
	return parseMetric(response.Body, name)
}

// parseMetric finds a number in Prometheus' text form.
func parseMetric(r io.Reader, name string) (float64, bool, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), name+" ")
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, false, fmt.Errorf("metrics have %q: %w", lines.Text(), err)
		}
		return n, true, nil
	}
	return 0, false, lines.Err()
}
