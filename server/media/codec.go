package media

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/webrtc/v4"
)

// The header extensions that are negotiated (RFC 8843, RFC 6464, draft-holmer-rmcat-transport-wide-cc-extensions-01,
// and WebRTC's abs-send-time).
const (
	extMID         = "urn:ietf:params:rtp-hdrext:sdes:mid"
	extAudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	extTransportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	extSendTime    = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
)

// videoCodecs are the pictures that are passed on when both ends have them: mime type and fmtp. Payload types are the
// offer's, so the order here means nothing.
var videoCodecs = []struct{ mime, fmtp string }{
	{webrtc.MimeTypeVP8, ""},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f"},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f"},
	{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"},
	{webrtc.MimeTypeVP9, "profile-id=0"},
	{webrtc.MimeTypeVP9, "profile-id=2"},
	{webrtc.MimeTypeAV1, "level-idx=5;profile=0;tier=0"},
}

// firstVideoType is the first payload type of our own numbering; the offer's replace them all.
const firstVideoType = 96

// newMediaEngine names what can be negotiated.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	opus := webrtc.RTPCodecParameters{PayloadType: 127, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}},
	}}
	if err := m.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("register opus: %w", err)
	}
	feedback := []webrtc.RTCPFeedback{
		{Type: "goog-remb"},
		{Type: "transport-cc"},
		{Type: "ccm", Parameter: "fir"},
		{Type: "nack"},
		{Type: "nack", Parameter: "pli"},
	}
	number := webrtc.PayloadType(firstVideoType)
	for _, c := range videoCodecs {
		codec := webrtc.RTPCodecParameters{PayloadType: number, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: c.mime, ClockRate: 90000, SDPFmtpLine: c.fmtp, RTCPFeedback: feedback,
		}}
		rtx := webrtc.RTPCodecParameters{PayloadType: number + 1, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", number),
		}}
		number += 2
		for _, one := range []webrtc.RTPCodecParameters{codec, rtx} {
			if err := m.RegisterCodec(one, webrtc.RTPCodecTypeVideo); err != nil {
				return nil, fmt.Errorf("register %s %s: %w", one.MimeType, one.SDPFmtpLine, err)
			}
		}
	}
	return m, registerExtensions(m)
}

func registerExtensions(m *webrtc.MediaEngine) error {
	for _, e := range []struct {
		uri  string
		kind webrtc.RTPCodecType
	}{
		{extMID, webrtc.RTPCodecTypeAudio},
		{extMID, webrtc.RTPCodecTypeVideo},
		{extAudioLevel, webrtc.RTPCodecTypeAudio},
		{extTransportCC, webrtc.RTPCodecTypeAudio},
		{extTransportCC, webrtc.RTPCodecTypeVideo},
		{extSendTime, webrtc.RTPCodecTypeVideo},
	} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: e.uri}, e.kind); err != nil {
			return fmt.Errorf("register header extension %s: %w", e.uri, err)
		}
	}
	return nil
}

// payloads is a table by payload type; 0 stands for none, since type 0 is G.711 and never negotiated here.
type payloads [128]uint8

// translation says which of the listener's payload types carries the same codec as each of the publisher's. It is all
// zero when they have none in common.
func translation(publisher, listener []webrtc.RTPCodecParameters) (payloads, bool) {
	var table payloads
	found := false
	for _, from := range publisher {
		for _, to := range listener {
			if !isRTX(from) && !isRTX(to) && identity(from) == identity(to) {
				table[from.PayloadType&127] = uint8(to.PayloadType & 127)
				found = true
				break
			}
		}
	}
	return table, found
}

// repairs says which payload type retransmits each of the listener's (RFC 4588 §8.6).
func repairs(codecs []webrtc.RTPCodecParameters) payloads {
	var table payloads
	for _, c := range codecs {
		if !isRTX(c) {
			continue
		}
		if apt, err := strconv.ParseUint(fmtpOf(c)["apt"], 10, 7); err == nil {
			table[apt] = uint8(c.PayloadType & 127)
		}
	}
	return table
}

func isRTX(c webrtc.RTPCodecParameters) bool {
	return strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX)
}

// identity is equal for two codecs exactly when a packet of one can be decoded as the other. Levels are left out, as
// they bound the picture and not the format: profiles and packetization decide (RFC 6184 §8.2.2, RFC 9628 §6).
func identity(c webrtc.RTPCodecParameters) string {
	mime := strings.ToLower(c.MimeType)
	fmtp := fmtpOf(c)
	switch mime {
	case strings.ToLower(webrtc.MimeTypeH264):
		profile := strings.ToLower(fmtp["profile-level-id"])
		return mime + " " + profile[:min(len(profile), 4)] + " " + or(fmtp["packetization-mode"], "0")
	case strings.ToLower(webrtc.MimeTypeVP9):
		return mime + " " + or(fmtp["profile-id"], "0")
	case strings.ToLower(webrtc.MimeTypeAV1):
		return mime + " " + or(fmtp["profile"], "0")
	default:
		return mime
	}
}

func or(value, absent string) string {
	if value == "" {
		return absent
	}
	return value
}

func fmtpOf(c webrtc.RTPCodecParameters) map[string]string {
	all := map[string]string{}
	for _, part := range strings.Split(c.SDPFmtpLine, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		all[strings.ToLower(name)] = value
	}
	return all
}

// extensionID finds the number under which a header extension was negotiated; 0 for none.
func extensionID(extensions []webrtc.RTPHeaderExtensionParameter, uri string) uint8 {
	for _, e := range extensions {
		if e.URI == uri {
			return uint8(e.ID)
		}
	}
	return 0
}
