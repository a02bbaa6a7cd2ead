//go:build amd64 || arm64 || riscv64 || loong64

package udp

import (
	"errors"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

// What the frozen package syscall lacks (asm-generic/socket.h).
const (
	soReusePort  = 15
	soAttachCBPF = 51
)

// diverted is a second socket at the same address, to which the kernel gives the reports. The scheduler does not know
// of it, so what comes there wakes nobody.
type diverted struct {
	mu sync.Mutex
	// fd is 0 where there is none.
	fd int
}

// divert opens it. Where that fails, reports come with everything else.
func (s *Socket) divert() {
	if s.local.Addr().Zone() != "" {
		return // Its number is not known here.
	}
	// The first socket was bound without this, so nobody else was there; from now on we may be.
	var refused error
	err := s.raw.Control(func(fd uintptr) {
		refused = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1)
	})
	if err != nil || refused != nil {
		return
	}
	if fd, err := s.openSecond(); err == nil {
		s.diverted.fd = fd
	}
}

// openSecond opens a socket where the first one is, and has the kernel share what comes among the two.
func (s *Socket) openSecond() (int, error) {
	family := syscall.AF_INET
	if s.wide {
		family = syscall.AF_INET6
	}
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := s.prepare(fd); err != nil {
		return 0, errors.Join(err, syscall.Close(fd))
	}
	return fd, nil
}

// prepare binds the second socket. What says which of the two a datagram is for comes last: until then either may get
// it, and both are read.
func (s *Socket) prepare(fd int) error {
	port, address := int(s.local.Port()), syscall.Sockaddr(nil)
	if s.wide {
		address = &syscall.SockaddrInet6{Port: port, Addr: s.local.Addr().As16()}
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 0); err != nil {
			return err
		}
	} else {
		address = &syscall.SockaddrInet4{Port: port, Addr: s.local.Addr().As4()}
	}
	// A smaller buffer works.
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, BufferSize)
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soReusePort, 1); err != nil {
		return err
	}
	if err := syscall.Bind(fd, address); err != nil {
		return err
	}
	return attach(fd)
}

// reportFilter is a program for the kernel (classic BPF) that says to which of the two sockets a datagram goes: to the
// second when it is RTCP, by its first byte (RFC 7983 §7) and by its second (RFC 5761 §4).
var reportFilter = [...]syscall.SockFilter{
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 0},
	{Code: syscall.BPF_JMP | syscall.BPF_JGE | syscall.BPF_K, K: 128, Jf: 5},
	{Code: syscall.BPF_JMP | syscall.BPF_JGT | syscall.BPF_K, K: 191, Jt: 4},
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 1},
	{Code: syscall.BPF_JMP | syscall.BPF_JGE | syscall.BPF_K, K: 192, Jf: 2},
	{Code: syscall.BPF_JMP | syscall.BPF_JGT | syscall.BPF_K, K: 223, Jt: 1},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 1},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
}

// attach gives the program to the kernel.
func attach(fd int) error {
	program := syscall.SockFprog{Len: uint16(len(reportFilter)), Filter: &reportFilter[0]}
	_, _, err := syscall.Syscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), syscall.SOL_SOCKET, soAttachCBPF,
		uintptr(unsafe.Pointer(&program)), unsafe.Sizeof(program), 0)
	runtime.KeepAlive(&program)
	if err != 0 {
		return err
	}
	return nil
}

// Diverts says whether reports wait for [Socket.Reports] and wake nobody. Otherwise they come with everything else.
func (s *Socket) Diverts() bool {
	s.diverted.mu.Lock()
	defer s.diverted.mu.Unlock()
	return s.diverted.fd != 0
}

// Reports takes the RTCP datagrams that have come, at most [BatchMax], and does not wait. It returns how many.
func (s *Socket) Reports(b *Batch) int {
	s.diverted.mu.Lock()
	defer s.diverted.mu.Unlock()
	if s.diverted.fd == 0 {
		return 0
	}
	n, err := b.fill(uintptr(s.diverted.fd))
	if err != 0 {
		return 0
	}
	return n
}

// close closes it.
func (d *diverted) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd == 0 {
		return nil
	}
	fd := d.fd
	d.fd = 0
	return syscall.Close(fd)
}
