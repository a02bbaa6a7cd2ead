package rig

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package that runs the server: it builds the binary, from the repository at root, writes
// its path to binary, and runs the tests. Neither goroutines nor files may be left behind.
func Main(m *testing.M, root string, binary *string) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "exeunt-test-")
	if err == nil {
		*binary, err = Build(root, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}
