package history

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/test/rig"
)

var (
	histories = flag.Int("histories", 1000, "how many histories are made while the server runs on")
	killed    = flag.Int("killed", 60, "how many histories are made while the server is killed again and again")
	steps     = flag.Int("steps", 200, "how many operations a history has")
	seed      = flag.Uint64("seed", 0, "seed of the choices; 0 for another one each time")
	pages     = flag.String("pages", os.TempDir(), "folder for the pages that show failed histories")
)

// lanes is how many histories are made at a time; killLanes how many while the server is killed, every killEvery.
const (
	lanes     = 6
	killLanes = 12
	killEvery = 1500 * time.Millisecond
)

var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "exeunt-history-")
	if err == nil {
		binary, err = rig.Build("../..", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// runs makes histories, lanes at a time, and has each judged.
type runs struct {
	t      *testing.T
	server *rig.Server
	seed   uint64
	gate   sync.RWMutex
	// kept says that the server's log is whole.
	kept           bool
	next           atomic.Int64
	ops            atomic.Int64
	stays, unknown atomic.Int64
}

func newRuns(t *testing.T, n int, o rig.Options) *runs {
	t.Helper()
	o.Binary, o.Dir, o.Apps = binary, t.TempDir(), n
	server, err := rig.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &runs{t: t, server: server, seed: *seed}
	if r.seed == 0 {
		r.seed = rand.Uint64()
	}
	t.Logf("seed %d", r.seed)
	return r
}

// make makes n histories.
func (r *runs) make(ctx context.Context, n, lanes int) {
	var all sync.WaitGroup
	for range lanes {
		all.Go(func() {
			for {
				i := int(r.next.Add(1)) - 1
				if i >= n || r.t.Failed() {
					return
				}
				r.one(ctx, i)
			}
		})
	}
	all.Wait()
}

// one makes the history of one room.
func (r *runs) one(ctx context.Context, i int) {
	p := &play{server: r.server, app: r.server.Apps[i], gate: &r.gate, start: time.Now(), left: *steps}
	p.run(ctx, r.seed+uint64(i))
	known := p.gather(r.kept)
	for _, fault := range p.faults {
		r.t.Errorf("history %d of seed %d: %v", i, r.seed, fault)
	}
	if err := judge(p.ops, known, *pages, fmt.Sprintf("history-%d-%d", r.seed, i)); err != nil {
		r.t.Error(err)
	}
	r.ops.Add(int64(len(p.ops)))
	r.stays.Add(int64(len(p.all)))
	for _, op := range p.ops {
		if op.Output.(Output).Unknown {
			r.unknown.Add(1)
		}
	}
}

// TestHistoriesFitOneOrder: many members and a back end enter, exit, resume, remove, ban, lift and dismiss at the same
// time, each as fast as it can. What they are told fits one order of steps (I-1, I-2, I-8, I-9; A6, A12, D2, D13, F1,
// F2, F9, F10, G1).
func TestHistoriesFitOneOrder(t *testing.T) {
	r := newRuns(t, *histories, rig.Options{})
	r.kept = true
	start := time.Now()
	r.make(t.Context(), *histories, lanes)
	if err := r.server.Stop(); err != nil {
		t.Error(err)
	}
	t.Logf("%d histories, %d operations, %d stays, %d outcomes unknown, in %v",
		*histories, r.ops.Load(), r.stays.Load(), r.unknown.Load(), time.Since(start).Round(time.Second))
	for _, line := range r.server.Log.Complaints() {
		t.Errorf("the server complained: %s", line)
	}
}

// TestJ13_HistoriesFitOneOrderThroughKills: the same while the process is killed and started again. An operation whose
// answer the kill took may have happened or not; everything else must still fit one order, and no stay has two ends.
func TestJ13_HistoriesFitOneOrderThroughKills(t *testing.T) {
	r := newRuns(t, *killed, rig.Options{Keep: true})
	over, stopped := make(chan struct{}), make(chan struct{})
	kills := 0
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(killEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-over:
				return
			}
			kills++
			if err := r.killAndRestart(); err != nil {
				t.Errorf("kill %d: %v", kills, err)
				return
			}
		}
	}()
	start := time.Now()
	r.make(t.Context(), *killed, killLanes)
	close(over)
	<-stopped
	if err := r.server.Stop(); err != nil {
		t.Error(err)
	}
	t.Logf("%d histories, %d operations, %d stays, %d outcomes unknown, %d kills, in %v", *killed, r.ops.Load(),
		r.stays.Load(), r.unknown.Load(), kills, time.Since(start).Round(time.Second))
}

// killAndRestart kills the server in the middle of everything, and lets nobody begin anything new until it is back.
func (r *runs) killAndRestart() error {
	if err := r.server.Kill(); err != nil {
		return err
	}
	r.gate.Lock()
	defer r.gate.Unlock()
	return r.server.Restart()
}
