package udp

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"
)

// The kernel tells what it keeps: twice what one asked, as far as its own limit goes.
func TestBuffersAreWhatTheKernelGave(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	receive, send := s.Buffers()
	if receive <= 0 || receive > 2*BufferSize || send <= 0 || send > 2*BufferSize {
		t.Errorf("%d and %d bytes", receive, send)
	}
	const asked = 64 << 10
	check(t, s.conn.SetReadBuffer(asked))
	check(t, s.conn.SetWriteBuffer(asked))
	if receive, send = s.Buffers(); receive != 2*asked || send != 2*asked {
		t.Errorf("%d and %d bytes of %d asked", receive, send, asked)
	}
}

// A closed socket keeps nothing.
func TestAClosedSocketHasNoBuffers(t *testing.T) {
	s, err := Listen("127.0.0.1:0")
	check(t, err)
	check(t, s.Close())
	if receive, send := s.Buffers(); receive != 0 || send != 0 {
		t.Errorf("%d and %d bytes", receive, send)
	}
}

// Reports wait aside and wake nobody, whatever their family and however they are mixed with the rest; the rest comes as
// it always does. Where the kernel does not put them aside, they come with it.
func TestReportsAreDiverted(t *testing.T) {
	kinds := []struct {
		b      []byte
		report bool
	}{
		{[]byte{128, 200}, true},
		{[]byte{191, 223}, true},
		{[]byte{129, 192, 0, 7}, true},
		{[]byte{143, 205, 1}, true},
		{[]byte{128, 191}, false},
		{[]byte{144, 224}, false},
		{[]byte{144, 96, 1}, false},
		{[]byte{127, 200}, false},
		{[]byte{192, 200}, false},
		{[]byte{0, 1, 200}, false},
		{[]byte{22, 254}, false},
		{[]byte{128}, false},
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		for _, diverts := range []bool{true, false} {
			from, to := listen(t, "127.0.0.1:0"), listen(t, addr)
			if addr == "[::1]:0" {
				from = listen(t, addr)
			}
			if !diverts {
				check(t, to.diverted.close())
			}
			if to.Diverts() != diverts {
				t.Fatalf("%s: it diverts: %v", addr, to.Diverts())
			}
			target := to.Addr()
			if target.Addr().IsUnspecified() {
				target = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), target.Port())
			}
			sender := from.NewSender()
			var aside, rest [][]byte
			for _, kind := range kinds {
				sender.Send(kind.b, len(kind.b), target)
				if kind.report && diverts {
					aside = append(aside, kind.b)
				} else {
					rest = append(rest, kind.b)
				}
			}
			if got, _ := take(t, to, len(rest)); !slices.EqualFunc(got, rest, bytes.Equal) {
				t.Errorf("%s, diverts %v: there came %v; want %v", addr, diverts, got, rest)
			}
			batch, got := NewBatch(), [][]byte(nil)
			for i := range to.Reports(batch) {
				b, sender := batch.Packet(i)
				if got = append(got, b); sender.Port() != from.Addr().Port() {
					t.Errorf("%s: a report came from %s", addr, sender)
				}
			}
			if !slices.EqualFunc(got, aside, bytes.Equal) || to.Reports(batch) != 0 {
				t.Errorf("%s, diverts %v: aside were %v; want %v", addr, diverts, got, aside)
			}
		}
	}
}

// Nobody else gets an address that has a second socket already, and both go with Close.
func TestADivertingSocketIsAlone(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	if _, err := Listen(s.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v", err)
	}
	check(t, s.Close())
	if s.Diverts() || s.Reports(NewBatch()) != 0 {
		t.Error("it diverts though it is closed")
	}
	again, err := Listen(s.Addr().String())
	check(t, err)
	check(t, again.Close())
}
