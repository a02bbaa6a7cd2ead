package media

import (
	"testing"

	"github.com/exeunt/exeunt/server/udp"
)

// Reports wait aside until somebody is awake anyhow: for media, for a look, or because they have waited long enough; a
// thousand at once are taken, and what a flood brings beyond waits its turn. A closed engine takes none.
func TestReportsAreTakenAlong(t *testing.T) {
	e := newSleeper(t)
	if !e.socket.Diverts() {
		t.Fatal("the kernel does not put reports aside; every Linux since 4.5 does")
	}
	e.reports.late.Stop()
	from, err := udp.Listen("127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { check(t, from.Close()) })
	sender, media, rest := from.NewSender(), udp.NewBatch(), udp.NewBatch()
	takers := map[string]func(){
		"media":      func() { e.takeAll(media, 0) },
		"a look":     func() { e.look(1) },
		"their time": e.overdue,
		"nobody":     func() {},
		"the closed": func() {
			e.closed = true
			e.overdue()
			e.closed = false
		},
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
			if name == "nobody" || name == "the closed" {
				want = n
			}
			if left != want {
				t.Errorf("%s left %d of %d reports; want %d", name, left, n, want)
			}
		}
	}
}

// While media flows, a report waits for it no longer than its time; without media nothing is armed, as the looks do.
func TestReportsDoNotWaitLong(t *testing.T) {
	e := newSleeper(t)
	e.reports.late.Stop()
	for _, flows := range []bool{false, true, false} {
		e.flows = flows
		e.takeAll(udp.NewBatch(), 0)
		if armed := e.reports.late.Stop(); armed != flows {
			t.Errorf("media flows: %v; the time of reports runs: %v", flows, armed)
		}
	}
}
