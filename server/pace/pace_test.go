package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A full bucket gives all that it holds at once, and then as much as drips in; what drips into a full one is lost.
func TestABucketGivesWhatItHoldsAndWhatDripsIn(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := New(10, 3)
	take := func() (n int) {
		for b.Take(now) {
			n++
		}
		return n
	}
	if n := take(); n != 3 {
		t.Fatalf("a full bucket gave %d; want 3", n)
	}
	for _, c := range []struct {
		after time.Duration
		gives int
	}{
		{99 * time.Millisecond, 0},
		{time.Millisecond, 1},
		{250 * time.Millisecond, 2},
		{50 * time.Millisecond, 1},
		{time.Hour, 3},
	} {
		now = now.Add(c.after)
		if n := take(); n != c.gives {
			t.Errorf("after %v more it gave %d; want %d", c.after, n, c.gives)
		}
	}
	now = now.Add(-time.Minute)
	if b.Take(now) {
		t.Error("a clock that was set back filled the bucket")
	}
}

// Whoever waits gets the tokens at their pace, and nobody waits longer than his context.
func TestWaitingKeepsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(2, 2)
		began := time.Now()
		for range 6 {
			if err := b.Wait(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("six of a bucket of two, two a second, took %v; want 2s", took)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait beyond the context ended with %v", err)
		}
		if err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait after the context ended with %v", err)
		}
	})
}
