//go:build linux

package main

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sys/unix"
)

// port is the UDP socket of one member. The poller empties it and counts media there, so that counting costs little and
// wakes nobody; what remains, STUN, DTLS and RTCP, goes to Pion, to which a port is a net.PacketConn.
type port struct {
	fd      int
	address netip.AddrPort
	in      chan datagram
	done    chan struct{}
	once    sync.Once
	counts
	// reports may be sent once pc is there.
	pc atomic.Pointer[webrtc.PeerConnection]
	// checker looks into what comes; nil at most ports, whose media nobody decrypts.
	checker *checker
	// first is when the first media packet came, in nanoseconds of Unix time; 0 before.
	first atomic.Int64
	// answered closes when a check of ours was answered (RFC 8489: a success response to a binding request).
	answered  chan struct{}
	answering sync.Once
	reception
}

// counts are what came. The poller writes, others read.
type counts struct {
	packets atomic.Uint64
	// extra are the packets of a repair stream (RFC 4588), which carry nothing that was not due once already.
	extra atomic.Uint64
	// missing are gaps in the sequence numbers.
	missing atomic.Int64
}

// reception is what the poller knows of a port; all but the terms is its alone.
type reception struct {
	streams  []stream
	recorder *twcc.Recorder
	due      time.Time
	terms    atomic.Pointer[terms]
}

// datagram is one that is not for the poller.
type datagram struct {
	data []byte
	from netip.AddrPort
}

// waitingMax is how many datagrams may wait for Pion; more are lost as the network loses them.
const waitingMax = 4096

// bufferSize is how many bytes the kernel keeps of a socket, each way.
const bufferSize = 4 << 20

// socketKind is what the members' sockets ask of the kernel.
type socketKind int

const (
	// plainly is nothing; those with a checker get the time of arrival all the same, since the poller comes later.
	plainly socketKind = iota
	// stamping asks for the time of arrival.
	stamping
	// coalescing takes datagrams of equal size as one (UDP_GRO), as a network card with that gift gives them.
	coalescing
)

// options are the socket options that a kind of socket needs.
func (k socketKind) options(looks *checker) [][2]int {
	var all [][2]int
	if k == stamping || looks != nil {
		all = append(all, [2]int{unix.SOL_SOCKET, unix.SO_TIMESTAMPNS})
	}
	if k == coalescing {
		all = append(all, [2]int{unix.IPPROTO_UDP, unix.UDP_GRO})
	}
	return all
}

// loopback is where members are, but those of a server that wants them elsewhere.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// openPort binds a socket.
func openPort(looks *checker, kind socketKind, at netip.Addr) (*port, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	for _, option := range [][2]int{
		{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF},
	} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[0], bufferSize) != nil {
			// Without the right to more, the system's limit has to do; what is lost is reported.
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[1], bufferSize)
		}
	}
	for _, option := range kind.options(looks) {
		if err := unix.SetsockoptInt(fd, option[0], option[1], 1); err != nil {
			_ = unix.Close(fd)
			return nil, fmt.Errorf("set option %d of a socket: %w", option[1], err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: at.As4()}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind a socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("name a socket: %w", err)
	}
	own := name.(*unix.SockaddrInet4)
	p := &port{
		fd: fd, address: netip.AddrPortFrom(netip.AddrFrom4(own.Addr), uint16(own.Port)),
		in: make(chan datagram, waitingMax), done: make(chan struct{}), checker: looks,
		answered:  make(chan struct{}),
		reception: reception{recorder: twcc.NewRecorder(1)},
	}
	p.terms.Store(&terms{})
	return p, nil
}

// pass hands a datagram to Pion.
func (p *port) pass(data []byte, from netip.AddrPort) {
	select {
	case p.in <- datagram{append([]byte(nil), data...), from}:
	default:
	}
}

// ReadFromAddrPort is what Pion reads with.
func (p *port) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-p.in:
		return copy(b, d.data), d.from, nil
	case <-p.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

// WriteToAddrPort is what Pion sends with.
func (p *port) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	address := &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()}
	return len(b), unix.Sendto(p.fd, b, 0, address)
}

// ReadFrom makes a port a net.PacketConn.
func (p *port) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := p.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo makes a port a net.PacketConn.
func (p *port) WriteTo(b []byte, to net.Addr) (int, error) {
	return p.WriteToAddrPort(b, to.(*net.UDPAddr).AddrPort())
}

// Close stops Pion's reading. The socket itself closes with the poller.
func (p *port) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// LocalAddr makes a port a net.PacketConn.
func (p *port) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.address) }

// SetDeadline does nothing: a read ends with Close.
func (p *port) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: a read ends with Close.
func (p *port) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: a write never waits.
func (p *port) SetWriteDeadline(time.Time) error { return nil }
