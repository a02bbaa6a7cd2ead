package media

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/srtp"
)

// mill is a publisher's packets that go to n listeners over real sockets, without anybody who waits for them.
type mill struct {
	*plumbing
	sealer   *srtp.Sealer
	from     path
	header   rtp.Shape
	sequence int64
	payload  []byte
	packet   []byte
}

func newMill(tb testing.TB, listeners int) *mill {
	tb.Helper()
	m := &mill{plumbing: newPlumbing(tb), header: rtp.NewShape(5, 0)}
	m.payload, m.packet = make([]byte, 1150), make([]byte, 1500)
	master := srtp.Master{Key: make([]byte, 16), Salt: make([]byte, 12)}
	var err error
	m.sealer, err = srtp.NewSealer(srtp.AES128GCM, master)
	check(tb, err)
	from := m.line.session
	from.opener, err = srtp.NewOpener(srtp.AES128GCM, master)
	check(tb, err)
	from.ids.transport = 5
	from.sources[5] = source{layer: m.line.layers[0]}
	m.from = path{addr: netip.MustParseAddrPort("127.0.0.1:1")}
	m.engine.addresses[m.from] = from
	sink, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(tb, err)
	tb.Cleanup(func() { check(tb, sink.Close()) })
	for range listeners - 1 {
		m.another(tb)
	}
	for _, f := range m.line.forwards {
		f.slot.session.path = path{addr: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
	}
	return m
}

// picture sends one picture of ten packets.
func (m *mill) picture() {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	now := m.engine.clock()
	for i := range 10 {
		m.sequence++
		header := m.packet[:m.header.Len()]
		m.header.Write(header, &rtp.Fields{
			Type: lineType, Sequence: uint16(m.sequence), SSRC: 5, Transport: uint16(m.sequence), Marker: i == 9,
		})
		binary.BigEndian.PutUint64(m.payload, uint64(m.sequence))
		n := m.sealer.Seal(m.packet, header, m.payload, uint32(m.sequence>>16))
		m.engine.take(m.packet[:n], m.from, now)
	}
	m.engine.flush(now)
}

// No forwarded packet costs an allocation: area 3 promises that.
func TestForwardingAllocatesNothing(t *testing.T) {
	m := newMill(t, 20)
	for range 200 {
		m.picture() // The cache grows to what a second needs.
	}
	if n := testing.AllocsPerRun(100, m.picture); n > 0 {
		t.Errorf("%v allocations for a picture of 10 packets to 20 listeners", n)
	}
	if m.engine.out.forwarded == 0 {
		t.Error("nothing was forwarded")
	}
}

// BenchmarkForward takes a picture of 10 packets of 1,150 bytes to 100 listeners; the time is of each forwarded packet.
func BenchmarkForward(b *testing.B) {
	m := newMill(b, 100)
	for b.Loop() {
		m.picture()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/packet")
}
