package srtp

import "fmt"

// guard protects either RTP or RTCP of one direction. It keeps the nonce and the like in itself, where a packet costs
// no allocation. An index has 48 bits: the rollover counter and the sequence number. A word is what SRTCP sends along:
// the E bit and 31 bits of index.
type guard interface {
	tagLen() int
	sealRTP(dst, header, payload []byte, index uint64) int
	openRTP(dst, packet []byte, headerLen int, index uint64) bool
	sealRTCP(dst, packet []byte, word uint32) int
	openRTCP(dst, packet []byte) bool
	// word reads the word of a packet that is long enough.
	word(packet []byte) uint32
}

// guards derives what protects RTP and what protects RTCP.
func guards(p Profile, m Master) (rtp, rtcp guard, err error) {
	key, salt, err := p.lengths()
	if err != nil {
		return nil, nil, err
	}
	if len(m.Key) != key || len(m.Salt) != salt {
		return nil, nil, fmt.Errorf("%w: %s wants a key of %d bytes and a salt of %d, not %d and %d",
			ErrMaterial, p, key, salt, len(m.Key), len(m.Salt))
	}
	from := newGCM
	if p == AES128SHA1 {
		from = newCM
	}
	if rtp, err = from(m, labelRTP); err != nil {
		return nil, nil, err
	}
	rtcp, err = from(m, labelRTCP)
	return rtp, rtcp, err
}
