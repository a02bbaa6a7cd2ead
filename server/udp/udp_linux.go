//go:build amd64 || arm64 || riscv64 || loong64

package udp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// What the frozen package syscall lacks (linux/udp.h).
const (
	solUDP     = 17
	udpSegment = 103
)

// sendmmsg is the number of sendmmsg(2).
func sendmmsg() uintptr {
	if runtime.GOARCH == "amd64" {
		return 307
	}
	return 269 // Of all that came after the numbers were made alike.
}

// segmentSpace is the length of the control message that says where to cut: a header of 16 bytes, a number of 2, and
// what aligns them.
const segmentSpace = 24

// segmentMax is the longest packet that is sent as part of a burst: one that does not fit into the way's frames would
// be refused with all the others.
const segmentMax = 1400

// message is struct mmsghdr.
type message struct {
	header syscall.Msghdr
	n      uint32
	_      [4]byte
}

// system is what Linux needs to be told.
type system struct {
	raw syscall.RawConn
	// wide says that the socket has the address family of IPv6.
	wide bool
	diverted
}

func (s *Socket) open() error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	s.raw, s.wide = raw, !s.local.Addr().Is4()
	err = raw.Control(func(fd uintptr) {
		// Zero changes nothing, but a kernel that does not know the option says so.
		s.bursts.Store(syscall.SetsockoptInt(int(fd), solUDP, udpSegment, 0) == nil)
	})
	if err == nil {
		s.divert()
	}
	return err
}

// Buffers says how many bytes the kernel keeps for what comes and for what goes. It doubles what was asked, for its own
// notes on each datagram, so [BufferSize] in full shows as twice that; its limits are net.core.rmem_max and wmem_max.
func (s *Socket) Buffers() (receive, send int) {
	_ = s.raw.Control(func(fd uintptr) {
		// An error leaves 0, which is what a closed socket has.
		receive, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
		send, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	})
	return receive, send
}

// Batch takes datagrams. It belongs to the goroutine that receives.
type Batch struct {
	messages [BatchMax]message
	vectors  [BatchMax]syscall.Iovec
	names    [BatchMax]syscall.RawSockaddrInet6
	data     [BatchMax][PacketMax]byte
	handing
	try func(fd uintptr) bool
}

// handing is how what came is handed on.
type handing struct {
	take func(n int) time.Duration
	// patience is what take said last, of a batch that was full or not, and err what the kernel did.
	patience time.Duration
	full     bool
	err      syscall.Errno
}

// NewBatch makes a batch, which holds [BatchMax] datagrams.
func NewBatch() *Batch {
	b := &Batch{}
	for i := range b.messages {
		b.vectors[i] = syscall.Iovec{Base: &b.data[i][0], Len: PacketMax}
		b.messages[i].header = syscall.Msghdr{
			Name: (*byte)(unsafe.Pointer(&b.names[i])), Iov: &b.vectors[i], Iovlen: 1,
		}
	}
	b.try = b.receive
	return b
}

// receive takes what is there and hands it on; false asks to be called again when something has come. A batch that is
// not full has emptied the socket, and what comes from then on wakes us: to look once more would be half of what
// receiving a lone datagram costs.
func (b *Batch) receive(fd uintptr) bool {
	n, err := b.fill(fd)
	switch {
	case err == 0:
	case err == syscall.EAGAIN && b.patience <= 0:
		return false
	case err == syscall.EAGAIN:
		n = 0
	default:
		b.err = err
		return true
	}
	b.patience, b.full = b.take(n), n == BatchMax
	return b.full || b.patience != 0
}

// fill takes what is there.
func (b *Batch) fill(fd uintptr) (int, syscall.Errno) {
	for i := range b.messages {
		b.messages[i].header.Namelen = syscall.SizeofSockaddrInet6
	}
	for {
		// The call never sleeps. To tell the scheduler of it would wake the scheduler's own thread after each pause,
		// which costs more than the datagram.
		n, _, err := syscall.RawSyscall6(syscall.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.messages[0])), BatchMax,
			syscall.MSG_DONTWAIT, 0, 0)
		if err != syscall.EINTR && err != syscall.ECONNREFUSED { // The latter is news of what somebody did not take.
			return int(n), err
		}
	}
}

// Receive calls take with how many datagrams have come to the batch, at most [BatchMax] at once, until it fails; after
// Close, with net.ErrClosed's error. What take returns, if it is above 0, is how long to wait until it is called again,
// whether anything has come or not: then more of them come at once, and waking up costs more than anything else. After
// a full batch nobody waits.
// [Enough] ends it without an error. Take must not close the socket, which waits for take.
func (s *Socket) Receive(b *Batch, take func(n int) (patience time.Duration)) error {
	b.handing = handing{take: take}
	for {
		if err := s.raw.Read(b.try); err != nil {
			return err
		}
		if b.err != 0 {
			return fmt.Errorf("receive media: %w", b.err)
		}
		if b.patience == Enough {
			return nil
		}
		if b.patience > 0 && !b.full {
			pause(b.patience)
		}
	}
}

// pause waits for less than a millisecond, which the scheduler's own timers round up to. It keeps its processor, as the
// datagrams that it waits for would need it at once.
func pause(d time.Duration) {
	wait := syscall.NsecToTimespec(int64(d))
	_, _, _ = syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&wait)), 0, 0)
}

// Packet returns the datagram i and where it came from. It may be changed, and is valid until the batch takes
// others. One that was too long is empty.
func (b *Batch) Packet(i int) ([]byte, netip.AddrPort) {
	m := &b.messages[i]
	if m.header.Flags&syscall.MSG_TRUNC != 0 {
		return nil, netip.AddrPort{}
	}
	return b.data[i][:m.n], address(&b.names[i])
}

// address reads what the kernel wrote.
func address(name *syscall.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == syscall.AF_INET {
		four := (*syscall.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port)
}

// Sender sends bursts. It belongs to one goroutine.
type Sender struct {
	socket *Socket
	queue
	slab
	// sent and err are what the kernel said last: how many messages it took, and why not one more.
	sent int
	err  syscall.Errno
	call func(fd uintptr)
}

// queue is the messages that wait; the first of those that have not been sent is next.
type queue struct {
	messages [queueMax]message
	parts    [queueMax]part
	next, n  int
}

// part is what a message points to.
type part struct {
	vector  syscall.Iovec
	name    syscall.RawSockaddrInet6
	control [segmentSpace]byte
	segment int
}

// NewSender makes a sender of the socket.
func (s *Socket) NewSender() *Sender {
	x := &Sender{socket: s}
	for i := range x.messages {
		p := &x.parts[i]
		x.messages[i].header = syscall.Msghdr{Name: (*byte)(unsafe.Pointer(&p.name)), Iov: &p.vector, Iovlen: 1}
		control := (*syscall.Cmsghdr)(unsafe.Pointer(&p.control))
		control.Level, control.Type = solUDP, udpSegment
		control.SetLen(syscall.CmsgLen(2))
	}
	x.call = x.send
	return x
}

// Flush sends what waits.
func (x *Sender) Flush() {
	for x.next < x.n {
		if err := x.socket.raw.Control(x.call); err != nil {
			x.sent, x.err = 0, syscall.EBADF
		}
		if x.next += x.sent; x.err != 0 {
			x.rescue()
		}
	}
	x.next, x.n = 0, 0
	x.free()
}

// send hands what waits to the kernel.
func (x *Sender) send(fd uintptr) {
	for {
		// The call never sleeps, so the scheduler need not hear of it.
		n, _, err := syscall.RawSyscall6(sendmmsg(), fd, uintptr(unsafe.Pointer(&x.messages[x.next])),
			uintptr(x.n-x.next), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
		if err != syscall.EINTR && err != syscall.ECONNREFUSED {
			x.sent, x.err = int(n), err
			if err != 0 {
				x.sent = 0
			}
			return
		}
	}
}

// rescue sends the packets one by one that the kernel did not take as one.
func (x *Sender) rescue() {
	p := &x.parts[x.next]
	b, segment, control := unsafe.Slice(p.vector.Base, p.vector.Len), p.segment, x.messages[x.next].header.Control
	if x.err == syscall.EIO || x.err == syscall.EOPNOTSUPP {
		x.socket.bursts.Store(false) // The way out cannot: its card makes no checksums.
	}
	rest := x.n
	x.n = x.next + 1
	for len(b) > 0 {
		n := min(segment, len(b))
		if control != nil {
			x.fill(x.next, b[:n], segment)
			_ = x.socket.raw.Control(x.call)
		}
		if x.err != 0 {
			x.socket.lost.Add(1)
		}
		b = b[n:]
	}
	x.next, x.n = x.next+1, rest
}

// push queues a message of packets of segment bytes.
func (x *Sender) push(b []byte, segment int, to netip.AddrPort) {
	if x.n == queueMax {
		used := x.used
		x.Flush()
		x.used = used // The caller has more there.
	}
	x.address(x.n, to)
	x.fill(x.n, b, segment)
	x.n++
}

// fill writes what a message says but for where it goes.
func (x *Sender) fill(i int, b []byte, segment int) {
	p, header := &x.parts[i], &x.messages[i].header
	p.segment, p.vector.Base = segment, &b[0]
	p.vector.SetLen(len(b))
	header.Control, header.Controllen = nil, 0
	if len(b) > segment {
		*(*uint16)(unsafe.Pointer(&p.control[syscall.SizeofCmsghdr])) = uint16(segment)
		header.Control = &p.control[0]
		header.SetControllen(segmentSpace)
	}
}

// address writes where to send in the socket's family.
func (x *Sender) address(i int, to netip.AddrPort) {
	name, header := &x.parts[i].name, &x.messages[i].header
	if x.socket.wide {
		*name = syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Addr: to.Addr().As16()}
		header.Namelen = syscall.SizeofSockaddrInet6
	} else {
		four := (*syscall.RawSockaddrInet4)(unsafe.Pointer(name))
		*four = syscall.RawSockaddrInet4{Family: syscall.AF_INET, Addr: to.Addr().Unmap().As4()}
		header.Namelen = syscall.SizeofSockaddrInet4
	}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
}

// whole says whether the kernel takes packets of segment bytes as one.
func (x *Sender) whole(segment int) bool { return segment <= segmentMax && x.socket.bursts.Load() }
