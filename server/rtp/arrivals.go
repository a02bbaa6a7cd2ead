package rtp

import "encoding/binary"

// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): for a row of packets whether they
// came, and when, as steps of 250 us from a time in steps of 64 ms.
const (
	arrivalsLen   = 16 // Before the chunks, the two SSRCs included.
	referenceUnit = 64_000
	deltaUnit     = 250
	// statusesMax bounds the row that is read, and arrivalsMax the one that is written.
	statusesMax = 8192
	arrivalsMax = 512
	vectorLen   = 7 // Statuses of two bits in a chunk.
	runMax      = 1<<13 - 1
)

// The statuses.
const (
	notReceived = iota
	smallDelta  // One byte, 0 to 255.
	largeDelta  // Two bytes, signed.
)

// FeedbackCount returns the number of a transport-wide feedback packet.
func (p Packet) FeedbackCount() (uint8, bool) {
	if !p.isArrivals() {
		return 0, false
	}
	return p.Body[15], true
}

func (p Packet) isArrivals() bool {
	return p.Type == TransportFeedback && p.Count == formatArrivals && len(p.Body) >= arrivalsLen
}

// Arrival is whether one packet came, and when.
type Arrival struct {
	// Number is the transport-wide sequence number.
	Number   uint16
	Received bool
	// At is in microseconds of the receiver's clock, whose beginning is unknown and which wraps around after 12 days;
	// 0 for a packet that did not come.
	At int64
}

// Arrivals yields each packet that transport-wide feedback speaks of. It stops at broken data, and of another packet
// it yields nothing.
func (p Packet) Arrivals(yield func(Arrival) bool) {
	if !p.isArrivals() {
		return
	}
	b := p.Body
	number, count := binary.BigEndian.Uint16(b[8:]), int(binary.BigEndian.Uint16(b[10:]))
	at := int64(int32(binary.BigEndian.Uint32(b[12:]))>>8) * referenceUnit
	if count > statusesMax {
		return
	}
	deltas := chunksEnd(b, count)
	if deltas < 0 {
		return
	}
	for chunk := arrivalsLen; count > 0; chunk += 2 {
		bits := binary.BigEndian.Uint16(b[chunk:])
		n := min(chunkLen(bits), count)
		count -= n
		for i := range n {
			status := chunkStatus(bits, i)
			switch {
			case status == notReceived:
			case status == smallDelta && deltas < len(b):
				at += int64(b[deltas]) * deltaUnit
				deltas++
			case status == largeDelta && deltas+1 < len(b):
				at += int64(int16(binary.BigEndian.Uint16(b[deltas:]))) * deltaUnit
				deltas += 2
			default:
				return
			}
			arrival := Arrival{Number: number}
			if status != notReceived {
				arrival.Received, arrival.At = true, at
			}
			if !yield(arrival) {
				return
			}
			number++
		}
	}
}

// chunksEnd finds where the chunks of count statuses end; -1 if the data ends before.
func chunksEnd(b []byte, count int) int {
	at := arrivalsLen
	for ; count > 0; at += 2 {
		if len(b) < at+2 {
			return -1
		}
		n := chunkLen(binary.BigEndian.Uint16(b[at:]))
		if n == 0 {
			return -1 // A run of nothing would go on for ever.
		}
		count -= n
	}
	return at
}

// chunkLen is how many statuses a chunk has.
func chunkLen(bits uint16) int {
	switch {
	case bits&0x8000 == 0:
		return int(bits & runMax)
	case bits&0x4000 == 0:
		return 2 * vectorLen
	default:
		return vectorLen
	}
}

// chunkStatus is the status i of a chunk.
func chunkStatus(bits uint16, i int) uint16 {
	switch {
	case bits&0x8000 == 0:
		return bits >> 13 & 3
	case bits&0x4000 == 0:
		return bits >> (13 - i) & 1
	default:
		return bits >> (12 - 2*i) & 3
	}
}

// AppendArrivals appends transport-wide feedback about the packets from base on. times has one entry for each: when it
// came, in microseconds since any beginning, or -1 if it did not. count numbers the feedback.
//
// taken is how many entries the packet speaks of: at most 512, and fewer if two are too far apart in time to stand in
// one packet, so call it again with the rest. It is 0, and nothing is appended, when no entry has come.
func AppendArrivals(dst []byte, sender, media uint32, base uint16, count uint8, times []int64) (out []byte, taken int) {
	first := 0
	for first < len(times) && times[first] < 0 {
		first++
	}
	if first == len(times) || first >= arrivalsMax {
		return dst, 0
	}
	reference := times[first] / referenceUnit
	start := len(dst)
	dst = appendHeader(dst, TransportFeedback, formatArrivals)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	dst = binary.BigEndian.AppendUint32(dst, media)
	var statuses [arrivalsMax]uint8
	clock := reference * referenceUnit
	for taken < min(len(times), arrivalsMax) {
		status, said, ok := step(clock, times[taken])
		if !ok {
			break
		}
		statuses[taken], clock = status, said
		taken++
	}
	dst = binary.BigEndian.AppendUint16(dst, base)
	dst = binary.BigEndian.AppendUint16(dst, uint16(taken))
	dst = binary.BigEndian.AppendUint32(dst, uint32(reference&0xffffff)<<8|uint32(count))
	dst = appendChunks(dst, statuses[:taken])
	dst = appendDeltas(dst, reference*referenceUnit, times[:taken])
	for (len(dst)-start)%4 != 0 {
		dst = append(dst, 0)
	}
	return finish(dst, start), taken
}

// step is how a packet that came at a time is told after a clock, and what the reader's clock says then: the rounding
// of one step is made up for by the next. ok is false if it is too far away.
func step(clock, at int64) (status uint8, said int64, ok bool) {
	if at < 0 {
		return notReceived, clock, true
	}
	delta := (at - clock) / deltaUnit
	switch {
	case delta >= 0 && delta <= 255 && at >= clock:
		return smallDelta, clock + delta*deltaUnit, true
	case delta >= -32768 && delta <= 32767:
		return largeDelta, clock + delta*deltaUnit, true
	default:
		return 0, clock, false
	}
}

// appendChunks writes statuses: a run where 7 or more are equal, else vectors of 7.
func appendChunks(dst []byte, statuses []uint8) []byte {
	for len(statuses) > 0 {
		n := 1
		for n < len(statuses) && statuses[n] == statuses[0] {
			n++
		}
		if n >= vectorLen || n == len(statuses) {
			dst = binary.BigEndian.AppendUint16(dst, uint16(statuses[0])<<13|uint16(n))
			statuses = statuses[n:]
			continue
		}
		bits := uint16(0xc000)
		n = min(vectorLen, len(statuses))
		for i, status := range statuses[:n] {
			bits |= uint16(status) << (12 - 2*i)
		}
		dst = binary.BigEndian.AppendUint16(dst, bits)
		statuses = statuses[n:]
	}
	return dst
}

func appendDeltas(dst []byte, clock int64, times []int64) []byte {
	for _, at := range times {
		status, said, _ := step(clock, at)
		switch delta := (said - clock) / deltaUnit; status {
		case smallDelta:
			dst = append(dst, byte(delta))
		case largeDelta:
			dst = binary.BigEndian.AppendUint16(dst, uint16(delta))
		}
		clock = said
	}
	return dst
}
