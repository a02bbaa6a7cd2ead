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
	// stamps take the kernel's time of arrival, of sockets that ask for it.
	stamps []arrivalControl
}

// arrivalControl is the control message of SO_TIMESTAMPNS (socket(7)).
type arrivalControl struct {
	unix.Cmsghdr
	at unix.Timespec
}

// datagramMax is the longest datagram that is taken, in bytes.
const datagramMax = 2048

func newInbox(count int) *inbox {
	b := &inbox{
		headers: make([]header, count), slices: make([]unix.Iovec, count),
		from: make([]unix.RawSockaddrInet4, count), buffers: make([]byte, count*datagramMax),
		stamps: make([]arrivalControl, count),
	}
	for i := range b.headers {
		b.slices[i].Base = &b.buffers[i*datagramMax]
		b.slices[i].SetLen(datagramMax)
		b.headers[i].message.Iov = &b.slices[i]
		b.headers[i].message.SetIovlen(1)
		b.headers[i].message.Name = (*byte)(unsafe.Pointer(&b.from[i]))
		b.headers[i].message.Control = (*byte)(unsafe.Pointer(&b.stamps[i]))
	}
	return b
}

// receive takes what waits at a socket and returns how many datagrams that are; 0 for none.
func (b *inbox) receive(fd int) int {
	for i := range b.headers {
		b.headers[i].message.Namelen = unix.SizeofSockaddrInet4
		b.headers[i].message.SetControllen(int(unsafe.Sizeof(b.stamps[i])))
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
	return b.buffers[i*datagramMax : i*datagramMax+int(b.headers[i].length)]
}

func (b *inbox) sender(i int) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&b.from[i].Port))
	return netip.AddrPortFrom(netip.AddrFrom4(b.from[i].Addr), uint16(port[0])<<8|uint16(port[1]))
}

// arrived is when the kernel got a datagram; now for a socket that did not ask.
func (b *inbox) arrived(i int, now time.Time) time.Time {
	s := &b.stamps[i]
	written := int(b.headers[i].message.Controllen) >= int(unsafe.Sizeof(*s))
	if !written || s.Level != unix.SOL_SOCKET || s.Type != unix.SCM_TIMESTAMPNS {
		return now
	}
	return time.Unix(s.at.Unix())
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
