package picture

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"
)

// Each format's first packet of a key frame is known, and what is none is not taken for one.
func TestKeyFramesAreKnown(t *testing.T) {
	for name, c := range map[string]struct {
		format  Format
		payload []byte
		want    bool
	}{
		"VP8 key frame":                   {VP8, []byte{0x10, 0x00}, true},
		"VP8 delta frame":                 {VP8, []byte{0x10, 0x01}, false},
		"VP8 second packet":               {VP8, []byte{0x00, 0x00}, false},
		"VP8 second partition":            {VP8, []byte{0x11, 0x00}, false},
		"VP8 with all numbers":            {VP8, []byte{0x90, 0xf0, 0x81, 0x02, 3, 0x40, 0x00}, true},
		"VP8 without a payload":           {VP8, []byte{0x90, 0x80, 0x81, 0x02}, false},
		"VP9 key frame":                   {VP9, []byte{0x08, 0}, true},
		"VP9 delta frame":                 {VP9, []byte{0x48, 0}, false},
		"VP9 middle":                      {VP9, []byte{0x00, 0}, false},
		"VP9 lowest of layers":            {VP9, []byte{0xa8, 0x81, 0x02, 0x00, 0x07, 1}, true},
		"VP9 higher layer":                {VP9, []byte{0xa8, 0x01, 0x02, 0x07, 1}, false},
		"VP9 cut":                         {VP9, []byte{0xa8, 0x81}, false},
		"H264 IDR":                        {H264, []byte{0x65, 1}, true},
		"H264 SPS":                        {H264, []byte{0x67, 1}, true},
		"H264 slice":                      {H264, []byte{0x61, 1}, false},
		"H264 first piece of an IDR":      {H264, []byte{0x7c, 0x85}, true},
		"H264 second piece of an IDR":     {H264, []byte{0x7c, 0x05}, false},
		"H264 aggregate with SPS":         {H264, []byte{0x78, 0, 2, 0x68, 1, 0, 1, 0x67}, true},
		"H264 aggregate without":          {H264, []byte{0x78, 0, 2, 0x68, 1, 0, 1, 0x61}, false},
		"H264 aggregate with a lie in it": {H264, []byte{0x78, 0xff, 0xff, 0x61}, false},
		"AV1 new sequence":                {AV1, []byte{0x18, 0}, true},
		"AV1 else":                        {AV1, []byte{0x10, 0}, false},
		"unknown":                         {Unknown, []byte{0x10, 0}, false},
		"nothing":                         {VP9, nil, false},
	} {
		if got := c.format.Begins(c.payload); got != c.want {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
	for name, want := range map[string]Format{"vp8": VP8, "VP9": VP9, "h264": H264, "av1": AV1, "opus": Unknown} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s is format %d; want %d", name, got, want)
		}
	}
}

// vp8 makes a payload with a picture id of 15 bits and TL0PICIDX.
func vp8(id uint16, tl0 uint8) []byte {
	return []byte{0x90, 0xc0, 0x80 | byte(id>>8), byte(id), tl0, 1, 2, 3}
}

// What is patched reads as what it was patched to, by us and by Pion, and all else stays.
func TestNumbersArePatchedInPlace(t *testing.T) {
	for _, payload := range [][]byte{
		vp8(1, 2), {0x90, 0x80, 0x05, 1, 9}, {0x90, 0x40, 7, 1, 9}, {0x90, 0xe0, 0x05, 3, 0xe0, 1, 9}, {0x10, 1, 9},
	} {
		before, _ := ReadVP8(payload)
		Patch(payload, before, 0x7f, 0xee)
		after, ok := ReadVP8(payload)
		if !ok || (before.PictureBits > 0 && after.PictureID != 0x7f) || (before.HasTL0 && after.TL0 != 0xee) {
			t.Errorf("% x: %+v", payload, after)
		}
		var pion codecs.VP8Packet
		rest, err := pion.Unmarshal(payload)
		if err != nil || pion.PictureID != after.PictureID || pion.TL0PICIDX != after.TL0 || rest[len(rest)-1] == 0xee {
			t.Errorf("% x: Pion read %+v, %v", payload, pion, err)
		}
		if before.Len != after.Len || before.PictureBits != after.PictureBits || before.Temporal != after.Temporal {
			t.Errorf("% x: %+v became %+v", payload, before, after)
		}
	}
}

// feed is one source of pictures.
type feed struct {
	id  uint16
	tl0 uint8
}

// Over hundreds of changes of source, with loss, reorder and repeated packets, and over wrap-arounds, what comes out
// is one row: each new picture one more than the one before, late ones where they belong, and the same numbers for the
// same picture. A slow model that remembers every picture agrees.
func TestNumbersGoOnOverChangesOfSource(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		bits := []uint8{7, 15}[seed%2]
		var n VP8Numbers
		var given []uint16
		var last0 uint8
		for change := range 300 {
			if change > 0 {
				n.Switch()
			}
			from := feed{uint16(random.Uint32()), uint8(random.Uint32())}
			first := len(given)
			for i := range 1 + random.IntN(20) {
				d := Descriptor{PictureBits: bits, HasTL0: true, TL0: from.tl0 + uint8(i)}
				d.PictureID = (from.id + uint16(i)) & mask(bits)
				id, tl0, ok := n.Map(d)
				if !ok {
					t.Fatalf("seed %d: picture %d of change %d has no place", seed, i, change)
				}
				if len(given) > 0 && (id != (given[len(given)-1]+1)&mask(bits) || tl0 != last0+1) {
					t.Fatalf("seed %d, change %d: after %d, %d came %d, %d", seed, change, given[len(given)-1], last0, id, tl0)
				}
				given, last0 = append(given, id), tl0
				late := random.IntN(i + 1)
				if again, _, ok := n.Map(back(d, late, bits)); !ok || again != given[first+i-late] {
					t.Fatalf("seed %d: a late packet of picture %d got %d; want %d", seed, i-late, again, given[first+i-late])
				}
				if _, _, ok := n.Map(back(d, i+1+random.IntN(10), bits)); ok && change > 0 {
					t.Fatalf("seed %d: a picture from before the change was numbered", seed)
				}
			}
		}
	}
}

func back(d Descriptor, n int, bits uint8) Descriptor {
	d.PictureID, d.TL0 = (d.PictureID-uint16(n))&mask(bits), d.TL0-uint8(n)
	return d
}

// One source that goes on for longer than its numbers reach keeps its place.
func TestALongRowWrapsAround(t *testing.T) {
	var n VP8Numbers
	for _, start := range []uint16{100, 30_000} {
		n.Switch()
		last, begun := uint16(0), false
		for i := range 100_000 {
			id, _, ok := n.Map(Descriptor{PictureID: (start + uint16(i)) & mask(15), PictureBits: 15})
			if !ok || (begun && id != (last+1)&mask(15)) {
				t.Fatalf("picture %d: %d after %d, %v", i, id, last, ok)
			}
			last, begun = id, true
		}
	}
}

// Whatever comes, reading it ends, agrees with Pion, and patching stays within the descriptor.
func FuzzVP8(f *testing.F) {
	f.Add(vp8(1, 2))
	f.Add([]byte{0x90, 0xff, 0x81, 2, 3, 4, 5})
	f.Add([]byte{0x10, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		for format := range AV1 + 1 {
			format.Begins(payload)
		}
		d, ok := ReadVP8(payload)
		if !ok {
			return
		}
		var pion codecs.VP8Packet
		if rest, err := pion.Unmarshal(payload); err == nil {
			numbers := pion.PictureID == d.PictureID && pion.TL0PICIDX == d.TL0 && pion.L == 1 == d.HasTL0
			layers := pion.TID == d.Temporal && pion.T == 1 == d.HasTemporal && (pion.Y == 1) == d.Sync
			if !numbers || !layers || len(payload)-d.Len != len(rest) || d.Start != (pion.S == 1 && pion.PID == 0) {
				t.Errorf("%+v; Pion %+v", d, pion)
			}
		}
		patched := slices.Clone(payload)
		Patch(patched, d, 0xffff, 0xff)
		if !slices.Equal(patched[d.Len:], payload[d.Len:]) || d.Len >= len(payload) {
			t.Error("more than the descriptor was changed")
		}
		if again, ok := ReadVP8(patched); !ok || again.Len != d.Len {
			t.Errorf("%+v became %+v", d, again)
		}
	})
}
