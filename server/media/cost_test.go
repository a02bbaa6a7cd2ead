package media

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
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
	sink     net.PacketConn
}

func newMill(tb testing.TB, listeners int) *mill {
	tb.Helper()
	return millOf(tb, newPlumbing(tb), listeners)
}

// millOf is newMill in an engine that is there.
func millOf(tb testing.TB, p *plumbing, listeners int) *mill {
	tb.Helper()
	m := &mill{plumbing: p, header: rtp.NewShape(5, 0)}
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
	m.sink, err = net.ListenPacket("udp", "127.0.0.1:0")
	check(tb, err)
	tb.Cleanup(func() { check(tb, m.sink.Close()) })
	for range listeners - 1 {
		m.another(tb)
	}
	for _, f := range m.line.forwards {
		f.slot.session.path = path{addr: m.sink.LocalAddr().(*net.UDPAddr).AddrPort()}
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

// BenchmarkForwardInTwoRooms has each of two rooms forward as BenchmarkForward does, at once, in one engine or in one
// for each; the time is of each forwarded packet. With two free processors the second takes half of it.
func BenchmarkForwardInTwoRooms(b *testing.B) {
	for _, engines := range []int{1, 2} {
		b.Run(fmt.Sprint("engines=", engines), func(b *testing.B) {
			s := newEngines(b, engines)
			s.crew.hands = 0 // The loops alone: a burst for a hundred would be shared.
			var rooms []*mill
			for i := range 2 {
				rooms = append(rooms, millOf(b, plumbingAt(b, s.engines[i%engines]), 100))
			}
			b.ResetTimer()
			var both sync.WaitGroup
			for _, m := range rooms {
				both.Go(func() {
					for range b.N {
						m.picture()
					}
				})
			}
			both.Wait()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/packet")
		})
	}
}
