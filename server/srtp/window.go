package srtp

// The sizes of replay windows in packets. RFC 3711 §3.3.2 wants 64 at least. Video sends hundreds of packets a second,
// and a late one is still of use after a second; RTCP is rare.
const (
	mediaWindow   = 1024
	controlWindow = 128
)

// window remembers which of the latest indices have been seen (RFC 3711 §3.3.2).
type window struct {
	highest uint64
	seen    []uint64 // One bit per index, at the index modulo the size.
}

// newWindow starts at an index that has not been marked yet. The size is a multiple of 64.
func newWindow(first uint64, size int) *window {
	return &window{highest: first, seen: make([]uint64, size/64)}
}

func (w *window) size() uint64 { return uint64(len(w.seen)) * 64 }

func (w *window) at(index uint64) (word *uint64, bit uint64) {
	index %= w.size()
	return &w.seen[index/64], 1 << (index % 64)
}

// fresh says that index has not been marked and is not too old to know.
func (w *window) fresh(index uint64) bool {
	if index > w.highest {
		return true
	}
	word, bit := w.at(index)
	return w.highest-index < w.size() && *word&bit == 0
}

// mark takes a fresh index for seen.
func (w *window) mark(index uint64) {
	if index > w.highest+w.size() {
		clear(w.seen)
		w.highest = index
	}
	for w.highest < index {
		w.highest++
		word, bit := w.at(w.highest)
		*word &^= bit
	}
	word, bit := w.at(index)
	*word |= bit
}

// estimate returns the index that a sequence number most likely belongs to: the one nearest to the highest seen (RFC
// 3711 §3.3.1, appendix A). None lies before the first rollover counter, 0.
func (w *window) estimate(sequence uint16) uint64 {
	const cycle = 1 << 16
	ahead := sequence - uint16(w.highest)
	index := w.highest + uint64(ahead)
	if ahead > cycle/2 && index >= cycle {
		index -= cycle
	}
	return index
}
