package udp

import "testing"

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
