package tcp

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"unsafe"
)

// conn reads and writes by calls that the scheduler is not told of. They return at once, whatever happens: the socket
// does not block, and waiting is left to package net, with its deadlines and its way to close.
type conn struct {
	*net.TCPConn
	raw syscall.RawConn
}

func quick(c *net.TCPConn) (net.Conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &conn{c, raw}, nil
}

// Read reads what is there, or waits for something.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	var n int
	var failed syscall.Errno
	err := c.raw.Read(func(fd uintptr) bool {
		n, failed = call(syscall.SYS_RECVFROM, fd, p)
		return failed != syscall.EAGAIN
	})
	switch {
	case err != nil:
		return 0, err
	case failed != 0:
		return 0, fmt.Errorf("read tcp %s: %w", c.RemoteAddr(), failed)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write writes all of p, unless the connection ends.
func (c *conn) Write(p []byte) (int, error) {
	written := 0
	var failed syscall.Errno
	err := c.raw.Write(func(fd uintptr) bool {
		for written < len(p) {
			var n int
			if n, failed = call(syscall.SYS_SENDTO, fd, p[written:]); failed != 0 {
				return failed != syscall.EAGAIN
			}
			written += n
		}
		return true
	})
	if err == nil && failed != 0 {
		err = fmt.Errorf("write tcp %s: %w", c.RemoteAddr(), failed)
	}
	return written, err
}

// call receives or sends once.
func call(number, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, err := syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)),
			syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
		if err == 0 {
			return int(n), 0
		}
		if err != syscall.EINTR {
			return 0, err
		}
	}
}
