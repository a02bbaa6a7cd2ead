package servers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
)

// Exeunt is our own server in a process of its own.
type Exeunt struct {
	*Process
	ExeuntAddress
	tidy func()
}

// ExeuntAddress is all that a member or a back end needs to know: the URLs of signalling and of the control API.
type ExeuntAddress struct{ Signal, Control string }

// StartExeunt starts a server on free ports; the flags say where it takes media.
func StartExeunt(ctx context.Context, binary string, flags ...string) (*Exeunt, error) {
	args := append([]string{
		"serve", "--signal-addr=127.0.0.1:0", "--control-addr=127.0.0.1:0", "--log-level=warn",
	}, flags...)
	read, write := io.Pipe()
	p, err := Launch(write, binary, args...)
	if err != nil {
		return nil, err
	}
	e := &Exeunt{Process: p, tidy: func() {}}
	found := make(chan ExeuntAddress, 1)
	go greeting(read, found)
	go func() { <-p.ended; _ = write.Close() }()
	select {
	case e.ExeuntAddress = <-found:
		return e, nil
	case <-p.ended:
		return nil, fmt.Errorf("exeunt ended at once:\n%s", p.log.String())
	case <-ctx.Done():
		p.Stop()
		return nil, fmt.Errorf("wait for exeunt: %w", ctx.Err())
	}
}

// StartDurable starts a server that keeps its records on disk.
func StartDurable(ctx context.Context, binary string, flags ...string) (*Exeunt, error) {
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	e, err := StartExeunt(ctx, binary, append(flags, "--data-dir="+dir)...)
	if err != nil {
		remove()
		return nil, err
	}
	e.tidy = remove
	return e, nil
}

// greeting reads where the server says that it is, and then whatever else it says.
func greeting(r io.Reader, found chan<- ExeuntAddress) {
	var a ExeuntAddress
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "  ")
		switch name {
		case "signalling":
			a.Signal = strings.TrimSpace(value)
		case "control API":
			a.Control = strings.TrimSpace(value)
			found <- a
		}
	}
}

// Stop ends the server and removes its files.
func (e *Exeunt) Stop() {
	e.Process.Stop()
	e.tidy()
}
