package media

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

// The limits of an offer.
const (
	// offerMax bounds an offer in bytes, as the frame that carries it is bounded.
	offerMax = 256 << 10
	// linesMax bounds its m-lines: TRTC lets a room have 50 publishers, each with sound and up to two pictures.
	linesMax = 200
	// midMax is the longest mid that a one-byte RTP header extension carries (RFC 8285 §4.2).
	midMax = 16
)

// OfferError says which part of an offer cannot be answered, and why.
type OfferError struct {
	// Field names the part, such as "m-line 3".
	Field string
	// Problem says what is wrong with it, with the limit when there is one.
	Problem string
}

func (e *OfferError) Error() string { return "offer: " + e.Field + ": " + e.Problem }

// section is one m-line of an offer.
type section struct {
	mid  string
	kind webrtc.RTPCodecType
	// direction is the client's: sendonly for a send line, recvonly for a slot, inactive for one that it gave up.
	direction webrtc.RTPTransceiverDirection
}

// readOffer checks an offer and lists its m-lines.
func readOffer(sdp string) ([]section, error) {
	if len(sdp) > offerMax {
		return nil, &OfferError{"sdp", fmt.Sprintf("%d bytes; the limit is %d", len(sdp), offerMax)}
	}
	offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}
	parsed, err := offer.Unmarshal()
	if err != nil {
		return nil, &OfferError{"sdp", err.Error()}
	}
	media := parsed.MediaDescriptions
	if len(media) == 0 || len(media) > linesMax {
		return nil, &OfferError{"sdp", fmt.Sprintf("%d m-lines; 1 to %d are allowed", len(media), linesMax)}
	}
	sections := make([]section, 0, len(media))
	mids := map[string]bool{}
	for i, m := range media {
		field := fmt.Sprintf("m-line %d", i)
		kind := webrtc.NewRTPCodecType(m.MediaName.Media)
		if kind == 0 {
			return nil, &OfferError{field, fmt.Sprintf("media %.20q; audio and video are allowed", m.MediaName.Media)}
		}
		mid, _ := m.Attribute("mid")
		if mid == "" || len(mid) > midMax {
			return nil, &OfferError{field, fmt.Sprintf("a=mid has %d bytes; 1 to %d are allowed", len(mid), midMax)}
		}
		if mids[mid] {
			return nil, &OfferError{field, fmt.Sprintf("a=mid:%s stands there twice", mid)}
		}
		mids[mid] = true
		direction := directionOf(m.Attribute)
		if direction == webrtc.RTPTransceiverDirectionUnknown {
			return nil, &OfferError{field, "a=sendonly, a=recvonly or a=inactive must say its direction"}
		}
		sections = append(sections, section{mid: mid, kind: kind, direction: direction})
	}
	return sections, nil
}

// directionOf reads a direction; a line of ours never sends and receives, so sendrecv is unknown.
func directionOf(attribute func(string) (string, bool)) webrtc.RTPTransceiverDirection {
	for _, d := range []webrtc.RTPTransceiverDirection{
		webrtc.RTPTransceiverDirectionSendonly,
		webrtc.RTPTransceiverDirectionRecvonly,
		webrtc.RTPTransceiverDirectionInactive,
	} {
		if _, ok := attribute(d.String()); ok {
			return d
		}
	}
	return webrtc.RTPTransceiverDirectionUnknown
}
