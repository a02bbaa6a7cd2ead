package srtp

import "encoding/binary"

const (
	// rtpHeaderLen is the length of the shortest RTP header (RFC 3550 §5.1).
	rtpHeaderLen = 12
	// rtcpHeaderLen is what SRTCP leaves in the clear: the first packet's header and the sender's SSRC (RFC 3711
	// §3.4).
	rtcpHeaderLen = 8
	// encrypted is the E bit.
	encrypted = 1 << 31
)

func sequence(header []byte) uint16      { return binary.BigEndian.Uint16(header[2:]) }
func mediaSSRC(header []byte) uint32     { return binary.BigEndian.Uint32(header[8:]) }
func controlSSRC(compound []byte) uint32 { return binary.BigEndian.Uint32(compound[4:]) }

// Sealer protects all that one end sends.
type Sealer struct {
	rtp, rtcp guard
	// sent is the SRTCP index of the next packet. One counter for all SSRCs keeps it unique under the key.
	sent uint32
}

// NewSealer derives the session keys for what is sent. It does not keep m. Errors: ErrProfile, ErrMaterial.
func NewSealer(p Profile, m Master) (*Sealer, error) {
	rtp, rtcp, err := guards(p, m)
	if err != nil {
		return nil, err
	}
	return &Sealer{rtp: rtp, rtcp: rtcp}, nil
}

// Overhead returns how many bytes Seal adds: 16 with AES-GCM, else 10.
func (s *Sealer) Overhead() int { return s.rtp.tagLen() }

// Seal writes header and the protected payload to dst and returns the length. The header has its CSRCs and extensions
// with it, and at least 12 bytes. dst needs len(header)+len(payload)+Overhead() bytes; Seal panics if it or the header
// is short. dst must not overlap payload, unless payload already lies in dst right where its protected form goes.
//
// roc is the rollover counter that belongs to the header's sequence number: the caller keeps it, since it owns the
// stream's numbering. To seal two different packets with the same SSRC, sequence number and roc gives away both, and
// with AES-GCM the key that authenticates (RFC 7714 §10.1).
func (s *Sealer) Seal(dst, header, payload []byte, roc uint32) int {
	return s.rtp.sealRTP(dst, header, payload, uint64(roc)<<16|uint64(sequence(header)))
}

// RTCPOverhead returns how many bytes SealRTCP adds: 20 with AES-GCM, else 14.
func (s *Sealer) RTCPOverhead() int { return s.rtcp.tagLen() + wordLen }

// SealRTCP writes the protected compound packet to dst and returns the length. dst needs len(packet)+RTCPOverhead()
// bytes, else SealRTCP panics; it must not overlap packet unless both start at the same byte.
//
// It returns 0 and writes nothing for a packet without a sender's SSRC, shorter than 8 bytes, and once the key is used
// up by 2^31 packets (RFC 3711 §9.2): that is more than two years at 30 a second.
func (s *Sealer) SealRTCP(dst, packet []byte) int {
	if len(packet) < rtcpHeaderLen || s.sent >= encrypted {
		return 0
	}
	n := s.rtcp.sealRTCP(dst, packet, encrypted|s.sent)
	s.sent++
	return n
}
