package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exact is the quantile of sorted durations, by its definition.
func exact(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(1, int(math.Ceil(q*float64(len(sorted)))))-1]
}

// Whatever the durations are like, a quantile is the true one or at most a sixty-fourth more.
func TestQuantilesAreNearTheExactOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func() time.Duration{
		"alike":       func() time.Duration { return 1234567 },
		"even":        func() time.Duration { return time.Duration(rng.Int64N(int64(time.Second))) },
		"long-tailed": func() time.Duration { return time.Duration(math.Exp(rng.NormFloat64()*3 + 13)) },
		"two humps": func() time.Duration {
			return time.Duration(1+rng.IntN(2)*1000)*time.Millisecond + time.Duration(rng.IntN(1000))
		},
		"tiny": func() time.Duration { return time.Duration(rng.IntN(100)) },
	}
	for name, next := range shapes {
		for _, n := range []int{1, 2, 99, 10_000} {
			var h Histogram
			var all []time.Duration
			for range n {
				d := next()
				h.Add(d)
				all = append(all, d)
			}
			slices.Sort(all)
			if h.Count() != uint64(n) || h.Max() != all[n-1] {
				t.Errorf("%s: count %d, max %v; want %d, %v", name, h.Count(), h.Max(), n, all[n-1])
			}
			for _, q := range []float64{0, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
				got, want := h.Quantile(q), exact(all, q)
				if got < want || got > want+want/perMagnitude {
					t.Errorf("%s, %d of them: quantile %v is %d, exactly it is %d", name, n, q, got, want)
				}
			}
		}
	}
}

// What is out of range is counted, at the edge; and nothing of nothing is nothing.
func TestHistogramHasEdges(t *testing.T) {
	var h Histogram
	if h.Quantile(0.99) != 0 || h.Max() != 0 {
		t.Errorf("of nothing: %v, %v", h.Quantile(0.99), h.Max())
	}
	h.Add(-time.Second)
	if h.Quantile(1) != 0 {
		t.Errorf("a negative duration counts as %v", h.Quantile(1))
	}
	h.Add(math.MaxInt64)
	if h.Quantile(1) < 2*time.Hour || h.Max() != math.MaxInt64 || h.Count() != 2 {
		t.Errorf("the longest duration counts as %v of %d, max %v", h.Quantile(1), h.Count(), h.Max())
	}
	for n := uint64(1); n < 1<<43; n += n/100 + 1 {
		bucket := place(n)
		if n > top(bucket) || bucket > 0 && n <= top(bucket-1) {
			t.Fatalf("%d is in bucket %d, which ends at %d", n, bucket, top(bucket))
		}
	}
}

// Goroutines that count at once lose nothing.
func TestHistogramIsForMany(t *testing.T) {
	var h Histogram
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 1000 {
				h.Add(time.Duration(n*1000 + i))
			}
		})
	}
	all.Wait()
	if h.Count() != 8000 || h.Max() != 7999 {
		t.Errorf("count %d, max %v", h.Count(), h.Max())
	}
}
