package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// stranger is a member in a process of its own, so that it can be killed or frozen.
type stranger struct{ cmd *exec.Cmd }

// errand tells such a process whom to be.
type errand struct {
	// Server is which kind it is of; Address is its signalling.
	Server, Address string
	Room, User      string
}

// insideWord is what the process prints once it is inside.
const insideWord = "inside"

// sendStranger starts the process and returns once its member is inside.
func sendStranger(ctx context.Context, e errand) (*stranger, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-be", string(text))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a member: %w", err)
	}
	s := &stranger{cmd}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != insideWord+"\n" {
		s.close()
		return nil, fmt.Errorf("the member did not get inside: %q, %w", line, err)
	}
	return s, nil
}

func (s *stranger) kill() { _ = s.cmd.Process.Kill() }

func (s *stranger) freeze() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

func (s *stranger) close() {
	s.kill()
	// It was killed; that is how it ends.
	_ = s.cmd.Wait()
}

// beStranger is the other process: it enters, says so, and stays until it is ended.
func beStranger(ctx context.Context, text string, out io.Writer) error {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return fmt.Errorf("read the errand: %w", err)
	}
	m, err := enterAny(ctx, e.Server, e.Address, seat{room: e.Room, user: e.User, part: speaker, board: newBoard()})
	if err != nil {
		return err
	}
	defer m.close()
	if _, err := fmt.Fprintln(out, insideWord); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// enterAny lets a member in to a server of either kind, which may be another process's.
func enterAny(ctx context.Context, server, address string, s seat) (member, error) {
	if server == nameLivekit {
		return enterLivekit(ctx, address, s)
	}
	return enterExeunt(ctx, "ws://"+address+"/signal", s)
}
