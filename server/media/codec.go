package media

import (
	"slices"
	"strconv"
	"strings"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
)

// codec is one that is passed on when both ends have it.
type codec struct {
	name     string
	kind     sdp.Kind
	clock    uint32
	feedback []string
}

// pictureFeedback is what we take and say about pictures (RFC 4585 §4.2, RFC 5104 §7.1).
var pictureFeedback = []string{"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}

// codecs are all that there are. Payload types and parameters are the offer's.
var codecs = []codec{
	{"opus", sdp.Audio, 48000, []string{"transport-cc"}},
	{redundant, sdp.Audio, 48000, nil},
	{"VP8", sdp.Video, 90000, pictureFeedback},
	{"VP9", sdp.Video, 90000, pictureFeedback},
	{"H264", sdp.Video, 90000, pictureFeedback},
	{"AV1", sdp.Video, 90000, pictureFeedback},
}

// redundant is the name of sound that repeats what was sent before (RFC 2198).
const redundant = "red"

// common lists what we take of a line's codecs, and their repairs.
func common(offered *sdp.Line) []sdp.Codec {
	var taken []sdp.Codec
	var types payloads
	for _, c := range offered.Codecs {
		i := slices.IndexFunc(codecs, func(known codec) bool {
			return known.kind == offered.Kind && known.clock == c.ClockRate && strings.EqualFold(known.name, c.Name)
		})
		if i >= 0 && c.Type != 0 {
			c.Feedback = slices.DeleteFunc(slices.Clone(c.Feedback), func(f string) bool {
				return !slices.Contains(codecs[i].feedback, f)
			})
			taken = append(taken, c)
			types[c.Type] = c.Type
		}
	}
	for _, c := range offered.Codecs {
		if isRTX(c) && types[repaired(c)] != 0 {
			taken = append(taken, c)
		}
	}
	return taken
}

// payloads is a table by payload type; 0 stands for none, since type 0 is G.711 and never negotiated here.
type payloads [128]uint8

// translation says which of the listener's payload types carries the same codec as each of the publisher's. It is all
// zero when they have none in common.
func translation(publisher, listener []sdp.Codec) (payloads, bool) {
	var table payloads
	found := false
	for _, from := range publisher {
		for _, to := range listener {
			if !isRTX(from) && !isRTX(to) && codecIdentity(from) == codecIdentity(to) {
				table[from.Type] = to.Type
				found = true
				break
			}
		}
	}
	return table, found
}

// isRTX says whether a codec is retransmission (RFC 4588 §8.6).
func isRTX(c sdp.Codec) bool { return strings.EqualFold(c.Name, "rtx") }

// repaired is the payload type that an RTX codec repairs; 0 when it does not say.
func repaired(c sdp.Codec) uint8 {
	apt, err := strconv.ParseUint(c.Param("apt"), 10, 7)
	if err != nil {
		return 0
	}
	return uint8(apt)
}

// codecIdentity is equal for two codecs exactly when a packet of one can be decoded as the other. Levels are left out,
// as they bound the picture and not the format: profiles and packetization decide (RFC 6184 §8.2.2, RFC 9628 §6).
func codecIdentity(c sdp.Codec) string {
	name := strings.ToLower(c.Name)
	switch name {
	case "h264":
		profile := strings.ToLower(c.Param("profile-level-id"))
		return name + " " + profile[:min(len(profile), 4)] + " " + or(c.Param("packetization-mode"), "0")
	case "vp9":
		return name + " " + or(c.Param("profile-id"), "0")
	case "av1":
		return name + " " + or(c.Param("profile"), "0")
	default:
		return name
	}
}

func or(value, absent string) string {
	if value == "" {
		return absent
	}
	return value
}

// clock is the rate of a line's timestamps, in Hz.
func (l *line) clock(kind uint8) uint32 {
	for _, c := range l.codecs {
		if c.Type == kind || (kind == 0 && !isRTX(c)) {
			return c.ClockRate
		}
	}
	return l.codecs[0].ClockRate
}

// The header extensions that are negotiated (RFC 8843, RFC 8852, RFC 6464, and
// draft-holmer-rmcat-transport-wide-cc-extensions-01).
const (
	extMID         = "urn:ietf:params:rtp-hdrext:sdes:mid"
	extRID         = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
	extRepairedRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
	extAudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	extTransportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	// extDependency describes the layers of a scalable stream (AV1 RTP payload format, appendix A).
	extDependency = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)

// extensionIDs are the numbers of header extensions; 0 for none. They are the same on all lines (RFC 8843 §9.1).
type extensionIDs struct{ mid, rid, repairedRID, level, transport, dependency uint8 }

// oneByteMax is the highest number that a one-byte header extension has (RFC 8285 §4.2).
const oneByteMax = 14

// settle picks the extensions of a line that we use, and notes their numbers.
func (x *extensionIDs) settle(offered *sdp.Line) []sdp.Extension {
	known := map[string]*uint8{
		extMID: &x.mid, extRID: &x.rid, extRepairedRID: &x.repairedRID, extAudioLevel: &x.level, extTransportCC: &x.transport,
	}
	if describes(offered) {
		known[extDependency] = &x.dependency
	}
	var taken []sdp.Extension
	for _, one := range offered.Extensions {
		place := known[one.URI]
		if place == nil || one.ID > oneByteMax || (*place != 0 && *place != one.ID) {
			continue
		}
		*place = one.ID
		one.Direction = sdp.SendRecv
		taken = append(taken, one)
	}
	return taken
}

// describes says whether we want to hear of the layers of what a line sends: of codecs that have them in one stream. On
// other lines the descriptor would only make packets longer. To listeners it does not go on: the packets that they get
// say in their payload what a decoder has to know (docs/decisions/0014-descriptors-end-here.md).
func describes(offered *sdp.Line) bool {
	taken := common(offered)
	return offered.Direction == sdp.SendOnly && len(taken) > 0 && picture.FormatOf(taken[0].Name).Scalable()
}

// shape is how the headers of a slot look. Without retransmission by RTX the same bytes must go twice, so nothing in
// them may differ. numbered says that they have transport-wide numbers.
func (x *extensionIDs) shape(answer *sdp.AnswerLine, rtx bool) (shape rtp.Shape, numbered bool) {
	has := func(id uint8) uint8 {
		if slices.ContainsFunc(answer.Extensions, func(one sdp.Extension) bool { return id != 0 && one.ID == id }) {
			return id
		}
		return 0
	}
	transport := has(x.transport)
	if answer.Kind == sdp.Video && !rtx {
		transport = 0
	}
	level := uint8(0)
	if answer.Kind == sdp.Audio {
		level = has(x.level)
	}
	return rtp.NewShape(transport, level), transport != 0
}
