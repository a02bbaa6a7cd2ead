package estimate

const (
	// groupTime is how far apart packets are sent that count as one, in microseconds (§5.2).
	groupTime = 5_000
	// window is how many groups the line is laid through.
	window = 20
	// smoothing is how much of the smoothed delay stays.
	smoothing = 0.9
	// gain makes a slope comparable with the threshold, and gainGroups is how many groups count for it at most.
	gain, gainGroups = 4.0, 60
	// The threshold in milliseconds: at first, at least, at most, and how fast it follows (§5.4).
	thresholdStart, thresholdLeast, thresholdMost = 12.5, 6.0, 600.0
	thresholdUp, thresholdDown                    = 0.0087, 0.039
	// thresholdJump is how far from the threshold it does not follow any more.
	thresholdJump = 15.0
	// overuseTime is how long the delay must grow before that counts, in milliseconds.
	overuseTime = 10.0
)

// usage is what the delay says of the path.
type usage uint8

const (
	normal usage = iota
	under
	over
)

// group is packets that were sent together: when the last of them was sent, and arrived.
type group struct {
	first, sent, arrived int64
	begun                bool
}

// trend watches how the delay changes from group to group.
type trend struct {
	now, before group
	// samples are arrival times and smoothed delays in milliseconds, a ring of which count were ever set.
	samples    [window]struct{ at, delay float64 }
	count      int
	begin      int64
	sum, level float64
	threshold  float64
	adapted    int64
	// growing is how long the delay has been growing, in milliseconds; slope was the latest.
	growing, slope float64
	usage          usage
}

// observe takes one packet that arrived.
func (t *trend) observe(sent, arrived int64) {
	g := &t.now
	switch {
	case !g.begun:
		*g = group{sent, sent, arrived, true}
	case sent < g.first:
		return // Of a group before.
	case sent-g.first <= groupTime:
		g.sent, g.arrived = max(g.sent, sent), max(g.arrived, arrived)
	default:
		t.compare()
		t.before = *g
		*g = group{sent, sent, arrived, true}
	}
}

// compare takes the group that is complete against the one before it.
func (t *trend) compare() {
	if !t.before.begun {
		return
	}
	sent, arrived := t.now.sent-t.before.sent, t.now.arrived-t.before.arrived
	if arrived < 0 || arrived > 3_000_000 {
		t.count, t.sum, t.level = 0, 0, 0 // The far end's clock has leapt.
		return
	}
	if t.count == 0 {
		t.begin = t.now.arrived
	}
	t.sum += float64(arrived-sent) / 1000
	t.level = smoothing*t.level + (1-smoothing)*t.sum
	at := float64(t.now.arrived-t.begin) / 1000
	t.samples[t.count%window].at, t.samples[t.count%window].delay = at, t.level
	t.count++
	if t.count >= window {
		t.judge(t.fit(), float64(sent)/1000, t.now.arrived)
	}
}

// fit lays a line through the samples and returns its slope: milliseconds of delay for each that passes (least
// squares).
func (t *trend) fit() float64 {
	var at, delay float64
	for _, s := range t.samples {
		at, delay = at+s.at/window, delay+s.delay/window
	}
	var above, below float64
	for _, s := range t.samples {
		above += (s.at - at) * (s.delay - delay)
		below += (s.at - at) * (s.at - at)
	}
	if below == 0 {
		return t.slope
	}
	return above / below
}

// judge compares the slope with the threshold (§5.3).
func (t *trend) judge(slope, sent float64, at int64) {
	drift := float64(min(t.count, gainGroups)) * slope * gain
	switch {
	case drift > t.threshold:
		t.growing += sent
		if t.growing > overuseTime && slope >= t.slope {
			t.usage, t.growing = over, 0
		}
	case drift < -t.threshold:
		t.usage, t.growing = under, 0
	default:
		t.usage, t.growing = normal, 0
	}
	t.slope = slope
	t.follow(drift, at)
}

// follow lets the threshold follow the drift, so that other flows on the path do not starve this one.
func (t *trend) follow(drift float64, at int64) {
	size := max(drift, -drift)
	elapsed := min(float64(at-t.adapted)/1000, 100)
	t.adapted = at
	if size > t.threshold+thresholdJump {
		return
	}
	speed := thresholdDown
	if size > t.threshold {
		speed = thresholdUp
	}
	t.threshold += speed * (size - t.threshold) * elapsed
	t.threshold = min(max(t.threshold, thresholdLeast), thresholdMost)
}
