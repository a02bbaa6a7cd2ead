package network_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/api"
)

// The one app of the servers under test.
const (
	appID     = 1400000077
	appSecret = "secret-of-the-network-tests"
	secretID  = "AKIDnetwork"
	secretKey = "key-of-the-network-tests"
	// room is where everybody meets.
	room = 7
)

// server is one server at the near end of a field.
type server struct {
	t      *testing.T
	flags  []string
	at     string
	cmd    *exec.Cmd
	copied sync.WaitGroup
	// log are its log lines about stays, as reports.
	log *witness
}

const settings = `
apps:
  - sdk-app-id: %d
    secret: %s
    keys: [{secret-id: %s, secret-key: %s}]
`

// serve starts a server at an address of this namespace, and stops it with the test.
func serve(t *testing.T, at string, flags ...string) *server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "exeunt.yaml")
	text := fmt.Sprintf(settings, appID, appSecret, secretID, secretKey)
	check(t, os.WriteFile(file, []byte(text), 0o600))
	s := &server{t: t, at: at, log: newWitness(t, "the server's log")}
	s.flags = append([]string{
		"serve", "--config=" + file, "--signal-addr=" + at + ":8080", "--media-addr=" + at + ":8081",
		"--control-addr=" + at + ":8082", "--log-format=json",
	}, flags...)
	s.start()
	t.Cleanup(func() { s.end(syscall.SIGTERM) })
	return s
}

// start runs the process, for the first time or again.
func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command(binary, s.flags...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := s.cmd.StdoutPipe()
	check(s.t, err)
	logged, err := s.cmd.StderrPipe()
	check(s.t, err)
	check(s.t, s.cmd.Start())
	var trouble bytes.Buffer
	s.copied.Go(func() { s.follow(io.TeeReader(logged, &trouble)) })
	first, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		_ = s.cmd.Wait()
		s.copied.Wait()
		s.t.Fatalf("the server does not start:\n%s", trouble.String())
	}
	if !strings.HasPrefix(first, "exeunt is ready") {
		s.t.Fatalf("the server says %q", first)
	}
}

// follow notes down what the log says about stays.
func (s *server) follow(logged io.Reader) {
	lines := bufio.NewScanner(logged)
	for lines.Scan() {
		var line struct{ Msg, User, Session, Why, Actor string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == exited {
			s.log.note(report{Event: exited, User: line.User, Session: line.Session, Code: line.Why, Actor: line.Actor})
		}
	}
}

// end ends the process with a signal, if it still runs.
func (s *server) end(how syscall.Signal) {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGCONT)
	check(s.t, s.cmd.Process.Signal(how))
	hung := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer hung.Stop()
	s.copied.Wait()
	if err := s.cmd.Wait(); err != nil && how == syscall.SIGTERM {
		s.t.Errorf("the server ended with %v", err)
	}
	s.cmd = nil
}

// signal sends the process a signal that does not end it.
func (s *server) signal(what syscall.Signal) {
	s.t.Helper()
	check(s.t, s.cmd.Process.Signal(what))
}

// call calls the control API as a back end does.
func (s *server) call(action string, params map[string]any, answer any) {
	s.t.Helper()
	params["SdkAppId"] = appID
	body, err := json.Marshal(params)
	check(s.t, err)
	request, err := http.NewRequest(http.MethodPost, "http://"+s.at+":8082", bytes.NewReader(body))
	check(s.t, err)
	request.Close = true
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-TC-Action": action, "X-TC-Version": "2019-07-22",
		"X-TC-Region": "ap-guangzhou",
	} {
		request.Header.Set(name, value)
	}
	api.SignTC3(request, body, secretID, secretKey, time.Now())
	response, err := http.DefaultClient.Do(request)
	check(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(s.t, err)
	if err := json.Unmarshal(text, &struct{ Response any }{answer}); err != nil {
		s.t.Fatalf("%s answers %s: %v", action, text, err)
	}
}

// members describes the room as a back end sees it: each user, and whether it is unstable.
func (s *server) members() map[string]bool {
	s.t.Helper()
	var answer struct{ Room api.Room }
	s.call("DescribeRoom", map[string]any{"RoomId": room}, &answer)
	list := map[string]bool{}
	for _, m := range answer.Room.Members {
		list[m.UserID] = m.Unstable
	}
	return list
}

// listed fails unless the back end sees a member in the state that it should be in.
func (s *server) listed(user string, unstable bool) {
	s.t.Helper()
	if list := s.members(); list[user] != unstable || !has(list, user) {
		s.t.Errorf("DescribeRoom lists %v; want %s with unstable %v", list, user, unstable)
	}
}

// unlisted fails when the back end still sees a member.
func (s *server) unlisted(user string) {
	s.t.Helper()
	if list := s.members(); has(list, user) {
		s.t.Errorf("DescribeRoom lists %v; want no %s", list, user)
	}
}

func has(list map[string]bool, user string) bool {
	_, ok := list[user]
	return ok
}
