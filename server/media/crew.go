package media

import (
	"sync"

	"github.com/exeunt/exeunt/server/udp"
)

const (
	// crewMax bounds those who send beside the receiving loop.
	crewMax = 31
	// shareMin is how many packets are worth a hand: below it, waking one costs more than it saves.
	shareMin = 100
)

// seat is where packets are sealed and sent: one for each who does it.
type seat struct {
	sender *udp.Sender
	// forwarded counts packets that the metrics have not been told.
	forwarded int
}

// crew are those who help to send a burst that goes to many, each on a processor of its own. Sealing and sending is
// nearly all that a forwarded packet costs. They work while the loop that calls them holds mu and waits for them, each
// on other sessions, and so need no lock.
type crew struct {
	hands []*hand
	busy  sync.WaitGroup
}

// hand is one of the crew.
type hand struct {
	seat
	jobs chan job
}

// job is a part of the listeners of a layer's burst.
type job struct {
	layer    *layer
	forwards []*forward
	now      int64
}

// hire starts n hands, which work until the engine is closed.
func (e *Engine) hire(n int) {
	for range min(n, crewMax) {
		h := &hand{seat: seat{sender: e.socket.NewSender()}, jobs: make(chan job)}
		e.out.crew.hands = append(e.out.crew.hands, h)
		e.loops.Go(func() { e.lend(h) })
	}
}

// lend does what a hand is given.
func (e *Engine) lend(h *hand) {
	for {
		select {
		case j := <-h.jobs:
			h.sendAll(&e.out, j)
			e.out.crew.busy.Done()
		case <-e.quit:
			return
		}
	}
}

// share sends a layer's burst to all who listen: the loop alone, or with as many hands as it is worth.
func (e *Engine) share(l *layer, now int64) {
	o := &e.out
	left := l.line.forwards
	helpers := min(len(o.crew.hands), len(left)*len(o.packets)/shareMin)
	if e.closed {
		helpers = 0 // They may have gone.
	}
	part := (len(left) + helpers) / (helpers + 1)
	for _, h := range o.crew.hands[:helpers] {
		n := min(part, len(left))
		o.crew.busy.Add(1)
		h.jobs <- job{l, left[:n], now}
		left = left[n:]
	}
	o.sendAll(o, job{l, left, now})
	o.crew.busy.Wait()
	for _, h := range o.crew.hands[:helpers] {
		o.forwarded += h.forwarded
		h.forwarded = 0
	}
}

// sendAll sends the burst to some of the listeners.
func (x *seat) sendAll(o *output, j job) {
	for _, f := range j.forwards {
		if f.at == j.layer && f.slot.session.ready() {
			x.sendTo(o, f, j.now)
		}
	}
	x.sender.Flush()
}

// sendTo seals the burst for one receiver, run by run, to be sent with those of others. What a receiver is sent of a
// run may be of more than one length, where a packet is empty for him: then it leaves in parts.
func (x *seat) sendTo(o *output, f *forward, now int64) {
	for _, r := range o.runs {
		room := x.sender.Room(r.size)
		at, segment, last := 0, 0, 0
		for _, p := range o.packets[r.from:r.to] {
			n := f.slot.seal(room[at:], f, p, now)
			if n == 0 {
				continue
			}
			x.forwarded++
			if at > 0 && (n > segment || last < segment) {
				x.queue(f.slot.session.path, room[:at], segment)
				room, at = room[at:], 0
			}
			if at == 0 {
				segment = n
			}
			at, last = at+n, n
		}
		x.queue(f.slot.session.path, room[:at], segment)
	}
}

// queue has packets of segment bytes wait, of which the last may be shorter: what was sealed next into the room.
func (x *seat) queue(way path, b []byte, segment int) {
	if way.tcp == nil {
		x.sender.Queue(len(b), segment, way.addr)
	} else {
		way.tcp.putAll(b, segment)
	}
}
