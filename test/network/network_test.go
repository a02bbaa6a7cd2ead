// Package network_test puts real networks between a real server and its members, breaks them in the ways in which
// networks break, and asks every observer what happened.
//
// The tests run in a network namespace of their own, where the server and those who watch live. Each test has a second
// one, with its own link, for the member whose network breaks. Namespaces without a name end with their last process,
// so whatever happens to a test, nothing of it is left.
package network_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// The parts that this program plays, by the environment that it is started with.
const (
	partVariable   = "EXEUNT_NETWORK_PART"
	binaryVariable = "EXEUNT_NETWORK_BINARY"
	// partInside runs the tests, within the namespace.
	partInside = "inside"
	// partHolder keeps a namespace alive.
	partHolder = "holder"
	// partMember is a member of a room.
	partMember = "member"
)

// parallel is how many tests run side by side. They mostly wait, so processors do not count.
const parallel = "6"

var binary = os.Getenv(binaryVariable)

func TestMain(m *testing.M) {
	switch os.Getenv(partVariable) {
	case partInside:
		flag.Parse()
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err) // Every test binary has the flag.
		}
		goleak.VerifyTestMain(m)
	case partHolder:
		hold()
	case partMember:
		os.Exit(beMember())
	default:
		code, err := goInside()
		if err != nil {
			fmt.Fprintln(os.Stderr, "network tests:", err)
			os.Exit(1)
		}
		os.Exit(code)
	}
}

// tools are what the tests need, and the Debian packages that have them.
var tools = []struct{ program, debian string }{
	{"ip", "iproute2"}, {"iptables", "iptables"}, {"conntrack", "conntrack"}, {"nsenter", "util-linux"},
}

// sbin is where Debian keeps the tools; the search path of a user who is not root lacks it.
const sbin = "/usr/sbin:/sbin"

// goInside runs this program once more, in a network namespace of its own, and returns how that ended.
func goInside() (int, error) {
	if err := os.Setenv("PATH", os.Getenv("PATH")+":"+sbin); err != nil {
		return 0, err
	}
	var missing []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool.program); err != nil {
			missing = append(missing, tool.debian)
		}
	}
	if len(missing) > 0 {
		return 0, fmt.Errorf("these Debian packages are needed, please install them: %s", strings.Join(missing, " "))
	}
	dir, err := os.MkdirTemp("", "exeunt-network-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	server := filepath.Join(dir, "exeunt")
	if out, err := exec.Command("go", "build", "-o", server, "../../cmd/exeunt").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	inside := again(partInside, os.Args[1:]...)
	inside.Env = append(inside.Env, binaryVariable+"="+server)
	inside.Stdin, inside.Stdout, inside.Stderr = os.Stdin, os.Stdout, os.Stderr
	inside.SysProcAttr = ownNetwork()
	err = inside.Run()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return failed.ExitCode(), nil
	case err != nil:
		return 0, fmt.Errorf("make a network namespace (run as root, or allow user namespaces): %w", err)
	}
	return 0, nil
}

// again makes a command that runs this program in another part.
func again(part string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err) // Linux always knows.
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), partVariable+"="+part)
	return cmd
}

// ownNetwork starts a process in a new network namespace. One who is not root is made the root of a new user namespace,
// who may do everything in the new network and nothing outside.
func ownNetwork() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		attributes.Cloneflags |= syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attributes
}

// hold does nothing until its standard input closes, which it does with the test at the latest.
func hold() {
	_, _ = os.Stdin.Read(make([]byte, 1))
}
