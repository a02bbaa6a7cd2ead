//go:build !linux

package tcp

import "net"

func quick(c *net.TCPConn) (net.Conn, error) { return c, nil }
