//go:build linux

package main

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// pacer sends what the speakers say, one after the other, each at its own moment of the turn.
type pacer struct {
	scenario
	voices []*voice
	// sent is how many packets went out; it is the loop's.
	sent uint64
	// marks are asked for from outside and run between two bursts, when what was sent has long arrived.
	marks chan func()
	quit  chan struct{}
	loop  sync.WaitGroup
}

// voice is one speaker's packets.
type voice struct {
	*member
	payload []byte
	sent    uint64
}

func startPacer(s scenario, members []*member) *pacer {
	p := &pacer{scenario: s, marks: make(chan func()), quit: make(chan struct{})}
	for _, m := range members {
		if m.speaks {
			p.voices = append(p.voices, &voice{member: m, payload: filler(s.size)})
		}
	}
	p.loop.Go(p.run)
	return p
}

func (p *pacer) close() {
	close(p.quit)
	p.loop.Wait()
}

// mark runs f between two bursts and returns after it.
func (p *pacer) mark(f func()) {
	done := make(chan struct{})
	p.marks <- func() { f(); close(done) }
	<-done
}

func (p *pacer) run() {
	turn := time.Duration(float64(time.Second) / p.rate)
	each := turn / time.Duration(len(p.voices))
	begin := time.Now()
	for n := 0; ; n++ {
		frame, who := n/len(p.voices), n%len(p.voices)
		at := time.Duration(frame) * turn
		next := begin.Add(at + time.Duration(who)*each)
		time.Sleep(time.Until(next))
		select {
		case <-p.quit:
			return
		case f := <-p.marks:
			f()
			// What the mark took is nobody's lateness.
			begin = begin.Add(max(0, time.Since(next)))
		default:
		}
		p.say(p.voices[who], frame, at)
	}
}

// say sends one burst of a speaker: a frame of a picture, or a sound.
func (p *pacer) say(v *voice, frame int, at time.Duration) {
	clock := 48000.0
	if p.kind == picture {
		clock = 90000
	}
	begin := time.Now()
	for i := range p.burst {
		if i > 0 && p.gap > 0 {
			time.Sleep(time.Until(begin.Add(time.Duration(i) * p.gap)))
		}
		number := uint16(v.sent)
		header := rtp.Header{
			Version: 2, SequenceNumber: number, Timestamp: uint32(int64(at.Seconds() * clock)), Marker: i == p.burst-1,
		}
		// Number and level fit by their type, and an extension of neither kind is asked for.
		if v.numberID != 0 {
			_ = header.SetExtension(v.numberID, []byte{byte(number >> 8), byte(number)})
		}
		if v.levelID != 0 {
			_ = header.SetExtension(v.levelID, []byte{v.level()})
		}
		payload := v.payload[:p.size-header.MarshalSize()]
		if p.kind == picture {
			v.vp8(frame, i)
		}
		stamp(payload, v.sent, time.Now())
		packet := rtp.Packet{Header: header, Payload: payload}
		// A transport that closes is seen in what arrives.
		_ = v.track.WriteRTP(&packet)
		v.sent++
		p.sent++
	}
}

// How loud speakers are, in the negative dBov of RFC 6464. Those that are loud differ, so that a server which picks the
// loudest keeps to them.
const (
	loudest   = 20
	louderBy  = 3
	quietTalk = 90
	// speech is the flag that says the sound has speech in it.
	speech = 0x80
)

// level is the audio level of a seat (RFC 6464 §3).
func (s seat) level() byte {
	if s.loud() {
		return speech | byte(loudest+louderBy*s.order)
	}
	return speech | quietTalk
}

// vp8 writes what is read of a picture on its way: the descriptor (RFC 7741 §4.2) and the frame's own first bytes,
// with a key frame every second.
func (v *voice) vp8(frame, i int) {
	v.payload[0], v.payload[1] = 0, 1
	if i > 0 {
		return
	}
	v.payload[0] = 0x10 // The first packet of the frame.
	if frame%int(v.rate) == 0 {
		// RFC 6386 §9.1: key frame, shown; start code; 640 × 360.
		copy(v.payload[1:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01})
	}
}
