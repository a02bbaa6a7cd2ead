// Package udp is the socket that media goes through: many datagrams in at once, and bursts of equal packets out at
// once. It knows nothing of what is in them, but that reports (RTCP) may wait: each listener sends ten a second, and to
// wake for each costs as much as to send it a whole picture. So the kernel puts them aside, and who is awake for media
// takes them along ([Socket.Reports]).
//
// A burst for one receiver costs the kernel little more than one datagram where it has UDP_SEGMENT (Linux 4.18): it is
// handed over whole and cut late, at best by the network card. Elsewhere the same burst leaves packet by packet.
package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	// PacketMax is the longest datagram that is taken, in bytes: an Ethernet frame holds no more. A longer one is lost.
	PacketMax = 1500
	// BurstMax bounds a burst in bytes, and SegmentsMax in packets: what the kernel takes at once.
	BurstMax, SegmentsMax = 60_000, 64
	// BatchMax is how many datagrams are taken at once.
	BatchMax = 64
	// queueMax is how many bursts the kernel is handed at once, and slabSize how many bytes: what is written and read
	// again soon should stay near the processor.
	queueMax, slabSize = 128, 256 << 10
	// BufferSize is asked of the kernel for each way, in bytes: a key frame for a hundred listeners at once fits. The
	// kernel gives what its own limit allows.
	BufferSize = 4 << 20
)

// Enough is what a function returns that [Socket.Receive] calls and that wants no more.
const Enough time.Duration = -1

// Socket is an open UDP socket. One goroutine may receive while others send.
type Socket struct {
	conn  *net.UDPConn
	local netip.AddrPort
	system
	// bursts says that the kernel cuts bursts; cleared for good when it turns out that the way out cannot.
	bursts atomic.Bool
	lost   atomic.Uint64
}

// Listen opens a socket at an address such as "127.0.0.1:8081" or ":8081", which is all addresses of both families.
func Listen(addr string) (*Socket, error) {
	packets, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for media on udp %s: %w", addr, err)
	}
	conn := packets.(*net.UDPConn)
	// Smaller buffers lose packets under load but work; the kernel's limit is the operator's choice.
	_ = conn.SetReadBuffer(BufferSize)
	_ = conn.SetWriteBuffer(BufferSize)
	s := &Socket{conn: conn, local: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
	if err := s.open(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen for media on udp %s: %w", addr, err)
	}
	return s, nil
}

// Addr is the address that the socket is bound to.
func (s *Socket) Addr() netip.AddrPort { return s.local }

// Bursts says whether the kernel takes bursts whole.
func (s *Socket) Bursts() bool { return s.bursts.Load() }

// Lost counts the datagrams that the kernel did not take.
func (s *Socket) Lost() uint64 { return s.lost.Load() }

// Close closes the socket; who receives gets net.ErrClosed.
func (s *Socket) Close() error { return errors.Join(s.conn.Close(), s.system.close()) }

// By has the sender send by another socket from now on. Nothing may wait.
func (x *Sender) By(s *Socket) { x.socket = s }

// slab is where packets wait.
type slab struct {
	bytes []byte
	used  int
}

func (s *slab) free() { s.used = 0 }

// Room returns at least n free bytes for [Sender.Queue], at most [BurstMax]. What waits is sent if they lack.
func (x *Sender) Room(n int) []byte {
	if x.bytes == nil {
		x.bytes = make([]byte, slabSize)
	}
	if len(x.bytes)-x.used < n {
		x.Flush()
	}
	return x.bytes[x.used:]
}

// Queue has the first n bytes of the last [Sender.Room] wait for [Sender.Flush], or until many wait: for an address,
// cut into packets of segment bytes of which the last may be shorter, at most [SegmentsMax].
func (x *Sender) Queue(n, segment int, to netip.AddrPort) {
	b := x.bytes[x.used : x.used+n]
	x.used += n
	x.cut(b, segment, to)
}

// Send sends b at once, as Queue and Flush. What the kernel does not take is lost, and counted: it never waits.
func (x *Sender) Send(b []byte, segment int, to netip.AddrPort) {
	x.cut(b, segment, to)
	x.Flush()
}

// cut pushes b as one, or as the packets that it is made of where the kernel does not do that.
func (x *Sender) cut(b []byte, segment int, to netip.AddrPort) {
	size := segment
	if x.whole(segment) {
		size = max(size, len(b))
	}
	for len(b) > 0 {
		n := min(size, len(b))
		x.push(b[:n], segment, to)
		b = b[n:]
	}
}
