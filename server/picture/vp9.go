package picture

// VP9Descriptor is what stands before the payload of VP9 (RFC 9628 §4.2).
type VP9Descriptor struct {
	// Begin and End say that the packet is the first and the last of a layer frame: one spatial layer of a picture.
	Begin, End bool
	// Predicted says that the frame needs an earlier picture (P).
	Predicted bool
	// Flexible says that the frame names the pictures that it needs (F). Otherwise TL0 counts those of temporal layer 0,
	// modulo 256, if the packet has Layers.
	Flexible bool
	// PictureID has PictureBits bits: 0 for none, 7 or 15. It counts pictures, not layer frames.
	PictureID   uint16
	PictureBits uint8
	// Layers says that the next five are there; without them there is one layer.
	Layers bool
	// Spatial and Temporal are the layers in space and time, 0 to 7.
	Spatial, Temporal uint8
	// Up says that one can go up to this temporal layer here (U), and Dependent that the frame needs the spatial layer
	// below of the same picture (D).
	Up, Dependent bool
	TL0           uint8
	// Droppable says that no frame of a higher spatial layer needs this one (Z).
	Droppable bool
	// Len is the descriptor's length in bytes.
	Len int
}

// ReadVP9 reads the descriptor; ok is false when the payload ends within it or right behind it, or when it names more
// than the three pictures that a frame can need.
func ReadVP9(payload []byte) (d VP9Descriptor, ok bool) {
	if len(payload) < 2 {
		return d, false
	}
	first, at := payload[0], 1
	d.Predicted, d.Flexible = first&0x40 != 0, first&0x10 != 0
	d.Begin, d.End, d.Droppable = first&0x08 != 0, first&0x04 != 0, first&0x01 != 0
	if first&0x80 != 0 {
		d.PictureBits, d.PictureID = 7, uint16(payload[at]&0x7f)
		if payload[at]&0x80 != 0 {
			if at++; at >= len(payload) {
				return d, false
			}
			d.PictureBits, d.PictureID = 15, d.PictureID<<8|uint16(payload[at])
		}
		at++
	}
	if first&0x20 != 0 {
		if at = d.readLayers(payload, at); at < 0 {
			return d, false
		}
	}
	if d.Flexible && d.Predicted {
		if at = skipNeeded(payload, at); at < 0 {
			return d, false
		}
	}
	if first&0x02 != 0 {
		at = skipStructure(payload, at)
	}
	d.Len = at
	return d, at >= 0 && at < len(payload)
}

// readLayers reads the layers' indices and returns where they end; below 0 if the payload ends before.
func (d *VP9Descriptor) readLayers(payload []byte, at int) int {
	if at >= len(payload) {
		return -1
	}
	b := payload[at]
	d.Layers, d.Temporal, d.Up, d.Spatial, d.Dependent = true, b>>5, b&0x10 != 0, b>>1&7, b&1 != 0
	at++
	if d.Flexible {
		return at
	}
	if at >= len(payload) {
		return -1
	}
	d.TL0 = payload[at]
	return at + 1
}

// skipNeeded skips the distances to the pictures that the frame needs, at most three, of which each says whether
// another follows.
func skipNeeded(payload []byte, at int) int {
	for range 3 {
		if at >= len(payload) {
			return -1
		}
		at++
		if payload[at-1]&1 == 0 {
			return at
		}
	}
	return -1
}

// skipStructure skips the scalability structure (RFC 9628 §4.2.1): sizes of spatial layers and groups of pictures.
func skipStructure(payload []byte, at int) int {
	if at >= len(payload) {
		return -1
	}
	b := payload[at]
	at++
	if b&0x10 != 0 {
		at += 4 * (int(b>>5) + 1)
	}
	if b&0x08 == 0 {
		return at
	}
	if at >= len(payload) {
		return -1
	}
	pictures := payload[at]
	at++
	for range pictures {
		if at >= len(payload) {
			return -1
		}
		at += 1 + int(payload[at]>>2&3)
	}
	return at
}
