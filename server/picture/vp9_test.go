package picture

import (
	"testing"

	"github.com/pion/rtp/codecs"
)

// Descriptors as RFC 9628 §4.2 draws them, in both modes.
func TestLayersOfVP9AreRead(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		want    VP9Descriptor
	}{
		"the whole of a frame without layers": {[]byte{0x0c, 9}, VP9Descriptor{Begin: true, End: true, Len: 1}},
		"not flexible, with TL0PICIDX": {
			[]byte{0xec, 0x92, 0x34, 0x53, 0x77, 9},
			VP9Descriptor{
				Begin: true, End: true, Predicted: true, PictureID: 0x1234, PictureBits: 15, Layers: true,
				Spatial: 1, Temporal: 2, Up: true, Dependent: true, TL0: 0x77, Len: 5,
			},
		},
		"flexible, with three distances": {
			[]byte{0xf1, 0x7f, 0x20, 0x03, 0x05, 0x06, 9},
			VP9Descriptor{
				Predicted: true, Flexible: true, PictureID: 0x7f, PictureBits: 7, Layers: true, Temporal: 1,
				Droppable: true, Len: 6,
			},
		},
		"a structure of two sizes and two pictures": {
			[]byte{0x0a, 0x38, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0x04, 1, 0x28, 1, 2, 9},
			VP9Descriptor{Begin: true, Len: 16},
		},
	} {
		if d, ok := ReadVP9(c.payload); !ok || d != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, d, ok, c.want)
		}
		for n := range c.want.Len + 1 {
			if d, ok := ReadVP9(c.payload[:n]); ok {
				t.Errorf("%s: %d bytes were read as %+v", name, n, d)
			}
		}
	}
	if d, ok := ReadVP9([]byte{0x50, 1, 1, 1, 0, 9}); ok {
		t.Errorf("more than three pictures that a frame needs: %+v", d)
	}
}

// Whatever comes, reading it ends and agrees with Pion.
func FuzzVP9(f *testing.F) {
	f.Add([]byte{0xec, 0x92, 0x34, 0x53, 0x77, 9})
	f.Add([]byte{0xf1, 0x7f, 0x20, 0x03, 0x05, 0x06, 9})
	f.Add([]byte{0x0a, 0x38, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0x04, 1, 0x28, 1, 2, 9})
	f.Fuzz(func(t *testing.T, payload []byte) {
		d, ok := ReadVP9(payload)
		var pion codecs.VP9Packet
		rest, err := pion.Unmarshal(payload)
		if pion.SID >= 5 {
			return // Of those Pion knows none.
		}
		if (err == nil && len(rest) > 0) != ok {
			t.Fatalf("%+v, %v; Pion %+v, %v", d, ok, pion, err)
		}
		if !ok || err != nil {
			return
		}
		layers := pion.TID == d.Temporal && pion.SID == d.Spatial && pion.U == d.Up && pion.D == d.Dependent
		if !layers || pion.PictureID != d.PictureID || pion.I != (d.PictureBits > 0) || pion.TL0PICIDX != d.TL0 {
			t.Errorf("%+v; Pion %+v", d, pion)
		}
		if pion.B != d.Begin || pion.E != d.End || pion.P != d.Predicted || pion.F != d.Flexible || pion.Z != d.Droppable {
			t.Errorf("%+v; Pion %+v", d, pion)
		}
		if len(payload)-d.Len != len(rest) {
			t.Errorf("%d bytes of descriptor; Pion leaves %d of %d", d.Len, len(rest), len(payload))
		}
	})
}
