package rtp

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtcp"
)

// A rate that is told is read as what it was, but for what 18 bits cannot hold, by us and by another implementation.
func TestARateIsToldAndRead(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 2000 {
		rate, ssrcs := max(random.Uint64()>>(n%63+1), 1), make([]uint32, n%4)
		for i := range ssrcs {
			ssrcs[i] = random.Uint32()
		}
		b := AppendRemb(nil, 7, rate, ssrcs)
		p, rest, err := Next(b)
		if err != nil || len(rest) > 0 {
			t.Fatalf("%v, %d bytes are left", err, len(rest))
		}
		got, ok := p.Remb()
		if !ok || got > rate || got < rate-rate>>17 {
			t.Fatalf("%d was read as %d, %v", rate, got, ok)
		}
		var other rtcp.ReceiverEstimatedMaximumBitrate
		if err := other.Unmarshal(b); err != nil || other.SenderSSRC != 7 || !slices.Equal(other.SSRCs, ssrcs) {
			t.Fatalf("%v: %+v", err, other)
		}
		if uint64(other.Bitrate) > rate || float64(other.Bitrate) < float64(rate)*0.9999 {
			t.Fatalf("%d was read as %v", rate, other.Bitrate)
		}
	}
	if b := AppendRemb(nil, 7, 1, make([]uint32, 300)); b[16] != 255 || len(b) != 20+4*255 {
		t.Errorf("of 300 streams it speaks of %d in %d bytes", b[16], len(b))
	}
}
