// Package system_test runs the server as its users do: the real binary in a process of its own, real sockets, members
// of the Go client, and a back end that signs its calls.
package system_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/test/rig"
)

// patience is how long a test waits for what must come. It is long because machines are; nothing waits for its end.
const patience = 60 * time.Second

var binary string

func TestMain(m *testing.M) { rig.Main(m, "../..", &binary) }

// world is one running server.
type world struct {
	t               *testing.T
	signal, control string
}

// serve starts a server on free ports and stops it, gracefully, at the end of the test.
func serve(t *testing.T, flags ...string) *world {
	t.Helper()
	args := append([]string{
		"serve", "--signal-addr=127.0.0.1:0", "--media-addr=127.0.0.1:0", "--control-addr=127.0.0.1:0", "--log-level=warn",
	}, flags...)
	cmd := exec.Command(binary, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	w := &world{t: t}
	t.Cleanup(func() { w.stop(cmd, &log) })
	lines := bufio.NewScanner(out)
	for w.control == "" && lines.Scan() {
		if name, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "  "); ok {
			switch name {
			case "signalling":
				w.signal = strings.TrimSpace(value)
			case "control API":
				w.control = strings.TrimSpace(value)
			}
		}
	}
	if w.control == "" {
		t.Fatalf("the server did not say where it is:\n%s", log.String())
	}
	return w
}

// stop asks the server to end and expects it to obey, in its own time, with nothing to complain about.
func (w *world) stop(cmd *exec.Cmd, log *bytes.Buffer) {
	check(w.t, cmd.Process.Signal(syscall.SIGTERM))
	hung := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	if err := cmd.Wait(); err != nil {
		w.t.Errorf("the server ended with %v:\n%s", err, log.String())
	}
}

// enter lets a user in.
func (w *world) enter(user string, change func(*client.Config)) *client.Client {
	w.t.Helper()
	c, err := w.tryEnter(user, change)
	check(w.t, err)
	return c
}

func (w *world) tryEnter(user string, change func(*client.Config)) (*client.Client, error) {
	cfg := client.Config{
		URL: w.signal, SdkAppID: config.DevelopmentSdkAppID, UserID: user, RoomID: 7, Role: 20,
		UserSig: usersig.Sign(config.DevelopmentSdkAppID, user, config.DevelopmentSecret, time.Hour, time.Now()),
	}
	if change != nil {
		change(&cfg)
	}
	return client.Enter(context.Background(), cfg)
}

// reply is the answer of the control API.
type reply struct {
	Error struct{ Code, Message string }
	Total int
}

// call calls the control API as a back end does.
func (w *world) call(action string, params map[string]any) reply {
	w.t.Helper()
	params["SdkAppId"] = config.DevelopmentSdkAppID
	body, err := json.Marshal(params)
	check(w.t, err)
	request, err := http.NewRequest(http.MethodPost, w.control, bytes.NewReader(body))
	check(w.t, err)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{
		"X-TC-Action": action, "X-TC-Version": "2019-07-22", "X-TC-Region": "ap-guangzhou",
	} {
		request.Header.Set(name, value)
	}
	api.SignTC3(request, body, config.DevelopmentSecretID, config.DevelopmentSecretKey, time.Now())
	var answer struct{ Response reply }
	check(w.t, json.Unmarshal(w.fetch(request), &answer))
	return answer.Response
}

func (w *world) fetch(request *http.Request) []byte {
	w.t.Helper()
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	check(w.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(w.t, err)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s answers %s: %s", request.URL, response.Status, body)
	}
	return body
}

// numbers reads what the server counts, by name (with labels as they stand).
func (w *world) numbers() map[string]float64 {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodGet, w.control+"/metrics", nil)
	check(w.t, err)
	numbers := map[string]float64{}
	for line := range strings.Lines(string(w.fetch(request))) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil {
			numbers[name] = n
		}
	}
	return numbers
}

// settle reads the numbers until they fit: what a server does behind a reply has no event for a stranger to wait for.
func (w *world) settle(what string, fit func(map[string]float64) bool) map[string]float64 {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		numbers := w.numbers()
		if fit(numbers) {
			return numbers
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: sessions %v, rooms %v, goroutines %v, descriptors %v", what, numbers["exeunt_sessions"],
				numbers["exeunt_rooms"], numbers["go_goroutines"], numbers["process_open_fds"])
		}
	}
}

// wait reads a member's events until one fits.
func wait[E client.Event](t *testing.T, c *client.Client, fit func(E) bool) E {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case event, open := <-c.Events():
			if !open {
				t.Fatalf("the stay ended before the event came")
			}
			if e, ok := event.(E); ok && fit(e) {
				return e
			}
		case <-late:
			t.Fatal("the event did not come")
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
