package srtp

import (
	"bytes"
	"testing"
)

func TestPacketsCostNoMemory(t *testing.T) {
	for p, want := range map[Profile]float64{AES128GCM: 0, AES256GCM: 0, AES128SHA1: 1} {
		s, o := ends(t, p)
		payload, sealed, opened := make([]byte, 1200), make([]byte, 1500), make([]byte, 1500)
		h, compound := header(1, 0), report(1)
		sequence := uint16(0)
		for what, act := range map[string]func(){
			"Seal": func() { s.Seal(sealed, h, payload, 0) },
			"Seal and Open": func() {
				sequence++
				h[2], h[3] = byte(sequence>>8), byte(sequence)
				n := s.Seal(sealed, h, payload, 0)
				if _, err := o.Open(opened, sealed[:n], headerLen); err != nil {
					t.Fatal(err)
				}
			},
			"SealRTCP": func() { s.SealRTCP(sealed, compound) },
			"SealRTCP and OpenRTCP": func() {
				n := s.SealRTCP(sealed, compound)
				if _, err := o.OpenRTCP(opened, sealed[:n]); err != nil {
					t.Fatal(err)
				}
			},
			"a forged packet": func() { _, _ = o.Open(opened, sealed, headerLen) },
		} {
			if got := testing.AllocsPerRun(200, act); got > 2*want || (want == 1 && what == "Seal" && got != 1) {
				t.Errorf("%s: %s allocates %v times", p, what, got)
			}
		}
	}
}

func fuzz(f *testing.F, open func(o *Opener, dst, packet []byte) (int, error), seal func(s *Sealer) []byte) {
	for i, p := range profiles {
		s, _ := ends(f, p)
		f.Add(byte(i), seal(s))
		f.Add(byte(i), []byte{})
	}
	f.Fuzz(func(t *testing.T, profile byte, packet []byte) {
		_, o := ends(t, profiles[int(profile)%len(profiles)])
		before, dst := bytes.Clone(packet), make([]byte, len(packet))
		n, err := open(o, dst, packet)
		if !bytes.Equal(packet, before) {
			t.Error("the packet was changed")
		}
		if err != nil && (n != 0 || len(o.media)+len(o.control) != 0) {
			t.Errorf("%d bytes and state after %v", n, err)
		}
		if err == nil {
			if _, err := open(o, dst, packet); err == nil {
				t.Error("opened twice")
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	fuzz(f, func(o *Opener, dst, packet []byte) (int, error) { return o.Open(dst, packet, headerLen) },
		func(s *Sealer) []byte { return media(s, 1, 1) })
}

func FuzzOpenRTCP(f *testing.F) {
	fuzz(f, (*Opener).OpenRTCP, func(s *Sealer) []byte { return control(s, 1) })
}

func BenchmarkSeal(b *testing.B) {
	for _, p := range profiles {
		b.Run(p.String(), func(b *testing.B) {
			s, _ := ends(b, p)
			h, payload, dst := header(1, 1), make([]byte, 1200), make([]byte, 1500)
			b.ReportAllocs()
			for b.Loop() {
				s.Seal(dst, h, payload, 0)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, p := range profiles {
		b.Run(p.String(), func(b *testing.B) {
			s, o := ends(b, p)
			packet, dst := make([]byte, 1500), make([]byte, 1500)
			packet = packet[:s.Seal(packet, header(1, 1), make([]byte, 1200), 0)]
			if _, err := o.Open(dst, packet, headerLen); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				clear(o.media[1].seen) // So that the same packet is new again.
				if _, err := o.Open(dst, packet, headerLen); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
