// Package tcp listens for the connections of members. It knows nothing of what is in them.
//
// Most of what a member who only sits there costs is its heartbeat: a read and a write of some bytes, and between them
// an idle process. Go tells its scheduler's monitor of each such call, lest it sleep, and that wakes a thread which
// then looks around for a while: dearer than the heartbeat itself. On Linux these connections do without, as their
// calls never sleep; elsewhere they are those of package net.
package tcp

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Listen is net.Listen for TCP, at an address such as "127.0.0.1:8080" or ":8080".
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	of, ok := l.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("listen on tcp %s: %T is no TCP listener", addr, l)
	}
	return listener{of}, nil
}

// listener gives out connections of this package.
type listener struct{ *net.TCPListener }

// Accept waits for the next connection.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return quick(c)
}

// acceptPause is how long nobody is accepted after that has failed.
const acceptPause = 100 * time.Millisecond

// Accept takes the next connection. It tries again when that fails, for want of descriptors as a rule, which may soon
// be free, and says so in the log as what. The error is net.ErrClosed's: once the listener is closed, or quit.
func Accept(l net.Listener, quit <-chan struct{}, log *slog.Logger, what string) (*net.TCPConn, error) {
	for {
		accepted, err := l.Accept()
		switch {
		case err == nil:
			return accepted.(*net.TCPConn), nil
		case errors.Is(err, net.ErrClosed):
			return nil, err
		}
		log.Warn(what, "why", err)
		select {
		case <-quit:
			return nil, net.ErrClosed
		case <-time.After(acceptPause):
		}
	}
}
