package media

import (
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
)

// A flood of forged packets to the media port, checks, handshakes, media and reports among them, is forgotten as it
// comes: no memory stays, no goroutine, no address, and the call goes on without a gap.
func TestAFloodOfForgedPacketsLeavesNothing(t *testing.T) {
	engine := newEngine(t)
	a := publishPicture(t, engine, "a")
	defer stream(a.video, named("a"))()
	_, track := watch(t, engine, "a")
	last := until(t, track, "a")

	engine.mu.Lock()
	fragment, known := engine.sessions["a"].current().ufrag, len(engine.addresses)
	engine.mu.Unlock()
	before, goroutines := heap(), runtime.NumGoroutine()
	random := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		conn, err := net.Dial("udp", engine.socket.Addr().String())
		check(t, err)
		for range 200 {
			_, err = conn.Write(forged(random, fragment))
			check(t, err)
		}
		check(t, conn.Close())
		for range 3 {
			p := next(t, track)
			if p.SequenceNumber != last.SequenceNumber+1 {
				t.Fatalf("packet %d came after %d", p.SequenceNumber, last.SequenceNumber)
			}
			last = p
		}
	}
	if now := heap(); now > before+4<<20 {
		t.Errorf("%d KiB are in use; there were %d before 10,000 forged packets", now>>10, before>>10)
	}
	if n := runtime.NumGoroutine(); n > goroutines+2 {
		t.Errorf("%d goroutines; there were %d", n, goroutines)
	}
	engine.mu.Lock()
	defer engine.mu.Unlock()
	if n := len(engine.addresses); n != known {
		t.Errorf("%d addresses are known; there were %d", n, known)
	}
}

// forged makes something that looks like a packet of ours.
func forged(random *rand.Rand, fragment string) []byte {
	b := make([]byte, 20+random.IntN(1200))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	switch random.IntN(5) {
	case 0:
		return checkFor(fragment+":x", "a guess")
	case 1:
		b[0] = 22 // DTLS handshake
	case 2:
		b[0], b[1] = 0x80, 96
	case 3:
		b[0], b[1] = 0x80, 200
	}
	return b
}

// heap is the memory in use, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
