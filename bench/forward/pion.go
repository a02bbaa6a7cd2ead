//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/bench/servers"
)

// plainPion is the server of sfu.go in a process of its own.
type plainPion struct {
	*servers.Process
	url string
}

func startPion(ctx context.Context, _ options) (service, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	process, err := launchSelf("-be=sfu", "-address="+address)
	if err != nil {
		return nil, err
	}
	p := plainPion{process, "http://" + address}
	if err := servers.Answers(ctx, process, p.url); err != nil {
		process.Stop()
		return nil, err
	}
	return p, nil
}

// launchSelf starts this program once more, as a server.
func launchSelf(flags ...string) (*servers.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return servers.Launch(nil, self, flags...)
}

func (p plainPion) debug() string { return p.url }

func (p plainPion) enter(ctx context.Context, m *member) error {
	ready, err := m.prepare(offersFirst)
	if err != nil {
		return err
	}
	pc, done := ready.pc, established(ready.pc)
	path := "/speak?"
	if !m.speaks {
		path = "/listen?"
	}
	to := p.url + path + url.Values{"kind": {m.kind.String()}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(ready.offer))
	if err != nil {
		return err
	}
	answer, err := servers.Post(request)
	if err != nil {
		return fmt.Errorf("%s enters: %w", m.name, err)
	}
	m.port.terms.Store(readTerms(string(answer)))
	if err := take(pc, webrtc.SDPTypeAnswer, string(answer)); err != nil {
		return err
	}
	if err := m.await(ctx, done); err != nil {
		return err
	}
	m.begin(pc)
	return nil
}
