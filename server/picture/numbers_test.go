package picture

import (
	"math/rand/v2"
	"testing"
)

// stage is a publisher whose sources come and go, and a receiver that gets some of its layers in time.
type stage struct {
	*testing.T
	random  *rand.Rand
	bits    uint8
	numbers VP8Numbers
	model   model
	// shows are the present source's pictures, oldest first.
	shows []shown
	top   uint8 // The highest layer in time that is forwarded.
	// limit is the layer that was the highest when a picture's first packet came; by place.
	limit map[int]uint8
}

// pattern are the layers in time of pictures in a row, as browsers have them.
var pattern = []uint8{0, 2, 1, 2}

// enter lets another source begin, whose ids lie anywhere or, from one that says nothing, far away.
func (s *stage) enter(silent bool) {
	id := s.random.IntN(1 << s.bits)
	if silent {
		id = s.shows[len(s.shows)-1].id + 2000 + s.random.IntN(20_000)
	} else {
		s.numbers.Switch()
	}
	s.shows, s.limit = []shown{{place: 0, id: id, tl0: s.random.IntN(256)}}, map[int]uint8{}
	s.model.enter(s.shows[0])
	s.packet(0)
}

// shoot takes the next picture.
func (s *stage) shoot() {
	p := s.shows[len(s.shows)-1]
	p.place, p.id = p.place+1, p.id+1
	if p.temporal = pattern[p.place%len(pattern)]; p.temporal == 0 {
		p.tl0++
	}
	s.shows = append(s.shows, p)
}

// descriptor is a packet's of a picture.
func (s *stage) descriptor(p shown, start bool) Descriptor {
	return Descriptor{
		Start: start, KeyFrame: start && p.place == 0, Temporal: p.temporal, HasTemporal: true,
		PictureID: uint16(p.id) & mask(s.bits), PictureBits: s.bits, TL0: uint8(p.tl0), HasTL0: true, Len: 6,
	}
}

// packet lets a packet of a picture come, the first or another, and holds what becomes of it to the model.
func (s *stage) packet(place int) {
	p := s.shows[place]
	d := s.descriptor(p, s.random.IntN(2) == 0 || place == 0)
	if _, met := s.limit[place]; !met {
		s.limit[place] = s.top
	}
	if p.temporal > s.limit[place] {
		s.numbers.Drop(d)
		s.model.drop(p)
	}
	picture, tl0, ok := s.model.number(p)
	gotPicture, got0, gotOK := s.numbers.Map(d)
	if ok != gotOK || ok && (uint16(picture)&mask(s.bits) != gotPicture || uint8(tl0) != got0) {
		s.Fatalf("picture %d of %d: %d, %d, %v; want %d, %d, %v",
			place, len(s.shows), gotPicture, got0, gotOK, uint16(picture)&mask(s.bits), uint8(tl0), ok)
	}
}

// act does one of the things that happen on the way.
func (s *stage) act() {
	newest := len(s.shows) - 1
	late := max(0, newest-s.random.IntN(int(window(s.bits))/2))
	switch s.random.IntN(100) {
	case 0:
		s.enter(s.bits == 15 && s.random.IntN(2) == 0)
	case 1:
		for range s.random.IntN(int(window(s.bits)) / 2) { // All of them are lost, for now.
			s.shoot()
		}
		s.shoot()
		s.packet(len(s.shows) - 1)
	case 2, 3:
		s.top = uint8(s.random.IntN(3))
	case 4, 5, 6, 7, 8, 9: // Late, twice, or asked for again.
		s.packet(late)
	case 10, 11, 12:
		s.shoot() // Lost, or late.
	case 13, 14:
		s.early()
	default:
		s.shoot()
		for range 1 + s.random.IntN(3) {
			s.packet(len(s.shows) - 1)
		}
	}
}

// early lets a packet come of a picture from before the first that was forwarded.
func (s *stage) early() {
	p := s.shows[0]
	p.place, p.id = -1, p.id-1-s.random.IntN(10)
	if len(s.shows) > int(window(s.bits))/2 {
		return // Too long ago.
	}
	if picture, _, ok := s.numbers.Map(s.descriptor(p, true)); ok {
		s.Fatalf("a picture from before the first got %d", picture)
	}
}

// Several sources, one after the other, that say so or not, with loss, reordering, repeated packets, changes of the
// layers that go on, and ids that wrap around: what each packet gets is what the model says.
func TestNumbersAgreeWithASlowModel(t *testing.T) {
	for seed := range uint64(200) {
		s := &stage{T: t, random: rand.New(rand.NewPCG(seed, 3)), bits: []uint8{7, 15}[seed%2], top: 2}
		s.enter(false)
		for range 3000 {
			s.act()
		}
	}
}
