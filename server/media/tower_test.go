package media

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
)

// tower is a publisher of one scalable stream: so many layers in space, and three in time as browsers have them. With
// keyed, a layer in space needs the ones below it in key pictures only.
type tower struct {
	spatial  int
	keyed    bool
	picture  int
	frame    uint16
	sequence uint16
	frames   map[uint16]*storey
	// newest are the latest frames by layer, and lowest the place of the last key picture.
	newest [3][3]uint16
	begun  int
}

// storey is a frame of a tower: its layers, what it needs, and how many packets it has.
type storey struct {
	number                     uint16
	picture, spatial, temporal int
	needs                      []uint16
	packets                    int
	top                        bool
}

// brick is one packet of a tower.
type brick struct {
	*storey
	part     int
	sequence uint16
	header   []byte
}

// pencil writes bits.
type pencil struct {
	data []byte
	at   int
}

func (w *pencil) bits(n int, v uint32) {
	for i := n - 1; i >= 0; i-- {
		if w.at%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.at/8] |= byte(v>>i&1) << (7 - w.at%8)
		w.at++
	}
}

// targets are those of each pair of layers: three times the one in space, and the one in time.
func (w *tower) targets() int { return 3 * w.spatial }

// indicator is what a frame of some layers is to a target: 0 nothing, 1 discardable, 2 a switch, 3 required.
func (w *tower) indicator(target, spatial, temporal int, key bool) uint32 {
	inSpace, inTime := target/3, target%3
	switch {
	case temporal > inTime || spatial > inSpace || (w.keyed && !key && spatial != inSpace):
		return 0
	case key:
		return 2
	case spatial < inSpace:
		return 3
	case temporal == inTime && temporal > 0:
		return 1
	}
	return 2
}

// structure writes what the descriptor of a key picture's first packet has: a template for each frame of a picture that
// is no key picture.
func (w *tower) structure(to *pencil) {
	to.bits(6, 7)
	to.bits(5, uint32(w.targets()-1))
	for i := range w.targets() {
		switch {
		case i == w.targets()-1:
			to.bits(2, 3)
		case i%3 == 2:
			to.bits(2, 2)
		default:
			to.bits(2, 1)
		}
	}
	for i := range w.targets() {
		for target := range w.targets() {
			to.bits(2, w.indicator(target, i/3, i%3, false))
		}
	}
	for range w.targets() {
		to.bits(1, 0) // The frames say themselves what they need.
	}
	to.bits(2+w.spatial/2, 0) // No chains.
	to.bits(1, 0)             // No resolutions.
}

// descriptor writes that of one packet.
func (w *tower) descriptor(s *storey, part int, key bool) []byte {
	to := &pencil{}
	to.bits(1, flag(part == 0))
	to.bits(1, flag(part == s.packets-1))
	to.bits(6, uint32(7+3*s.spatial+s.temporal))
	to.bits(16, uint32(s.number))
	attached := key && s.spatial == 0 && part == 0
	if attached || key {
		to.bits(1, flag(attached))
		to.bits(4, 0b0100)
		if attached {
			w.structure(to)
		}
		for target := range w.targets() {
			to.bits(2, w.indicator(target, s.spatial, s.temporal, key))
		}
	}
	return to.data
}

func flag(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}

// build makes the packets of the next picture.
func (w *tower) build(key bool, packets func() int) []brick {
	if key {
		w.begun = w.picture
	}
	place := (w.picture - w.begun) % 4
	temporal := [...]int{0, 2, 1, 2}[place]
	var all []brick
	for spatial := range w.spatial {
		s := &storey{
			number: w.frame, picture: w.picture, spatial: spatial, temporal: temporal, packets: packets(),
			top: spatial == w.spatial-1,
		}
		if !key {
			s.needs = append(s.needs, w.below(spatial, temporal, place))
		}
		if spatial > 0 && (key || !w.keyed) {
			s.needs = append(s.needs, s.number-1)
		}
		for part := range s.packets {
			all = append(all, brick{s, part, w.sequence, w.head(s, part, key)})
			w.sequence++
		}
		w.frames[s.number] = s
		w.newest[spatial][temporal] = s.number
		w.frame++
	}
	w.picture++
	return all
}

// below is the frame before that one of a layer needs.
func (w *tower) below(spatial, temporal, place int) uint16 {
	if temporal == 2 && place == 3 {
		return w.newest[spatial][1]
	}
	return w.newest[spatial][0]
}

// head writes a packet's header, in the two-byte form, as it may be longer than the other one holds.
func (w *tower) head(s *storey, part int, key bool) []byte {
	d := w.descriptor(s, part, key)
	words := (2 + len(d) + 3) / 4
	h := make([]byte, 16+4*words)
	h[0], h[1] = 0x90, lineType
	if s.top && part == s.packets-1 {
		h[1] |= 0x80
	}
	binary.BigEndian.PutUint16(h[2:], w.sequence)
	binary.BigEndian.PutUint32(h[4:], uint32(3000*(s.picture+1)))
	binary.BigEndian.PutUint32(h[8:], 5)
	binary.BigEndian.PutUint16(h[12:], 0x1000)
	binary.BigEndian.PutUint16(h[14:], uint16(words))
	h[16], h[17] = 13, byte(len(d))
	copy(h[18:], d)
	return h
}

// newTower makes a tower that a plumbing's line carries.
func newTower(t *testing.T, spatial int, keyed bool) (*plumbing, *tower) {
	t.Helper()
	p := newPlumbing(t)
	p.line.formats[lineType] = picture.VP9
	p.line.kind = sdp.Video
	p.line.session.ids.dependency = 13
	return p, &tower{spatial: spatial, keyed: keyed, frames: map[uint16]*storey{}, sequence: 65000, frame: 65400}
}

// lay gives a packet to the engine.
func (p *plumbing) lay(t *testing.T, one brick, now int64) {
	t.Helper()
	h, err := rtp.ReadHeader(one.header)
	check(t, err)
	p.engine.pass(p.line.layers[0], &h, fmt.Appendf([]byte{0}, "%d:%d", one.number, one.part), now)
	p.engine.flush(now + burstTime) // Each packet leaves by itself, also in the middle of a picture.
}

// shown is a packet that a listener got: of which frame it is, if it is of one, and whether a picture ends with it.
type shown struct {
	sequence  uint16
	timestamp uint32
	frame     *storey
	part      int
	ends      bool
}

// view reads what the listener got, in the order of its numbers.
func (p *plumbing) view(t *testing.T, w *tower) []shown {
	t.Helper()
	var all []shown
	for _, packet := range p.sent(t) {
		s := shown{sequence: packet.SequenceNumber, timestamp: packet.Timestamp, ends: packet.Marker}
		if len(packet.Payload) > 0 {
			var number uint16
			_, err := fmt.Sscanf(string(packet.Payload[1:]), "%d:%d", &number, &s.part)
			check(t, err)
			s.frame = w.frames[number]
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b shown) int { return int(int16(a.sequence - b.sequence)) })
	return all
}
