package media

import (
	"time"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
)

const (
	// payloadMax is the longest payload that is kept, in bytes: what fits into an Ethernet frame with its headers.
	payloadMax = 1440
	// The sizes of a cache, in packets. They are powers of two, so that sequence numbers fill it evenly. It begins small
	// and grows while it forgets packets that are younger than cacheTime.
	soundCache, pictureCache, cacheMax = 16, 64, 1024
	cacheTime                          = int64(time.Second)
)

// packet is one packet of a layer: its numbers as the publisher has them, and its payload without padding.
type packet struct {
	// number is the sequence number, counted on beyond 16 bits; 0 in an empty place.
	number    int64
	at        int64
	timestamp uint32
	// length is the payload's, and padding what was added to make it as long as its neighbours.
	length  uint16
	padding uint8
	kind    uint8 // The payload type.
	marker  bool
	level   uint8 // Of sound (RFC 6464).
	// red is what is redundant in it, as its payload type says; nothing in one whose Primary is 0.
	red rtp.RED
	// left says that the burst with it was sent, and begins that a key frame begins with it.
	left, begins bool
	// vp8 is the descriptor of one whose numbers must be written anew.
	vp8 picture.Descriptor
	// depends is which layers of a scalable stream it is of, by the structure of that version.
	depends picture.Dependency
	version uint8
}

// cache keeps the latest packets of a layer, one copy for all listeners: as bursts that have not left, and to send
// again what was lost.
type cache struct {
	packets []packet
	data    []byte
	// floor is the highest number that may have been forgotten: nothing up to it is taken again, as a number that is
	// sent twice with other bytes would give away the receiver's key. It is never further back than cacheMax, as far as
	// the replay window of a browser reaches: what is older it would throw away.
	floor int64
}

// payload is a packet's bytes, with its padding.
func (c *cache) payload(p *packet) []byte {
	at := int(p.number&int64(len(c.packets)-1)) * payloadMax
	return c.data[at : at+int(p.length)+int(p.padding)]
}

// get returns the packet with a number; nil when it is not there any more.
func (c *cache) get(number int64) *packet {
	if len(c.packets) == 0 {
		return nil
	}
	if p := &c.packets[number&int64(len(c.packets)-1)]; p.number == number {
		return p
	}
	return nil
}

// put keeps a packet with its payload, which is copied. It returns nil for one that came twice, that is older than
// what the cache reaches back to, or that is too long.
func (c *cache) put(p packet, payload []byte, least int) *packet {
	if len(payload) > payloadMax || p.number <= c.floor {
		return nil
	}
	if len(c.packets) == 0 {
		c.resize(least)
	}
	place := &c.packets[p.number&int64(len(c.packets)-1)]
	if place.number >= p.number {
		return nil
	}
	if place.number != 0 && p.at-place.at < cacheTime && len(c.packets) < cacheMax {
		c.resize(2 * len(c.packets))
		place = &c.packets[p.number&int64(len(c.packets)-1)]
	}
	c.floor = max(c.floor, p.number-cacheMax)
	p.length = uint16(len(payload))
	*place = p
	copy(c.payload(place), payload)
	return place
}

// resize makes room for n packets and keeps those that are there.
func (c *cache) resize(n int) {
	old := *c
	c.packets, c.data = make([]packet, n), make([]byte, n*payloadMax)
	for i := range old.packets {
		if p := &old.packets[i]; p.number != 0 {
			c.floor = max(c.floor, p.number-int64(len(old.packets)))
			place := &c.packets[p.number&int64(n-1)]
			*place = *p
			copy(c.payload(place), old.payload(p))
		}
	}
}
