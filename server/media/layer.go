package media

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
)

// layer is one RTP stream of a publisher: the whole of a line, or one of its simulcast streams.
type layer struct {
	line *line
	rid  string
	// ssrc is 0 before the first packet.
	ssrc uint32
	// newest is the highest sequence number, counted on beyond 16 bits; fresh says that the next packet begins anew.
	newest int64
	fresh  bool
	recent cache
	collection
	missing []missing
	keyframes
	reception
	demand
	pace
	// scale is how the layer is built if it is one of several in one stream; nil otherwise.
	scale    *scale
	loudness loudness
}

// collection is packets that have not left: their numbers, and since when the first of them waits.
type collection struct {
	burst   []int64
	since   int64
	whole   bool // It ends with the end of a picture.
	waiting bool // The layer is one of the engine's pending ones.
}

// pace is when the newest packet came, how many bytes since the last look, by layer in time, and the rates that this
// makes, in bits per second.
type pace struct {
	came         int64
	bytes, rates [highest + 1]int
}

// demand is whether anybody takes a layer: now, when last, and what the publisher was told.
type demand struct {
	taken, told, reviewed bool
	takenAt               int64
}

// missing is a packet that did not come.
type missing struct {
	number int64
	asked  int64
	times  int
}

const (
	// missingMax is how many packets a layer waits for. When more are lost, only a key frame helps.
	missingMax = 128
	// askEvery is how often the same packet is asked for, and asksMax how many times: a second in all.
	askEvery, asksMax = int64(100 * time.Millisecond), 10
)

// restart begins a new stream of packets under an SSRC. Whoever listens goes on with its numbers.
func (l *layer) restart(ssrc uint32) {
	l.ssrc, l.fresh = ssrc, true
	l.missing, l.reception, l.scale = nil, reception{}, nil
	for _, f := range l.line.forwards {
		if f.layer() == l {
			f.begun, f.from = false, 0
		}
	}
}

// unwrap turns a repair into the packet that it repeats (RFC 4588 §4). One without content only probes the way here.
func (l *layer) unwrap(h *rtp.Header, payload *[]byte) bool {
	kind := l.line.primary[h.Type]
	if kind == 0 || len(*payload) < 2 || l.ssrc == 0 {
		return false
	}
	h.Type, h.SSRC, h.Sequence = kind, l.ssrc, binary.BigEndian.Uint16(*payload)
	*payload = (*payload)[2:]
	return true
}

// extend counts a sequence number on beyond 16 bits. Numbers begin at 65536, and those of a new stream above all
// before.
func (l *layer) extend(sequence uint16) int64 {
	if l.fresh {
		return (l.newest | 0xffff) + 1 + int64(sequence)
	}
	return l.newest + int64(int16(sequence-uint16(l.newest)))
}

// pass keeps a packet and lets it wait for the end of its burst; the caller holds mu. It says whether the packet was
// new and of a kind that the line sends.
func (e *Engine) pass(l *layer, h *rtp.Header, payload []byte, now int64) (taken bool) {
	if l.line.accepted[h.Type] == 0 {
		return false
	}
	number := l.extend(h.Sequence)
	p := packet{
		number: number, at: now, timestamp: h.Timestamp, kind: h.Type, marker: h.Marker, level: soundLevel(l.line, h),
		begins: l.line.formats[h.Type].Begins(payload),
	}
	if l.line.formats[h.Type] == picture.VP8 {
		p.vp8, _ = picture.ReadVP8(payload)
	}
	if !l.line.readRED(&p, payload) {
		return false
	}
	least := soundCache
	if l.line.isPicture() {
		least = pictureCache
	}
	kept := l.recent.put(p, payload, least)
	if kept == nil {
		return false
	}
	l.describe(kept, h)
	l.line.seen, l.came = h.Type, now
	if p.red.Primary > 0 {
		l.line.seen = p.red.Type
	}
	if !l.line.isPicture() {
		l.hearVoice(h, len(payload), now)
	}
	l.bytes[p.vp8.Temporal] += len(payload)
	if l.scale != nil {
		l.scale.weigh(kept)
	}
	e.advance(l, number)
	if len(l.line.forwards) == 0 {
		return true
	}
	if len(l.burst) == 0 {
		l.since = now
	}
	l.burst = append(l.burst, number)
	l.whole = l.whole || h.Marker || !l.line.isPicture()
	if !l.waiting {
		l.waiting = true
		e.pending = append(e.pending, l)
	}
	if len(l.burst) == l.line.burstMax() {
		e.send(l, now)
	}
	return true
}

// advance notes which packets are missing, and that one of them came.
func (e *Engine) advance(l *layer, number int64) {
	if l.fresh {
		l.fresh, l.newest = false, number
		return
	}
	gap := number - l.newest
	if gap <= 0 {
		l.missing = slices.DeleteFunc(l.missing, func(m missing) bool { return m.number == number })
		return
	}
	before := l.newest
	l.newest = number
	if gap == 1 || !l.line.isPicture() {
		return
	}
	if gap > missingMax {
		l.missing = l.missing[:0]
		e.ask(l)
		return
	}
	for lost := before + 1; lost < number; lost++ {
		if len(l.missing) == missingMax {
			l.missing = slices.Delete(l.missing, 0, 1)
		}
		l.missing = append(l.missing, missing{number: lost})
	}
	e.need(l)
}

// need has the next tick look at a layer.
func (e *Engine) need(l *layer) {
	if !l.needy {
		l.needy = true
		e.needy = append(e.needy, l)
		e.hasten(1)
	}
}

// soundLevel reads how loud a packet is: 0 for as loud as can be, 127 for silence (RFC 6464 §3).
func soundLevel(l *line, h *rtp.Header) uint8 {
	if l.isPicture() {
		return 0
	}
	level := h.Extension(l.session.ids.level)
	if len(level) == 0 {
		return noLevel
	}
	return level[0]
}

// noLevel is silence without speech: what a packet gets that says nothing of its level.
const noLevel = 127
