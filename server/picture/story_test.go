package picture

import "testing"

// at makes the descriptor of a picture's first packet.
func at(id uint16, bits, tl0, temporal uint8) Descriptor {
	return Descriptor{
		Start: true, PictureID: id, PictureBits: bits, TL0: tl0, HasTL0: true, Temporal: temporal, HasTemporal: true, Len: 6,
	}
}

func key(d Descriptor) Descriptor {
	d.KeyFrame = true
	return d
}

// got holds what a packet gets to what it should.
func got(t *testing.T, n *VP8Numbers, d Descriptor, picture uint16, tl0 uint8) {
	t.Helper()
	if p, l, ok := n.Map(d); !ok || p != picture || l != tl0 {
		t.Errorf("%d of %d bits got %d, %d, %v; want %d, %d", d.PictureID, d.PictureBits, p, l, ok, picture, tl0)
	}
}

func refused(t *testing.T, n *VP8Numbers, d Descriptor) {
	t.Helper()
	if p, _, ok := n.Map(d); ok {
		t.Errorf("%d of %d bits got %d; want nothing", d.PictureID, d.PictureBits, p)
	}
}

// Without the upper layers in time, and without some pictures of the lowest, ids and TL0PICIDX go up by one with each
// picture that is left.
func TestDroppedLayersLeaveNoGap(t *testing.T) {
	for _, bits := range []uint8{7, 15} {
		var n VP8Numbers
		last, last0 := uint16(0), uint8(0)
		for i := range 70_000 {
			d := at(uint16(i+100)&mask(bits), bits, uint8(i/4), pattern[i%4])
			d.KeyFrame = i == 0
			if d.Temporal > uint8(i/1000%3) || (d.Temporal == 0 && i%44 == 40) {
				n.Drop(d)
				n.Drop(d)
				refused(t, &n, d)
				continue
			}
			picture, tl0, ok := n.Map(d)
			step := uint8(0)
			if d.Temporal == 0 {
				step = 1
			}
			if i > 0 && (!ok || picture != (last+1)&mask(bits) || tl0 != last0+step) {
				t.Fatalf("picture %d of layer %d: %d, %d, %v after %d, %d", i, d.Temporal, picture, tl0, ok, last, last0)
			}
			last, last0 = picture, tl0
		}
	}
}

// A picture that is dropped after a later one was numbered leaves its gap, and one that has a number keeps it.
func TestAPictureIsDroppedOnlyInTime(t *testing.T) {
	var n VP8Numbers
	n.Drop(at(9, 15, 1, 2)) // Before there is anything to close up.
	got(t, &n, key(at(10, 15, 1, 0)), 10, 1)
	got(t, &n, at(12, 15, 1, 1), 12, 1)
	n.Drop(at(11, 15, 1, 2))
	refused(t, &n, at(11, 15, 1, 2))
	n.Drop(at(12, 15, 1, 1))
	got(t, &n, at(12, 15, 1, 1), 12, 1)
	n.Drop(at(13, 15, 1, 2))
	n.Drop(at(9000, 15, 1, 2))
	got(t, &n, at(14, 15, 2, 0), 13, 2)
	n.Switch()
	n.Drop(at(18, 15, 2, 1))
	got(t, &n, key(at(700, 15, 50, 0)), 14, 3)
}

// A picture that comes late and not from its beginning has a number, so it is not dropped any more.
func TestALatePictureIsNotDroppedHalfway(t *testing.T) {
	var n VP8Numbers
	got(t, &n, key(at(10, 15, 1, 0)), 10, 1)
	got(t, &n, at(12, 15, 1, 1), 12, 1)
	late := at(11, 15, 1, 2)
	late.Start = false
	got(t, &n, late, 11, 1)
	n.Drop(late)
	got(t, &n, late, 11, 1)
}

// A source that is met at a picture of a higher layer belongs to the newest picture of layer 0. Its key frame may bear
// the same id, if it begins anew at once.
func TestASourceIsMetInTheMiddle(t *testing.T) {
	var n VP8Numbers
	got(t, &n, key(at(10, 15, 1, 0)), 10, 1)
	n.Switch()
	got(t, &n, at(500, 15, 70, 1), 11, 1)
	got(t, &n, at(501, 15, 71, 0), 12, 2)
	n.Switch()
	got(t, &n, at(800, 15, 9, 0), 13, 3)
	got(t, &n, key(at(800, 15, 30, 0)), 14, 4)
}

// A publisher that begins anew is known by its key frame, wherever its id lies: ahead, behind, or where the ring still
// has a picture that began otherwise.
func TestAPublisherBeginsAnew(t *testing.T) {
	for name, c := range map[string]struct {
		bits uint8
		id   uint16
	}{
		"ahead": {15, 500}, "far ahead": {15, 9000}, "far behind": {15, 30_000},
		"ahead of 7 bits": {7, 70}, "at a picture of the ring": {15, 55}, "in the ring of 7 bits": {7, 10},
	} {
		t.Run(name, func(t *testing.T) {
			var n VP8Numbers
			got(t, &n, key(at(0, c.bits, 7, 0)), 0, 7)
			for i := range uint16(59) {
				id := i + 1
				if c.bits == 7 {
					id = min(id, 30) // Within half a circle.
				}
				got(t, &n, at(id, c.bits, 7, 1), id, 7)
			}
			newest := n.newest
			got(t, &n, key(at(c.id, c.bits, 200, 0)), newest+1, 8)
			got(t, &n, key(at(c.id, c.bits, 200, 0)), newest+1, 8)
			got(t, &n, at(c.id+1, c.bits, 201, 0), newest+2, 9)
		})
	}
}

// An old key frame that is asked for again must not be taken for a publisher that begins anew; but when nothing fits
// any more, it is.
func TestAnOldKeyFrameIsNoNewBeginning(t *testing.T) {
	var n VP8Numbers
	got(t, &n, key(at(5000, 15, 0, 0)), 5000, 0)
	for i := range uint16(200) {
		got(t, &n, at(5001+i, 15, 0, 1), 5001+i, 0)
	}
	old := key(at(5000, 15, 0, 0))
	for range 20 {
		refused(t, &n, old)
	}
	got(t, &n, at(5201, 15, 0, 1), 5201, 0)
	refused(t, &n, at(9000, 15, 0, 1)) // No decoder can go on with that.
	for range patience - 1 {
		refused(t, &n, at(4800, 15, 0, 1))
	}
	got(t, &n, at(5202, 15, 0, 1), 5202, 0) // It was no more than late.
	refused(t, &n, old)
	refused(t, &n, old)
	for range patience {
		refused(t, &n, at(4800, 15, 0, 1))
	}
	got(t, &n, old, 5203, 1)
	got(t, &n, at(5001, 15, 0, 1), 5204, 1)
}

// The widths of ids stay those of the source, and one that grows from 7 bits to 15 where it would wrap goes on.
func TestIdsOfBothWidths(t *testing.T) {
	var n VP8Numbers
	got(t, &n, key(at(125, 7, 1, 0)), 125, 1)
	got(t, &n, at(127, 7, 2, 0), 127, 2)
	got(t, &n, at(128, 15, 3, 0), 128, 3)
	got(t, &n, at(126, 7, 1, 1), 126, 1)
	refused(t, &n, at(3, 7, 1, 1))
	got(t, &n, at(129, 15, 3, 1), 129, 3)
	n.Switch()
	got(t, &n, key(at(9, 7, 50, 0)), 130-128, 4)
	got(t, &n, at(10, 7, 51, 0), 131-128, 5)
	got(t, &n, at(300, 15, 52, 0), 3+290, 6) // 289 are missing, as 15 bits tell.
	n.Switch()
	got(t, &n, key(at(30, 15, 90, 0)), 294, 7)
	refused(t, &n, at(31, 7, 90, 1)) // It cannot be the next: ids do not become narrower.
	got(t, &n, at(31, 15, 90, 1), 295, 7)
}

// Of a source without picture ids TL0PICIDX goes on alone, and the next one with ids goes on where the last was.
func TestASourceWithoutIds(t *testing.T) {
	var n VP8Numbers
	got(t, &n, key(at(40, 15, 1, 0)), 40, 1)
	n.Switch()
	got(t, &n, key(at(0, 0, 77, 0)), 0, 2)
	got(t, &n, at(0, 0, 78, 0), 0, 3)
	n.Drop(at(0, 0, 78, 1))
	n.Switch()
	got(t, &n, key(at(900, 15, 5, 0)), 41, 4)
	n.Switch()
	got(t, &n, Descriptor{Start: true, PictureID: 1, PictureBits: 15, Len: 4}, 42, 0)
}
