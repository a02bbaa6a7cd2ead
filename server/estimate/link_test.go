package estimate

import (
	"math/rand/v2"
	"slices"
)

// link is a path that never was: packets wait for those before them, and the far end tells each 100 ms what has come,
// by a clock of its own.
type link struct {
	e *Estimate
	conditions
	random *rand.Rand
	now    int64
	free   int64 // When the link has nothing to carry any more.
	number uint16
	told   uint16
	// arrivals has what has come and was not told yet.
	arrivals map[uint16]int64
	waits    []int64
	got      int
	probed   int
	// credit is what may be sent of the source, in bytes.
	credit float64
}

// conditions are what a link is like, and who sends over it.
type conditions struct {
	// rate is what it carries in bits per second; queue is how long a packet may wait, delay how long it then takes, in
	// microseconds; loss is the share that it loses.
	rate, source, wanted int
	queue, delay         int64
	loss                 float64
	deaf                 bool // No feedback comes back.
}

const (
	step     = 1_000
	farClock = 77_777_777_777
	size     = 1200
)

func newLink(start, rate, source int) *link {
	return &link{
		e:          New(start, 50_000, 50_000_000),
		conditions: conditions{rate: rate, source: source, queue: 300_000, delay: 20_000},
		random:     rand.New(rand.NewPCG(1, 2)), arrivals: map[uint16]int64{}, now: 1_000_000,
	}
}

// run lets the link carry for some seconds, with pictures of 30 a second at the rate that is allowed.
func (l *link) run(seconds float64) {
	for end := l.now + int64(seconds*1e6); l.now < end; l.now += step {
		if l.now%33_000 == 0 {
			l.credit += float64(min(l.e.Rate(), l.source)) / 8 * 0.033
			for ; l.credit >= size; l.credit -= size {
				l.send(size)
			}
		}
		if l.now%100_000 == 0 {
			l.tell()
			if octets, ok := l.e.Probe(l.now, l.wanted); ok {
				l.probed++
				for ; octets > 0; octets -= size {
					l.send(size)
				}
			}
		}
		if l.now%200_000 == 50_000 {
			l.e.Tick(l.now)
		}
	}
}

func (l *link) send(n int) {
	l.number++
	l.e.Sent(l.number, n, l.now)
	l.free = max(l.free, l.now)
	wait := l.free - l.now
	if wait > l.queue || l.random.Float64() < l.loss {
		return
	}
	l.free += int64(8e6 * float64(n) / float64(l.rate))
	l.waits = append(l.waits, wait)
	l.arrivals[l.number] = l.free + l.delay
}

// tell gives feedback on all that has come by now.
func (l *link) tell() {
	last := l.told
	for number, at := range l.arrivals {
		if at+l.delay <= l.now && int16(number-last) > 0 {
			last = number
		}
	}
	if last == l.told {
		return
	}
	if !l.deaf {
		l.e.Begin(l.now)
	}
	for l.told != last {
		l.told++
		at, ok := l.arrivals[l.told]
		delete(l.arrivals, l.told)
		if ok {
			l.got += size
		}
		if !l.deaf {
			l.e.Arrived(l.told, ok, (at+farClock)/250*250)
		}
	}
	if !l.deaf {
		l.e.End()
	}
}

// measure runs for some seconds and returns what arrived, as a share of what the link carries, and how long all but a
// twentieth waited at most, in milliseconds.
func (l *link) measure(seconds float64) (share float64, wait int64) {
	l.got, l.waits = 0, l.waits[:0]
	l.run(seconds)
	slices.Sort(l.waits)
	if len(l.waits) > 0 {
		wait = l.waits[len(l.waits)*19/20] / 1000
	}
	return float64(8*l.got) / seconds / float64(l.rate), wait
}
