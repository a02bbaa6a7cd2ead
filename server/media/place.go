package media

import (
	"slices"
	"time"
)

// span is a row of a slot's numbers that carried one layer: from the number first on, each is shift more than the
// layer's. begins says that it goes on after something else: another layer or publication, or one that began anew.
type span struct {
	layer        *layer
	first, shift int64
	time         uint32
	begins       bool
}

// spansMax is how many changes of layer, or pictures left out in a row, back a packet can be asked for again.
const spansMax = 64

// begin has the slot's numbers go on with a packet as the first of its layer.
func (s *slot) begin(f *forward, p *packet, now int64) {
	f.begun, f.ceiling, f.selection = true, highest, nil
	f.renumbers = f.renumbers || len(f.line.layers) > 1
	s.numbers.Switch()
	f.open(span{
		layer: f.at, first: s.number + 1, shift: s.number + 1 - p.number, begins: true,
		time: s.timestamp + s.elapsed(now) - p.timestamp,
	})
}

// open begins a span.
func (f *forward) open(next span) {
	if len(f.spans) == spansMax {
		f.spans = slices.Delete(f.spans, 0, 1)
	}
	f.spans = append(f.spans, next)
}

// find returns the span that carries a packet of the layer that is sent now; nil for a packet without a place: it is
// from before the layer was begun, was left out, or is too old.
func (f *forward) find(number int64) *span {
	end := int64(1<<63 - 1)
	for i := len(f.spans) - 1; i >= 0; i-- {
		at := &f.spans[i]
		if placed := number + at.shift; placed >= at.first {
			if placed >= end {
				return nil
			}
			return at
		}
		if at.begins {
			return nil
		}
		end = at.first
	}
	return nil
}

// leaveOut closes the numbers up over a packet that is not sent. The numbers of packets before it that are missing stay
// free for them.
func (f *forward) leaveOut(number int64) {
	last := &f.spans[len(f.spans)-1]
	first := number + last.shift
	if first == last.first && !last.begins {
		last.shift--
		return
	}
	next := *last
	next.first, next.shift, next.begins = first, last.shift-1, false
	f.open(next)
}

// advance notes the newest packet of the slot.
func (s *slot) advance(number int64, timestamp uint32, now int64) {
	if number > s.number {
		s.number, s.timestamp, s.at = number, timestamp, now
	}
}

// elapsed is how far the slot's clock went on since its newest packet, so that a publication which takes the slot over
// continues the timeline at the right place: never backwards, and with no longer a pause than there was.
func (s *slot) elapsed(now int64) uint32 {
	if s.at == 0 {
		return 0
	}
	return 1 + uint32(time.Duration(now-s.at).Seconds()*float64(s.clock))
}
