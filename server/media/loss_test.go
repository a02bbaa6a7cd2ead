package media

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/exeunt/exeunt/server/room"
)

// lossy is a client's socket on a bad network: of media and reports it loses some, doubles some and swaps some, both
// ways.
type lossy struct {
	*net.UDPConn
	mu     sync.Mutex
	random *rand.Rand
	held   []byte
}

func newLossy(t *testing.T, seed uint64) *lossy {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	return &lossy{UDPConn: conn, random: rand.New(rand.NewPCG(seed, seed))}
}

// lossPercent, doublePercent and swapPercent are of all packets of media.
const lossPercent, doublePercent, swapPercent = 5, 2, 5

func (c *lossy) roll() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(100)
}

func (c *lossy) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err != nil || n == 0 || b[0] < 128 || c.roll() >= lossPercent {
			return n, from, err
		}
	}
}

func (c *lossy) WriteTo(b []byte, to net.Addr) (int, error) {
	if len(b) == 0 || b[0] < 128 {
		return c.UDPConn.WriteTo(b, to)
	}
	switch roll := c.roll(); {
	case roll < lossPercent:
		return len(b), nil
	case roll < lossPercent+doublePercent:
		_, _ = c.UDPConn.WriteTo(b, to)
	case roll < lossPercent+doublePercent+swapPercent:
		c.mu.Lock()
		late := c.held
		c.held = append([]byte(nil), b...)
		c.mu.Unlock()
		if late != nil {
			_, _ = c.UDPConn.WriteTo(late, to)
		}
		return len(b), nil
	}
	return c.UDPConn.WriteTo(b, to)
}

// Through a network that loses a twentieth of all packets at each end, doubles some and swaps some, every packet
// arrives, once and as it was sent: what is lost on the way in is asked for, what is lost on the way out is sent again.
func TestWhatIsLostIsRepaired(t *testing.T) {
	engine := newEngine(t)
	a := join(t, engine, "a", shape{udp: newLossy(t, 1), repairs: true})
	check(t, engine.Publish("a", room.Big, videoMid))
	b := join(t, engine, "b", shape{videoSlots: 1, udp: newLossy(t, 2), repairs: true})
	_, err := engine.Forward("a", room.Big, "b")
	check(t, err)
	defer stream(a.video, named("a"))()
	track := b.track().track
	const sample = 400
	seen, first := map[int]bool{}, 0
	for len(seen) < sample {
		p := next(t, track)
		var n int
		if _, err := fmt.Sscanf(string(p.Payload[1:]), "a:%d", &n); err != nil {
			t.Fatalf("%q arrived: %v", p.Payload, err)
		}
		if first == 0 {
			first = n
		}
		if n >= first && n < first+sample {
			seen[n] = true
		}
		if n > first+3*sample {
			t.Fatalf("%d of %d packets have not come when packet %d has", sample-len(seen), sample, n)
		}
	}
}
