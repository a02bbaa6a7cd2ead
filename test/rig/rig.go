// Package rig runs the server as its users do, for tests that need a process of its own: the real binary on free ports,
// apps with keys, a back end that signs its calls, the log as it is written, and an end at any moment.
package rig

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/exeunt/exeunt/server/config"
)

// readyWait is how long a server may take to say where it is, stopWait how long to stop.
const (
	readyWait = 60 * time.Second
	stopWait  = 60 * time.Second
)

// App is one tenant of the server.
type App struct{ config.App }

// Options say how the server runs.
type Options struct {
	// Binary is the program; [Build] makes it.
	Binary string
	// Dir is an empty directory for settings and data.
	Dir string
	// Apps is how many tenants there are. Each may call each action of the control API twenty times a second.
	Apps int
	// Keep lets rooms outlive the process.
	Keep bool
	// Flags are given as they are, and Env on top of this process's environment.
	Flags, Env []string
	// Log gets the server's log beside what [Log] reads from it; nil for nobody.
	Log io.Writer
}

// Server is one server, over as many processes as it takes.
type Server struct {
	Apps []App
	// Signal and Control are where members and back ends find it.
	Signal, Control string
	Log             *Log

	options Options
	cmd     *exec.Cmd
	drained chan struct{}
	http    *http.Client
}

// Build makes the server's binary in dir and returns its path. From is the folder of the repository.
func Build(from, dir string) (string, error) {
	binary := filepath.Join(dir, "exeunt")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/exeunt")
	cmd.Dir = from
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return binary, nil
}

// Start runs a server and returns once it is ready.
func Start(o Options) (*Server, error) {
	s := &Server{options: o, Log: newLog(o.Log), http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if err := s.writeSettings(); err != nil {
		return nil, err
	}
	return s, s.run("127.0.0.1:0", "127.0.0.1:0")
}

// writeSettings writes the file with the apps: they cannot be given as flags.
func (s *Server) writeSettings() error {
	var apps []config.App
	for i := range s.options.Apps {
		app := config.App{
			SdkAppID: config.DevelopmentSdkAppID + 1 + uint32(i), Secret: fmt.Sprintf("secret-of-test-app-%d", i),
			Keys: []config.Key{{SecretID: fmt.Sprintf("key-%d", i), SecretKey: fmt.Sprintf("key-of-test-app-%d", i)}},
		}
		apps = append(apps, app)
		s.Apps = append(s.Apps, App{app})
	}
	text, err := yaml.Marshal(map[string]any{"apps": apps})
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	if err := os.WriteFile(s.settings(), text, 0o600); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}

func (s *Server) settings() string { return filepath.Join(s.options.Dir, "settings.yaml") }

// run starts a process and waits until it is ready.
func (s *Server) run(signal, control string) error {
	args := append([]string{
		"serve", "--config", s.settings(), "--signal-addr", signal, "--control-addr", control,
		"--media-addr=127.0.0.1:0", "--log-format=json",
	}, s.options.Flags...)
	if s.options.Keep {
		args = append(args, "--data-dir", filepath.Join(s.options.Dir, "data"))
	}
	s.cmd = exec.Command(s.options.Binary, args...)
	s.cmd.Env = append(os.Environ(), s.options.Env...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	s.drained = make(chan struct{})
	go func() {
		defer close(s.drained)
		s.Log.read(log)
	}()
	slow := time.AfterFunc(readyWait, func() { _ = s.cmd.Process.Kill() })
	defer slow.Stop()
	if err := s.find(out); err != nil {
		return errors.Join(err, s.Kill())
	}
	return nil
}

// find reads where the server is.
func (s *Server) find(out io.Reader) error {
	signal, control := "", ""
	lines := bufio.NewScanner(out)
	for control == "" && lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "  ")
		switch name {
		case "signalling":
			signal = strings.TrimSpace(value)
		case "control API":
			control = strings.TrimSpace(value)
		}
	}
	if control == "" {
		return errors.New("the server did not say where it is; its log may say why")
	}
	if s.Control == "" {
		// A process that is started anew is where the one before was.
		s.Signal, s.Control = signal, control
	}
	return nil
}

// PID is the number of the present process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Kill ends the process at once, without a word (SIGKILL).
func (s *Server) Kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill the server: %w", err)
	}
	<-s.drained
	// It did not end well; that was the point.
	_ = s.cmd.Wait()
	return nil
}

// Restart runs a new process where the last one was.
func (s *Server) Restart() error {
	return s.run("127.0.0.1:"+port(s.Signal), "127.0.0.1:"+port(s.Control))
}

// port finds the port of an address.
func port(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host[strings.LastIndexByte(host, ':')+1:]
}

// Stop asks the process to end and expects it to obey. The log is whole afterwards.
func (s *Server) Stop() error {
	s.http.CloseIdleConnections()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	hung := time.AfterFunc(stopWait, func() { _ = s.cmd.Process.Kill() })
	defer hung.Stop()
	<-s.drained
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server did not stop well: %w", err)
	}
	return nil
}

// Get reads a page of the control address.
func (s *Server) Get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Control+path, nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	return s.fetch(request)
}

func (s *Server) fetch(request *http.Request) ([]byte, error) {
	response, err := s.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", request.URL.Path, response.Status, body)
	}
	return body, nil
}
