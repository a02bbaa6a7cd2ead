package load

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"

	"github.com/exeunt/exeunt/client"
)

// source is a stream that a member sends: packets of valid form whose content is stamps and random bytes.
type source struct {
	run    *run
	number uint32
	user   string
	stream client.Stream
	// every is the time of a frame, and clock that time in the units of the payload format.
	every time.Duration
	clock uint32
	// packets and bytes are the size of a frame, without RTP headers.
	packets, bytes int

	mu sync.Mutex
	// next is the number of the next packet, from the first that is measured. skipped are packets that were due and
	// never written, because the writer came too late.
	next, from, skipped uint64
}

// rtpHeader is the size of an RTP header without extensions.
const rtpHeader = 12

// What stands before the stamp in a payload. A VP8 descriptor with a picture id of 15 bits has 4 bytes (RFC 7741 §4.2),
// the header of a key frame 10 (RFC 6386 §9.1). An Opus packet begins with one byte (RFC 6716 §3.1).
const (
	descriptorSize = 4
	pictureHeader  = descriptorSize + 10
	soundHeader    = 1
	// soundFirst says: one mono frame of 20 ms, full band.
	soundFirst = 31 << 3
)

// pictureWidth and pictureHeight stand in key frames.
const pictureWidth, pictureHeight = 640, 360

// lateMax is how late a frame may leave; one that would leave later is skipped, and said to be.
const lateMax = time.Second

func (r *run) newSource(user string, stream client.Stream) *source {
	s := &source{run: r, number: uint32(len(r.sources)), user: user, stream: stream}
	perSecond, clock := r.plan.Video.Frames, 90000
	s.packets, s.bytes = r.plan.Video.Packets, r.plan.Video.Bytes-rtpHeader
	if stream == client.Audio {
		perSecond, clock = r.plan.Audio.Packets, 48000
		s.packets, s.bytes = 1, r.plan.Audio.Bytes-rtpHeader
	}
	s.every, s.clock = time.Second/time.Duration(perSecond), uint32(clock/perSecond)
	r.sources = append(r.sources, s)
	return s
}

// header is what stands before the stamp.
func header(stream client.Stream) int {
	if stream == client.Audio {
		return soundHeader
	}
	return pictureHeader
}

// send writes frames in time until ctx is over.
func (s *source) send(ctx context.Context, to *client.Outlet) {
	f := newFrames(s)
	// Members whose frames all leave at the same moment would be a load that no server has.
	phase := rand.N(s.every)
	due := s.run.now() + phase
	timer := time.NewTimer(phase)
	defer timer.Stop()
	key := true
	for {
		select {
		case <-timer.C:
		case <-to.KeyFrameWishes():
			key = true
			continue
		case <-ctx.Done():
			return
		}
		late := s.run.now() - due
		if s.run.measuring.Load() {
			s.run.late.Add(late)
		}
		if late > lateMax {
			frames := late / s.every
			s.skip(uint64(frames))
			due += frames * s.every
			f.packet.Timestamp += uint32(frames) * s.clock
		}
		f.write(to, s.take(), key)
		key = false
		due += s.every
		timer.Reset(due - s.run.now())
	}
}

// take reserves the numbers of a frame, and returns the first.
func (s *source) take() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.next
	s.next += uint64(s.packets)
	return first
}

func (s *source) skip(frames uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped += frames * uint64(s.packets)
}

// begin starts the measurement: it returns the number of a packet that is not written yet.
func (s *source) begin() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.skipped = s.next, 0
	return s.from
}

// sent is how many packets were sent of those that are measured, and how many should have been.
func (s *source) sent() (sent, planned uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next - s.from, s.next - s.from + s.skipped
}

// frames makes the packets of a source.
type frames struct {
	source  *source
	packet  rtp.Packet
	picture uint16
}

func newFrames(s *source) *frames {
	f := &frames{source: s, picture: uint16(rand.Uint32())}
	f.packet.Version = 2
	f.packet.SequenceNumber, f.packet.Timestamp = uint16(rand.Uint32()), rand.Uint32()
	f.packet.Payload = make([]byte, s.bytes)
	for i := range f.packet.Payload {
		// Random, so that no part looks like another.
		f.packet.Payload[i] = byte(rand.Uint32())
	}
	return f
}

// write sends one frame. What cannot be sent is lost, and will be found so.
func (f *frames) write(to *client.Outlet, first uint64, key bool) {
	s := f.source
	for i := range s.packets {
		f.head(i == 0, key)
		body := f.packet.Payload[header(s.stream):]
		s.run.seal.write(body, stamp{s.number, first + uint64(i), s.run.now()})
		f.packet.Marker = s.stream != client.Audio && i == s.packets-1
		_ = to.WriteRTP(&f.packet)
		f.packet.SequenceNumber++
	}
	f.picture++
	f.packet.Timestamp += s.clock
}

// head writes what stands before the stamp.
func (f *frames) head(first, key bool) {
	p := f.packet.Payload
	if f.source.stream == client.Audio {
		p[0] = soundFirst
		return
	}
	p[0], p[1] = 0x80, 0x80 // There is an extension, and in it a picture id.
	binary.BigEndian.PutUint16(p[2:], f.picture|0x8000)
	if !first {
		return
	}
	p[0] |= 0x10
	// A frame to be shown, of which the first part is the whole packet.
	tag := 1<<4 | uint32(f.source.bytes-pictureHeader)<<5
	if !key {
		tag |= 1
	}
	p[4], p[5], p[6] = byte(tag), byte(tag>>8), byte(tag>>16)
	if key {
		copy(p[7:], []byte{0x9d, 0x01, 0x2a})
		binary.LittleEndian.PutUint16(p[10:], pictureWidth)
		binary.LittleEndian.PutUint16(p[12:], pictureHeight)
	}
}
