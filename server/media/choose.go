package media

import (
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/room"
)

const (
	// liveTime is how long a layer counts as sent after its last packet, in nanoseconds.
	liveTime = int64(time.Second)
	// spareTime is how long a layer that nobody takes any more goes on, so that one who comes back finds it.
	spareTime = int64(2 * time.Second)
)

// worstWish is beyond the last layer of any picture.
const worstWish = picture.TargetsMax

// Prefer says which layer of a stream a listener wants at most: 0 for the best, 1 for the next one down, and so on, in
// the order of the publisher's offer. It holds as long as the forward that exists now; without one nothing happens. A
// layer that is not sent gives way to a better one, and that to a worse one.
func (e *Engine) Prefer(from string, stream room.Stream, to string, quality int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	source, target := e.sessions[from], e.sessions[to]
	if source == nil || target == nil || source.streams[stream] == nil {
		return
	}
	slot := target.carrying(source.streams[stream])
	if slot == nil {
		return
	}
	slot.carries.wish = min(max(quality, 0), worstWish)
	e.aim(slot.carries, e.clock())
}

// wanted is the layer that a forward ought to send: what its listener wishes and its path carries.
func (f *forward) wanted() *layer {
	layers := f.line.layers
	return layers[min(f.step(), len(layers)-1)]
}

// aim chooses the layer that a forward goes over to; the caller holds mu. It gets there with a key frame of that layer.
func (e *Engine) aim(f *forward, now int64) {
	if f.at.scale != nil {
		e.steer(f)
	}
	f.next = f.line.nearest(f.wanted(), now)
	if f.next == nil || f.next == f.at {
		f.next = nil
		return
	}
	e.ask(f.next)
}

// nearest finds a layer that is being sent: the one that is wanted, else the next better one, else the next worse one;
// nil when none is.
func (l *line) nearest(wanted *layer, now int64) *layer {
	at := slices.Index(l.layers, wanted)
	for i := at; i >= 0; i-- {
		if l.layers[i].live(now) {
			return l.layers[i]
		}
	}
	for _, one := range l.layers[at+1:] {
		if one.live(now) {
			return one
		}
	}
	return nil
}

// live says whether the publisher sends the layer.
func (l *layer) live(now int64) bool { return l.ssrc != 0 && now-l.came < liveTime }

// switchOver lets those listeners begin with a layer that have waited for its key frame; the caller holds mu. The
// burst begins with the key frame for them: what stands before it in the burst comes from before.
func (e *Engine) switchOver(l *layer) {
	at := slices.IndexFunc(e.out.packets, func(p *packet) bool { return p.begins })
	if at < 0 {
		return
	}
	for _, f := range l.line.forwards {
		if f.next == l {
			f.at, f.next, f.begun, f.from = l, nil, false, e.out.packets[at].number
		}
	}
}

// review looks at a line's layers again: who should get which, and which of them nobody takes; the caller holds mu.
func (e *Engine) review(l *line, now int64) {
	if len(l.layers) == 1 {
		l.layers[0].measure()
		if l.layers[0].scale != nil {
			for _, f := range l.forwards {
				e.steer(f)
			}
		}
		return
	}
	for _, one := range l.layers {
		one.taken = false
		one.measure()
	}
	// Whoever publishes and is alone sends its best picture, so that the first to come finds one.
	l.layers[0].taken = len(l.forwards) == 0
	for _, f := range l.forwards {
		e.aim(f, now)
		f.at.taken, f.wanted().taken = true, true
	}
	changed := false
	for i, one := range l.layers {
		if one.taken {
			one.takenAt = now
		}
		taken := one.taken || (one.told && now-one.takenAt < spareTime)
		if !one.reviewed {
			one.reviewed, one.told = true, i == 0
		}
		if taken != one.told {
			one.told, changed = taken, true
		}
	}
	if changed {
		e.restated = append(e.restated, l)
	}
}

// reviewAll reviews the lines with several layers; the caller holds mu.
func (e *Engine) reviewAll(now int64) {
	for _, s := range e.sessions {
		for _, l := range s.streams {
			e.review(l, now)
		}
	}
}

// rids lists the layers that are taken.
func (l *line) rids() []string {
	var rids []string
	for _, one := range l.layers {
		if one.told {
			rids = append(rids, one.rid)
		}
	}
	return rids
}
