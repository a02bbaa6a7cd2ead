//go:build !unix

package main

import (
	"fmt"
	"os"
)

// lock makes the data directory. Where there is no flock, the operator has to keep a second process out of it.
func lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data-dir: %w", err)
	}
	return os.Open(dir)
}
