package load

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/exeunt/exeunt/server/pace"
)

// run is one load, from the first entry to the last exit.
type run struct {
	plan    Plan
	name    string
	started time.Time
	seal    seal
	rooms   []*room
	sources []*source
	meters
	faults
	// sending are the writers of media, and watching those who follow what happens.
	sending, watching sync.WaitGroup
	phase             atomic.Pointer[phase]
	measuring         atomic.Bool
	server            *probe
}

// meters are what is measured.
type meters struct {
	enter, told, everybody, late Histogram
	latency                      [kinds]Histogram
	// asked are those who asked to enter, inside those who are, putOut those whose stay ended against their wish.
	asked, inside, putOut atomic.Int64
	// packets are all that came, measured or not. A corrupt one is not as it was sent, a misrouted one is another's.
	packets, corrupt, misrouted atomic.Uint64
	// own is the processor time of this process while it measured, took how long that was.
	own, took time.Duration
}

// phase is a part of a run.
type phase struct {
	name  Phase
	since time.Duration
}

// Phase says what a run is doing.
type Phase string

// The phases, in their order.
const (
	Entering  Phase = "entering"
	Settling  Phase = "settling"
	Measuring Phase = "measuring"
	Leaving   Phase = "leaving"
)

// Progress is how far a run has come.
type Progress struct {
	Phase Phase
	// For is how long the phase has lasted.
	For time.Duration
	// Inside is how many are inside, of Total.
	Inside, Total int
	// Packets are all that came so far; Lost those of the measured ones that have not come, of Due.
	Packets, Lost, Due uint64
	// P99 is the latency so far, of the slower kind of media.
	P99 time.Duration
	// Faults is how many things went wrong.
	Faults int
}

const (
	// showEvery is how often progress is shown.
	showEvery = 250 * time.Millisecond
	// settleMax is how long everybody may wait for a packet of each stream before the measurement begins anyway.
	settleMax = 10 * time.Second
	// drainQuiet is how long nothing must have come after the last packet was sent, and drainMax the longest wait.
	drainQuiet, drainMax = 500 * time.Millisecond, 3 * time.Second
	// lookEvery is how often a wait looks again.
	lookEvery = 20 * time.Millisecond
)

// Run carries a plan out and returns what was measured. When ctx ends, it leaves in order and returns what there is.
// Errors: [*LimitError], several of them joined, and those of the server's numbers. show is called now and then.
func Run(ctx context.Context, plan Plan, show func(Progress)) (*Report, error) {
	if err := plan.Validate(); err != nil {
		return nil, err
	}
	r := newRun(plan)
	if plan.Metrics != "" {
		var err error
		if r.server, err = newProbe(ctx, plan.Metrics); err != nil {
			return nil, err
		}
	}
	showing, shown := context.WithCancel(context.Background())
	var display sync.WaitGroup
	display.Go(func() {
		every(showing, showEvery, func() bool {
			show(r.progress())
			return true
		})
	})
	r.load(ctx)
	shown()
	display.Wait()
	report := r.report()
	report.Interrupted = ctx.Err() != nil
	return report, nil
}

func newRun(plan Plan) *run {
	r := &run{plan: plan, name: strings.ToLower(rand.Text()[:8]), started: time.Now(), seal: newSeal()}
	for n := range plan.Rooms {
		r.rooms = append(r.rooms, r.newRoom(n+1))
	}
	r.begin(Entering)
	return r
}

// now is the run's clock.
func (r *run) now() time.Duration { return time.Since(r.started) }

func (r *run) begin(name Phase) { r.phase.Store(&phase{name, r.now()}) }

// load goes through the phases. However far it gets, all who are inside leave at the end.
func (r *run) load(ctx context.Context) {
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	r.enterAll(ctx, sending)
	if ctx.Err() == nil && r.inside.Load() > 0 {
		r.begin(Settling)
		r.settle(ctx)
		r.begin(Measuring)
		r.measure(ctx)
	}
	stop()
	r.sending.Wait()
	r.drain()
	r.measuring.Store(false)
	r.begin(Leaving)
	var emptying sync.WaitGroup
	for _, o := range r.rooms {
		emptying.Go(o.empty)
	}
	emptying.Wait()
	r.watching.Wait()
	if r.server != nil {
		r.server.end()
	}
}

// enterAll lets members in at the plan's pace, however long each takes: first those who publish, of all rooms.
func (r *run) enterAll(ctx, sending context.Context) {
	rate := pace.New(r.plan.EnterRate, 1)
	var entering sync.WaitGroup
	for n := range r.plan.Members {
		if n == r.plan.Publishers {
			entering.Wait()
		}
		for _, o := range r.rooms {
			if rate.Wait(ctx) != nil {
				break
			}
			entering.Go(func() { o.members[n].enter(ctx, sending) })
		}
	}
	entering.Wait()
}

// each calls do for every stream that a member who is inside gets from one who is.
func (r *run) each(do func(*member, *source, *tally)) {
	for _, o := range r.rooms {
		heard := map[string]bool{}
		for _, m := range o.members {
			heard[m.user] = m.client != nil
		}
		for _, m := range o.members {
			for s, t := range m.tallies {
				if m.client != nil && heard[s.user] {
					do(m, s, t)
				}
			}
		}
	}
}

// settle waits until every stream has come to everybody.
func (r *run) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleMax)
	defer cancel()
	every(ctx, lookEvery, func() bool {
		missing := false
		r.each(func(_ *member, _ *source, t *tally) { missing = missing || !t.touched() })
		return missing
	})
}

// measure lets what comes count for as long as the plan says.
func (r *run) measure(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	from := map[*source]uint64{}
	for _, s := range r.sources {
		from[s] = s.begin()
	}
	r.each(func(_ *member, s *source, t *tally) { t.begin(from[s]) })
	r.measuring.Store(true)
	began, used := r.now(), ownTime()
	ctx, cancel := context.WithTimeout(ctx, r.plan.For)
	defer cancel()
	if r.server != nil {
		r.server.begin(ctx)
	}
	<-ctx.Done()
	if r.server != nil {
		r.server.pause()
	}
	r.took, r.own = r.now()-began, ownTime()-used
}

// drain waits for what is still on its way: until all has come, or nothing comes any more.
func (r *run) drain() {
	if !r.measuring.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainMax)
	defer cancel()
	last, since := r.packets.Load(), r.now()
	every(ctx, lookEvery, func() bool {
		if now := r.packets.Load(); now != last {
			last, since = now, r.now()
		}
		if r.now()-since >= drainQuiet {
			return false
		}
		all := true
		r.each(func(_ *member, s *source, t *tally) {
			sent, _ := s.sent()
			got, _ := t.result()
			all = all && got.came == sent
		})
		return !all
	})
}

func (r *run) progress() Progress {
	phase := r.phase.Load()
	p := Progress{
		Phase: phase.name, For: r.now() - phase.since, Inside: int(r.inside.Load()),
		Total: r.plan.Rooms * r.plan.Members, Packets: r.packets.Load(), Faults: r.faults.count(),
		P99: max(r.latency[picture].Quantile(0.99), r.latency[sound].Quantile(0.99)),
	}
	for _, o := range r.rooms {
		for _, m := range o.members {
			for _, t := range m.tallies {
				got, due := t.result()
				p.Due += due
				p.Lost += due - got.came
			}
		}
	}
	return p
}

// every calls do at intervals, until it returns false or ctx ends.
func every(ctx context.Context, interval time.Duration, do func() bool) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for do() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
