package system_test

import (
	"fmt"
	"testing"

	"github.com/exeunt/exeunt/client"
)

// crowd is how many members the room has; enough for what grows with their square to show.
const crowd = 1000

// TestB10_AThousandHearOfALeaveOnceAndOfADismissalOnlyTheirOwn: 1,000 members in one room, over real sockets. When
// one leaves, each of the 999 others hears it exactly once. When a back end dismisses the room, each hears that its own
// stay ended, and nothing about the others (S10, K11).
func TestB10_AThousandHearOfALeaveOnceAndOfADismissalOnlyTheirOwn(t *testing.T) {
	w := serve(t, fmt.Sprintf("--call-members-max=%d", crowd))
	members := gather(t, w)
	leaver, stayers := members[0], members[1:]
	for _, c := range members {
		wait(t, c, func(e client.RemoteUserEnter) bool { return e.User == name(crowd-1) || c == members[crowd-1] })
	}
	exit(t, leaver)
	for _, c := range stayers {
		left := wait(t, c, func(client.RemoteUserLeave) bool { return true })
		if left.User != name(0) || left.Reason != 0 {
			t.Errorf("%s was told %+v", c.Session(), left)
		}
	}
	if got := w.call("DismissRoom", map[string]any{"RoomId": 7, "Reason": "good night"}); got.Error.Code != "" {
		t.Fatalf("dismiss: %+v", got)
	}
	for _, c := range stayers {
		var exited []client.Exited
		for event := range c.Events() {
			switch e := event.(type) {
			case client.Exited:
				exited = append(exited, e)
			case client.RemoteUserLeave:
				t.Errorf("a member of the dismissed room was told that %s left too", e.User)
			}
		}
		if len(exited) != 1 || exited[0].Reason != 2 || exited[0].Detail.Text != "good night" {
			t.Errorf("the dismissal was told as %+v", exited)
		}
	}
	if got := w.call("DismissRoom", map[string]any{"RoomId": 7}); got.Error.Code != "FailedOperation.RoomNotExist" {
		t.Errorf("a second dismissal answers %+v", got)
	}
	n := w.settle("after the dismissal", func(n map[string]float64) bool { return n["exeunt_sessions"] == 0 })
	if n[`exeunt_exits_total{reason="dismissed"}`] != crowd-1 || n[`exeunt_exits_total{reason="left"}`] != 1 {
		t.Errorf("exits by reason: %v dismissed, %v left",
			n[`exeunt_exits_total{reason="dismissed"}`], n[`exeunt_exits_total{reason="left"}`])
	}
}

func name(i int) string { return fmt.Sprintf("member-%d", i) }

// gather lets the crowd in, one after another.
func gather(t *testing.T, w *world) []*client.Client {
	t.Helper()
	members := make([]*client.Client, crowd)
	for i := range members {
		members[i] = w.enter(name(i), func(c *client.Config) { c.EventsMax = 4 * crowd })
	}
	t.Cleanup(func() {
		for _, c := range members {
			exit(t, c)
		}
	})
	return members
}
