package main

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// member is an "exeunt join" that a script started.
type member struct {
	process *exec.Cmd
	output  *bufio.Reader
}

// members has the [member] of each place. Scripts run side by side.
var members sync.Map

// place is where a member is: a user's name means something in its script alone.
type place struct {
	script *testscript.TestScript
	user   string
}

// inside lets a user into a room and waits until it is in: inside ROOM --user USER [FLAG...].
func inside(ts *testscript.TestScript, _ bool, args []string) {
	process := exec.Command("exeunt", append([]string{"join", "--url", ts.Getenv("PAGE"), "--room"}, args...)...)
	stdout, err := process.StdoutPipe()
	ts.Check(err)
	ts.Check(process.Start())
	ts.Defer(func() { _ = process.Process.Kill() })
	m := member{process, bufio.NewReader(stdout)}
	line, err := m.output.ReadString('\n')
	ts.Check(err)
	user := args[len(args)-1]
	if !strings.Contains(line, "you entered as "+user) {
		ts.Fatalf("%s says %q", user, line)
	}
	members.Store(place{ts, user}, m)
}

// out waits until a user is out, and matches what it printed: out USER PATTERN.
func out(ts *testscript.TestScript, _ bool, args []string) {
	known, found := members.Load(place{ts, args[0]})
	if !found {
		ts.Fatalf("nobody let %s in", args[0])
	}
	m := known.(member)
	late := time.AfterFunc(stopMax, func() { _ = m.process.Process.Kill() })
	defer late.Stop()
	said, err := io.ReadAll(m.output)
	ts.Check(err)
	// Its exit code tells how the stay ended, as its last line does.
	_ = m.process.Wait()
	if !regexp.MustCompile(args[1]).Match(said) {
		ts.Fatalf("%s says %s", args[0], said)
	}
}
