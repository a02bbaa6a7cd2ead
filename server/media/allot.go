package media

import (
	"time"

	"github.com/exeunt/exeunt/server/estimate"
)

// What a path is taken to carry, in bits per second: at first, at least and at most.
const (
	rateStart, rateLeast, rateMost = 5_000_000, 50_000, 200_000_000
	// rateForgotten is what a layer in time that does not come any more still counts for until it counts for nothing.
	rateForgotten = 1000
	// soundRate is set aside for each sound that is carried: sound goes first.
	soundRate = 50_000
	// raiseTime is how long a path must have been good before a picture gets better again, in nanoseconds.
	raiseTime = int64(3 * time.Second)
	// raiseShare is how much more than a better picture needs the path must carry, in percent.
	raiseShare = 120
)

// guesses are what layers are taken to need of which nothing has been seen yet, the best last, in bits per second.
var guesses = [...]int{150_000, 500_000, 1_500_000}

// rate is what the layer took lately; 0 if it is not known.
func (l *layer) rate() (sum int) {
	for _, one := range l.rates {
		sum += one
	}
	return sum
}

// top is the highest layer in time that came lately.
func (l *layer) top() int {
	top := highest
	for top > 0 && l.rates[top] == 0 {
		top--
	}
	return top
}

// measure notes what a layer takes; it is called each feedbackTicks.
func (l *layer) measure() {
	const perSecond = int(time.Second / (feedbackTicks * tickEvery))
	came := l.bytes != [highest + 1]int{}
	for i, n := range l.bytes {
		if came {
			l.rates[i] = smooth(l.rates[i], 8*perSecond*n)
		}
	}
	clear(l.bytes[:])
	if l.scale != nil {
		l.scale.measure()
	}
}

// smooth is a rate after one more measurement.
func smooth(rate, now int) int {
	switch {
	case rate == 0:
		return now
	case now == 0 && rate < rateForgotten:
		return 0
	default:
		return rate + (now-rate)/8
	}
}

// A listener's picture gets worse in steps: from layer to layer, and where there is no smaller one, by one layer in
// time after the other that is left out of the last.

// steps is the last step of a line's picture, and so the least that a listener gets.
func (l *line) steps() int {
	last := len(l.layers) - 1
	if x := l.layers[last].scale; x != nil {
		return last + x.Steps() - 1
	}
	return last + l.layers[last].top()
}

// places is how many of the steps differ in size; they are the first.
func (l *line) places() int {
	last := len(l.layers) - 1
	if x := l.layers[last].scale; x != nil {
		return last + x.Places()
	}
	return last + 1
}

// need is what a step takes, in bits per second: what its layers took lately, or a guess.
func (l *line) need(step int) int {
	last := len(l.layers) - 1
	if x := l.layers[last].scale; x != nil && step >= last {
		return x.need(step - last)
	}
	place := min(step, last)
	layer := l.layers[place]
	need := layer.rate()
	if need == 0 {
		return guesses[min(last-place, len(guesses)-1)]
	}
	for fewer := range step - place {
		need -= layer.rates[layer.top()-fewer]
	}
	return need
}

// allot divides what a session's path carries among the pictures that it gets: each first gets its last step, then one
// after the other the next better one, up to what its listener wishes; the caller holds mu.
func (e *Engine) allot(s *session, now int64) {
	if !s.estimate.Known() {
		return // Who tells nothing gets everything.
	}
	s.estimate.Tick(now / 1000)
	budget := s.estimate.Rate()
	pictures := e.out.pictures[:0]
	for _, slot := range s.slots {
		f := slot.carries
		switch {
		case f == nil:
		case !f.line.isPicture():
			budget -= soundRate
		default:
			f.fits = f.line.steps()
			budget -= f.line.need(f.fits)
			pictures = append(pictures, f)
		}
	}
	e.out.pictures = pictures
	for raise(pictures, &budget) {
	}
	s.settleLimits(pictures, now)
	e.explore(s, pictures, now)
}

// raise gives each picture the next better step, if what is left of the budget is enough, and says whether one got it.
func raise(pictures []*forward, budget *int) (better bool) {
	for _, f := range pictures {
		if f.fits <= f.wished() {
			continue
		}
		more := f.more()
		if f.fits-1 < f.limit {
			more = more * raiseShare / 100
		}
		if more <= *budget {
			*budget -= more
			f.fits--
			better = true
		}
	}
	return better
}

// more is what the next better step takes beyond the one that fits.
func (f *forward) more() int { return f.line.need(f.fits-1) - f.line.need(f.fits) }

// explore lets the estimate try whether the path carries the next better layer of a picture, with packets that the
// listener has already.
func (e *Engine) explore(s *session, pictures []*forward, now int64) {
	for _, f := range pictures {
		if f.fits <= f.wished() || f.slot.repairSSRC == 0 {
			continue
		}
		wanted := s.estimate.Rate() + f.more()*raiseShare/100
		if octets, ok := s.estimate.Probe(now/1000, wanted); ok {
			e.repeat(f, octets, now)
		}
		return
	}
}

// settleLimits takes what was allotted: a worse picture at once, a better one when the path has been good for a while.
func (s *session) settleLimits(pictures []*forward, now int64) {
	for _, f := range pictures {
		switch {
		case f.fits > f.limit:
			f.limit, s.lowered = f.fits, now
		case f.fits < f.limit && now-s.lowered > raiseTime:
			f.limit = f.fits
		}
	}
}

// newEstimate is what a path is taken to carry before anything is known of it.
func newEstimate() *estimate.Estimate { return estimate.New(rateStart, rateLeast, rateMost) }
