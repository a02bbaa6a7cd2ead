package picture

import "testing"

// work is what is done for a packet.
func work(t testing.TB) map[string]func() {
	payload, next, n, kept := vp8(1, 2), uint16(0), VP8Numbers{}, VP8Numbers{}
	vp9 := []byte{0xec, 0x92, 0x34, 0x53, 0x77, 9}
	var structure Structure
	described := captured(t)["vp9-l3t3_key"]
	h264 := []byte{0x78, 0, 2, 0x68, 1, 0, 1, 0x67}
	return map[string]func(){
		"renumber VP8": func() {
			d, _ := ReadVP8(payload)
			picture, tl0, _ := kept.Map(d)
			Patch(payload, d, picture, tl0)
		},
		"number a new picture": func() {
			next++
			n.Map(Descriptor{PictureID: next & mask(15), PictureBits: 15})
		},
		"drop a new picture": func() {
			next++
			n.Drop(Descriptor{PictureID: next & mask(15), PictureBits: 15})
		},
		"leap over 1000 pictures": func() {
			next += 1000
			n.Map(Descriptor{PictureID: next & mask(15), PictureBits: 15})
		},
		"read VP9":          func() { ReadVP9(vp9) },
		"read a structure":  func() { structure.Read(described[0]) },
		"read a dependency": func() { structure.Read(described[1]) },
		"begin of H264":     func() { H264.Begins(h264) },
	}
}

// No packet costs an allocation: area 3 promises that for each that is forwarded.
func TestNothingIsAllocated(t *testing.T) {
	for name, work := range work(t) {
		if n := testing.AllocsPerRun(100, work); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkPacket(b *testing.B) {
	for name, work := range work(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				work()
			}
		})
	}
}
