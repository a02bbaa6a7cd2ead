package main

import "syscall"

// freeSpace says how many bytes may still be written below a directory.
func freeSpace(dir string) (space uint64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

// fileLimit says how many files may be open. The runtime has raised the limit to the highest that is allowed, as it
// does for serve.
func fileLimit() (limit uint64, known bool) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	return r.Cur, true
}
