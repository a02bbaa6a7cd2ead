package media

import (
	"testing"

	"github.com/exeunt/exeunt/server/udp"
)

// Reports wait aside until somebody is awake anyhow, for media or for a look; a thousand at once are taken, and what a
// flood brings beyond waits its turn.
func TestReportsAreTakenAlong(t *testing.T) {
	e := newSleeper(t)
	if !e.socket.Diverts() {
		t.Fatal("the kernel does not put reports aside; every Linux since 4.5 does")
	}
	from, err := udp.Listen("127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { check(t, from.Close()) })
	sender, media, rest := from.NewSender(), udp.NewBatch(), udp.NewBatch()
	takers := map[string]func(){
		"media":  func() { e.takeAll(media, 0) },
		"a look": func() { e.look(1) },
		"nobody": func() {},
	}
	for name, taker := range takers {
		for _, n := range []int{1, udp.BatchMax + 1, reportBatches*udp.BatchMax + 3} {
			for range n {
				sender.Send([]byte{128, 200, 0, 0}, 4, e.socket.Addr())
			}
			taker()
			left := 0
			for got := -1; got != 0; left += got {
				got = e.socket.Reports(rest)
			}
			want := max(0, n-reportBatches*udp.BatchMax)
			if name == "nobody" {
				want = n
			}
			if left != want {
				t.Errorf("%s left %d of %d reports; want %d", name, left, n, want)
			}
		}
	}
}

// While media flows, but seldom, the engine looks for reports at each tick. Where it flows often they need not wait,
// and where none flows they may.
func TestReportsDoNotWaitLong(t *testing.T) {
	e := newSleeper(t)
	for _, step := range []struct{ packets, awake, ticks int }{
		{1, awakeMin - 1, 1},
		{1, awakeMin, feedbackTicks},
		{1, 0, 1},
		{0, awakeMin, emptyTicks},
		{0, 0, emptyTicks},
	} {
		e.flowed, e.awake = step.packets > 0, step.awake
		e.tend(1, feedbackTicks)
		if got := e.plan(0); got != step.ticks {
			t.Errorf("of media %d times, flowing %v: the next look is after %d ticks; want %d",
				step.awake, e.flows, got, step.ticks)
		}
	}
}
