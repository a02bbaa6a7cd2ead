package room

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	simTime = flag.Duration("sim.time", 0, "simulate for so long, with seeds that were never tried; 0 for the usual ones")
	simSeed = flag.Uint64("sim.seed", 0, "replay one seed of the simulation; 0 for many")
)

const (
	// usualSeeds times stepsASeed makes the 200 000 steps of a plain run.
	usualSeeds = 100
	stepsASeed = 2000
	// stagesMax is how many rooms one world has at once.
	stagesMax = 3
)

// TestSim lets random things happen to rooms, members, links and the server, under one seed and virtual time. After
// each step it compares all that the effects did and said with a model of what must be true. A failure names the
// invariant or the row of the catalogue that broke and prints a short story of it; -sim.seed replays the whole of it.
//
// The invariants of the heart are checked here: I-1 (sessions), I-2 (one record), I-3 (one order), I-4 (leave wins),
// I-7 (media first), I-9 (incarnations), I-10 and I-11 (presence), I-13 (deadlines), I-14 (what belongs to the room).
// I-5, I-6, I-8 and I-12 speak of devices, bans and leases, which a room knows nothing of.
func TestSim(t *testing.T) {
	switch {
	case *simSeed != 0:
		simulate(t, *simSeed)
	case *simTime > 0:
		simulateFor(t, *simTime)
	default:
		for seed := uint64(1); seed <= usualSeeds && !t.Failed(); seed++ {
			simulate(t, seed)
		}
	}
}

func simulateFor(t *testing.T, long time.Duration) {
	first := rand.Uint64N(1<<40) + 1
	begin, seed := time.Now(), first
	for ; time.Since(begin) < long && !t.Failed(); seed++ {
		simulate(t, seed)
	}
	steps := (seed - first) * stepsASeed
	fmt.Printf("simulated %d steps in %v, %.1f million a minute; seeds %d to %d\n",
		steps, time.Since(begin).Round(time.Millisecond), float64(steps)/time.Since(begin).Minutes()/1e6, first, seed-1)
}

// simulate invents the events of one seed, and shrinks what fails.
func simulate(t *testing.T, seed uint64) {
	t.Helper()
	w := newWorld()
	in := newInventor(w, seed)
	script := make([]action, 0, stepsASeed)
	for range stepsASeed {
		script = append(script, in.invent())
		if broken := w.try(script[len(script)-1]); broken != "" {
			small, broken := shrink(script, broken, nil)
			t.Errorf("-sim.seed=%d, step %d: %s\nthe same as a story:\n%s", seed, len(script), broken, tellScript(small))
			return
		}
	}
}

// action is one thing that happens in the world, at a moment since [storyTime].
type action struct {
	at   time.Duration
	room int
	// do is an [Event], or what happens to links and to the server: cut, keep, restart.
	do any
	// setup is how the room begins when there is none, or when the one before is over.
	setup *setup
}

// setup is what one incarnation is made of.
type setup struct {
	limits Limits
	policy Policy
	scene  Scene
}

// world is several rooms that know nothing of each other.
type world struct {
	stages [stagesMax]*stage
	begun  int
	// rarely is after how many steps the checks that cost much are made.
	rarely int
	// planted is one more check, for the tests of the simulator itself.
	planted func(*stage)
}

func newWorld() *world { return &world{rarely: 32} }

// try does a, and returns what broke.
func (w *world) try(a action) (broken string) {
	defer func() {
		if cause := recover(); cause != nil {
			broken = fmt.Sprint(cause)
		}
	}()
	w.act(a)
	return ""
}

func (w *world) act(a action) {
	now := storyTime.Add(a.at)
	s := w.stages[a.room]
	if s == nil || s.over && a.setup != nil {
		s = w.begin(a, now)
	}
	switch do := a.do.(type) {
	case cut:
		s.cut(do)
	case keep:
		s.keep()
	case restart:
		s.restart(now, do)
	case Event:
		s.step(now, do)
	}
	if w.planted != nil {
		w.planted(s)
	}
}

func (w *world) begin(a action, now time.Time) *stage {
	made := setup{limits: DefaultLimits(), policy: DefaultPolicy()}
	if a.setup != nil {
		made = *a.setup
	}
	must(made.policy.Check() == nil, "sim: the policy is wrong: %v", made.policy.Check())
	w.begun++
	w.stages[a.room] = newStage(fmt.Sprint("incarnation-", w.begun), made, now)
	w.stages[a.room].rarely = w.rarely
	return w.stages[a.room]
}

func must(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf(format, args...))
	}
}

// invariant is the name of what broke.
func invariant(broken string) string {
	name, _, _ := strings.Cut(broken, ":")
	return name
}
