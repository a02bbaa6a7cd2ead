package load

import (
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"time"
)

// stamp is what a packet says of itself.
type stamp struct {
	// stream is whose packet it is, and number its place in the stream.
	stream uint32
	number uint64
	// at is when it was sent, on the clock of the run.
	at time.Duration
}

// The layout of a stamp, behind the header of the payload format: big-endian; the run, the stream, the number, the
// time. The last bytes of the payload are the hash of all between.
const (
	stampSize = 4 + 4 + 8 + 8
	hashSize  = 8
)

// seal writes stamps and reads them. Each run has its own, so a packet of another run is nobody's.
type seal struct {
	seed maphash.Seed
	run  uint32
}

func newSeal() seal { return seal{maphash.MakeSeed(), rand.Uint32()} }

// write stamps a payload of at least stampSize+hashSize bytes.
func (s seal) write(payload []byte, t stamp) {
	binary.BigEndian.PutUint32(payload, s.run)
	binary.BigEndian.PutUint32(payload[4:], t.stream)
	binary.BigEndian.PutUint64(payload[8:], t.number)
	binary.BigEndian.PutUint64(payload[16:], uint64(t.at))
	end := len(payload) - hashSize
	binary.BigEndian.PutUint64(payload[end:], maphash.Bytes(s.seed, payload[:end]))
}

// read returns the stamp of a payload; ok is false unless every byte is as it was written.
func (s seal) read(payload []byte) (t stamp, ok bool) {
	end := len(payload) - hashSize
	if end < stampSize || binary.BigEndian.Uint64(payload[end:]) != maphash.Bytes(s.seed, payload[:end]) ||
		binary.BigEndian.Uint32(payload) != s.run {
		return t, false
	}
	t.stream = binary.BigEndian.Uint32(payload[4:])
	t.number = binary.BigEndian.Uint64(payload[8:])
	t.at = time.Duration(binary.BigEndian.Uint64(payload[16:]))
	return t, true
}
