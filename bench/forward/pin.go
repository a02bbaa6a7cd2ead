//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// pinSelf keeps this program on one processor: every thread that it has, and so those that they make.
func pinSelf(processor int) error {
	// A thread that is being made while the list is read is seen the second time.
	for range 2 {
		tasks, err := filepath.Glob("/proc/self/task/*")
		if err != nil {
			return err
		}
		for _, task := range tasks {
			id, err := strconv.Atoi(filepath.Base(task))
			if err != nil {
				continue
			}
			if err := pinThread(id, processor); err != nil && err != unix.ESRCH {
				return fmt.Errorf("pin the load to processor %d: %w", processor, err)
			}
		}
	}
	return nil
}

// onProcessor runs f on a thread of one processor. A process that f starts stays there.
func onProcessor(server, load int, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := pinThread(0, server); err != nil {
		return fmt.Errorf("pin the server to processor %d: %w", server, err)
	}
	err := f()
	if back := pinThread(0, load); back != nil {
		fmt.Fprintln(os.Stderr, "forward: pin the load again:", back)
	}
	return err
}

func pinThread(id, processor int) error {
	var set unix.CPUSet
	set.Set(processor)
	return unix.SchedSetaffinity(id, &set)
}
