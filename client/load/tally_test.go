package load

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// Every packet is counted once, as what it is: in its turn, late, repeated, or lost.
func TestTallyTellsLossFromDisorder(t *testing.T) {
	for name, c := range map[string]struct {
		numbers []uint64
		want    counts
		due     uint64
	}{
		"nothing":             {nil, counts{}, 0},
		"all in order":        {[]uint64{10, 11, 12}, counts{came: 3, bytes: 3}, 3},
		"one is missing":      {[]uint64{10, 12}, counts{came: 2, bytes: 2}, 3},
		"the first is":        {[]uint64{12}, counts{came: 1, bytes: 1}, 3},
		"one is repaired":     {[]uint64{10, 12, 11}, counts{came: 3, late: 1, bytes: 3}, 3},
		"one comes twice":     {[]uint64{10, 11, 10, 11}, counts{came: 2, again: 2, bytes: 2}, 2},
		"late and twice":      {[]uint64{12, 10, 10}, counts{came: 2, late: 1, again: 1, bytes: 2}, 3},
		"before the start":    {[]uint64{8, 9, 10}, counts{came: 1, bytes: 1}, 1},
		"a leap":              {[]uint64{10, 5000, 4999}, counts{came: 3, late: 1, bytes: 3}, 4991},
		"later than memory":   {[]uint64{10, 2000, 11}, counts{came: 2, bytes: 2}, 1991},
		"edge of memory":      {[]uint64{10, 10 + memory, 11}, counts{came: 3, late: 1, bytes: 3}, memory + 1},
		"the same place anew": {[]uint64{10, 11 + memory - 2, 10 + memory}, counts{came: 3, bytes: 3}, memory + 1},
	} {
		var got tally
		got.see(9, 1)
		got.begin(10)
		for _, n := range c.numbers {
			got.see(n, 1)
		}
		if result, due := got.result(); result != c.want || due != c.due {
			t.Errorf("%s: %+v of %d; want %+v of %d", name, result, due, c.want, c.due)
		}
	}
}

// Against a list that remembers everything, over a network that loses, swaps and repeats.
func TestTallyAgreesWithAWholeList(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var got tally
	got.begin(0)
	var want counts
	seen := map[uint64]bool{}
	var newest uint64
	for number := uint64(0); number < 100_000; number++ {
		if rng.IntN(50) == 0 {
			number += rng.Uint64N(90)
		}
		n := number - min(number, rng.Uint64N(3)*rng.Uint64N(200))
		switch {
		case seen[n]:
			want.again++
		case n < newest:
			want.late++
			fallthrough
		default:
			seen[n] = true
			want.came++
			want.bytes += 7
		}
		newest = max(newest, n)
		got.see(n, 7)
	}
	if result, due := got.result(); result != want || due != newest+1 {
		t.Errorf("%+v of %d; want %+v of %d", result, due, want, newest+1)
	}
}

// A stamp is read as it was written; a payload of which one byte is another, or of another run, is not.
func TestStampNoticesEveryByte(t *testing.T) {
	own, other := newSeal(), newSeal()
	other.seed = own.seed
	payload := bytes.Repeat([]byte{7}, 100)
	want := stamp{stream: 3, number: 1 << 40, at: time.Hour}
	own.write(payload, want)
	if got, ok := own.read(payload); !ok || got != want {
		t.Fatalf("read %+v, %t; want %+v", got, ok, want)
	}
	if _, ok := other.read(payload); ok && other.run != own.run {
		t.Error("another run takes the packet for its own")
	}
	for i := range payload {
		payload[i] ^= 0x20
		if _, ok := own.read(payload); ok {
			t.Errorf("byte %d may be anything", i)
		}
		payload[i] ^= 0x20
		if _, ok := own.read(payload[:i]); ok {
			t.Errorf("the first %d bytes are taken for all", i)
		}
	}
}
