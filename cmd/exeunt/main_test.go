package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
)

// stopMax bounds a graceful stop in the scripts; they set --stop-wait to less.
const stopMax = 10 * time.Second

// careful runs the tests and then looks for goroutines that they left.
type careful struct{ *testing.M }

func (c careful) Run() int {
	code := c.M.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) {
	os.Exit(testscript.RunMain(careful{m}, map[string]func() int{"exeunt": func() int { main(); return 0 }}))
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serveInBackground, "halt": stopServer, "get": get, "verifies": verifies,
			"inside": inside, "out": out,
		},
	})
}

// background is a server that a script started.
type background struct {
	process *exec.Cmd
	output  io.Reader
}

// ready matches the lines of the greeting that name the addresses.
var ready = regexp.MustCompile(`(?s)exeunt is ready.*(http://localhost:\d+).*control API +(http://[0-9.:]+)`)

// serveInBackground starts "exeunt serve" on free ports, waits for its greeting and sets PAGE and CONTROL.
func serveInBackground(ts *testscript.TestScript, _ bool, args []string) {
	free := []string{"serve", "--signal-addr=127.0.0.1:0", "--media-addr=127.0.0.1:0", "--control-addr=127.0.0.1:0"}
	process := exec.Command("exeunt", append(free, args...)...)
	process.Dir = ts.MkAbs(".")
	output, err := process.StdoutPipe()
	ts.Check(err)
	ts.Check(process.Start())
	ts.Defer(func() { _ = process.Process.Kill() })
	var said strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if found := ready.FindStringSubmatch(said.String()); found != nil {
			ts.Setenv("PAGE", found[1])
			ts.Setenv("CONTROL", found[2])
			ts.Setenv("CONTROL_ADDR", strings.TrimPrefix(found[2], "http://"))
			running.Store(ts, background{process, output})
			return
		}
	}
	ts.Fatalf("no greeting: %s, %v", said.String(), process.Wait())
}

// running has the server of each script; scripts run side by side.
var running sync.Map

// stopServer sends SIGTERM and proves that the server ends well within the bound. Scripts call it "halt": testscript
// has a "stop" of its own, which ends the script there as passed.
func stopServer(ts *testscript.TestScript, _ bool, _ []string) {
	kept, started := running.LoadAndDelete(ts)
	if !started {
		ts.Fatalf("no server was started")
	}
	server := kept.(background)
	ts.Check(server.process.Process.Signal(syscall.SIGTERM))
	late := time.AfterFunc(stopMax, func() { _ = server.process.Process.Kill() })
	defer late.Stop()
	_, err := io.Copy(io.Discard, server.output)
	ts.Check(err)
	ts.Check(server.process.Wait())
}

// get asks for a URL: get STATUS URL [TEXT] [HEADER=VALUE]. With "!" the text must be missing.
func get(ts *testscript.TestScript, neg bool, args []string) {
	request, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	if len(args) > 3 {
		name, value, _ := strings.Cut(args[3], "=")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: stopMax}
	response, err := client.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if status := fmt.Sprint(response.StatusCode); status != args[0] {
		ts.Fatalf("status %s, want %s: %s", status, args[0], body)
	}
	if len(args) > 2 && strings.Contains(string(body), args[2]) == neg {
		ts.Fatalf("body %q; %q is in it: %t", body, args[2], neg)
	}
}

// verifies proves the UserSig that the last command printed: verifies USER APP SECRET.
func verifies(ts *testscript.TestScript, neg bool, args []string) {
	app, secret := config.DevelopmentSdkAppID, config.DevelopmentSecret
	if len(args) > 1 {
		_, err := fmt.Sscan(args[1], &app)
		ts.Check(err)
		secret = args[2]
	}
	_, err := usersig.Verify(strings.TrimSpace(ts.ReadFile("stdout")), app, args[0], secret, time.Now())
	if (err == nil) == neg {
		ts.Fatalf("the UserSig of %s: %v", args[0], err)
	}
}
