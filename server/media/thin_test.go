package media

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	pionrtp "github.com/pion/rtp"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
)

// film is a publisher whose pictures have three layers in time, as a browser makes them: 0, 2, 1, 2.
type film struct {
	n, id    int
	tl0      uint8
	sequence uint16
	packets  []frame
}

// frame is one packet of a film.
type frame struct {
	sequence   uint16
	picture    int
	temporal   uint8
	sync, last bool
	payload    []byte
}

// shoot makes the packets of the next picture.
func (f *film) shoot(count int, key bool) []frame {
	layer := [...]uint8{0, 2, 1, 2}[f.n%4]
	sync := f.n%8 == 1 || f.n%8 == 2
	if layer == 0 {
		f.tl0++
	}
	var all []frame
	for i := range count {
		first := byte(0x80)
		if i == 0 {
			first |= 0x10
		}
		flags := layer << 6
		if sync {
			flags |= 0x20
		}
		b := []byte{first, 0xe0, 0x80 | byte(f.id>>8)&0x7f, byte(f.id), f.tl0, flags, 1}
		if key && i == 0 {
			b[6] = 0
		}
		b = fmt.Appendf(b, "%d:%d", f.n, i)
		all = append(all, frame{f.sequence, f.n, layer, sync, i == count-1, b})
		f.sequence++
	}
	f.n, f.id = f.n+1, (f.id+1)&0x7fff
	f.packets = append(f.packets, all...)
	return all
}

// show gives a packet of the film to the engine.
func (p *plumbing) show(one frame, now int64) {
	h := rtp.Header{
		Type: lineType, SSRC: 5, Sequence: one.sequence, Timestamp: uint32(3000 * one.picture), Marker: one.last,
	}
	p.engine.pass(p.line.layers[0], &h, one.payload, now)
	p.engine.flush(now)
}

// seen is a packet that the listener got.
type seen struct {
	*pionrtp.Packet
	picture, part int
	d             picture.Descriptor
}

// watch reads what the listener got.
func (p *plumbing) watch(t *testing.T) []seen {
	t.Helper()
	var all []seen
	for _, packet := range p.sent(t) {
		s := seen{Packet: packet, picture: -1}
		if len(packet.Payload) > 0 {
			var ok bool
			if s.d, ok = picture.ReadVP8(packet.Payload); !ok {
				t.Fatalf("% x is no VP8", packet.Payload)
			}
			if _, err := fmt.Sscanf(string(packet.Payload[s.d.Len+1:]), "%d:%d", &s.picture, &s.part); err != nil {
				t.Fatalf("%q: %v", packet.Payload, err)
			}
		}
		all = append(all, s)
	}
	return all
}

// thinner is a plumbing whose publisher is known to send three layers in time.
func thinner(t *testing.T) *plumbing {
	t.Helper()
	p := newPlumbing(t)
	p.line.layers[0].rates = [highest + 1]int{40_000, 30_000, 60_000}
	return p
}

// A listener whose path does not carry the picture gets every second or every fourth one of it, from a picture on that
// needs none of the others and back by one, and neither packets nor pictures show a gap.
func TestAPathTooNarrowForThePictureGetsFewerOfThem(t *testing.T) {
	p := thinner(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	f, reel := p.slot.carries, &film{id: 0x7fff - 20, sequence: 65500}
	counts, up := map[int]int{}, map[int]bool{}
	for n := range 400 {
		f.limit = min(n/100, 3) % 3 // Everything, two layers, one, everything.
		for _, one := range reel.shoot(1+n%3, n == 0) {
			p.show(one, int64(n)*int64(33e6))
		}
	}
	got := p.watch(t)
	for i, one := range got {
		counts[one.picture/100]++
		layer := [...]int{0, 2, 1, 2}[one.picture%4]
		if period := one.picture / 100; layer > 2-period%3 && one.picture%100 > 4 {
			t.Errorf("picture %d of layer %d was sent to one who gets %d", one.picture, layer, 2-period%3)
		}
		if one.picture >= 300 && !up[layer] {
			up[layer] = true
			if layer > 0 && !one.d.Sync {
				t.Errorf("layer %d comes back with picture %d, which needs others of it", layer, one.picture)
			}
		}
		if i == 0 {
			continue
		}
		before := got[i-1]
		if one.SequenceNumber != before.SequenceNumber+1 {
			t.Fatalf("after packet %d came %d", before.SequenceNumber, one.SequenceNumber)
		}
		step := (one.d.PictureID - before.d.PictureID) & 0x7fff
		if (one.picture == before.picture) != (step == 0) || step > 1 {
			t.Fatalf("picture %d has the id %d, and %d before it %d",
				one.picture, one.d.PictureID, before.picture, before.d.PictureID)
		}
		if base := layer == 0 && one.picture != before.picture; (one.d.TL0-before.d.TL0 == 1) != base {
			t.Fatalf("picture %d of layer %d has the TL0 %d after %d", one.picture, layer, one.d.TL0, before.d.TL0)
		}
		if one.Timestamp-before.Timestamp != uint32(3000*(one.picture-before.picture)) {
			t.Fatalf("between pictures %d and %d lie %d", before.picture, one.picture, one.Timestamp-before.Timestamp)
		}
	}
	const all = 199 // Packets of a hundred pictures.
	half, quarter := counts[1] > all*2/5 && counts[1] < all*3/5, counts[2] > all/5 && counts[2] < all/3
	if counts[0] < all || !half || !quarter || counts[3] < all-16 {
		t.Errorf("packets of each period: %v", counts)
	}
}

// Through loss, late packets and changes of what is left out, packets stand in the order of their numbers, no number is
// missing in the end for whose sake a receiver would wait, and one picture has one id.
func TestWhatIsLeftOutLeavesNoHole(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { thinAtRandom(t, seed) })
	}
}

func thinAtRandom(t *testing.T, seed uint64) {
	p := thinner(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	random := rand.New(rand.NewPCG(seed, 3))
	f, reel := p.slot.carries, &film{id: random.IntN(1 << 15), sequence: uint16(random.Uint32())}
	var late []frame
	now := int64(1)
	for n := range 600 {
		if random.IntN(10) == 0 {
			f.limit = random.IntN(3)
		}
		for _, one := range reel.shoot(1+random.IntN(3), n == 0 || random.IntN(60) == 0) {
			if n > 0 && random.IntN(15) == 0 {
				late = append(late, one)
				continue
			}
			p.show(one, now)
		}
		if random.IntN(4) == 0 {
			for _, one := range late {
				p.show(one, now)
			}
			late = nil
		}
		now += int64(33e6)
	}
	for _, one := range late {
		p.show(one, now)
	}
	p.engine.flush(now + burstTime)
	got := p.watch(t)
	slices.SortFunc(got, func(a, b seen) int { return int(int16(a.SequenceNumber - b.SequenceNumber)) })
	ids := map[int]uint16{}
	place := -1
	for i, one := range got {
		if i > 0 && one.SequenceNumber != got[i-1].SequenceNumber+1 {
			t.Fatalf("after number %d comes %d", got[i-1].SequenceNumber, one.SequenceNumber)
		}
		if one.picture < 0 {
			continue // Of a picture that was left out.
		}
		if id, known := ids[one.picture]; known && id != one.d.PictureID {
			t.Fatalf("picture %d has the ids %d and %d", one.picture, id, one.d.PictureID)
		}
		ids[one.picture] = one.d.PictureID
		if here := 10*one.picture + one.part; here <= place {
			t.Fatalf("part %d of picture %d stands behind %d", one.part, one.picture, place)
		} else {
			place = here
		}
	}
	if len(got) < len(reel.packets)/3 || len(got) == len(reel.packets) {
		t.Errorf("%d packets of %d: the test would prove nothing", len(got), len(reel.packets))
	}
}

// What was left out is not sent again, and what was sent is found again under its number.
func TestALeftOutPictureIsNotRepaired(t *testing.T) {
	p := thinner(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	f, reel := p.slot.carries, &film{id: 7, sequence: 10}
	now := int64(1)
	for n := range 24 {
		f.limit = 2
		for _, one := range reel.shoot(2, n == 0) {
			p.show(one, now)
		}
		now += int64(33e6)
	}
	got := p.watch(t)
	for _, one := range got {
		now += resendEvery
		p.engine.resend(p.slot, one.SequenceNumber, now)
	}
	repairs := p.sent(t)
	if len(repairs) != len(got) || len(got) != 12 {
		t.Fatalf("%d repairs of %d packets", len(repairs), len(got))
	}
	for i, repair := range repairs {
		number, text := binary.BigEndian.Uint16(repair.Payload), repair.Payload[2:]
		if number != got[i].SequenceNumber || string(text) != string(got[i].Payload) {
			t.Errorf("number %d was repaired with %q; want %d, %q", number, text, got[i].SequenceNumber, got[i].Payload)
		}
	}
}
