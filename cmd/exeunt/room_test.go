package main

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// member is an "exeunt join" that a script started.
type member struct {
	process *exec.Cmd
	output  *bufio.Reader
}

// members are those inside, by script and user.
var members = map[*testscript.TestScript]map[string]member{}

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
	if members[ts] == nil {
		members[ts] = map[string]member{}
	}
	members[ts][user] = m
}

// out waits until a user is out, and matches what it printed: out USER PATTERN.
func out(ts *testscript.TestScript, _ bool, args []string) {
	m := members[ts][args[0]]
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
