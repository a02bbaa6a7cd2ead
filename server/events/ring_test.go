package events

import (
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	seven = room.Key{App: 1, Kind: room.Numeric, ID: "7"}
	eight = room.Key{App: 1, Kind: room.Numeric, ID: "8"}
)

func ended(session string) exit.Record {
	return exit.Record{Session: session, User: "user of " + session, Why: exit.Why{Reason: exit.Left}}
}

// sessions names the exits in short.
func sessions(all []Ended) string {
	text := ""
	for _, e := range all {
		text += e.Record.Session + "@" + e.Incarnation + " "
	}
	return text
}

// TestI10_RecentExits: who asks why somebody is gone finds it, the latest first, each room by itself.
func TestI10_RecentExits(t *testing.T) {
	r := NewRing(4)
	if got := r.Recent(seven); len(got) != 0 {
		t.Errorf("an empty ring has %+v", got)
	}
	r.Record(seven, "one", ended("a"))
	r.Record(eight, "one", ended("b"))
	r.Record(seven, "two", ended("c"))
	if got := sessions(r.Recent(seven)); got != "c@two a@one " {
		t.Errorf("recent in seven: %s", got)
	}
	if record, ok := r.Find("b"); !ok || record != ended("b") {
		t.Errorf("found %+v, %v", record, ok)
	}
	if record, ok := r.Find("never"); ok {
		t.Errorf("found %+v", record)
	}
}

// TestRingForgetsTheOldest: the ring stays as large as it was made, whatever happens, and forgets in order.
func TestRingForgetsTheOldest(t *testing.T) {
	for _, size := range []int{-1, 1, 3} {
		r := NewRing(size)
		capacity := max(1, size)
		for i := range 10 {
			r.Record(seven, "one", ended(fmt.Sprint(i)))
			for j := range 10 {
				_, found := r.Find(fmt.Sprint(j))
				if want := j <= i && j > i-capacity; found != want {
					t.Errorf("size %d: after %d exits, %d is found: %v", size, i+1, j, found)
				}
			}
		}
		if len(r.exits) != capacity || len(r.bySession) != capacity || len(r.Recent(seven)) != capacity {
			t.Errorf("size %d: %d exits, %d names, %d recent", size, len(r.exits), len(r.bySession), len(r.Recent(seven)))
		}
		if latest := r.Recent(seven)[0].Record.Session; latest != "9" {
			t.Errorf("size %d: the latest is %s", size, latest)
		}
	}
}

// TestRingIsShared: rooms record while doors ask.
func TestRingIsShared(t *testing.T) {
	r := NewRing(50)
	var rooms sync.WaitGroup
	for i := range 8 {
		rooms.Go(func() {
			for j := range 100 {
				session := fmt.Sprint(i, "-", j)
				r.Record(seven, "one", ended(session))
				if record, ok := r.Find(session); ok && record.Session != session {
					t.Errorf("asked for %s, found %s", session, record.Session)
				}
				r.Recent(seven)
			}
		})
	}
	rooms.Wait()
	if n := len(r.Recent(seven)); n != 50 {
		t.Errorf("%d exits are remembered", n)
	}
}
