package picture

// begin gives the first picture of a source the number after the newest that was given.
func (n *VP8Numbers) begin(d Descriptor) (picture uint16, tl0 uint8, ok bool) {
	if !n.counted {
		n.next = d.PictureID
	}
	n.known, n.placed0, n.bits, n.newest = 0, false, d.PictureBits, d.PictureID-1
	n.place0(d)
	n.advance(d, 1, forwarded)
	p := &n.ring[d.PictureID%ringSize]
	if d.Start && !d.KeyFrame {
		p.fate = delta
	}
	return p.picture, n.give0(d, n.shift0), true
}

// ahead is how many pictures a packet's picture comes after the newest, on the shorter way around; below 0 for before.
// A source may go over from 7 bits to 15 where the 7 would wrap around (RFC 7741 §4.2), so the wider of both counts.
func (n *VP8Numbers) ahead(d Descriptor) int {
	all := mask(max(d.PictureBits, n.bits))
	k := int((d.PictureID - n.newest) & all)
	if k > int(all/2) {
		k -= int(all) + 1
	}
	return k
}

// leaps says whether a key frame so far ahead can only be that of a source that began anew. Nothing is lost by that
// where many pictures before the key frame were lost.
func (n *VP8Numbers) leaps(ahead int) bool {
	switch {
	case ahead > int(window(n.bits)) || ahead < -horizon || (ahead != 0 && n.refused == patience):
		return true
	case ahead > 0 || ahead <= -int(n.known):
		return false
	}
	return n.ring[(n.newest+uint16(ahead))%ringSize].fate == delta // A picture does not begin in two ways.
}

// advance makes a picture the newest, which is so many ahead of the newest until now. The missing ones between them
// get the numbers between, and at most a whole ring of them is written.
func (n *VP8Numbers) advance(d Descriptor, ahead int, as fate) {
	n.bits, n.newest, n.refused = d.PictureBits, d.PictureID, 0
	number := n.next + uint16(ahead) - 1
	for i := range uint16(min(ahead, int(window(n.bits)))) {
		p := &n.ring[(d.PictureID-i)%ringSize]
		*p = place{picture: (number - i) & mask(n.bits), shift0: n.shift0}
	}
	n.ring[d.PictureID%ringSize].fate = as
	n.known = uint8(min(int(n.known)+ahead, int(window(n.bits))))
	n.next = number & mask(n.bits)
	if as != dropped {
		n.next, n.counted = n.next+1, true
	}
}

// place0 finds the shift of TL0PICIDX with the first packet of a source that has one: a picture of layer 0 gets the
// next, and one above it depends on the newest.
func (n *VP8Numbers) place0(d Descriptor) {
	if n.placed0 || !d.HasTL0 {
		return
	}
	n.placed0, n.shift0 = true, 0
	if n.begun0 {
		n.shift0 = n.newest0 - d.TL0
		if d.Temporal == 0 {
			n.shift0++
		}
	}
}

// give0 is a packet's TL0PICIDX, which is noted if it is the newest; 0 if the packet has none.
func (n *VP8Numbers) give0(d Descriptor, shift uint8) uint8 {
	if !d.HasTL0 {
		return 0
	}
	tl0 := d.TL0 + shift
	if !n.begun0 || int8(tl0-n.newest0) > 0 {
		n.newest0, n.begun0 = tl0, true
	}
	return tl0
}

// window is how many pictures the ring holds of a source whose ids have so many bits.
func window(bits uint8) uint8 {
	if bits == 7 {
		return ringSize7
	}
	return ringSize
}

// mask has the lowest bits set.
func mask(bits uint8) uint16 { return 1<<bits - 1 }
