package picture

import "encoding/binary"

// Descriptor is what stands before the payload of VP8 (RFC 7741 §4.2). That of no payload has Len 0.
type Descriptor struct {
	// Start says that the packet is the first of a picture, and KeyFrame that this picture needs no other.
	Start, KeyFrame bool
	// Temporal is the layer in time, 0 to 3, and Sync says that one can go up to it here.
	Temporal          uint8
	HasTemporal, Sync bool
	// PictureID has PictureBits bits: 0 for none, 7 or 15.
	PictureID   uint16
	PictureBits uint8
	// TL0 counts the pictures of layer 0, modulo 256.
	TL0    uint8
	HasTL0 bool
	// Len is the descriptor's length in bytes, 1 to 6.
	Len int

	// The places of the numbers in the payload, for Patch.
	pictureAt, tl0At uint8
}

// ReadVP8 reads the descriptor; ok is false when the payload ends within it or right behind it.
func ReadVP8(payload []byte) (d Descriptor, ok bool) {
	if len(payload) < 2 {
		return d, false
	}
	first := payload[0]
	d.Start = first&0x10 != 0 && first&0x07 == 0
	at := 1
	if first&0x80 != 0 {
		extension := payload[1]
		if at, ok = d.readExtension(payload, extension); !ok {
			return d, false
		}
	}
	if len(payload) <= at {
		return d, false
	}
	d.Len = at
	d.KeyFrame = d.Start && payload[at]&1 == 0 // RFC 6386 §9.1.
	return d, true
}

// readExtension reads what the extension byte says is there, and returns where it ends.
func (d *Descriptor) readExtension(payload []byte, extension byte) (at int, ok bool) {
	at = 2
	if extension&0x80 != 0 {
		if len(payload) <= at+1 {
			return at, false
		}
		d.pictureAt, d.PictureBits, d.PictureID = uint8(at), 7, uint16(payload[at]&0x7f)
		at++
		if payload[at-1]&0x80 != 0 {
			d.PictureBits, d.PictureID = 15, binary.BigEndian.Uint16(payload[at-1:])&0x7fff
			at++
		}
	}
	if extension&0x40 != 0 {
		if len(payload) <= at {
			return at, false
		}
		d.tl0At, d.HasTL0, d.TL0 = uint8(at), true, payload[at]
		at++
	}
	if extension&0x30 != 0 {
		if len(payload) <= at {
			return at, false
		}
		if extension&0x20 != 0 {
			d.HasTemporal, d.Temporal, d.Sync = true, payload[at]>>6, payload[at]&0x20 != 0
		}
		at++
	}
	return at, true
}

// Patch writes other numbers into a payload, in place, so it is given a copy where others read the payload as well. The
// payload must have the descriptor d. The picture id keeps its width, so that the payload keeps its length.
func Patch(payload []byte, d Descriptor, picture uint16, tl0 uint8) {
	switch d.PictureBits {
	case 7:
		payload[d.pictureAt] = byte(picture) & 0x7f
	case 15:
		binary.BigEndian.PutUint16(payload[d.pictureAt:], picture&0x7fff|0x8000)
	}
	if d.HasTL0 {
		payload[d.tl0At] = tl0
	}
}
