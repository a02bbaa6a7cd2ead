package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// command runs tests: those of a Go package, or one test file of the SDK.
type command struct {
	// tool is go or sdk.
	tool string
	// target is the package's folder, or the test file's name.
	target string
	// only is a pattern of test names; empty for all.
	only string
}

// parseCommand reads "go server/room TestStories" or "sdk exit.test.ts C1".
func parseCommand(text string) (command, error) {
	words := strings.SplitN(text, " ", 3)
	if len(words) < 2 || (words[0] != "go" && words[0] != "sdk") {
		return command{}, fmt.Errorf("run %q: say go and a package, or sdk and a test file", text)
	}
	return command{words[0], words[1], strings.Join(words[2:], "")}, nil
}

func (c command) String() string { return strings.TrimSpace(c.tool + " " + c.target + " " + c.only) }

// build compiles what the command is about to test, so that a fault which does not compile counts as caught by nobody.
func (c command) build(ctx context.Context, root string) (string, error) {
	if c.tool == "sdk" {
		// What a fault leaves unused is no error of types. What did not change is not checked again.
		loose := []string{"--noUnusedLocals", "false", "--noUnusedParameters", "false"}
		kept := []string{"--incremental", "--tsBuildInfoFile", filepath.Join(root, "mutant.tsbuildinfo")}
		return start(ctx, filepath.Join(root, "sdk"), "node_modules/.bin/tsc", append(loose, kept...)...)
	}
	return start(ctx, root, "go", "test", "-c", "-ldflags=-s -w", "-o", binary(root), "./"+c.target)
}

// test runs what was built.
func (c command) test(ctx context.Context, root string) (string, error) {
	if c.tool == "sdk" {
		args := []string{"run", "--bail=1", "--reporter=default", "test/" + c.target}
		if c.only != "" {
			args = append(args, "-t", c.only)
		}
		return start(ctx, filepath.Join(root, "sdk"), "node_modules/.bin/vitest", args...)
	}
	args := []string{"-test.failfast"}
	if c.only != "" {
		args = append(args, "-test.run="+c.only)
	}
	return start(ctx, filepath.Join(root, c.target), binary(root), args...)
}

// binary is where a copy's test program is built.
func binary(root string) string { return filepath.Join(root, "mutant.test") }

// start runs a program to its end, or ends it and all that it started when the context does.
func start(ctx context.Context, dir, program string, args ...string) (string, error) {
	if strings.HasPrefix(program, "node_modules/") {
		program = filepath.Join(dir, program)
	}
	run := exec.CommandContext(ctx, program, args...)
	run.Dir = dir
	run.Env = append(os.Environ(), "CI=true", "NO_COLOR=1")
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
	run.WaitDelay = 5 * time.Second
	out, err := run.CombinedOutput()
	return string(out), err
}
