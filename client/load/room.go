package load

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/exeunt/exeunt/client"
)

// origin is who sends which stream.
type origin struct {
	user   string
	stream client.Stream
}

// room is one of the rooms that are loaded.
type room struct {
	run  *run
	name string
	// members are first those who publish.
	members []*member
	sources map[origin]*source
	// heard is when the first packet was sent that anybody got, on the run's clock; 0 while nobody got one.
	heard atomic.Int64
	// leaving is the exit of which the others are to be told now.
	leaving atomic.Pointer[farewell]
}

// newRoom plans a room. Nobody else has one of its name: it begins with the run's own, which is random.
func (r *run) newRoom(number int) *room {
	o := &room{run: r, name: fmt.Sprintf("bench-%s-%d", r.name, number), sources: map[origin]*source{}}
	streams := []client.Stream{}
	if r.plan.Audio != (Audio{}) {
		streams = append(streams, client.Audio)
	}
	if r.plan.Video != (Video{}) {
		streams = append(streams, client.Big)
	}
	for n := range r.plan.Members {
		m := &member{
			room: o, user: fmt.Sprintf("%s-%d", o.name, n+1), tallies: map[*source]*tally{}, over: make(chan struct{}),
		}
		o.members = append(o.members, m)
		if n >= r.plan.Publishers {
			continue
		}
		for _, stream := range streams {
			s := r.newSource(m.user, stream)
			m.sources = append(m.sources, s)
			o.sources[origin{m.user, stream}] = s
		}
	}
	for _, m := range o.members {
		for _, s := range o.sources {
			if s.user != m.user {
				m.tallies[s] = &tally{}
			}
		}
	}
	return o
}

// isHeard notes that a packet that was sent at that time came through.
func (o *room) isHeard(at time.Duration) {
	for {
		first := o.heard.Load()
		if first != 0 && first <= int64(at) || o.heard.CompareAndSwap(first, int64(at)) {
			return
		}
	}
}

// farewell is an exit and those who have not been told of it.
type farewell struct {
	user string
	at   time.Duration
	done chan struct{}

	mu      sync.Mutex
	waiting map[*member]bool
}

// told notes when a member was told that a user left.
func (o *room) told(m *member, user string, now time.Duration) {
	f := o.leaving.Load()
	if f == nil || f.user != user {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.waiting[m] {
		return
	}
	delete(f.waiting, m)
	o.run.told.Add(now - f.at)
	if len(f.waiting) == 0 {
		o.run.everybody.Add(now - f.at)
		close(f.done)
	}
}

// untold are those whom nobody told yet and who are still inside.
func (f *farewell) untold() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for m := range f.waiting {
		if m.here() {
			n++
		}
	}
	return n
}

// toldMax is how long the others may take to be told of an exit.
const toldMax = 5 * time.Second

// empty takes everybody out, those who publish first, one after another: the next leaves when everybody knows of the
// one before. In a room where nobody is told any more the rest leave at once.
func (o *room) empty() {
	var exits sync.WaitGroup
	defer exits.Wait()
	deaf := false
	for i, m := range o.members {
		if !m.here() {
			continue
		}
		if deaf {
			exits.Go(m.exit)
			continue
		}
		f := &farewell{user: m.user, done: make(chan struct{}), waiting: map[*member]bool{}}
		// In a live scene nobody is told of audience.
		if len(m.sources) > 0 || !o.run.plan.live() {
			for _, other := range o.members[i+1:] {
				if other.here() {
					f.waiting[other] = true
				}
			}
		}
		// Those who are told take themselves out as soon as the exit begins.
		waiting := len(f.waiting)
		f.at = o.run.now()
		o.leaving.Store(f)
		exits.Go(m.exit)
		if waiting > 0 {
			deaf = !o.await(f)
		} else {
			<-m.over
		}
	}
}

// await waits until everybody knows of an exit. False says that somebody does not.
func (o *room) await(f *farewell) bool {
	late := time.NewTimer(toldMax)
	defer late.Stop()
	select {
	case <-f.done:
		return true
	case <-late.C:
	}
	n := f.untold()
	if n > 0 {
		o.run.faults.add("not told of an exit", "", fmt.Sprintf("within %v, that %s left", toldMax, f.user), n)
	}
	return n == 0
}
