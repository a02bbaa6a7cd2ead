package media

import (
	"sync"
	"sync/atomic"

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
// nearly all that a forwarded packet costs. There is one crew for all engines of the process, since there are no more
// processors: whoever of it is free takes a part, and what nobody takes the engine's own loop sends. They work while
// the loop that calls them holds its engine's mu and waits for them, each on other sessions, and so need no lock.
type crew struct {
	// jobs has no room: what is in it has somebody who does it.
	jobs  chan job
	hands int
	loops sync.WaitGroup
	// quit is closed when the hands may go; what comes then the loops send themselves.
	quit chan struct{}
}

// hand is one of the crew.
type hand struct{ seat }

// job is a part of the listeners of a layer's burst, to whom an engine sends.
type job struct {
	engine   *Engine
	layer    *layer
	forwards []*forward
	now      int64
}

// lent is what others do for an engine.
type lent struct {
	busy sync.WaitGroup
	// helped counts the packets that they have forwarded of the burst.
	helped atomic.Int64
}

func newCrew() *crew { return &crew{jobs: make(chan job), quit: make(chan struct{})} }

// hire starts n hands, which work until quit is closed. Their first jobs may be by any socket.
func (c *crew) hire(n int, socket *udp.Socket) {
	n = min(n, crewMax)
	for range n {
		h := &hand{seat{sender: socket.NewSender()}}
		c.loops.Go(func() { c.lend(h) })
	}
	c.hands += n
}

// lend does what comes for a hand.
func (c *crew) lend(h *hand) {
	for {
		select {
		case j := <-c.jobs:
			h.do(j)
		case <-c.quit:
			return
		}
	}
}

// do does a job, by the socket of the engine whose it is.
func (h *hand) do(j job) {
	o := &j.engine.out
	h.sender.By(j.engine.socket)
	h.sendAll(o, j)
	o.helped.Add(int64(h.forwarded))
	h.forwarded = 0
	o.busy.Done()
}

// takes says whether somebody is free who takes a job.
func (c *crew) takes(j job) bool {
	select {
	case c.jobs <- j:
		return true
	default:
		return false
	}
}

// share sends a layer's burst to all who listen: the loop alone, or with as many hands as it is worth and are free.
func (e *Engine) share(l *layer, now int64) {
	o := &e.out
	left := l.line.forwards
	parts := 1 + min(e.crew.hands, len(left)*len(o.packets)/shareMin)
	part := (len(left) + parts - 1) / parts
	for len(left) > part {
		j := job{e, l, left[:part], now}
		o.busy.Add(1)
		if !e.crew.takes(j) {
			o.busy.Done()
			o.sendAll(o, j)
		}
		left = left[part:]
	}
	o.sendAll(o, job{e, l, left, now})
	o.busy.Wait()
	o.forwarded += int(o.helped.Swap(0))
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
