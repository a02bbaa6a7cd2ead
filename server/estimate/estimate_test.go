package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const plenty = 20_000_000

// A link that carries less or more than was believed is found, and then kept full without a long queue.
func TestALinkIsFoundAndKeptFull(t *testing.T) {
	for _, rate := range []int{500_000, 1_000_000, 3_000_000, 8_000_000} {
		l := newLink(1_000_000, rate, plenty)
		l.wanted = 10_000_000
		l.run(15)
		share, wait := l.measure(30)
		t.Logf("%d kbit/s: %.0f %% full, 95 %% wait up to %d ms", rate/1000, 100*share, wait)
		if share < 0.75 || share > 1.05 || wait > 150 {
			t.Errorf("%d kbit/s: %.0f %% full, 95 %% wait up to %d ms", rate/1000, 100*share, wait)
		}
	}
}

// A link that falls from 3 Mbit/s to 400 kbit/s is believed within two seconds, and within twenty when it is back,
// however long its delay is and whenever it falls.
func TestALinkThatFallsAndRecovers(t *testing.T) {
	for seed := range uint64(10) {
		l := newLink(1_000_000, 3_000_000, plenty)
		l.random = rand.New(rand.NewPCG(seed, 9))
		l.delay, l.wanted = int64(5_000*(1+seed)), 3_500_000
		l.run(20 + float64(seed)/3)
		l.rate = 400_000
		l.run(2)
		if rate := l.e.Rate(); rate > 500_000 {
			t.Errorf("seed %d: two seconds after the fall the rate is %d", seed, rate)
		}
		l.run(3)
		if share, wait := l.measure(15); share < 0.8 || wait > 200 {
			t.Errorf("seed %d: at the bottom %.0f %% full, 95 %% wait up to %d ms", seed, 100*share, wait)
		}
		l.rate = 3_000_000
		l.run(20)
		if rate := l.e.Rate(); rate < 2_000_000 {
			t.Errorf("seed %d: twenty seconds after the recovery the rate is %d", seed, rate)
		}
	}
}

// Loss without a queue, as by radio, does not take the rate away; much loss does.
func TestLossWithoutAQueue(t *testing.T) {
	for loss, least := range map[float64]float64{0.01: 0.75, 0.05: 0.70} {
		l := newLink(1_000_000, 3_000_000, plenty)
		l.wanted, l.loss = 3_500_000, loss
		l.run(15)
		if share, wait := l.measure(30); share < least*(1-loss) || wait > 150 {
			t.Errorf("%.0f %% loss: %.0f %% full, 95 %% wait up to %d ms", 100*loss, 100*share, wait)
		}
		if got := l.e.Loss(); math.Abs(got-loss) > 0.03 {
			t.Errorf("%.0f %% loss is told as %.1f %%", 100*loss, 100*got)
		}
	}
	l := newLink(2_000_000, 3_000_000, plenty)
	l.loss = 0.25
	l.run(20)
	if rate := l.e.Rate(); rate > 1_000_000 || rate < 50_000 {
		t.Errorf("with 25 %% loss the rate is %d", rate)
	}
}

// Who sends little learns little: the rate neither grows beyond what was tried nor shrinks, until a probe finds more.
func TestWhoSendsLittleLearnsLittle(t *testing.T) {
	l := newLink(1_000_000, 5_000_000, 300_000)
	l.run(20)
	if rate := l.e.Rate(); rate < 290_000 || rate > 1_100_000 {
		t.Errorf("after twenty seconds of little the rate is %d", rate)
	}
	l.wanted = 2_000_000
	l.run(10)
	if rate := l.e.Rate(); rate < 1_600_000 || l.probed == 0 || l.probed > 6 {
		t.Errorf("after %d probes the rate is %d", l.probed, rate)
	}
}

// A probe on a full link finds nothing, does no harm, and comes ever less often.
func TestAProbeOfAFullLinkFindsNothing(t *testing.T) {
	l := newLink(800_000, 1_000_000, plenty)
	l.wanted = 5_000_000
	l.run(20)
	l.probed = 0
	share, wait := l.measure(60)
	if share < 0.7 || wait > 250 || l.probed > 12 {
		t.Errorf("%.0f %% full, 95 %% wait up to %d ms, %d probes in a minute", 100*share, wait, l.probed)
	}
}

// Without feedback the rate goes down step by step, and comes back with it.
func TestFeedbackThatStaysAway(t *testing.T) {
	l := newLink(1_000_000, 3_000_000, plenty)
	l.run(20)
	before := l.e.Rate()
	l.deaf = true
	l.run(3)
	if rate := l.e.Rate(); rate > before/4 || rate < 50_000 {
		t.Errorf("after three seconds without feedback the rate is %d; it was %d", rate, before)
	}
	l.deaf = false
	l.wanted = 3_000_000
	l.run(20)
	if rate := l.e.Rate(); rate < 1_500_000 {
		t.Errorf("twenty seconds after it is back the rate is %d", rate)
	}
}

// A peer without transport feedback says itself what its path carries.
func TestAPeerThatTellsItsOwnEstimate(t *testing.T) {
	e := New(1_000_000, 50_000, 5_000_000)
	if e.Known() {
		t.Error("something is known before anything was told")
	}
	for _, c := range []struct {
		remb uint64
		want int
	}{{2_000_000, 2_000_000}, {100, 50_000}, {math.MaxUint64, 5_000_000}} {
		if e.Remb(c.remb); e.Rate() != c.want {
			t.Errorf("REMB %d made %d; want %d", c.remb, e.Rate(), c.want)
		}
	}
	if !e.Known() {
		t.Error("what was told is not known")
	}
}

// The time there and back is known, but for what the far end waits.
func TestTheRoundTripIsKnown(t *testing.T) {
	l := newLink(500_000, 5_000_000, 300_000)
	l.run(10)
	if rtt := l.e.RTT(); rtt < 40*time.Millisecond || rtt > 160*time.Millisecond {
		t.Errorf("the round trip of 40 ms is told as %v", rtt)
	}
}

// Whatever is told, the rate stays within its bounds and the loss a share.
func TestNonsenseStaysWithinBounds(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 3))
		e, now := New(1_000_000, 50_000, 3_000_000), int64(1)
		for range 2000 {
			now += int64(random.IntN(200_000))
			nonsense(e, random, now)
			if rate := e.Rate(); rate < 50_000 || rate > 3_000_000 {
				t.Fatalf("seed %d: the rate is %d", seed, rate)
			}
			if loss := e.Loss(); !(loss >= 0 && loss <= 1) {
				t.Fatalf("seed %d: the loss is %v", seed, loss)
			}
		}
	}
}

func nonsense(e *Estimate, random *rand.Rand, now int64) {
	switch random.IntN(4) {
	case 0:
		e.Sent(uint16(random.IntN(3000)), random.IntN(1500), now)
	case 1:
		e.Begin(now)
		for range random.IntN(50) {
			e.Arrived(uint16(random.IntN(3000)), random.IntN(3) > 0, int64(random.Uint64())>>random.IntN(60))
		}
		e.End()
	case 2:
		e.Tick(now)
	case 3:
		_, _ = e.Probe(now, random.IntN(1<<40))
	}
}

// Neither a packet nor feedback costs an allocation.
func TestNothingIsAllocated(t *testing.T) {
	e, now, number := New(1_000_000, 50_000, 3_000_000), int64(1), uint16(0)
	if n := testing.AllocsPerRun(100, func() { hundred(e, &now, &number) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// hundred sends a hundred packets and tells of them.
func hundred(e *Estimate, now *int64, number *uint16) {
	first := *number
	for range 100 {
		e.Sent(*number, 1200, *now)
		*now += 1000
		*number++
	}
	e.Begin(*now)
	for n := first; n != *number; n++ {
		e.Arrived(n, true, *now)
	}
	e.End()
}

func BenchmarkHundredPackets(b *testing.B) {
	e, now, number := New(1_000_000, 50_000, 3_000_000), int64(1), uint16(0)
	for b.Loop() {
		hundred(e, &now, &number)
	}
}
