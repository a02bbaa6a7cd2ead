package estimate

import "math"

const (
	// decrease is what is left of the rate that arrives when a queue grows (§5.5).
	decrease = 0.85
	// increase is how much the rate grows in a second while nothing is known of the path's end.
	increase = 1.08
	// headroom and headroomLeast are how far the rate may go beyond what arrives: more than that was never tried.
	headroom, headroomLeast = 1.5, 10_000
	// packetBits is what is added for each round trip close to the path's end: a packet.
	packetBits = 8 * 1200
	// linkShare is how much of the capacity's average is new.
	linkShare = 0.05
)

// control turns what the delay says into a rate (§5.5).
type control struct {
	changed int64
	// link and spread are the average of what arrived when a queue grew, and its variance relative to that, in kbit/s; 0
	// before the first.
	link, spread float64
}

// adapt changes the rate for what the delay says now.
func (e *Estimate) adapt(now int64) {
	elapsed := min(float64(now-e.changed)/1e6, 1)
	if e.changed == 0 {
		elapsed = 0
	}
	e.changed = now
	switch e.usage {
	case over:
		e.retreat()
		e.usage = normal
	case under:
		// The queue is running empty: wait for it.
	case normal:
		e.advance(elapsed)
	}
}

// retreat goes below what arrives, so that the queue can run empty.
func (e *Estimate) retreat() {
	arrives := e.acked
	if arrives == 0 {
		arrives = float64(e.rate)
	}
	if e.link > 0 && arrives/1000 < e.link-3*e.deviation() {
		e.link = 0 // The path has changed.
	}
	e.rate = min(e.rate, int(decrease*arrives))
	e.learn(arrives / 1000)
	e.failProbe(e.now)
}

// advance grows: by a share while the path's end is unknown, and by a packet a round trip near it.
func (e *Estimate) advance(elapsed float64) {
	most := int(headroom*e.acked) + headroomLeast
	if e.rate >= most {
		return // Too little is sent to know more.
	}
	rate := float64(e.rate)
	if e.link > 0 && rate/1000 > e.link+3*e.deviation() {
		e.link = 0
	}
	if e.link > 0 && math.Abs(rate/1000-e.link) <= 3*e.deviation() {
		rate += packetBits * elapsed / (float64(e.rtt)/1e6 + 0.1)
	} else {
		rate *= math.Pow(increase, elapsed)
	}
	e.rate = min(int(rate)+1, most)
}

// learn averages what the path carried when it was full.
func (c *control) learn(kbits float64) {
	if c.link == 0 {
		c.link, c.spread = kbits, 0.4
		return
	}
	off := kbits - c.link
	c.link += linkShare * off
	c.spread = (1-linkShare)*c.spread + linkShare*off*off/max(c.link, 1)
	c.spread = min(max(c.spread, 0.4), 2.5)
}

func (c *control) deviation() float64 { return math.Sqrt(c.spread * c.link) }
