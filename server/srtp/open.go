package srtp

import (
	"errors"
	"io"
)

// sourcesMax is how many SSRCs an Opener keeps state for, of media and of RTCP senders each. A participant sends
// audio, a camera in three layers and a screen, each with a stream of repairs: a dozen. The rest is for those it
// renews.
const sourcesMax = 64

// Why a packet is not opened.
var (
	// ErrShort says that the packet is too short for its header and its tag.
	ErrShort = errors.New("SRTP packet is too short")
	// ErrForged says that the packet was not made with the key, or was changed on its way.
	ErrForged = errors.New("SRTP packet is not authentic")
	// ErrReplayed says that the packet was opened before, or is older than the replay window.
	ErrReplayed = errors.New("SRTP packet was seen before or is too old")
	// ErrTooMany says that the packet comes from one SSRC more than 64. The earlier ones stay: to forget one would be
	// to take its old packets again.
	ErrTooMany = errors.New("SRTP packet from more than 64 SSRCs")
	// ErrPlain says that an SRTCP packet is not encrypted: its E bit is not set.
	ErrPlain = errors.New("SRTCP packet is not encrypted")
)

// Opener checks and decrypts all that one end receives.
type Opener struct {
	rtp, rtcp      guard
	media, control map[uint32]*window
}

// NewOpener derives the session keys for what is received. It does not keep m. Errors: ErrProfile, ErrMaterial.
func NewOpener(p Profile, m Master) (*Opener, error) {
	rtp, rtcp, err := guards(p, m)
	if err != nil {
		return nil, err
	}
	return &Opener{rtp: rtp, rtcp: rtcp, media: map[uint32]*window{}, control: map[uint32]*window{}}, nil
}

// Open checks an RTP packet, decrypts its payload to dst and returns the payload's length. headerLen bytes of header,
// CSRCs and extensions included, stay in packet. dst may be packet[headerLen:], and must not overlap packet otherwise.
// After an error its content is worthless.
//
// Open follows the rollover counter of each SSRC from 0 on and remembers the latest 1024 packets of each. A packet
// that is not opened leaves no trace. Errors: ErrShort, ErrForged, ErrReplayed, ErrTooMany, and io.ErrShortBuffer if
// dst cannot hold the payload.
func (o *Opener) Open(dst, packet []byte, headerLen int) (int, error) {
	n := len(packet) - headerLen - o.rtp.tagLen()
	if headerLen < rtpHeaderLen || n < 0 {
		return 0, ErrShort
	}
	if len(dst) < n {
		return 0, io.ErrShortBuffer
	}
	ssrc, index := mediaSSRC(packet), uint64(sequence(packet))
	seen := o.media[ssrc]
	if seen != nil {
		index = seen.estimate(sequence(packet))
	}
	if err := admit(o.media, seen, index); err != nil {
		return 0, err
	}
	if !o.rtp.openRTP(dst, packet, headerLen, index) {
		return 0, ErrForged
	}
	remember(o.media, ssrc, seen, index, mediaWindow)
	return n, nil
}

// OpenRTCP checks an SRTCP packet, decrypts it to dst, the header included, and returns the compound packet's length.
// dst must not overlap packet, unless both start at the same byte. After an error its content is worthless.
//
// It remembers the latest 128 packets of each sender's SSRC. RFC 3711 §3.4 lets a sender leave SRTCP unencrypted;
// WebRTC does not (RFC 8827 §6.5), so such a packet is refused unread. Errors: ErrShort, ErrPlain, ErrForged,
// ErrReplayed, ErrTooMany, and io.ErrShortBuffer if dst cannot hold the packet.
func (o *Opener) OpenRTCP(dst, packet []byte) (int, error) {
	n := len(packet) - wordLen - o.rtcp.tagLen()
	if n < rtcpHeaderLen {
		return 0, ErrShort
	}
	if len(dst) < n {
		return 0, io.ErrShortBuffer
	}
	word := o.rtcp.word(packet)
	if word&encrypted == 0 {
		return 0, ErrPlain
	}
	ssrc, index := controlSSRC(packet), uint64(word&^encrypted)
	seen := o.control[ssrc]
	if err := admit(o.control, seen, index); err != nil {
		return 0, err
	}
	if !o.rtcp.openRTCP(dst, packet) {
		return 0, ErrForged
	}
	remember(o.control, ssrc, seen, index, controlWindow)
	return n, nil
}

// admit spares the cipher what would be refused anyway. seen is nil for a new SSRC.
func admit(sources map[uint32]*window, seen *window, index uint64) error {
	switch {
	case seen == nil && len(sources) >= sourcesMax:
		return ErrTooMany
	case seen != nil && !seen.fresh(index), index>>48 != 0: // After 2^48 packets the key is used up (RFC 3711 §9.2).
		return ErrReplayed
	default:
		return nil
	}
}

// remember marks the index of an authentic packet. seen is nil for a new SSRC, whose window has size.
func remember(sources map[uint32]*window, ssrc uint32, seen *window, index uint64, size int) {
	if seen == nil {
		seen = newWindow(index, size)
		sources[ssrc] = seen
	}
	seen.mark(index)
}
