//go:build linux

package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"

	"github.com/exeunt/exeunt/client/load"
)

// Where the stamp stands in a payload: behind what is read of a picture on its way, and at the end its hash.
const (
	stampAt  = 16
	stampEnd = stampAt + 16
	hashSize = 8
)

// stampSeed is this program's: it writes the stamps and reads them.
var stampSeed = maphash.MakeSeed()

// stamp marks a payload with its number and the time that it is sent.
func stamp(payload []byte, number uint64, at time.Time) {
	binary.BigEndian.PutUint64(payload[stampAt:], number)
	binary.BigEndian.PutUint64(payload[stampAt+8:], uint64(at.UnixNano()))
	end := len(payload) - hashSize
	binary.BigEndian.PutUint64(payload[end:], maphash.Bytes(stampSeed, payload[:end]))
}

// readStamp returns the number and time of a payload; an error when it is not as it was sent.
func readStamp(payload []byte) (uint64, time.Time, error) {
	end := len(payload) - hashSize
	if end < stampEnd {
		return 0, time.Time{}, fmt.Errorf("%d bytes of payload", len(payload))
	}
	if binary.BigEndian.Uint64(payload[end:]) != maphash.Bytes(stampSeed, payload[:end]) {
		return 0, time.Time{}, fmt.Errorf("%d bytes of payload that were not sent so", len(payload))
	}
	at := int64(binary.BigEndian.Uint64(payload[stampAt+8:]))
	return binary.BigEndian.Uint64(payload[stampAt:]), time.Unix(0, at), nil
}

// filler is what payloads have around their stamps: random bytes, so that no part looks like another.
func filler(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

// content is what the listeners found that look into their packets.
type content struct {
	// Read is the share of their packets that were decrypted and are what was sent.
	Read float64 `json:"read"`
	// SizeMin and SizeMax bound their datagrams, in bytes; Padded is the share of those with RTP padding.
	SizeMin int     `json:"datagramBytesMin"`
	SizeMax int     `json:"datagramBytesMax"`
	Padded  float64 `json:"padded"`
	// Shifts is how often the server's numbers changed against the speaker's: each hides a packet that it dropped.
	Shifts int `json:"shifts"`
	// Tag is how much the cipher added: 16 for AES-GCM, 10 for AES-CM with HMAC-SHA1-80.
	Tag int `json:"tagBytes"`
	// P50 and P99 are the time from the speaker's write until the datagram was at the listener's socket; Last50 is of
	// the last packet of each burst alone. A quantile is at most 1/64 above the true one.
	P50    micros `json:"latencyP50us"`
	P99    micros `json:"latencyP99us"`
	Last50 micros `json:"lastOfBurstP50us"`
}

func (c *content) String() string {
	return fmt.Sprintf("%d-%d B, %.0f %% padded, tag %d B, latency p50 %.0f µs, p99 %.0f µs",
		c.SizeMin, c.SizeMax, c.Padded*100, c.Tag, c.P50.float(), c.P99.float())
}

// checker looks into every packet of one listener: the poller notes when each came, and Pion hands over what it
// decrypted.
type checker struct {
	scenario
	// times is shared with the other listeners that look.
	times *latencies

	mu    sync.Mutex
	lanes map[uint32]*lane
	wrong error
	// The rest is of the time that is measured.
	measuring           bool
	came, read          int
	padded, tag, shifts int
	sizeMin, sizeMax    int
}

// latencies are the times from write to socket, of all packets and of the last of each burst.
type latencies struct{ all, last load.Histogram }

// lane is one stream that a listener gets: its latest packets by sequence number, and by how much the speaker's number
// exceeds the server's.
type lane struct {
	arrivals [arrivalsMax]arrival
	shifted  bool
	shift    uint16
}

// arrivalsMax is more packets of a stream than wait between the socket and Pion's track, and lanesMax more streams than
// any listener gets.
const (
	arrivalsMax = 1 << 13
	lanesMax    = 64
)

type arrival struct {
	number   uint16
	size     int
	at       time.Time
	measured bool
}

// newCheckers makes as many as listeners of a scenario look into what they get.
func newCheckers(s scenario) []*checker {
	all, times := make([]*checker, max(1, s.samples)), &latencies{}
	for i := range all {
		all[i] = &checker{scenario: s, times: times, lanes: map[uint32]*lane{}}
	}
	return all
}

// note keeps when a packet came.
func (c *checker) note(data []byte, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	number, stream := binary.BigEndian.Uint16(data[2:]), binary.BigEndian.Uint32(data[8:])
	l := c.lanes[stream]
	if l == nil && len(c.lanes) < lanesMax {
		l = &lane{}
		c.lanes[stream] = l
	}
	if l != nil {
		l.arrivals[number%arrivalsMax] = arrival{number, len(data), at, c.measuring}
	}
	if !c.measuring {
		return
	}
	if c.came == 0 {
		c.sizeMin = len(data)
	}
	c.came++
	c.sizeMin, c.sizeMax = min(c.sizeMin, len(data)), max(c.sizeMax, len(data))
	if data[0]&0x20 != 0 {
		c.padded++
	}
}

// see looks into a packet that was decrypted. Those before what is measured may be the server's own: LiveKit begins
// sound with silence.
func (c *checker) see(p *rtp.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lanes[p.SSRC]
	if l == nil {
		return
	}
	a := &l.arrivals[p.SequenceNumber%arrivalsMax]
	if a.number != p.SequenceNumber || !a.measured {
		return
	}
	a.measured = false
	c.read++
	if len(p.Payload) == 0 {
		return // Nothing but padding, with which a server probes the network.
	}
	number, sent, err := readStamp(p.Payload)
	if err != nil {
		c.wrong = cmp.Or(c.wrong, fmt.Errorf("packet %d of stream %d: %w", p.SequenceNumber, p.SSRC, err))
		return
	}
	shift := uint16(number) - p.SequenceNumber
	if l.shifted && shift != l.shift && !c.mixes() {
		c.shifts++
	}
	l.shifted, l.shift = true, shift
	c.tag = a.size - p.MarshalSize()
	c.times.all.Add(a.at.Sub(sent))
	if c.burst > 0 && number%uint64(c.burst) == uint64(c.burst)-1 {
		c.times.last.Add(a.at.Sub(sent))
	}
}

// begin starts what is measured.
func (c *checker) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measuring = true
}

// end stops it; what came before may still be on its way through Pion.
func (c *checker) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measuring = false
}

// contentOf is what all checkers found; an error when any packet was not what was sent.
func contentOf(all []*checker) (*content, error) {
	sum := &content{}
	came, read, padded := 0, 0, 0
	for _, c := range all {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.wrong != nil {
			return nil, &wrongContent{c.wrong}
		}
		if c.came == 0 {
			continue
		}
		if came == 0 {
			sum.SizeMin, sum.Tag = c.sizeMin, c.tag
		}
		came, read, padded = came+c.came, read+c.read, padded+c.padded
		sum.SizeMin, sum.SizeMax = min(sum.SizeMin, c.sizeMin), max(sum.SizeMax, c.sizeMax)
		sum.Tag, sum.Shifts = min(sum.Tag, c.tag), sum.Shifts+c.shifts
	}
	if came == 0 {
		return sum, nil
	}
	sum.Read, sum.Padded = float64(read)/float64(came), float64(padded)/float64(came)
	times := all[0].times
	sum.P50, sum.P99 = micros(times.all.Quantile(0.5)), micros(times.all.Quantile(0.99))
	sum.Last50 = micros(times.last.Quantile(0.5))
	return sum, nil
}

// wrongContent is a server that does not forward what was sent. It ends the whole run: no cost excuses it.
type wrongContent struct{ error }

func (w *wrongContent) Unwrap() error { return w.error }
