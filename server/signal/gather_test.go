package signal

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// heart is a client: it beats when it was asked to, or else at the pace.
type heart struct {
	*turn
	way  time.Duration
	beat time.Time
}

// TestHeartsComeToBeatTogether: whatever the ways of the members to the server, and wherever each begins, the beats of
// a group are at the server at one time after a few; those of two groups are not. Nobody is ever asked to be silent for
// much longer than the pace, and it stays so for hours.
func TestHeartsComeToBeatTogether(t *testing.T) {
	const pace, members = time.Second, groupMax + 10
	random := rand.New(rand.NewPCG(1, 2))
	r := newRota(pace)
	begin := r.began
	for range members {
		h := heart{turn: r.join(), way: time.Duration(random.Int64N(int64(150 * time.Millisecond)))}
		h.beat = begin.Add(time.Duration(random.Int64N(int64(pace))))
		for n := range 5000 {
			jitter := time.Duration(random.Int64N(int64(3 * time.Millisecond)))
			arrival := h.beat.Add(h.way + jitter)
			next := h.next(arrival)
			if next <= 0 || next > pace+pace/paceShare {
				t.Fatalf("the next heartbeat is asked for after %v", next)
			}
			off := (arrival.Sub(begin) - time.Duration(h.group)*groupApart + pace/2) % pace
			if off -= pace / 2; n > 20 && off.Abs() > 8*time.Millisecond {
				t.Fatalf("heartbeat %d of one with a way of %v came %v beside its group's", n, h.way, off)
			}
			h.beat = arrival.Add(h.way + next + time.Duration(random.Int64N(int64(2*time.Millisecond))))
		}
	}
	if r.groups[0] != groupMax || r.groups[1] != 10 {
		t.Errorf("the groups are %v", r.groups)
	}
}

// TestALateHeartBeatsNoMoreOften: a client that is so busy that its heartbeats come late, each by another time, is
// asked for one in each pace all the same.
func TestALateHeartBeatsNoMoreOften(t *testing.T) {
	const pace, beats = time.Second, 2000
	random := rand.New(rand.NewPCG(3, 4))
	for _, most := range []time.Duration{10, 100, 300, 450, 900} {
		h := newRota(pace).join()
		begin := h.rota.began
		arrival := begin
		for range beats {
			late := time.Duration(random.Int64N(int64(most * time.Millisecond)))
			arrival = arrival.Add(h.next(arrival) + late)
		}
		if each := arrival.Sub(begin) / beats; each < pace*9/10 {
			t.Errorf("up to %v ms late, it beats every %v", int(most), each)
		}
	}
}

// TestGroupsAreFilledAndEmptied: no group has more than it may while another has room, then all grow alike; who leaves
// makes room.
func TestGroupsAreFilledAndEmptied(t *testing.T) {
	r := newRota(3*groupApart + 1)
	var all []*turn
	for range 3*groupMax + 6 {
		all = append(all, r.join())
	}
	for i, n := range r.groups {
		if n != groupMax+2 {
			t.Errorf("group %d has %d", i, n)
		}
	}
	for _, one := range all {
		one.leave()
	}
	if again := r.join(); again.group != 0 || r.groups[0] != 1 || r.groups[1] != 0 {
		t.Errorf("the groups are %v; the next comes to %d", r.groups, again.group)
	}
	if short := newRota(time.Millisecond).join(); short.next(time.Now()) > 2*time.Millisecond {
		t.Error("a short pace is not kept")
	}
}

// TestTheAnswerSaysWhenToBeatNext, over the whole door; and the place is free when the member has gone.
func TestTheAnswerSaysWhenToBeatNext(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		<-time.After(100 * time.Millisecond)
		for n := range uint32(5) {
			ann.beat(n)
			ack := ann.next().GetHeartbeatAck()
			if ack.GetN() != n || ack.GetNextMs() == 0 || ack.GetNextMs() > 1125 {
				t.Fatalf("the answer is %v", ack)
			}
			<-time.After(time.Duration(ack.GetNextMs()) * time.Millisecond)
		}
		if at := time.Since(w.door.rota.began) % time.Second; at > 10*time.Millisecond && at < 990*time.Millisecond {
			t.Errorf("the fifth answer asks for a heartbeat at %v of each second", at)
		}
		if n := w.door.rota.count(0); n != 1 {
			t.Errorf("%d members beat", n)
		}
		ann.exit()
		ann.mustEnd(exit.Left)
		synctest.Wait()
		if n := w.door.rota.count(0); n != 0 {
			t.Errorf("%d members beat when all have gone", n)
		}
	})
}

func (r *rota) count(group int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.groups[group]
}
