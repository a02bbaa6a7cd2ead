package estimate

const (
	// probeTime is how much of the rate that is tried a probe sends, in milliseconds.
	probeTime = 25
	// probeLeast and probeMost bound a probe in bytes.
	probeLeast, probeMost = 5_000, 48_000
	// probeReach is how many times the present rate is tried at most: more would fill the queue of a narrow path.
	probeReach = 3
	// probeEvery is how long to wait between two probes, doubled after each that failed up to probePause.
	probeEvery, probePause = 2_000_000, 6_000_000
	// probeShare of a probe must arrive, or it says nothing.
	probeShare = 0.8
	// probeGain is which part more than the present rate a probe must find, or it was not worth its while.
	probeGain = 5
	// probeTrust is how much of what a probe found is believed.
	probeTrust = 0.85
)

// probe tries whether the path carries more than is sent: a burst of padding shows how fast its packets come out.
type probe struct {
	cluster cluster
	next    int64
	pause   int64
	// believed is when a probe raised the rate last.
	believed int64
}

// cluster is one probe.
type cluster struct {
	// open says that what is sent now belongs to it.
	open          bool
	wanted        int
	sent, arrived int
	packets       int
	// first and last are when its first and last packets arrived; head is the size of the first.
	first, last int64
	head        int
}

// Probe says how many bytes to send as a probe now, if it is time for one: packets of padding, sent at once, whose
// Sent follows before the next Tick. wanted is the rate that something better would need.
func (e *Estimate) Probe(now int64, wanted int) (octets int, ok bool) {
	if !e.answered || e.usage == over || now < e.next || wanted <= e.Rate() || wanted > e.most {
		return 0, false
	}
	e.pause = max(e.pause, probeEvery)
	e.next = now + e.pause
	wanted = min(wanted, probeReach*e.Rate())
	e.cluster = cluster{open: true, wanted: wanted}
	return min(max(wanted/8*probeTime/1000, probeLeast), probeMost), true
}

// probeArrived counts one packet of the probe.
func (e *Estimate) probeArrived(size int, at int64) {
	c := &e.cluster
	if c.packets == 0 {
		c.first, c.last, c.head = at, at, size
	}
	c.first, c.last = min(c.first, at), max(c.last, at)
	c.packets++
	c.arrived += size
}

// concludeProbe believes what a probe found.
func (e *Estimate) concludeProbe() {
	c := &e.cluster
	if c.packets < 4 || float64(c.arrived) < probeShare*float64(c.sent) {
		return
	}
	found := float64(2 * c.wanted)
	if span := c.last - c.first; span > 0 {
		found = min(found, 8e6*float64(c.arrived-c.head)/float64(span))
	}
	if found := int(probeTrust * found); found > e.rate+e.rate/probeGain {
		e.rate = min(found, c.wanted+c.wanted/4)
		e.link, e.believed = 0, e.now
		e.pause = probeEvery
	} else {
		e.pause = min(2*e.pause, probePause)
	}
	e.cluster = cluster{}
}

// failProbe makes the next probe come later if the last one led too far.
func (p *probe) failProbe(now int64) {
	if p.believed > 0 && now-p.believed < probeEvery {
		p.believed, p.pause = 0, min(2*max(p.pause, probeEvery), probePause)
		p.next = now + p.pause
	}
}
