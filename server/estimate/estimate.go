// Package estimate says how much a path carries, from what its far end says of the packets that were sent: Google's
// congestion control (draft-ietf-rmcat-gcc-02) with transport-wide feedback, where a growing delay says that a queue is
// filling up before anything is lost.
//
// It has no clock, no goroutine and no socket, and allocates nothing after the first packet. Times are in microseconds,
// rates in bits per second.
package estimate

import "time"

// Estimate is the estimate of one path. It belongs to one goroutine, or to one lock.
type Estimate struct {
	least, most int
	// rate is what the delay says, and remb what the far end says if it says so itself; 0 for nothing.
	rate, remb int
	history
	trend
	control
	probe
	// now is the time of the feedback that is being read, and newest when the newest packet that it speaks of was sent.
	now, newest int64
	rtt         int64
	loss
}

// loss counts what was lost, over about a second.
type loss struct {
	lost, arrived float64
	lowered       int64 // When loss last lowered the rate.
}

const (
	// lossMuch is the share above which loss lowers the rate (§6). What is lost below it, without a queue that grows, is
	// the radio's doing: a lower rate would not help.
	lossMuch = 0.10
	// lossMemory is how much of the counts stays from one feedback to the next.
	lossMemory = 0.9
	// lossLeast is how many packets must be known of before their loss means anything.
	lossLeast = 20
	// silence is how long feedback may stay away while packets are sent; then the rate is halved again and again, each
	// time after halveTime.
	silence, halveTime = 1_000_000, 500_000
)

// New makes an estimate that begins with a rate and stays within bounds: 0 < least <= start <= most.
func New(start, least, most int) *Estimate {
	e := &Estimate{least: least, most: most, rate: start}
	e.threshold = thresholdStart
	return e
}

// Rate is how much may be sent.
func (e *Estimate) Rate() int {
	rate := e.rate
	if e.remb > 0 && (e.remb < rate || !e.answered) {
		rate = e.remb
	}
	return min(max(rate, e.least), e.most)
}

// Known says whether the far end has told anything: before that the rate is a guess.
func (e *Estimate) Known() bool { return e.answered || e.remb > 0 }

// Loss is the share of packets that were lost lately, 0 to 1.
func (e *Estimate) Loss() float64 {
	if e.lost+e.arrived < 1 {
		return 0
	}
	return e.lost / (e.lost + e.arrived)
}

// RTT is the time to the far end and back, smoothed. It contains what the far end waits before it tells.
func (e *Estimate) RTT() time.Duration { return time.Duration(e.rtt) * time.Microsecond }

// Remb takes what the far end itself believes that the path carries.
func (e *Estimate) Remb(bitsPerSecond uint64) {
	e.remb = int(min(bitsPerSecond, uint64(e.most)))
}

// Begin begins to read feedback that came now.
func (e *Estimate) Begin(now int64) {
	e.now, e.newest = now, 0
	e.lost, e.arrived = e.lost*lossMemory, e.arrived*lossMemory
}

// Arrived reads of one packet whether it arrived, and when by the far end's clock. Packets must come in the order of
// their numbers; one that is unknown or was told of before is passed over.
func (e *Estimate) Arrived(number uint16, received bool, at int64) {
	p := e.find(number)
	if p == nil {
		return
	}
	p.known = true
	if !received {
		e.lost++
		return
	}
	e.arrived++
	e.newest = max(e.newest, p.at)
	e.acknowledge(int(p.size), at)
	e.observe(p.at, at)
	if p.probe {
		e.probeArrived(int(p.size), at)
	}
}

// End has read all of a feedback, and draws its conclusions.
func (e *Estimate) End() {
	if e.newest == 0 {
		return
	}
	e.answered, e.answeredAt = true, e.now
	if trip := e.now - e.newest; e.rtt == 0 {
		e.rtt = trip
	} else {
		e.rtt += (trip - e.rtt) / 8
	}
	e.adapt(e.now)
	e.lower()
	e.concludeProbe()
	e.rate = min(max(e.rate, e.least), e.most)
}

// lower lowers the rate when much is lost (§6).
func (e *Estimate) lower() {
	if e.lost+e.arrived < lossLeast || e.Loss() < lossMuch || e.now-e.lowered < 300_000+e.rtt {
		return
	}
	e.lowered = e.now
	e.rate = int(float64(e.rate) * (1 - e.Loss()/2))
}

// Tick is to be called at least each 200 ms, while packets are sent.
func (e *Estimate) Tick(now int64) {
	e.cluster.open = false
	if !e.answered || e.sentAt <= e.answeredAt || now-e.answeredAt < silence || now-e.halvedAt < halveTime {
		return
	}
	e.halvedAt = now
	e.rate = max(e.rate/2, e.least)
}
