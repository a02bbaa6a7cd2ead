//go:build !linux || !(amd64 || arm64 || riscv64 || loong64)

package udp

import (
	"errors"
	"net/netip"
	"os"
	"time"
)

// system is empty: other systems take the plain way.
type system struct{}

func (s *Socket) open() error { return nil }

func (system) close() error { return nil }

// Diverts says whether reports wait for [Socket.Reports] and wake nobody. Here they come with everything else.
func (s *Socket) Diverts() bool { return false }

// Reports takes nothing here.
func (s *Socket) Reports(*Batch) int { return 0 }

// Buffers is not known here: it says 0 for what comes and for what goes.
func (s *Socket) Buffers() (receive, send int) { return 0, 0 }

// Batch takes datagrams. It belongs to the goroutine that receives.
type Batch struct {
	data [PacketMax + 1]byte
	n    int
	from netip.AddrPort
}

// NewBatch makes a batch, which holds one datagram here.
func NewBatch() *Batch { return &Batch{} }

// Receive calls take with each datagram that has come to the batch, until it fails; after Close, with net.ErrClosed's
// error. What take returns, if it is above 0, is how long to wait for more at most until it is called again, then with
// 0. [Enough] ends it without an error.
func (s *Socket) Receive(b *Batch, take func(n int) (patience time.Duration)) error {
	for patience := time.Duration(0); patience != Enough; {
		until := time.Time{}
		if patience > 0 {
			until = time.Now().Add(patience)
		}
		if err := s.conn.SetReadDeadline(until); err != nil {
			return err
		}
		n, from, err := s.conn.ReadFromUDPAddrPort(b.data[:])
		switch {
		case patience > 0 && errors.Is(err, os.ErrDeadlineExceeded):
			patience = take(0)
			continue
		case err != nil:
			return err
		}
		b.n, b.from = n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		patience = take(1)
	}
	return nil
}

// Packet returns the datagram i and where it came from. It may be changed, and is valid until the batch takes
// others. One that was too long is empty.
func (b *Batch) Packet(int) ([]byte, netip.AddrPort) {
	if b.n > PacketMax {
		return nil, netip.AddrPort{}
	}
	return b.data[:b.n], b.from
}

// Sender sends bursts. It belongs to one goroutine.
type Sender struct {
	socket *Socket
	slab
}

// NewSender makes a sender of the socket.
func (s *Socket) NewSender() *Sender { return &Sender{socket: s} }

// Flush sends what waits: nothing, here.
func (x *Sender) Flush() { x.free() }

// push sends a packet.
func (x *Sender) push(b []byte, _ int, to netip.AddrPort) {
	if _, err := x.socket.conn.WriteToUDPAddrPort(b, to); err != nil {
		x.socket.lost.Add(1)
	}
}

// whole says whether the kernel takes packets of segment bytes as one.
func (x *Sender) whole(int) bool { return false }
