package main

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// wire is a stretch of network in user space between a member and its server. It can break in the ways in which
// networks do.
type wire struct {
	tcp    net.Listener
	udp    *net.UDPConn
	signal string
	media  *net.UDPAddr

	loops sync.WaitGroup
	mu    sync.Mutex
	// tcpCut and udpCut say which traffic is swallowed.
	tcpCut, udpCut bool
	conns          []net.Conn
	flows          map[string]*net.UDPConn
}

// newWire leads TCP connections to the signalling address. With media, it also leads what comes to mediaIP, at the
// media's port, to the media.
func newWire(signal, mediaIP string, media *net.UDPAddr) (*wire, error) {
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("lay a wire: %w", err)
	}
	w := &wire{tcp: tcp, signal: signal, media: media, flows: map[string]*net.UDPConn{}}
	w.loops.Go(w.accept)
	if media == nil {
		return w, nil
	}
	w.udp, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(mediaIP), Port: media.Port})
	if err != nil {
		w.close()
		return nil, fmt.Errorf("lay a wire: %w", err)
	}
	w.loops.Go(w.outward)
	return w, nil
}

// address is where the signalling seems to be.
func (w *wire) address() string { return w.tcp.Addr().String() }

// swallowSignalling drops what either side sends over TCP from now on, and tells neither.
func (w *wire) swallowSignalling() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tcpCut = true
}

// swallowAll drops everything from now on, and tells neither side.
func (w *wire) swallowAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tcpCut, w.udpCut = true, true
}

// hangUp closes the TCP connections and refuses new ones; media flows on.
func (w *wire) hangUp() {
	_ = w.tcp.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) close() {
	w.hangUp()
	if w.udp != nil {
		_ = w.udp.Close()
	}
	w.mu.Lock()
	for _, f := range w.flows {
		_ = f.Close()
	}
	w.mu.Unlock()
	w.loops.Wait()
}

func (w *wire) accept() {
	for {
		near, err := w.tcp.Accept()
		if err != nil {
			return
		}
		far, err := net.DialTimeout("tcp4", w.signal, time.Second)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, near, far)
		w.mu.Unlock()
		w.loops.Go(func() { w.pump(near, far) })
		w.loops.Go(func() { w.pump(far, near) })
	}
}

// pump relays one direction of a connection. A closed end closes the other, unless the wire is cut.
func (w *wire) pump(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if w.cutTCP() {
			if err != nil {
				return
			}
			continue
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			_ = to.Close()
			_ = from.Close()
			return
		}
	}
}

func (w *wire) cutTCP() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tcpCut
}

func (w *wire) cutUDP() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.udpCut
}

// outward relays datagrams of members to the server, each member's over a socket of its own.
func (w *wire) outward() {
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := w.udp.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		if w.cutUDP() {
			continue
		}
		flow, err := w.flow(from)
		if err != nil {
			return
		}
		// A datagram that cannot be sent is one that the network lost.
		_, _ = flow.Write(buffer[:n])
	}
}

func (w *wire) flow(from *net.UDPAddr) (*net.UDPConn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.flows[from.String()]; f != nil {
		return f, nil
	}
	f, err := net.DialUDP("udp4", nil, w.media)
	if err != nil {
		return nil, err
	}
	w.flows[from.String()] = f
	w.loops.Go(func() { w.inward(f, from) })
	return f, nil
}

func (w *wire) inward(f *net.UDPConn, to *net.UDPAddr) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := f.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Any other error is the server's port being closed for a moment.
		if err == nil && !w.cutUDP() {
			_, _ = w.udp.WriteToUDP(buffer[:n], to)
		}
	}
}
