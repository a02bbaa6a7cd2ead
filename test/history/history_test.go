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

	"github.com/exeunt/exeunt/test/rig"
)

var (
	histories = flag.Int("histories", 1000, "how many histories are made while the server runs on")
	killed    = flag.Int("killed", 100, "how many histories are made while the server is killed again and again")
	steps     = flag.Int("steps", 200, "how many operations a history has")
	seed      = flag.Uint64("seed", 0, "seed of the choices; 0 for another one each time")
	written   = flag.String("log", "", "file for the server's log; empty for none")
	pages     = flag.String("pages", os.TempDir(), "folder for the pages that show failed histories")
)

const (
	// lanes is how many histories are made at a time.
	lanes = 6
	// killEvery is how many operations are begun between two kills.
	killEvery = 500
	// quietWait is how long the stays of which nobody knows may take to end.
	quietWait = 60 * time.Second
	// answerWait is how long a single answer may take then.
	answerWait = 20 * time.Second
)

var binary string

func TestMain(m *testing.M) { rig.Main(m, "../..", &binary) }

// runs makes histories, and has each judged.
type runs struct {
	t      *testing.T
	server *rig.Server
	seed   uint64
	gate   sync.RWMutex
	next   atomic.Int64
	begun  chan struct{}

	mu            sync.Mutex
	plays         []*play
	ops, unknowns int
}

func newRuns(t *testing.T, n int, o rig.Options) *runs {
	t.Helper()
	o.Binary, o.Dir, o.Apps = binary, t.TempDir(), n
	if *written != "" {
		file, err := os.Create(*written)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		o.Log = file
	}
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

// make makes n histories, some at a time, and hands each to then.
func (r *runs) make(ctx context.Context, n int, then func(i int, p *play)) {
	var all sync.WaitGroup
	for range lanes {
		all.Go(func() {
			for {
				i := int(r.next.Add(1)) - 1
				if i >= n || r.t.Failed() {
					return
				}
				p := &play{
					server: r.server, app: r.server.Apps[i], gate: &r.gate, begun: r.begun, start: time.Now(), left: *steps,
				}
				p.run(ctx, r.seed+uint64(i))
				then(i, p)
			}
		})
	}
	all.Wait()
}

// judge has one history judged.
func (r *runs) judge(i int, p *play, known ends) {
	for _, fault := range p.faults {
		r.t.Errorf("history %d of seed %d: %v", i, r.seed, fault)
	}
	if err := judge(p.ops, known, *pages, fmt.Sprintf("history-%d-%d", r.seed, i)); err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plays = append(r.plays, p)
	r.ops += len(p.ops)
	for _, op := range p.ops {
		if op.Output.(Output).Unknown {
			r.unknowns++
		}
	}
}

// report says how much was done.
func (r *runs) report(start time.Time) {
	ended := map[string]int{}
	stays := 0
	for _, p := range r.plays {
		for _, g := range p.all {
			stays++
			if ends := r.server.Log.Ends(g.Session()); len(ends) > 0 {
				ended[ends[0].Why]++
			}
		}
	}
	r.t.Logf("%d histories, %d operations, %d of unknown outcome, in %v", len(r.plays), r.ops, r.unknowns,
		time.Since(start).Round(time.Second))
	r.t.Logf("%d stays ended: %v", stays, ended)
}

// TestHistoriesFitOneOrder: many members and a back end enter, exit, resume, remove, ban, lift and dismiss at the same
// time, each as fast as it can. What they are told fits one order of steps (I-1, I-2, I-8, I-9; A6, A12, D2, D13, F1,
// F2, F9, F10, G1).
func TestHistoriesFitOneOrder(t *testing.T) {
	r := newRuns(t, *histories, rig.Options{})
	start := time.Now()
	r.make(t.Context(), *histories, func(i int, p *play) { r.judge(i, p, p.gather(whole)) })
	if err := r.awaitQuiet(t.Context()); err != nil {
		t.Error(err)
	}
	if err := r.server.Stop(); err != nil {
		t.Error(err)
	}
	r.report(start)
	for _, line := range r.server.Log.Complaints() {
		t.Errorf("the server complained: %s", line)
	}
}

// TestJ13_HistoriesFitOneOrderThroughKills: the same while the process is killed and started again. An operation whose
// answer the kill took may have happened or not; everything else must still fit one order, and no stay has two ends.
func TestJ13_HistoriesFitOneOrderThroughKills(t *testing.T) {
	r := newRuns(t, *killed, rig.Options{Keep: true})
	r.begun = make(chan struct{})
	over, kills := make(chan struct{}), make(chan int)
	go func() { kills <- r.killer(over) }()
	start := time.Now()
	plays := make([]*play, *killed)
	r.make(t.Context(), *killed, func(i int, p *play) { plays[i] = p })
	close(over)
	t.Logf("%d kills in %v", <-kills, time.Since(start).Round(time.Second))
	if err := r.awaitQuiet(t.Context()); err != nil {
		t.Error(err)
	}
	if err := r.server.Stop(); err != nil {
		t.Error(err)
	}
	for i, p := range plays {
		if p != nil {
			known := p.gather(torn)
			p.settleUnsure(known)
			r.judge(i, p, known)
		}
	}
	r.report(start)
}

// killer kills the server again and again, in the middle of everything, and lets nobody begin anything new until it is
// back.
func (r *runs) killer(over chan struct{}) (kills int) {
	for begun := 1; ; begun++ {
		select {
		case <-r.begun:
		case <-over:
			return kills
		}
		if begun%killEvery != 0 || r.t.Failed() {
			continue
		}
		kills++
		if err := r.killAndRestart(); err != nil {
			r.t.Errorf("kill %d: %v", kills, err)
		}
	}
}

func (r *runs) killAndRestart() error {
	if err := r.server.Kill(); err != nil {
		return err
	}
	r.gate.Lock()
	defer r.gate.Unlock()
	return r.server.Restart()
}

// awaitQuiet waits until the rooms of the histories are over: a stay that nobody knows of ends by itself, and has no
// event to wait for. Then the server must count nobody.
func (r *runs) awaitQuiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quietWait)
	defer cancel()
	pace := time.NewTicker(quietWait / 400)
	defer pace.Stop()
	for _, app := range r.server.Apps {
		for {
			calling, enough := context.WithTimeout(ctx, answerWait)
			reply, err := r.server.Call(calling, app, "DescribeRoom", map[string]any{"RoomId": lobby})
			enough()
			if err != nil {
				return err
			}
			if reply.Error.Code == rig.NoRoom {
				break
			}
			select {
			case <-pace.C:
			case <-ctx.Done():
				return fmt.Errorf("room %d of app %d stays: %+v: %w", lobby, app.SdkAppID, reply, ctx.Err())
			}
		}
	}
	numbers, err := r.server.Numbers(ctx)
	if n := numbers["exeunt_sessions"]; err == nil && n != 0 {
		return fmt.Errorf("the server counts %v sessions; nobody is inside", n)
	}
	return err
}
