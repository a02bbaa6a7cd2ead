package media

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
)

// whole are the frames of which all packets came.
func whole(all []shown) map[uint16]bool {
	parts := map[uint16]int{}
	frames := map[uint16]bool{}
	for _, s := range all {
		if s.frame == nil {
			continue
		}
		if parts[s.frame.number]++; parts[s.frame.number] == s.frame.packets {
			frames[s.frame.number] = true
		}
	}
	return frames
}

// hold checks that a listener can decode all that it got: no number is missing, a frame came whole and in order, and so
// did whatever it needs; and a picture ends exactly where nothing more of it comes.
func hold(t *testing.T, all []shown) {
	t.Helper()
	frames := whole(all)
	for i, s := range all {
		if i > 0 && s.sequence != all[i-1].sequence+1 {
			t.Fatalf("after number %d comes %d", all[i-1].sequence, s.sequence)
		}
		if s.frame == nil {
			continue
		}
		if !frames[s.frame.number] {
			t.Fatalf("frame %d was cut", s.frame.number)
		}
		for _, need := range s.frame.needs {
			if !frames[need] {
				t.Fatalf("frame %d of picture %d, layer %d.%d, lacks %d",
					s.frame.number, s.frame.picture, s.frame.spatial, s.frame.temporal, need)
			}
		}
		if next := i + 1; next < len(all) && all[next].frame != nil {
			last := all[next].frame.picture != s.frame.picture
			if s.ends != last {
				t.Fatalf("picture %d ends with layer %d, part %d: %v; want %v",
					s.frame.picture, s.frame.spatial, s.part, s.ends, last)
			}
		}
	}
}

// Whatever a listener wishes and its path carries, what it gets can be decoded, frame by frame.
func TestEachFrameThatIsSentHasAllThatItNeeds(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 4))
			p, w := newTower(t, 1+random.IntN(3), random.IntN(2) == 0)
			p.engine.mu.Lock()
			defer p.engine.mu.Unlock()
			f, now := p.slot.carries, int64(1)
			for n := range 500 {
				for _, one := range w.build(n == 0 || random.IntN(30) == 0, func() int { return 1 + random.IntN(3) }) {
					if random.IntN(60) == 0 { // Also in the middle of a picture.
						f.wish, f.limit = random.IntN(3), random.IntN(6)
					}
					p.lay(t, one, now)
				}
				now += int64(33e6)
			}
			got := p.view(t, w)
			hold(t, got)
			if len(got) < 300 {
				t.Errorf("only %d packets came", len(got))
			}
		})
	}
}

// Late packets leave no number free for good, and no frame of which a part was left out gets another part sent.
func TestLatePacketsOfLayersLeaveNoHole(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { lateLayers(t, rand.New(rand.NewPCG(seed, 5))) })
	}
}

func lateLayers(t *testing.T, random *rand.Rand) {
	p, w := newTower(t, 3, random.IntN(2) == 0)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	f, now := p.slot.carries, int64(1)
	var late []brick
	for n := range 400 {
		if random.IntN(12) == 0 {
			f.wish, f.limit = random.IntN(3), random.IntN(6)
		}
		for i, one := range w.build(n == 0 || random.IntN(30) == 0, func() int { return 1 + random.IntN(3) }) {
			if n > 0 && i > 0 && random.IntN(20) == 0 {
				late = append(late, one)
				continue
			}
			p.lay(t, one, now)
		}
		if random.IntN(3) == 0 {
			for _, one := range late {
				p.lay(t, one, now)
			}
			late = nil
		}
		now += int64(33e6)
	}
	for _, one := range late {
		p.lay(t, one, now)
	}
	p.engine.flush(now + burstTime)
	got := p.view(t, w)
	full := whole(got)
	for i, s := range got {
		if i > 0 && s.sequence != got[i-1].sequence+1 {
			t.Fatalf("after number %d comes %d", got[i-1].sequence, s.sequence)
		}
		if s.frame != nil && !full[s.frame.number] {
			t.Fatalf("frame %d was cut", s.frame.number)
		}
	}
}

// reached are the layers of the newest pictures that a listener got.
func reached(all []shown, from int) (spatial, temporal int) {
	for _, s := range all {
		if s.frame != nil && s.frame.picture >= from {
			spatial, temporal = max(spatial, s.frame.spatial), max(temporal, s.frame.temporal)
		}
	}
	return spatial, temporal
}

// A listener gets what it asks for: fewer pictures at once, a smaller one with a key picture where sizes do without
// each other, at once where the larger needs the smaller, and a larger one with a key picture, which is asked for.
func TestAListenerGetsTheLayersThatItAsksFor(t *testing.T) {
	for _, keyed := range []bool{false, true} {
		t.Run(fmt.Sprint(keyed), func(t *testing.T) {
			p, w := newTower(t, 3, keyed)
			p.engine.mu.Lock()
			defer p.engine.mu.Unlock()
			f, now := p.slot.carries, int64(1)
			var all []shown
			play := func(pictures int, key bool) (spatial, temporal int) {
				from := w.picture
				for n := range pictures {
					for _, one := range w.build(key && n == 0, func() int { return 2 }) {
						p.lay(t, one, now)
					}
					now += int64(33e6)
				}
				got := p.view(t, w)
				all = append(all, got...)
				return reached(got, from)
			}
			expect := func(what string, pictures int, key bool, wantS, wantT int) {
				t.Helper()
				if s, tm := play(pictures, key); s != wantS || tm != wantT {
					t.Fatalf("%s: layers %d.%d; want %d.%d", what, s, tm, wantS, wantT)
				}
			}
			asks := func(what string, want bool) {
				t.Helper()
				l := p.line.layers[0]
				l.wished, l.asked = false, p.engine.clock() // So the wish waits, and is seen.
				p.engine.aim(f, now)
				if l.wished != want {
					t.Fatalf("%s: a key frame is asked for: %v; want %v", what, l.wished, want)
				}
			}
			expect("at first", 8, true, 2, 2)
			asks("all is well", false)
			f.wish = 2
			asks("a smaller picture is wished for", keyed)
			if keyed {
				expect("before the key picture", 8, false, 2, 2)
				expect("with the key picture", 8, true, 0, 2)
			} else {
				expect("at once", 8, false, 0, 2)
			}
			f.limit = 4
			expect("fewer pictures", 8, false, 0, 0)
			f.limit = 3
			asks("more pictures", false)
			expect("some more pictures", 8, false, 0, 1)
			f.wish, f.limit = 0, 0
			asks("the largest picture is wished for", true)
			expect("before the key picture", 8, false, 0, 1)
			expect("after the key picture", 8, true, 2, 2)
			hold(t, all)
		})
	}
}

// While a listener whose path is full waits for a smaller picture, it gets fewer of the larger.
func TestAFullPathGetsFewerPicturesUntilTheSmallerOneComes(t *testing.T) {
	p, w := newTower(t, 3, true)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	f := p.slot.carries
	play := func(pictures int, key bool) []shown {
		for n := range pictures {
			for _, one := range w.build(key && n == 0, func() int { return 1 }) {
				p.lay(t, one, int64(w.picture)*int64(33e6))
			}
		}
		return p.view(t, w)
	}
	all := play(8, true)
	f.limit = 2
	from := w.picture
	all = append(all, play(8, false)...)
	if s, tm := reached(all, from); s != 2 || tm != 0 {
		t.Errorf("layers %d.%d; want 2.0", s, tm)
	}
	from = w.picture
	all = append(all, play(8, true)...)
	if s, tm := reached(all, from); s != 0 || tm != 2 {
		t.Errorf("layers %d.%d; want 0.2", s, tm)
	}
	hold(t, all)
}

// After a frame that nobody saw it is not known what of the other sizes came, so a listener goes over to one only with
// a frame that one can begin with.
func TestASizeOfWhichAFrameMayBeMissingIsNotGoneOverTo(t *testing.T) {
	p, w := newTower(t, 3, false)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	for n := range 16 {
		if n == 9 {
			p.slot.carries.wish = 2
		}
		for _, one := range w.build(n == 0, func() int { return 1 }) {
			if n != 8 || one.spatial > 0 {
				p.lay(t, one, int64(w.picture)*int64(33e6))
			}
		}
	}
	all := p.view(t, w)
	for _, s := range all {
		if s.frame.picture == 9 && s.frame.spatial == 0 && s.ends {
			t.Error("the picture after it ends with the smallest size")
		}
	}
	if spatial, _ := reached(all, 12); spatial != 0 {
		t.Errorf("after a frame to begin with it still gets size %d", spatial)
	}
}

// What was sent is sent again as it was, with the same end; what was left out has no number to ask for.
func TestLayersAreRepairedAsTheyWereSent(t *testing.T) {
	p, w := newTower(t, 3, true)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	p.slot.carries.wish = 1
	now := int64(1)
	for n := range 12 {
		for _, one := range w.build(n == 0, func() int { return 2 }) {
			p.lay(t, one, now)
		}
	}
	got := p.sent(t)
	if len(got) != 2*(2+11) {
		t.Fatalf("%d packets came", len(got))
	}
	for _, one := range got {
		now += resendEvery
		p.engine.resend(p.slot, one.SequenceNumber, now)
	}
	repairs := p.sent(t)
	if len(repairs) != len(got) {
		t.Fatalf("%d repairs of %d packets", len(repairs), len(got))
	}
	for i, repair := range repairs {
		number, text := binary.BigEndian.Uint16(repair.Payload), repair.Payload[2:]
		if number != got[i].SequenceNumber || string(text) != string(got[i].Payload) || repair.Marker != got[i].Marker {
			t.Errorf("number %d was repaired as %d, %q, %v; want %q, %v",
				got[i].SequenceNumber, number, text, repair.Marker, got[i].Payload, got[i].Marker)
		}
	}
}

// Without RTX the same bytes would have to go twice, and the end of a cut picture is ours: so nothing is repaired.
func TestLayersAreNotRepairedWithoutAStreamForIt(t *testing.T) {
	p, w := newTower(t, 2, true)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	p.slot.repair = payloads{}
	for _, one := range w.build(true, func() int { return 1 }) {
		p.lay(t, one, 1)
	}
	got := p.sent(t)
	p.engine.resend(p.slot, got[0].SequenceNumber, resendEvery+1)
	if again := p.sent(t); len(got) != 2 || len(again) != 0 {
		t.Errorf("%d packets, %d sent again", len(got), len(again))
	}
}

// The rates of a line's steps are those of its targets, and a larger picture that the publisher does not send now gives
// way to the next.
func TestStepsOfAScalableLine(t *testing.T) {
	p, w := newTower(t, 3, true)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	l := p.line.layers[0]
	w.frame = 1000
	if steps, places := p.line.steps(), p.line.places(); steps != 0 || places != 1 {
		t.Errorf("before the first packet: %d steps, %d places", steps, places)
	}
	now := int64(1)
	for n := range 400 {
		for _, one := range w.build(n == 0, func() int { return 2 }) {
			p.lay(t, one, now)
		}
		if n%4 == 3 {
			l.measure()
		}
	}
	if steps, places := p.line.steps(), p.line.places(); steps != 4 || places != 3 {
		t.Fatalf("%d steps, %d places; want 4, 3", steps, places)
	}
	size := len("x1000:1")
	whole := 8 * 10 * 4 * 2 * size
	for step, want := range []int{whole, whole, whole, whole / 2, whole / 4} {
		if got := p.line.need(step); got < want*9/10 || got > want*11/10 {
			t.Errorf("step %d takes %d; want about %d", step, got, want)
		}
	}
	f := p.slot.carries
	f.wish = 9
	if f.wished() != 2 {
		t.Errorf("the least that one can wish for is place %d; want 2", f.wished())
	}
	if got := l.scale.target(0); got != 8 {
		t.Errorf("the best target is %d; want 8", got)
	}
}

// Choosing among the layers of a stream costs no allocation.
func TestSelectingLayersAllocatesNothing(t *testing.T) {
	p, w := newTower(t, 3, true)
	sink, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { check(t, sink.Close()) })
	p.slot.session.path = path{addr: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	var headers []rtp.Header
	for n := range 1200 {
		for _, one := range w.build(n%40 == 0, func() int { return 1 }) {
			h, err := rtp.ReadHeader(one.header)
			check(t, err)
			headers = append(headers, h)
		}
	}
	payload, now, at := make([]byte, 100), int64(1), 0
	play := func() {
		for range 30 {
			p.engine.pass(p.line.layers[0], &headers[at], payload, now)
			at++
		}
		p.engine.flush(now)
		now += int64(33e6)
	}
	for range 60 {
		play()
	}
	p.slot.carries.wish = 1
	if n := testing.AllocsPerRun(50, play); n > 0 {
		t.Errorf("%v allocations for ten pictures of three layers", n)
	}
	if p.slot.packets == 0 {
		t.Error("nothing was forwarded")
	}
}

// Where each size is a stream of its own, the layers in time of the smallest are left out when even that is too much,
// and those of the others never.
func TestOfSeveralStreamsOnlyTheSmallestGetsFewerPictures(t *testing.T) {
	p, w := newTower(t, 1, true)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	better := &layer{line: p.line}
	better.restart(4)
	p.line.layers = []*layer{better, p.line.layers[0]}
	f := p.slot.carries
	play := func(to *layer, key bool) []shown {
		for n := range 8 {
			for _, one := range w.build(key && n == 0, func() int { return 1 }) {
				h, err := rtp.ReadHeader(one.header)
				check(t, err)
				p.engine.pass(to, &h, fmt.Appendf([]byte{0}, "%d:%d", one.number, one.part), int64(w.picture)*int64(33e6))
				p.engine.flush(int64(w.picture) * int64(33e6))
			}
		}
		return p.view(t, w)
	}
	play(f.at, true)
	if steps, places := p.line.steps(), p.line.places(); steps != 3 || places != 2 {
		t.Errorf("%d steps, %d places; want 3, 2", steps, places)
	}
	f.wish, f.limit = 1, 3
	from := w.picture
	if _, temporal := reached(play(f.at, false), from); temporal != 0 {
		t.Errorf("the smallest came up to layer %d in time; want 0", temporal)
	}
	f.at, f.begun = better, false
	from = w.picture
	got := play(better, true)
	if _, temporal := reached(got, from); temporal != 2 || len(got) != 8 {
		t.Errorf("the better one came up to layer %d in time, with %d packets; want 2, 8", temporal, len(got))
	}
}

// Of AV1 with several sizes in one stream everybody gets the smallest, and fewer pictures of it where a path is full.
func TestOfSizesOfAV1InOneStreamTheSmallestIsSent(t *testing.T) {
	p, w := newTower(t, 3, true)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	p.line.formats[lineType] = picture.AV1
	f := p.slot.carries
	var all []shown
	for n := range 24 {
		if n == 12 {
			f.limit = 4
		}
		for _, one := range w.build(n == 0, func() int { return 2 }) {
			p.lay(t, one, int64(w.picture)*int64(33e6))
		}
	}
	all = p.view(t, w)
	if spatial, temporal := reached(all, 0); spatial != 0 || temporal != 2 {
		t.Errorf("layers %d.%d; want 0.2", spatial, temporal)
	}
	if spatial, temporal := reached(all, 16); spatial != 0 || temporal != 0 {
		t.Errorf("on a full path layers %d.%d; want 0.0", spatial, temporal)
	}
	hold(t, all)
	if least, best := p.line.need(2), p.line.need(0); least != best {
		t.Errorf("the largest is taken to need %d; it is sent as the smallest, which needs %d", best, least)
	}
}

// A wish that comes in the middle of a picture holds from the next one on.
func TestWithinAPictureNothingChanges(t *testing.T) {
	p, w := newTower(t, 3, false)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	for n := range 8 {
		for _, one := range w.build(n == 0, func() int { return 1 }) {
			if n == 4 && one.spatial == 1 {
				p.slot.carries.wish = 2
			}
			p.lay(t, one, int64(w.picture)*int64(33e6))
		}
	}
	all := p.view(t, w)
	hold(t, all)
	if len(all) != 5*3+3 {
		t.Errorf("%d packets came; want all of five pictures, and the smallest of three", len(all))
	}
}
