// Package picture knows of video payloads what an SFU has to know: where a decoder can start, of which layer a packet
// is, and how to number the pictures of VP8 anew when they come from several sources or not all go on. It reads a few
// bytes at the front of a payload, allocates nothing, and must never look at a clock.
package picture

import "strings"

// Format is how a payload is to be read.
type Format uint8

// The formats. Of an unknown one nothing is known, and no payload begins a key frame.
const (
	Unknown Format = iota
	VP8
	VP9
	H264
	AV1
)

// FormatOf finds the format by the codec's name in SDP, in any case.
func FormatOf(name string) Format {
	switch strings.ToUpper(name) {
	case "VP8":
		return VP8
	case "VP9":
		return VP9
	case "H264":
		return H264
	case "AV1":
		return AV1
	default:
		return Unknown
	}
}

// Scalable says whether a stream of the format can have layers in space, which a dependency descriptor tells apart.
func (f Format) Scalable() bool { return f == VP9 || f == AV1 }

// Begins says whether a payload is the first of a key frame: one that a decoder can start with.
func (f Format) Begins(payload []byte) bool {
	switch f {
	case VP8:
		d, ok := ReadVP8(payload)
		return ok && d.KeyFrame
	case VP9:
		return beginsVP9(payload)
	case H264:
		return beginsH264(payload)
	case AV1:
		// N: a coded video sequence begins (AV1 RTP payload format, §4.4).
		return len(payload) > 0 && payload[0]&0x08 != 0
	default:
		return false
	}
}

// beginsVP9 looks for the beginning of a frame that needs no earlier one and, if there are layers, is of the lowest.
func beginsVP9(payload []byte) bool {
	d, ok := ReadVP9(payload)
	return ok && d.Begin && !d.Predicted && d.Spatial == 0
}

// The types of NAL units (RFC 6184 §5.2).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// beginsH264 looks for parameter sets or the first piece of an IDR picture, by itself, in an aggregate or fragmented.
func beginsH264(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	switch payload[0] & 0x1f {
	case nalIDR, nalSPS:
		return true
	case nalFUA:
		return payload[1]&0x80 != 0 && (payload[1]&0x1f == nalIDR || payload[1]&0x1f == nalSPS)
	case nalSTAPA:
		for b := payload[1:]; len(b) > 2; {
			if kind := b[2] & 0x1f; kind == nalIDR || kind == nalSPS {
				return true
			}
			n := 2 + (int(b[0])<<8 | int(b[1]))
			if n > len(b) {
				return false
			}
			b = b[n:]
		}
	}
	return false
}
