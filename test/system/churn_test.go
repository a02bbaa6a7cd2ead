package system_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
)

// cycles is how many members with media come and go, lanes how many do so side by side; warm is how many do so first,
// so that pools and caches are full.
const (
	cycles = 500
	warm   = 40
	lanes  = 5
)

// TestK1_FiveHundredStaysWithMediaLeaveNothing: after 500 members have come, published, been heard and gone, the server
// has the goroutines, descriptors, rooms and memory that it had before (K1, K7, K8).
func TestK1_FiveHundredStaysWithMediaLeaveNothing(t *testing.T) {
	w := serve(t)
	churn(t, w, warm)
	idle := func(n map[string]float64) bool { return n["exeunt_sessions"] == 0 && n["exeunt_rooms"] == 0 }
	before := w.settle("after the warm-up", idle)
	churn(t, w, cycles)
	after := w.settle("after the cycles", func(n map[string]float64) bool {
		// A handful comes and goes with the reading of the numbers itself and with the runtime's own work.
		return idle(n) && n["go_goroutines"] <= before["go_goroutines"]+5 &&
			n["process_open_fds"] <= before["process_open_fds"]+3
	})
	if grown := after["go_memstats_heap_alloc_bytes"] - before["go_memstats_heap_alloc_bytes"]; grown > 32<<20 {
		t.Errorf("the heap grew by %.0f bytes in %d stays", grown, cycles)
	}
	const all = cycles + warm
	entered, left := after["exeunt_entries_total"], after[`exeunt_exits_total{reason="left"}`]
	if entered != left || left < all {
		t.Errorf("%v stays began and %v were left; want the same, and at least %d", entered, left, all)
	}
	if late := after[`exeunt_overdue_total{what="transport_close"}`]; late != 0 {
		t.Errorf("%v transports did not close in time", late)
	}
	t.Logf("goroutines %v to %v, descriptors %v to %v, heap %.1f to %.1f MB",
		before["go_goroutines"], after["go_goroutines"], before["process_open_fds"], after["process_open_fds"],
		before["go_memstats_heap_alloc_bytes"]/1e6, after["go_memstats_heap_alloc_bytes"]/1e6)
}

// churn lets n members come one after another into a room in which one listens, and hears each of them.
func churn(t *testing.T, w *world, n int) {
	t.Helper()
	listener := w.enter("listener", func(c *client.Config) {
		c.ReceiveAudio, c.Media = true, &client.Media{AudioSlots: lanes}
		c.EventsMax = 16 * (cycles + warm)
	})
	defer exit(t, listener)
	var all sync.WaitGroup
	for lane := range lanes {
		all.Go(func() {
			for i := range n / lanes {
				if err := comeAndGo(w, listener, fmt.Sprintf("guest-%d-%d", lane, i)); err != nil {
					t.Errorf("lane %d, stay %d: %v", lane, i, err)
					return
				}
			}
		})
	}
	all.Wait()
	if got := listener.Exchanges(); got != 1 {
		t.Errorf("%d members came and went with %d SDP exchanges; want the first alone", n, got)
	}
}

// comeAndGo lets one member in, until it was heard.
func comeAndGo(w *world, listener *client.Client, user string) error {
	guest, err := w.tryEnter(user, func(c *client.Config) { c.Media = &client.Media{} })
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	outlet, err := guest.Publish(ctx, client.Audio)
	if err != nil {
		return errors.Join(err, guest.Exit(ctx))
	}
	speaking, quiet := context.WithCancel(ctx)
	spoken := make(chan struct{})
	go func() {
		defer close(spoken)
		speak(speaking, outlet)
	}()
	_, err = listener.Receive(user, client.Audio).ReadRTP(ctx)
	quiet()
	<-spoken
	return errors.Join(err, guest.Exit(ctx))
}

// speak sends a packet of sound every 5 ms until ctx ends. Before the transport stands, packets are dropped.
func speak(ctx context.Context, outlet *client.Outlet) {
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			// An error is a transport that is not there yet, or not any more.
			_ = outlet.WriteFrame([]byte{0xf8, 0xff, 0xfe}, 5*time.Millisecond)
		case <-ctx.Done():
			return
		}
	}
}

func exit(t *testing.T, c *client.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	check(t, c.Exit(ctx))
}
