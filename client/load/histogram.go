package load

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Histogram counts durations in a bounded space, for any number of goroutines at once. Its zero value is ready.
//
// Each power of two has 64 buckets, so a quantile is never below the true one and at most 1/64 above it. The Prometheus
// client's summary forgets by age and takes a lock for each value, and its histograms can only be read by another
// module; the standard library has none.
type Histogram struct {
	buckets [(magnitudes + 1) * perMagnitude]atomic.Uint64
	count   atomic.Uint64
	most    atomic.Int64
}

const (
	// perMagnitude is the number of buckets of one power of two: 1 << shift.
	perMagnitude = 1 << shift
	shift        = 6
	// magnitudes are the powers of two above the first bucket: up to 2^43 ns, more than two hours.
	magnitudes = 37
)

// Add counts one duration. A negative one counts as 0, one above two hours as that in the quantiles.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.buckets[place(uint64(d))].Add(1)
	h.count.Add(1)
	for most := h.most.Load(); int64(d) > most && !h.most.CompareAndSwap(most, int64(d)); most = h.most.Load() {
	}
}

// place is the bucket of a number: below 128 the number itself, above that its power of two and the next six bits.
func place(n uint64) int {
	magnitude := max(0, bits.Len64(n)-shift-1)
	if magnitude >= magnitudes {
		return len(Histogram{}.buckets) - 1
	}
	return magnitude<<shift + int(n>>magnitude)
}

// top is the largest number of a bucket.
func top(bucket int) uint64 {
	magnitude := max(0, bucket>>shift-1)
	return (uint64(bucket-magnitude<<shift)+1)<<magnitude - 1
}

// Count is how many durations were counted, and Max the longest.
func (h *Histogram) Count() uint64 { return h.count.Load() }

// Max is the longest duration that was counted, exactly.
func (h *Histogram) Max() time.Duration { return time.Duration(h.most.Load()) }

// Quantile is the shortest duration that a share q (0 to 1) of all that were counted do not exceed; 0 when none were.
func (h *Histogram) Quantile(q float64) time.Duration {
	want := max(1, uint64(math.Ceil(q*float64(h.count.Load()))))
	for i := range h.buckets {
		n := h.buckets[i].Load()
		if n >= want {
			return min(time.Duration(top(i)), h.Max())
		}
		want -= n
	}
	return h.Max()
}
