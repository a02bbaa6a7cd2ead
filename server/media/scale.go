package media

import (
	"math/bits"
	"time"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
)

// scale is how a layer that is itself scalable is built, and what each of its decode targets takes. A layer has none
// before its first structure.
type scale struct {
	picture.Structure
	// number is the packet that brought the structure, and version counts structures.
	number  int64
	version uint8
	// finest is the best step that a listener can be sent: of AV1 the smallest picture, as its packets do not say in
	// their payload where one size ends and the next begins (docs/decisions/0014-descriptors-end-here.md).
	finest int
	targetPace
}

// targetPace is pace by decode target, in the units of that.
type targetPace struct{ bytes, rates [picture.TargetsMax]int }

// describe reads a packet's dependency descriptor, if it has one that we want. An old structure that comes late is not
// taken for a new one.
func (l *layer) describe(p *packet, h *rtp.Header) {
	if !l.line.formats[h.Type].Scalable() {
		return
	}
	descriptor := h.Extension(l.line.session.ids.dependency)
	if len(descriptor) == 0 {
		return
	}
	attached := picture.Attaches(descriptor)
	switch x := l.scale; {
	case x == nil && !attached:
		return
	case x == nil:
		fresh := &scale{}
		if p.depends = fresh.Read(descriptor); !p.depends.Attached {
			return
		}
		fresh.number, fresh.version = p.number, 1
		fresh.limit(l.line.formats[h.Type])
		l.scale = fresh
	case attached && p.number <= x.number:
		return
	case attached:
		before := x.Structure
		if p.depends = x.Read(descriptor); p.depends.Attached {
			x.number = p.number
			if !x.Equal(&before) {
				x.version++
				x.targetPace = targetPace{}
				x.limit(l.line.formats[h.Type])
			}
		}
	default:
		p.depends = x.Read(descriptor)
	}
	p.version = l.scale.version
}

// limit notes what a listener can be sent of a format.
func (x *scale) limit(of picture.Format) {
	x.finest = 0
	if of == picture.AV1 {
		x.finest = x.Places() - 1
	}
}

// weigh counts a packet for the targets that it belongs to.
func (x *scale) weigh(p *packet) {
	for left := uint32(p.depends.Present); left != 0; left &= left - 1 {
		x.bytes[bits.TrailingZeros32(left)] += int(p.length)
	}
}

// measure notes what each target takes; it is called each feedbackTicks.
func (x *scale) measure() {
	const perSecond = int(time.Second / (feedbackTicks * tickEvery))
	if x.bytes == [picture.TargetsMax]int{} {
		return
	}
	for i, n := range x.bytes {
		x.rates[i] = smooth(x.rates[i], 8*perSecond*n)
	}
	clear(x.bytes[:])
}

// need is what a step takes, in bits per second, or a guess.
func (x *scale) need(step int) int {
	step = max(step, x.finest)
	if rate := x.rates[x.Target(step)]; rate != 0 {
		return rate
	}
	return guesses[min(max(x.Places()-1-step, 0), len(guesses)-1)]
}

// target is the one of a step, or of the next one down that the publisher sends now.
func (x *scale) target(step int) uint8 {
	for at := step; at < x.Steps(); at++ {
		if t := x.Target(at); x.Active().Has(t) {
			return t
		}
	}
	return x.Target(step)
}
