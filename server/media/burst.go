package media

import (
	"time"

	"github.com/exeunt/exeunt/server/udp"
)

const (
	// burstTime is how long a packet waits for its picture's end, in nanoseconds: at most 2 ms, as the look at it comes
	// up to four tenths late.
	burstTime = int64(1600 * time.Microsecond)
	// pictureBurst and soundBurst are how many packets of a layer leave together at most: fewer than its cache holds.
	pictureBurst, soundBurst = 40, 8
	// paddingShare bounds what padding adds to a run: a twentieth.
	paddingShare = 20
	// paddingMax is the most that one packet can carry, in bytes (RFC 3550 §5.1).
	paddingMax = 255
)

// burstMax is how many packets of a line's layer leave together at most.
func (l *line) burstMax() int {
	if l.isPicture() {
		return pictureBurst
	}
	return soundBurst
}

// run is a part of a burst whose packets are all as long as the first; the last may be shorter. Sealed, it has at most
// size bytes.
type run struct{ from, to, size int }

// output is what sending needs, made once; the engine's mu guards it.
type output struct {
	seat
	// compound is for reports, scratch for answers to checks, and slab for one sealed packet.
	compound, scratch []byte
	slab              [slabSize]byte
	runs              []run
	packets           []*packet
	pictures          []*forward // Those that a session's path is divided among.
	lent
	// noPadding lets only packets of one length be a run.
	noPadding bool
	// received counts packets that the metrics have not been told.
	received int
	// lost is how many datagrams of the socket's count they have been told.
	lost uint64
}

const (
	// compoundMax bounds a report in bytes: it leaves in one datagram.
	compoundMax = 1200
	// slabSize holds a payload or a report with all that sealing adds, in bytes.
	slabSize = 4096
)

func newOutput(socket *udp.Socket) output {
	return output{
		seat: seat{sender: socket.NewSender()}, compound: make([]byte, 0, compoundMax+1000), scratch: make([]byte, 0, 256),
		runs: make([]run, 0, pictureBurst), packets: make([]*packet, 0, pictureBurst),
	}
}

// flush sends the bursts that are complete or have waited long enough, and says whether others go on waiting; the
// caller holds mu.
func (e *Engine) flush(now int64) (waiting bool) {
	left := e.pending[:0]
	for _, l := range e.pending {
		if !l.whole && now-l.since < burstTime && len(l.burst) > 0 {
			left = append(left, l)
			continue
		}
		e.send(l, now)
		l.waiting = false
	}
	e.pending = left
	return len(left) > 0
}

// send sends what a layer has collected to all who listen.
func (e *Engine) send(l *layer, now int64) {
	e.out.collect(l)
	l.burst, l.whole = l.burst[:0], false
	if len(e.out.packets) == 0 {
		return
	}
	e.out.divide()
	e.switchOver(l)
	e.out.pad(l)
	e.share(l, now)
}

// pad fills the padding of the burst, once for all receivers.
func (o *output) pad(l *layer) {
	for _, p := range o.packets {
		pad(l.recent.payload(p), p.padding)
	}
}

// pad fills the padding of a payload.
func pad(payload []byte, n uint8) {
	if n == 0 {
		return
	}
	clear(payload[len(payload)-int(n):])
	payload[len(payload)-1] = n
}

// collect lists the packets of a layer's burst.
func (o *output) collect(l *layer) {
	o.packets = o.packets[:0]
	for _, number := range l.burst {
		if p := l.recent.get(number); p != nil {
			p.left = true
			o.packets = append(o.packets, p)
		}
	}
}

// divide cuts the burst into runs. Packets of about one length are padded to one length, once for all receivers, so
// that the kernel gets them as one; without padding, those that have one length already.
func (o *output) divide() {
	o.runs = o.runs[:0]
	for from := 0; from < len(o.packets); {
		to := from + 1
		longest, sum := int(o.packets[from].length), int(o.packets[from].length)
		for to < len(o.packets) {
			next := int(o.packets[to].length)
			most := max(longest, next)
			if !o.fits(from, to, most, sum) || (to+1-from)*(most+headerMax) > udp.BurstMax {
				break
			}
			longest, sum, to = most, sum+next, to+1
		}
		for _, p := range o.packets[from : to-1] {
			p.padding = uint8(longest - int(p.length))
		}
		o.runs = append(o.runs, run{from, to, (to - from) * (longest + headerMax)})
		from = to
	}
}

// fits says whether the packets from up to to, sum bytes in all, may be padded to a length, the one at to being the
// last of the run.
func (o *output) fits(from, to, length, sum int) bool {
	added := length*(to-from) - sum
	if added > sum/paddingShare || o.noPadding && added > 0 {
		return false
	}
	for _, p := range o.packets[from:to] {
		if length-int(p.length) > paddingMax {
			return false
		}
	}
	return true
}

// transmit sends one packet by one way; the caller holds mu.
func (e *Engine) transmit(way path, b []byte) {
	switch {
	case len(b) == 0:
	case way.tcp == nil:
		e.out.sender.Send(b, len(b), way.addr)
	default:
		way.tcp.put(b)
	}
}

// reply sends one datagram that is not media's; the caller holds mu.
func (e *Engine) reply(b []byte, way path) {
	if way.valid() {
		e.transmit(way, b)
	}
}

// control seals a compound report and sends it; the caller holds mu.
func (e *Engine) control(s *session, compound []byte) {
	if !s.ready() || len(compound) == 0 {
		return
	}
	n := s.sealer.SealRTCP(e.out.slab[:], compound)
	e.transmit(s.path, e.out.slab[:n])
}

// count tells the metrics, and the rhythm, what came and went.
func (e *Engine) count() {
	if e.out.received > 0 {
		e.flowed = true
		e.hasten(feedbackTicks)
		e.metrics.PacketsReceived(e.out.received)
	}
	if e.out.forwarded > 0 {
		e.metrics.PacketsForwarded(e.out.forwarded)
	}
	e.out.received, e.out.forwarded = 0, 0
}

// countSocket tells the metrics what became of what was sent; the caller holds mu.
func (e *Engine) countSocket() {
	if lost := e.socket.Lost(); lost > e.out.lost {
		e.metrics.DatagramsLost(lost - e.out.lost)
		e.out.lost = lost
	}
	e.metrics.Bursts(e.bursts())
}
