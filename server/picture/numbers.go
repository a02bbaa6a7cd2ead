package picture

// What VP8Numbers remembers and allows, in pictures.
const (
	// ringSize is how many pictures back a late packet finds its number: 2 s at 30 pictures a second. Of an id of 7 bits
	// it is only a quarter of the circle, as more could not be told from a restart.
	ringSize, ringSize7 = 64, 32
	// horizon is the longest leap forward of a source that is believed without a key frame, and how far back one that
	// begins a key frame is taken for a late packet and not for a restart.
	horizon = 1024
	// patience is how many packets may be refused, with no newer picture in between, until a key frame is taken for a
	// restart wherever its id lies.
	patience = 64
)

// VP8Numbers gives the pictures that one receiver gets numbers that go on without a leap, whichever source they come
// from (RFC 7741 §4.2: a picture id goes up by one with each picture, and TL0PICIDX with each one of layer 0). The zero
// value leaves those of the first source as they are.
//
// A picture that is missing keeps its number, since it may still come and since the decoder has to see that it lacks
// one. Only one that was dropped on purpose, before any later one came, leaves no gap.
type VP8Numbers struct {
	ring [ringSize]place
	// newest is the source's newest picture id, of bits bits. The ring holds it and the known-1 pictures before it.
	newest      uint16
	bits, known uint8
	// next is the number that the picture after the newest gets; counted says that some picture got one.
	next    uint16
	counted bool
	// fresh says that the next packet is the first of another source.
	fresh   bool
	refused uint8
	// shift0 is added to the source's TL0PICIDX once it is placed. newest0 is the newest that was given, if any was.
	shift0, newest0 uint8
	placed0, begun0 bool
}

// place is what the ring remembers of a picture.
type place struct {
	picture uint16
	shift0  uint8
	fate    fate
}

type fate uint8

const (
	missing   fate = iota // Nothing of it came.
	forwarded             // It has a number, and it is not known yet how it begins.
	delta                 // It has a number, and began as one that needs others.
	dropped
)

// Switch says that the next packet comes from another source: its numbers go on from the newest that were given.
// Pictures of the source before have no place any more.
func (n *VP8Numbers) Switch() { n.fresh = true }

// Map says which numbers the packet's picture gets. ok is false when the picture came before the first since the
// switch, was dropped, or is older than what is remembered: then nothing must be forwarded. Asked again for the same
// picture of the same source it says the same.
//
// A source that begins anew without a word is known by a key frame at an id that cannot be its next.
func (n *VP8Numbers) Map(d Descriptor) (picture uint16, tl0 uint8, ok bool) {
	if n.fresh {
		n.fresh, n.known, n.placed0 = false, 0, false
	}
	if d.PictureBits == 0 {
		n.place0(d)
		return 0, n.give0(d, n.shift0), true
	}
	if n.known == 0 {
		return n.begin(d)
	}
	ahead := n.ahead(d)
	restarts := d.KeyFrame && n.leaps(ahead)
	switch {
	case restarts:
		return n.begin(d)
	case ahead > horizon || ahead <= -int(n.known) || (ahead > 0 && d.PictureBits < n.bits):
		n.refused = min(n.refused+1, patience)
		return 0, 0, false
	case ahead > 0:
		n.place0(d)
		n.advance(d, ahead, forwarded)
	}
	p := &n.ring[d.PictureID%ringSize]
	switch {
	case p.fate == dropped:
		return 0, 0, false
	case d.Start && !d.KeyFrame:
		p.fate = delta
	case p.fate == missing:
		p.fate = forwarded
	}
	return p.picture & mask(d.PictureBits), n.give0(d, p.shift0), true
}

// Drop says that a picture of this source is not forwarded, as one of a higher layer in time: the numbers of later
// pictures close up. It may be called for each packet of the picture; Map then refuses the picture. It does nothing to
// a picture that has a number already, of which the rest should be forwarded too, nor before the first picture of a
// source. If a later picture has been numbered already, as after reordering, the gap remains.
func (n *VP8Numbers) Drop(d Descriptor) {
	if n.fresh || n.known == 0 || d.PictureBits == 0 {
		return
	}
	ahead := n.ahead(d)
	if ahead > horizon || ahead <= -int(n.known) || (ahead > 0 && d.PictureBits < n.bits) {
		return
	}
	if ahead > 0 {
		n.place0(d)
		n.advance(d, ahead, dropped)
		if d.Temporal == 0 {
			n.shift0-- // The next of layer 0 takes its place.
		}
	} else if p := &n.ring[d.PictureID%ringSize]; p.fate == missing {
		p.fate = dropped
	}
}
