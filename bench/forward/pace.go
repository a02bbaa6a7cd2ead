//go:build linux

package main

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// pacer sends what the speaker says.
type pacer struct {
	scenario
	speaker *member
	payload []byte
	// sent is how many packets went out; it is the loop's.
	sent uint64
	// marks are asked for from outside and run between two bursts, when what was sent has long arrived.
	marks chan func()
	quit  chan struct{}
	loop  sync.WaitGroup
}

func startPacer(s scenario, speaker *member) *pacer {
	p := &pacer{
		scenario: s, speaker: speaker, payload: filler(s.size), marks: make(chan func()), quit: make(chan struct{}),
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
	gap := time.Duration(float64(time.Second) / p.rate)
	begin := time.Now()
	for frame := 0; ; frame++ {
		next := begin.Add(time.Duration(frame) * gap)
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
		p.say(frame, time.Duration(frame)*gap)
	}
}

// say sends one burst: a frame of a picture, or a sound.
func (p *pacer) say(frame int, at time.Duration) {
	clock := 48000.0
	if p.kind == picture {
		clock = 90000
	}
	for i := range p.burst {
		number := uint16(p.sent)
		header := rtp.Header{
			Version: 2, SequenceNumber: number, Timestamp: uint32(int64(at.Seconds() * clock)), Marker: i == p.burst-1,
		}
		if p.speaker.numberID != 0 {
			// The number fits two bytes by its type.
			_ = header.SetExtension(p.speaker.numberID, []byte{byte(number >> 8), byte(number)})
		}
		payload := p.payload[:p.size-header.MarshalSize()]
		if p.kind == picture {
			p.vp8(frame, i)
		}
		stamp(payload, p.sent, time.Now())
		packet := rtp.Packet{Header: header, Payload: payload}
		// A transport that closes is seen in what arrives.
		_ = p.speaker.track.WriteRTP(&packet)
		p.sent++
	}
}

// vp8 writes what is read of a picture on its way: the descriptor (RFC 7741 §4.2) and the frame's own first bytes,
// with a key frame every second.
func (p *pacer) vp8(frame, i int) {
	p.payload[0], p.payload[1] = 0, 1
	if i > 0 {
		return
	}
	p.payload[0] = 0x10 // The first packet of the frame.
	if frame%int(p.rate) == 0 {
		// RFC 6386 §9.1: key frame, shown; start code; 640 × 360.
		copy(p.payload[1:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01})
	}
}
