package srtp

import (
	"errors"
	"math/rand/v2"
	"testing"
)

func TestRolloverIsFollowedThroughLossAndReorder(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		random := rand.New(rand.NewPCG(1, 2))
		const last = 5 << 16
		late := map[uint64]bool{}
		for index := uint64(65000); index < last; index++ {
			switch random.IntN(100) {
			case 0: // A burst is lost.
				index += random.Uint64N(20000)
			case 1, 2: // One comes late.
				late[index] = true
				continue
			}
			if index&0x7f == 0 || uint16(index) < 8 || uint16(index) > 65527 {
				wantOpen(t, o, media(s, 5, index), index)
			}
			for old := range late {
				if index-old > 100 && index-old < 1000 {
					wantOpen(t, o, media(s, 5, old), old)
					delete(late, old)
				}
			}
		}
		if highest := o.media[5].highest; highest>>16 < 4 {
			t.Errorf("only index %#x was reached", highest)
		}
	})
}

func TestPacketsBeforeAndAfterTheWrapSwapPlaces(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		for _, index := range []uint64{0xfffd, 0x10001, 0xffff, 0x10000, 0xfffe, 0x10002} {
			wantOpen(t, o, media(s, 1, index), index)
		}
		for index := uint64(0xfffd); index <= 0x10002; index++ {
			wantRefused(t, o, media(s, 1, index), ErrReplayed)
		}
	})
}

func TestNothingComesBeforeTheFirstRollover(t *testing.T) {
	w := newWindow(3, mediaWindow)
	for sequence, want := range map[uint16]uint64{3: 3, 0: 0, 4: 4, 0x8003: 0x8003, 0x8004: 0x8004, 0xffff: 0xffff} {
		if got := w.estimate(sequence); got != want {
			t.Errorf("%#x after 3 is %#x; want %#x", sequence, got, want)
		}
	}
	w = newWindow(0x3_9000, mediaWindow)
	for sequence, want := range map[uint16]uint64{
		0x9000: 0x3_9000, 0x9001: 0x3_9001, 0x8fff: 0x3_8fff, 0x1001: 0x3_1001, 0x1000: 0x4_1000,
		0x0fff: 0x4_0fff, 0xffff: 0x3_ffff,
	} {
		if got := w.estimate(sequence); got != want {
			t.Errorf("%#x after 0x39000 is %#x; want %#x", sequence, got, want)
		}
	}
}

func TestEveryPacketOpensOnce(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		wantOpen(t, o, media(s, 1, 2000), 2000)
		wantRefused(t, o, media(s, 1, 2000), ErrReplayed)
		wantRefused(t, o, media(s, 1, 2000-mediaWindow), ErrReplayed)
		wantOpen(t, o, media(s, 1, 2001-mediaWindow), 2001-mediaWindow)
		wantRefused(t, o, media(s, 1, 2001-mediaWindow), ErrReplayed)
		wantOpen(t, o, media(s, 2, 2000), 2000) // Another SSRC has its own window.

		dst, first := make([]byte, 100), control(s, 1)
		var second []byte
		for range controlWindow {
			second = control(s, 1)
		}
		for i, c := range []struct {
			packet []byte
			want   error
		}{{first, nil}, {first, ErrReplayed}, {second, nil}, {second, ErrReplayed}, {first, ErrReplayed}} {
			if _, err := o.OpenRTCP(dst, c.packet); !errors.Is(err, c.want) {
				t.Errorf("SRTCP, step %d: %v; want %v", i, err, c.want)
			}
		}
	})
}

func TestALeapForgetsOnlyWhatIsTooOld(t *testing.T) {
	for leap := uint64(controlWindow - 3); leap < controlWindow+3; leap++ {
		w := newWindow(1000, controlWindow)
		w.mark(1000)
		w.mark(1000 + leap)
		if w.fresh(1000) || !w.fresh(999+leap) || w.fresh(1001) != (leap <= controlWindow) {
			t.Errorf("leap of %d: %+v", leap, w)
		}
	}
}

func TestTheWindowAgreesWithAListOfAllThatWasSeen(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{controlWindow, mediaWindow} {
		w, seen, highest := newWindow(50_000, size), map[uint64]bool{}, uint64(50_000)
		for range 200_000 {
			index := highest + random.Uint64N(uint64(size)/8) - uint64(size)/16
			switch random.IntN(200) {
			case 0:
				index = highest + random.Uint64N(3*uint64(size))
			case 1:
				index = highest - random.Uint64N(3*uint64(size))
			}
			want := index > highest || highest-index < uint64(size) && !seen[index]
			if w.fresh(index) != want {
				t.Fatalf("index %d, highest %d: fresh is %t", index, highest, !want)
			}
			if want {
				w.mark(index)
				seen[index], highest = true, max(highest, index)
			}
		}
	}
}

func TestSourcesAreLimitedAndTheEarlierStay(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		dst := make([]byte, 100)
		for ssrc := range uint32(sourcesMax) {
			wantOpen(t, o, media(s, ssrc, 1), 1)
			if _, err := o.OpenRTCP(dst, control(s, ssrc)); err != nil {
				t.Fatal(err)
			}
		}
		wantRefused(t, o, media(s, sourcesMax, 1), ErrTooMany)
		if _, err := o.OpenRTCP(dst, control(s, sourcesMax)); !errors.Is(err, ErrTooMany) {
			t.Errorf("SRTCP: %v", err)
		}
		wantRefused(t, o, media(s, 0, 1), ErrReplayed)
		wantOpen(t, o, media(s, 0, 2), 2)
	})
}

func TestAnUsedUpIndexIsNotTakenAgain(t *testing.T) {
	s, o := ends(t, AES128GCM)
	wantOpen(t, o, media(s, 1, 1), 1)
	o.media[1].highest = 1<<48 - 1
	wantRefused(t, o, media(s, 1, 2), ErrReplayed)
}
