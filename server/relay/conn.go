package relay

import (
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/pion/turn/v5"

	"github.com/exeunt/exeunt/server/tcp"
)

const (
	// connsMax bounds the connections, those of strangers among them.
	connsMax = 20_000
	// strangerWaitDefault is how long a connection may last that has no relayed address: a handshake and two questions
	// over a bad network.
	strangerWaitDefault = 20 * time.Second
	// writeWait is how long a member may take no byte before its connection is given up.
	writeWait = 5 * time.Second
	// tcpBuffer bounds what waits in the kernel for a slow member, in bytes: half a second at 4 Mbit/s.
	tcpBuffer = 256 << 10
)

// listener takes members over TCP, with TLS or without.
type listener struct {
	net.Listener
	relay *Relay
	tls   *tls.Config
	quit  chan struct{}
	once  sync.Once
}

func (r *Relay) listenTCP(field, address string, secure *tls.Config, settings *turn.ServerConfig) error {
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return &AddressError{field, address, err}
	}
	l := &listener{Listener: socket, relay: r, tls: secure, quit: make(chan struct{})}
	r.listening = append(r.listening, l)
	settings.ListenerConfigs = append(settings.ListenerConfigs, turn.ListenerConfig{
		Listener: l, RelayAddressGenerator: generator{r}, PermissionHandler: r.permits,
	})
	return nil
}

// Accept returns the next connection. Pion stops at the first error, so there is none until the listener is closed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := tcp.Accept(l.Listener, l.quit, l.relay.log, "a connection to the relay cannot be accepted")
		if err != nil {
			return nil, err
		}
		if c := l.relay.take(accepted, l.tls); c != nil {
			return c, nil
		}
		_ = accepted.Close()
	}
}

// Close takes no more connections.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.quit) })
	return l.Listener.Close()
}

// conn is one member's connection, or a stranger's. What it is over, TCP or TLS, Pion does not see: it would do the
// handshake itself, and complain of each port scan.
type conn struct {
	net.Conn
	raw   *net.TCPConn
	relay *Relay
	once  sync.Once
}

// ends names a connection by its two ends.
func ends(from, to net.Addr) string { return from.String() + " " + to.String() }

// take keeps a connection; nil when there are too many.
func (r *Relay) take(raw *net.TCPConn, secure *tls.Config) *conn {
	c := &conn{Conn: raw, raw: raw, relay: r}
	if secure != nil {
		c.Conn = tls.Server(raw, secure)
	}
	_ = raw.SetWriteBuffer(tcpBuffer)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.conns) >= connsMax {
		return nil
	}
	r.conns[ends(raw.RemoteAddr(), raw.LocalAddr())] = c
	c.bound()
	return c
}

// bound gives a connection without a relayed address little time, however busy it is.
func (c *conn) bound() { _ = c.raw.SetReadDeadline(time.Now().Add(c.relay.strangers)) }

// welcome gives it as much time as its relayed address has.
func (c *conn) welcome() { _ = c.raw.SetReadDeadline(time.Time{}) }

// Write sends a packet. One that cannot be sent is lost, as over UDP, and so is the connection: half a packet may have
// left, and nothing after it could be read.
func (c *conn) Write(packet []byte) (int, error) {
	_ = c.raw.SetWriteDeadline(time.Now().Add(writeWait))
	if _, err := c.Conn.Write(packet); err != nil {
		c.cut()
	}
	return len(packet), nil
}

// Close ends the connection.
func (c *conn) Close() error {
	c.cut()
	return nil
}

// cut ends the connection at once. It says no goodbye of TLS, which could wait for a member that takes nothing.
func (c *conn) cut() {
	c.once.Do(func() {
		_ = c.raw.Close()
		c.relay.mu.Lock()
		defer c.relay.mu.Unlock()
		key := ends(c.raw.RemoteAddr(), c.raw.LocalAddr())
		if c.relay.conns[key] == c {
			delete(c.relay.conns, key)
		}
	})
}
