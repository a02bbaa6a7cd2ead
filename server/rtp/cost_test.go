package rtp

import "testing"

var (
	packet   = []byte{0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 2, 0x10, 0x85, 0x51, 1, 2, 0, 0, 0, 1}
	compound = func() []byte {
		b := AppendNack(AppendReceiver(nil, 1, make([]Block, 3)), 1, 2, []uint16{1, 2, 3})
		b, _ = AppendArrivals(b, 1, 2, 3, 4, make([]int64, 100))
		b = append(b, 0x80, ExtendedReport, 0, 5, 0, 0, 0, 1, blockReply, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4)
		return b
	}()
)

func readPacket() int {
	h, _ := ReadHeader(packet)
	return len(h.Extension(5))
}

func readCompound() (n int) {
	for b := compound; len(b) > 0; {
		p, rest, _ := Next(b)
		for range p.Nack {
			n++
		}
		for block := range p.Blocks {
			n += int(block.Jitter)
		}
		for range p.Arrivals {
			n++
		}
		for range p.Replies {
			n++
		}
		b = rest
	}
	return n
}

// No packet costs an allocation: area 3 promises that for each that is forwarded.
func TestNothingIsAllocated(t *testing.T) {
	dst, shape, times := make([]byte, 2000), NewShape(5, 1), make([]int64, 100)
	for name, work := range map[string]func(){
		"read a packet":   func() { readPacket() },
		"write a header":  func() { shape.Write(dst, &Fields{Sequence: 1}) },
		"read a compound": func() { readCompound() },
		"write feedback":  func() { _, _ = AppendArrivals(dst[:0], 1, 2, 3, 4, times) },
	} {
		if n := testing.AllocsPerRun(100, work); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkReadPacket(b *testing.B) {
	for b.Loop() {
		readPacket()
	}
}

func BenchmarkReadCompound(b *testing.B) {
	for b.Loop() {
		readCompound()
	}
}
