package media

import "testing"

// An engine without media wakes twice a second and not fifty times; what flows, or is missing, has it look sooner, and
// it goes back to rest by itself. Looks stand on multiples of their stride, so that none that is due is passed over.
func TestAnIdleEngineLooksSeldom(t *testing.T) {
	e := &Engine{rhythm: rhythm{soon: make(chan struct{}, 1)}}
	woken := func() bool {
		select {
		case <-e.soon:
			return true
		default:
			return false
		}
	}
	steps := []struct {
		what  string
		do    func()
		woken bool
		from  int
		ticks int
	}{
		{"at rest", func() {}, false, 7, watchTicks - 7},
		{"media comes", func() { e.out.received = 1; e.count() }, true, 7, 3},
		{"more of it", func() { e.out.received = 1; e.count() }, false, 10, feedbackTicks},
		{"a packet is missing", func() { e.need(&layer{line: &line{}}) }, true, 11, 1},
		{"it has come", func() { e.needy = nil }, false, 12, 3},
		{"the media of before", func() { e.tend(1, 15) }, false, 15, feedbackTicks},
		{"and no more", func() { e.tend(2, 20) }, false, 20, 5},
		{"at rest again", func() {}, false, 25, watchTicks},
	}
	for _, step := range steps {
		step.do()
		if got := woken(); got != step.woken {
			t.Errorf("%s: woken is %v; want %v", step.what, got, step.woken)
		}
		if got := e.plan(step.from); got != step.ticks {
			t.Errorf("%s: at tick %d the next look comes after %d ticks; want %d", step.what, step.from, got, step.ticks)
		}
	}
}
