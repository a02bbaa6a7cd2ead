package media

import (
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/exeunt/exeunt/server/stun"
	"github.com/exeunt/exeunt/server/tcp"
)

const (
	// tcpConnsMax bounds the TCP connections, those that have not said yet which session they belong to among them.
	tcpConnsMax = 20_000
	// tcpIdle is how long a connection may say nothing: checks come each few seconds.
	tcpIdle = 30 * time.Second
	// tcpQueue bounds what waits for a slow client, in bytes: half a second at 4 Mbit/s. What does not fit is lost, as
	// over UDP.
	tcpQueue = 256 << 10
	// frameMax is the longest frame that is read, in bytes.
	frameMax = 2048
)

// tcpListener takes clients that have no UDP (RFC 6544): datagrams with their length in front (RFC 4571). There is one
// for all engines, since firewalls that let no UDP through let few TCP ports through either.
type tcpListener struct {
	*premises
	listener net.Listener
	log      *slog.Logger
	quit     chan struct{}
	// serving are the goroutines of the connections.
	serving sync.WaitGroup

	mu     sync.Mutex
	conns  map[*tcpConn]bool
	closed bool
}

func newTCPListener(listener net.Listener, p *premises, log *slog.Logger) *tcpListener {
	return &tcpListener{
		premises: p, listener: listener, log: log, quit: make(chan struct{}), conns: map[*tcpConn]bool{},
	}
}

func (l *tcpListener) addr() netip.AddrPort { return l.listener.Addr().(*net.TCPAddr).AddrPort() }

// accept takes connections until the listener is closed. One beyond [tcpConnsMax] is closed at once.
func (l *tcpListener) accept() {
	for {
		accepted, err := tcp.Accept(l.listener, l.quit, l.log, "a media connection cannot be accepted")
		if err != nil {
			return
		}
		c := newTCPConn(accepted, l)
		if !l.keep(c) {
			_ = accepted.Close()
			continue
		}
		l.serving.Go(c.read)
		l.serving.Go(c.write)
	}
}

func (l *tcpListener) keep(c *tcpConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.conns) >= tcpConnsMax {
		return false
	}
	l.conns[c] = true
	return true
}

// close takes no more connections and closes those that are open. It is called once.
func (l *tcpListener) close() error {
	close(l.quit)
	err := l.listener.Close()
	l.mu.Lock()
	l.closed = true
	open := slices.Collect(maps.Keys(l.conns))
	l.mu.Unlock()
	for _, c := range open {
		c.cut()
	}
	return err
}

// tcpConn is one client that has no UDP.
type tcpConn struct {
	*net.TCPConn
	listener *tcpListener
	way      path

	mu sync.Mutex
	// queue waits to be written; spare is the buffer that was written last.
	queue, spare []byte
	more         chan struct{}
	gone         chan struct{}
	once         sync.Once
}

func newTCPConn(conn *net.TCPConn, l *tcpListener) *tcpConn {
	c := &tcpConn{TCPConn: conn, listener: l, more: make(chan struct{}, 1), gone: make(chan struct{})}
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	c.way = path{addr: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), tcp: c}
	return c
}

// read takes the client's datagrams until the connection ends.
func (c *tcpConn) read() {
	e, settled := c.listener.engines[0], false
	buffer := make([]byte, frameMax)
	for c.next(&buffer) == nil {
		if !settled {
			e = c.listener.meant(buffer)
		}
		e.mu.Lock()
		now := e.clock()
		if len(buffer) > 0 {
			e.take(buffer, c.way, now)
		}
		e.flush(now + burstTime) // The loop that looks at the clock waits for a datagram.
		e.count()
		settled = settled || e.addresses[c.way] != nil
		e.mu.Unlock()
	}
	c.cut()
	e.mu.Lock()
	e.lose(c.way)
	e.mu.Unlock()
}

// meant finds the engine that a datagram of a connection is for which has not proven yet whose it is: a check names it.
// Where the name is a stranger's, the first engine refuses it.
func (l *tcpListener) meant(b []byte) *Engine {
	if stun.Is(b) {
		request, _ := stun.Read(b) // Of one that cannot be read there is no name.
		if fragment, _ := request.Ufrag(); len(fragment) > 0 {
			if n := strings.IndexByte(shardLetters, fragment[0]); n >= 0 && n < len(l.engines) {
				return l.engines[n]
			}
		}
	}
	return l.engines[0]
}

var errFrame = errors.New("a frame is too long")

// next reads one frame.
func (c *tcpConn) next(buffer *[]byte) error {
	if err := c.SetReadDeadline(time.Now().Add(tcpIdle)); err != nil {
		return err
	}
	b := (*buffer)[:2]
	if _, err := io.ReadFull(c.TCPConn, b); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > cap(b) {
		return errFrame
	}
	*buffer = b[:n]
	_, err := io.ReadFull(c.TCPConn, *buffer)
	return err
}

// put queues a datagram for the client; one that does not fit is lost. It never waits.
func (c *tcpConn) put(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue)+len(b)+2 > tcpQueue {
		return
	}
	c.queue = binary.BigEndian.AppendUint16(c.queue, uint16(len(b)))
	c.queue = append(c.queue, b...)
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// putAll queues packets of segment bytes, of which the last may be shorter.
func (c *tcpConn) putAll(b []byte, segment int) {
	for len(b) > 0 {
		n := min(segment, len(b))
		c.put(b[:n])
		b = b[n:]
	}
}

// write writes what is queued until the connection ends.
func (c *tcpConn) write() {
	for {
		select {
		case <-c.more:
		case <-c.gone:
			return
		}
		c.mu.Lock()
		full := c.queue
		c.queue = c.spare[:0]
		c.mu.Unlock()
		if _, err := c.Write(full); err != nil {
			c.cut()
			return
		}
		c.spare = full
	}
}

// cut ends the connection at once. What is queued here or in the kernel is thrown away: a lingering close would still
// send it to somebody who was removed.
func (c *tcpConn) cut() {
	c.once.Do(func() {
		close(c.gone)
		_ = c.SetLinger(0)
		_ = c.Close()
		c.listener.mu.Lock()
		delete(c.listener.conns, c)
		c.listener.mu.Unlock()
	})
}
