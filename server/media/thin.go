package media

import "github.com/exeunt/exeunt/server/picture"

// highest is above every layer in time: nothing is left out.
const highest = 3

// thinning is which pictures of a layer are left out for a listener whose path does not carry even the smallest layer
// whole: those of the higher layers in time, of which no lower one needs any (RFC 7741 §4.2).
type thinning struct {
	// ceiling is the highest layer in time that is sent.
	ceiling uint8
	// renumbers says that the pictures that are sent have numbers of ours; from then on they always do, since what was
	// sent with some must not be sealed again with others.
	renumbers bool
}

// skips says whether a packet is left out.
func (f *forward) skips(p *packet) bool {
	if p.depends.Described && f.at.scale != nil {
		return f.fateOf(p) == left && f.isNext(p)
	}
	fewer := f.limit - (len(f.line.layers) - 1)
	if (fewer <= 0 && f.ceiling == highest) || !p.vp8.HasTemporal {
		return false
	}
	d := &p.vp8
	if d.Start {
		f.turn(d, f.height(fewer))
	}
	return f.renumbers && d.Temporal > f.ceiling && f.isNext(p)
}

// isNext says whether a packet comes in order. Only what does can be left out without a gap, and one with a gap would
// be asked for again and again.
func (f *forward) isNext(p *packet) bool {
	last := &f.spans[len(f.spans)-1]
	number := p.number + last.shift
	return number > f.slot.number && number >= last.first
}

// ends says whether a packet is the last that the listener gets of a picture.
func (f *forward) ends(p *packet) bool {
	return p.marker || (p.depends.End && f.known(p) == last)
}

// height is the highest layer in time that a forward ought to send if it leaves out so many.
func (f *forward) height(fewer int) uint8 {
	if fewer <= 0 {
		return highest
	}
	return uint8(max(f.at.top()-fewer, 0))
}

// turn changes the ceiling with a picture that begins: downward with one of the lowest layer in time, upward only with
// one that needs no other of its layer, either way with a key frame.
func (f *forward) turn(d *picture.Descriptor, height uint8) {
	switch {
	case d.KeyFrame || (height < f.ceiling && d.Temporal == 0):
		f.ceiling, f.renumbers = height, true
	case d.Sync && d.Temporal > f.ceiling && d.Temporal <= height:
		f.ceiling = d.Temporal
	}
	if height == highest && int(f.ceiling) >= f.at.top() {
		f.ceiling = highest
	}
}

// skip leaves a packet out.
func (s *slot) skip(f *forward, p *packet) {
	s.numbers.Drop(p.vp8)
	f.leaveOut(p.number)
}
