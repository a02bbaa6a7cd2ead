package rtp

import (
	"encoding/binary"
	"math/bits"
)

// countMax is how many blocks a report can count (RFC 3550 §6.4.1).
const countMax = 31

// appendHeader leaves the length to finish.
func appendHeader(dst []byte, kind, count uint8) []byte {
	return append(dst, version<<6|count, kind, 0, 0)
}

// finish writes the length of the packet that begins at start, which is a multiple of 4.
func finish(dst []byte, start int) []byte {
	binary.BigEndian.PutUint16(dst[start+2:], uint16((len(dst)-start)/4-1))
	return dst
}

func appendBlocks(dst []byte, blocks []Block) []byte {
	for _, b := range blocks {
		dst = binary.BigEndian.AppendUint32(dst, b.SSRC)
		dst = binary.BigEndian.AppendUint32(dst, uint32(b.FractionLost)<<24|uint32(b.Lost)&0xffffff)
		dst = binary.BigEndian.AppendUint32(dst, b.Highest)
		dst = binary.BigEndian.AppendUint32(dst, b.Jitter)
		dst = binary.BigEndian.AppendUint32(dst, b.LastSR)
		dst = binary.BigEndian.AppendUint32(dst, b.Delay)
	}
	return dst
}

// AppendSender appends a sender report with at most 31 blocks; more are left out.
func AppendSender(dst []byte, s Sender, blocks []Block) []byte {
	blocks = blocks[:min(len(blocks), countMax)]
	start := len(dst)
	dst = appendHeader(dst, SenderReport, uint8(len(blocks)))
	dst = binary.BigEndian.AppendUint32(dst, s.SSRC)
	dst = binary.BigEndian.AppendUint64(dst, s.NTP)
	dst = binary.BigEndian.AppendUint32(dst, s.Timestamp)
	dst = binary.BigEndian.AppendUint32(dst, s.Packets)
	dst = binary.BigEndian.AppendUint32(dst, s.Octets)
	return finish(appendBlocks(dst, blocks), start)
}

// AppendReceiver appends a receiver report with at most 31 blocks; more are left out.
func AppendReceiver(dst []byte, ssrc uint32, blocks []Block) []byte {
	blocks = blocks[:min(len(blocks), countMax)]
	start := len(dst)
	dst = appendHeader(dst, ReceiverReport, uint8(len(blocks)))
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	return finish(appendBlocks(dst, blocks), start)
}

// cnameMax is the longest name, in bytes (RFC 3550 §6.5).
const cnameMax = 255

// AppendDescription appends the canonical name of one stream's participant, cut to 255 bytes (RFC 3550 §6.5.1).
func AppendDescription(dst []byte, ssrc uint32, cname string) []byte {
	cname = cname[:min(len(cname), cnameMax)]
	start := len(dst)
	dst = appendHeader(dst, Description, 1)
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	dst = append(dst, 1, byte(len(cname)))
	dst = append(append(dst, cname...), 0) // The zero ends the items.
	for (len(dst)-start)%4 != 0 {
		dst = append(dst, 0)
	}
	return finish(dst, start)
}

// AppendGoodbye appends the news that a stream has ended (RFC 3550 §6.6).
func AppendGoodbye(dst []byte, ssrc uint32) []byte {
	start := len(dst)
	dst = appendHeader(dst, Goodbye, 1)
	return finish(binary.BigEndian.AppendUint32(dst, ssrc), start)
}

// AppendReference appends a receiver's own time, which senders of media answer with how long they have had it: so a
// receiver that sends nothing learns the time on the way too (RFC 3611 §4.4).
func AppendReference(dst []byte, ssrc uint32, ntp uint64) []byte {
	start := len(dst)
	dst = appendHeader(dst, ExtendedReport, 0)
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	dst = append(dst, blockReference, 0, 0, 2)
	return finish(binary.BigEndian.AppendUint64(dst, ntp), start)
}

// AppendNack appends a generic NACK for packets whose numbers ascend, wrapping around (RFC 4585 §6.2.1).
func AppendNack(dst []byte, sender, media uint32, lost []uint16) []byte {
	start := len(dst)
	dst = appendHeader(dst, TransportFeedback, formatNack)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	dst = binary.BigEndian.AppendUint32(dst, media)
	for len(lost) > 0 {
		first, mask := lost[0], uint16(0)
		for lost = lost[1:]; len(lost) > 0 && lost[0]-first-1 < 16; lost = lost[1:] {
			mask |= 1 << (lost[0] - first - 1)
		}
		dst = binary.BigEndian.AppendUint16(dst, first)
		dst = binary.BigEndian.AppendUint16(dst, mask)
	}
	return finish(dst, start)
}

// rembMax is how many bits the mantissa of a rate has, and rembSSRCs how many streams one packet speaks of.
const rembMax, rembSSRCs = 18, 255

// AppendRemb appends what the path of some streams carries, in bits per second, rounded down; of more than 255 streams
// the others are left out (draft-alvestrand-rmcat-remb-03 §2.2).
func AppendRemb(dst []byte, sender uint32, bitsPerSecond uint64, ssrcs []uint32) []byte {
	ssrcs = ssrcs[:min(len(ssrcs), rembSSRCs)]
	exponent := max(bits.Len64(bitsPerSecond)-rembMax, 0)
	mantissa := uint32(bitsPerSecond >> exponent)
	start := len(dst)
	dst = appendHeader(dst, PayloadFeedback, formatRemb)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	dst = binary.BigEndian.AppendUint32(dst, 0) // It is about all that follow.
	dst = append(dst, "REMB"...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(ssrcs))<<24|uint32(exponent)<<rembMax|mantissa)
	for _, ssrc := range ssrcs {
		dst = binary.BigEndian.AppendUint32(dst, ssrc)
	}
	return finish(dst, start)
}

// AppendKeyFrameWish appends a picture loss indication (RFC 4585 §6.3.1).
func AppendKeyFrameWish(dst []byte, sender, media uint32) []byte {
	start := len(dst)
	dst = appendHeader(dst, PayloadFeedback, formatPLI)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	return finish(binary.BigEndian.AppendUint32(dst, media), start)
}
