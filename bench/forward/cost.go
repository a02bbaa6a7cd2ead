//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// spent is the processor time that all threads of a process have had. Threads that ended meanwhile are missing; servers
// in Go end none.
func spent(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("process %d is not there, or the kernel keeps no schedstat", pid)
	}
	var sum time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		one, err := parseSchedstat(string(text))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		sum += one
	}
	return sum, nil
}

// parseSchedstat reads the first of the three numbers: nanoseconds on a processor.
func parseSchedstat(text string) (time.Duration, error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return 0, fmt.Errorf("schedstat has %d fields; want 3", len(fields))
	}
	ns, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || ns < 0 {
		return 0, fmt.Errorf("schedstat begins with %q; want nanoseconds", fields[0])
	}
	return time.Duration(ns), nil
}

// resident is how many bytes of memory a process has.
func resident(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseResident(string(text))
}

// parseResident finds VmRSS in the text of a status file.
func parseResident(text string) (uint64, error) {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(line, "VmRSS:")
		if !ok {
			continue
		}
		kB, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 54)
		if err != nil {
			return 0, fmt.Errorf("VmRSS is %q: %w", strings.TrimSpace(value), err)
		}
		return kB << 10, nil
	}
	return 0, fmt.Errorf("status has no VmRSS")
}
