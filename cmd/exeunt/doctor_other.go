//go:build !linux

package main

// freeSpace is not known here.
func freeSpace(string) (space uint64, known bool) { return 0, false }

// fileLimit is not known here.
func fileLimit() (limit uint64, known bool) { return 0, false }
