package room

import (
	"testing"
	"time"
)

// TestG6_ARoomWithAHostWaitsForItsFirstEntrant as long as its rules say, not as long as rooms without rules do.
func TestG6_ARoomWithAHostWaitsForItsFirstEntrant(t *testing.T) {
	r := New("i", DefaultLimits(), DefaultPolicy(), storyTime)
	r.Step(storyTime, Open{})
	rules := DefaultPolicy()
	rules.Host, rules.Timers.NeverEntered = "ann", time.Minute
	r.Step(storyTime, SetPolicy{Policy: rules})
	end := storyTime.Add(time.Minute)
	if got := r.Deadline(); !got.Equal(end) {
		t.Fatalf("the room waits until %v; want %v", got, end)
	}
	for _, effect := range r.Step(end, Tick{}) {
		if over, ok := effect.(End); ok && over.Rule == "never_entered" {
			return
		}
	}
	t.Error("the room goes on")
}
