package journal

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/room"
)

// BenchmarkExit measures how long the end of a stay takes until it is on disk: alone, and when a room of so many ends.
func BenchmarkExit(b *testing.B) { measure(b, left) }

// BenchmarkEnter measures how long an entry takes until it is on disk: alone, and in a crowd.
func BenchmarkEnter(b *testing.B) { measure(b, entered) }

func measure(b *testing.B, change func(key room.Key, incarnation, session string) Change) {
	for _, crowd := range []int{1, 50, 1000} {
		b.Run(fmt.Sprint(crowd), func(b *testing.B) {
			js, _ := bus(b, b.TempDir())
			j := openJournal(b, js, Config{Durable: true})
			keep(b, j, opened(seven, "one"))
			var took []time.Duration
			for b.Loop() {
				changes := make([]Change, crowd)
				for i := range changes {
					changes[i] = change(seven, "one", fmt.Sprint(len(took), ".", i))
				}
				began := time.Now()
				keep(b, j, changes...)
				took = append(took, time.Since(began))
			}
			report(b, took)
		})
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	for name, at := range map[string]int{"p50-ms": len(took) / 2, "p99-ms": len(took) * 99 / 100} {
		b.ReportMetric(float64(took[at])/float64(time.Millisecond), name)
	}
}
