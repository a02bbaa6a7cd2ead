//go:build linux

package main

import (
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// header is struct mmsghdr of sendmmsg(2) and recvmmsg(2).
type header struct {
	message unix.Msghdr
	length  uint32
	_       [4]byte
}

// inbox takes many datagrams with one call of the kernel, of whichever socket.
type inbox struct {
	headers []header
	slices  []unix.Iovec
	from    []unix.RawSockaddrInet4
	buffers []byte
	// size is how many bytes of the buffers each datagram has.
	size int
	// controls take what the kernel says beside a datagram, to sockets that ask for it.
	controls [][noteSize]byte
}

// noteSize has room for two control messages: the time of arrival, and the size of what was coalesced.
const noteSize = 2 * (unix.SizeofCmsghdr + 16)

// datagramMax is the longest datagram that is taken, in bytes, and coalescedMax the longest of several in one.
const (
	datagramMax  = 2048
	coalescedMax = 1 << 16
)

func newInbox(count, size int) *inbox {
	b := &inbox{
		headers: make([]header, count), slices: make([]unix.Iovec, count), size: size,
		from: make([]unix.RawSockaddrInet4, count), buffers: make([]byte, count*size),
		controls: make([][noteSize]byte, count),
	}
	for i := range b.headers {
		b.slices[i].Base = &b.buffers[i*size]
		b.slices[i].SetLen(size)
		b.headers[i].message.Iov = &b.slices[i]
		b.headers[i].message.SetIovlen(1)
		b.headers[i].message.Name = (*byte)(unsafe.Pointer(&b.from[i]))
		b.headers[i].message.Control = &b.controls[i][0]
	}
	return b
}

// receive takes what waits at a socket and returns how many datagrams that are; 0 for none.
func (b *inbox) receive(fd int) int {
	for i := range b.headers {
		b.headers[i].message.Namelen = unix.SizeofSockaddrInet4
		b.headers[i].message.SetControllen(noteSize)
	}
	// Raw: the call does not wait, so the scheduler need not know.
	n, _, failed := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[0])),
		uintptr(len(b.headers)), unix.MSG_DONTWAIT, 0, 0)
	if failed != 0 {
		return 0
	}
	return int(n)
}

func (b *inbox) datagram(i int) []byte {
	return b.buffers[i*b.size : i*b.size+int(b.headers[i].length)]
}

func (b *inbox) sender(i int) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&b.from[i].Port))
	return netip.AddrPortFrom(netip.AddrFrom4(b.from[i].Addr), uint16(port[0])<<8|uint16(port[1]))
}

// arrived is when the kernel got a datagram; now for a socket that did not ask.
func (b *inbox) arrived(i int, now time.Time) time.Time {
	if at := b.find(i, unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, int(unsafe.Sizeof(unix.Timespec{}))); at != nil {
		return time.Unix((*unix.Timespec)(at).Unix())
	}
	return now
}

// segment is the size of the datagrams that came as one (UDP_GRO, udp(7)), of which the last may be shorter; the whole
// length when nothing was coalesced.
func (b *inbox) segment(i int) int {
	if size := b.find(i, unix.IPPROTO_UDP, unix.UDP_GRO, 4); size != nil && *(*int32)(size) > 0 {
		return int(*(*int32)(size))
	}
	return max(1, int(b.headers[i].length))
}

// find returns the content of a control message that came with a datagram; nil when it did not come.
func (b *inbox) find(i, level, kind, size int) unsafe.Pointer {
	notes := b.controls[i][:min(noteSize, int(b.headers[i].message.Controllen))]
	for len(notes) >= unix.SizeofCmsghdr {
		one := (*unix.Cmsghdr)(unsafe.Pointer(&notes[0]))
		length := int(one.Len)
		if length < unix.SizeofCmsghdr || length > len(notes) {
			return nil
		}
		if int(one.Level) == level && int(one.Type) == kind && length >= unix.SizeofCmsghdr+size {
			return unsafe.Pointer(&notes[unix.SizeofCmsghdr])
		}
		notes = notes[min(len(notes), (length+7)&^7):]
	}
	return nil
}

// outbox sends many messages with one call of the kernel. A message is one datagram, or several of equal size for one
// destination (UDP_SEGMENT), of which the last may be shorter.
type outbox struct {
	fd       int
	headers  []header
	slices   []unix.Iovec
	controls [][controlSize]byte
	count    int
}

// controlSize is CMSG_SPACE of the two bytes that say the segments' size.
const controlSize = unix.SizeofCmsghdr + 8

func newOutbox(fd, count int) *outbox {
	o := &outbox{
		fd: fd, headers: make([]header, count), slices: make([]unix.Iovec, count),
		controls: make([][controlSize]byte, count),
	}
	for i := range o.headers {
		o.headers[i].message.Iov = &o.slices[i]
		o.headers[i].message.SetIovlen(1)
		control := (*unix.Cmsghdr)(unsafe.Pointer(&o.controls[i]))
		control.Level, control.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		control.SetLen(unix.SizeofCmsghdr + 2)
	}
	return o
}

func (o *outbox) full() bool { return o.count == len(o.headers) }

// add queues a message; data must stay as it is until the flush. Segment is the datagrams' size, 0 for one datagram.
func (o *outbox) add(to *unix.RawSockaddrInet4, data []byte, segment int) {
	m := &o.headers[o.count].message
	m.Name, m.Namelen = (*byte)(unsafe.Pointer(to)), unix.SizeofSockaddrInet4
	o.slices[o.count].Base = &data[0]
	o.slices[o.count].SetLen(len(data))
	m.Control = nil
	m.SetControllen(0)
	if segment > 0 {
		*(*uint16)(unsafe.Pointer(&o.controls[o.count][unix.SizeofCmsghdr])) = uint16(segment)
		m.Control = &o.controls[o.count][0]
		m.SetControllen(controlSize)
	}
	o.count++
}

// flush sends everything. A message that the kernel does not take is given up; its packets show as lost.
func (o *outbox) flush() {
	for done := 0; done < o.count; {
		n, _, failed := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(o.fd), uintptr(unsafe.Pointer(&o.headers[done])),
			uintptr(o.count-done), 0, 0, 0)
		switch failed {
		case 0:
			done += int(n)
		case unix.EINTR:
		default:
			done++
		}
	}
	o.count = 0
}

func rawAddress(a netip.AddrPort) *unix.RawSockaddrInet4 {
	raw := &unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.Addr().As4()}
	port := (*[2]byte)(unsafe.Pointer(&raw.Port))
	port[0], port[1] = byte(a.Port()>>8), byte(a.Port())
	return raw
}
