// Package servers starts the servers that are measured, each in a process of its own, on loopback.
package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// stopMax is how long a server may take to stop before it is killed. LiveKit waits for its members without limit.
const stopMax = 3 * time.Second

// Process is a server that runs.
type Process struct {
	cmd *exec.Cmd
	log *bytes.Buffer
	// ended closes when it has.
	ended chan struct{}
}

// Launch starts a program. Its standard output goes to out, which may be nil. It runs on the processors on which the
// calling thread may run.
func Launch(out io.Writer, name string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(name, args...), log: &bytes.Buffer{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, p.log
	// A server must not outlive a bench that is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.ended)
		// How a server ends is not what is measured here.
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the server, gracefully at first.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopMax):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// FreePort returns a port of loopback that is free for TCP and UDP now.
func FreePort() (int, error) {
	for range 100 {
		tcp, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		port := tcp.Addr().(*net.TCPAddr).Port
		udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		_ = tcp.Close()
		if err == nil {
			return port, udp.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: none is free for TCP and UDP")
}

// Answers waits until an address answers HTTP.
func Answers(ctx context.Context, p *Process, url string) error {
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			return response.Body.Close()
		}
		select {
		case <-every.C:
		case <-p.ended:
			return fmt.Errorf("the server ended at once:\n%s", p.log.String())
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", url, ctx.Err())
		}
	}
}

// Post sends a JSON body and returns the answer's.
func Post(request *http.Request) ([]byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", request.URL.Path, response.Status, strings.TrimSpace(string(body)))
	}
	return body, err
}

// temporary makes a folder that lives as long as the service.
func temporary() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "exeunt-bench-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}
