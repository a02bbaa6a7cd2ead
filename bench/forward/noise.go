//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// What others do on the machine is looked at before each measurement, which waits a while until they do little.
const (
	lookLasts  = 500 * time.Millisecond
	foreignMax = 0.10
	quietLooks = 20
)

// quiet waits until others leave the machine alone and returns the share of it that they used in the last look. When
// they never do, it goes on with that share: the figure is shown beside it.
func quiet(ctx context.Context) (float64, error) {
	var share float64
	for range quietLooks {
		var err error
		if share, err = foreign(ctx); err != nil || share < foreignMax {
			return share, err
		}
	}
	return share, nil
}

// foreign is the share of the machine that is not idle and not used by this program, over one look.
func foreign(ctx context.Context) (float64, error) {
	var busy, all, own [2]time.Duration
	for i := range 2 {
		text, err := os.ReadFile("/proc/stat")
		if err != nil {
			return 0, err
		}
		if busy[i], all[i], err = parseStat(string(text)); err != nil {
			return 0, err
		}
		if own[i], err = spent(os.Getpid()); err != nil {
			return 0, err
		}
		if i == 0 {
			if err := pause(ctx, lookLasts); err != nil {
				return 0, err
			}
		}
	}
	if all[1] == all[0] {
		return 0, nil
	}
	used := (busy[1] - busy[0]) - (own[1] - own[0])
	return max(0, float64(used)/float64(all[1]-all[0])), nil
}

// tick is the unit of /proc/stat: USER_HZ is 100 on every architecture that Go knows.
const tick = 10 * time.Millisecond

// parseStat reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq and steal time of all
// processors (proc_stat(5)). What follows is part of the first two.
func parseStat(text string) (busy, all time.Duration, err error) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0, fmt.Errorf("/proc/stat begins with %q; want cpu and eight numbers", line)
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(field, 10, 48)
		if err != nil || n < 0 {
			return 0, 0, fmt.Errorf("/proc/stat has %q among its numbers", field)
		}
		all += time.Duration(n) * tick
		if i != 3 && i != 4 {
			busy += time.Duration(n) * tick
		}
	}
	return busy, all, nil
}

// machine says on what was measured.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores of %s, Linux %s, %s", m.Cores, m.CPU, m.Kernel, m.Go)
}

// parseModel finds the name of the first processor in the text of /proc/cpuinfo.
func parseModel(text string) string {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unnamed processor"
}
