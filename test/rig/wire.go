package rig

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Wire is the network of one member: its connections can be broken, or stop carrying.
type Wire struct {
	mu   sync.Mutex
	made int
	last *line
	gone bool
}

// errGone is what a member hears that has no network any more.
var errGone = errors.New("there is no network")

// Dial makes a connection, for client.Link.
func (w *Wire) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	gone := w.gone
	w.mu.Unlock()
	if gone {
		return nil, errGone
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = &line{Conn: conn, flow: make(chan struct{}), shut: make(chan struct{})}
	close(w.last.flow)
	w.made++
	return w.last, nil
}

// Count is how many connections were made so far.
func (w *Wire) Count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.made
}

// Cut breaks the latest connection, and returns its number. Another can be made at once.
func (w *Wire) Cut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.last.Close()
	return w.made
}

// Remove breaks the latest connection and lets no other be made.
func (w *Wire) Remove() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = true
	_ = w.last.Close()
}

// End closes the latest connection as a browser does whose page ends (close code 1001, RFC 6455 §7.4.1), and lets no
// other be made.
func (w *Wire) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = true
	// A whole close frame, masked by zeros: FIN and opcode 8, mask bit and length 2, the mask, the code.
	_, _ = w.last.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9})
	_ = w.last.Close()
}

// Stall lets nothing be read from the latest connection until the returned func is called or the connection closes.
func (w *Wire) Stall() (flow func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last.stall()
}

// line is a connection that can be stalled.
type line struct {
	net.Conn
	mu sync.Mutex
	// flow is closed while there is flow; shut closes with the connection.
	flow chan struct{}
	shut chan struct{}
	once sync.Once
}

func (l *line) stall() (flow func()) {
	stalled := make(chan struct{})
	l.mu.Lock()
	l.flow = stalled
	l.mu.Unlock()
	return sync.OnceFunc(func() { close(stalled) })
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.mu.Lock()
	flow := l.flow
	l.mu.Unlock()
	select {
	case <-flow:
	case <-l.shut:
	}
	return n, err
}

func (l *line) Close() error {
	l.once.Do(func() { close(l.shut) })
	return l.Conn.Close()
}
