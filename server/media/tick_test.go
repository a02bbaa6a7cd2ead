package media

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"

	"github.com/exeunt/exeunt/server/udp"
)

// An engine without media wakes twice a second and not fifty times, and one without anybody once a minute; what flows,
// or is missing, has it look sooner, and it goes back to rest by itself. Looks stand on multiples of their stride, so
// that none that is due is passed over.
func TestAnIdleEngineLooksSeldom(t *testing.T) {
	e, offer := newSleeper(t), offerOf(t, shape{})
	opens := func(id string) func() {
		return func() {
			_, err := e.Open(context.Background(), id, offer)
			check(t, err)
		}
	}
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
		{"nobody is there", func() {}, false, 7, emptyTicks - 7},
		{"somebody comes", opens("a"), true, 7, watchTicks - 7},
		{"another comes", opens("b"), false, 7, watchTicks - 7},
		{"at rest", func() {}, false, 7, watchTicks - 7},
		{"media comes", func() { e.out.received = 1; e.count() }, true, 7, 3},
		{"more of it", func() { e.out.received = 1; e.count() }, false, 10, feedbackTicks},
		{"a packet is missing", func() { e.need(&layer{line: &line{}}) }, true, 11, 1},
		{"it has come", func() { e.needy = nil }, false, 12, 3},
		{"the media of before", func() { e.awake = awakeMin; e.tend(1, 15) }, false, 15, feedbackTicks},
		{"and no more", func() { e.tend(2, 20) }, false, 20, 5},
		{"at rest again", func() {}, false, 25, watchTicks},
		{"one goes", func() { e.Drop("a") }, false, 25, watchTicks},
		{"all go", func() { e.Drop("b") }, false, 50, emptyTicks - 50},
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

// newSleeper is an engine with sockets that nobody looks after.
func newSleeper(t *testing.T) *Engine {
	t.Helper()
	socket, err := udp.Listen("127.0.0.1:0")
	check(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { check(t, errors.Join(socket.Close(), listener.Close())) })
	log := slog.New(slog.DiscardHandler)
	p := &premises{crew: newCrew()}
	p.tcp = newTCPListener(listener, p, log)
	return newShard(Config{}.complete(), log, nil, socket, p)
}
