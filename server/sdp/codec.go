package sdp

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// codecs makes a codec of each format that an a=rtpmap names, in the order of the formats.
func (r *lineReader) codecs(formats []string) error {
	for i, number := range formats {
		n, err := strconv.ParseUint(number, 10, 7)
		if err != nil || (n >= 64 && n < 96) || number != strconv.FormatUint(n, 10) {
			return refuse(r.field, "payload type %s; 0 to 63 and 96 to 127 are allowed", quote(number))
		}
		if slices.Contains(formats[:i], number) {
			return refuse(r.field, "payload type %s stands there twice", number)
		}
	}
	named := make(map[string]Codec, len(formats))
	for _, a := range r.attributes {
		number, text, _ := strings.Cut(a.value, " ")
		if a.name != "rtpmap" || !slices.Contains(formats, number) {
			continue
		}
		if _, twice := named[number]; twice {
			return refuse(r.field, "a=rtpmap:%s stands there twice", number)
		}
		codec, ok := r.rtpmap(text)
		if !ok {
			return refuse(r.field, "a=rtpmap:%s is %s; a name, a clock rate and up to 255 channels are allowed",
				number, quote(text))
		}
		named[number] = codec
	}
	for _, number := range formats {
		if codec, ok := named[number]; ok {
			n, _ := strconv.ParseUint(number, 10, 7)
			codec.Type = uint8(n)
			r.line.Codecs = append(r.line.Codecs, codec)
		}
	}
	return nil
}

// rtpmap reads a codec such as opus/48000/2 (RFC 8866 §6.6).
func (r *lineReader) rtpmap(text string) (Codec, bool) {
	name, rest, _ := strings.Cut(strings.TrimRight(text, " "), "/")
	clock, count, hasCount := strings.Cut(rest, "/")
	if !hasCount {
		count = "1"
	}
	rate, err := strconv.ParseUint(clock, 10, 32)
	channels, err2 := strconv.ParseUint(count, 10, 8)
	if err != nil || err2 != nil || rate == 0 || channels == 0 || !isToken(name) {
		return Codec{}, false
	}
	if r.line.Kind == Video {
		channels = 0
	}
	return Codec{Name: name, ClockRate: uint32(rate), Channels: uint8(channels)}, true
}

// codec finds a codec by its payload type; nil for one that is not there.
func (r *lineReader) codec(number string) *Codec {
	n, err := strconv.ParseUint(number, 10, 7)
	at := slices.IndexFunc(r.line.Codecs, func(c Codec) bool { return c.Type == uint8(n) })
	if err != nil || at < 0 {
		return nil
	}
	return &r.line.Codecs[at]
}

func (r *lineReader) fmtp(value string) error {
	number, params, _ := strings.Cut(value, " ")
	codec := r.codec(number)
	if codec == nil {
		return nil
	}
	if codec.Params != "" {
		return refuse(r.field, "a=fmtp:%d stands there twice", codec.Type)
	}
	codec.Params = params
	return nil
}

// feedback reads a=rtcp-fb of one codec, or of all (RFC 4585 §4.2).
func (r *lineReader) feedback(value string) error {
	number, text, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(number, 10, 7)
	if text == "" || (err != nil && number != "*") {
		return nil
	}
	for i := range r.line.Codecs {
		codec := &r.line.Codecs[i]
		if number != "*" && codec.Type != uint8(n) {
			continue
		}
		if len(codec.Feedback) == feedbackMax {
			return refuse(r.field, "payload type %d has more than %d lines of a=rtcp-fb", codec.Type, feedbackMax)
		}
		codec.Feedback = append(codec.Feedback, text)
	}
	return nil
}

// extmap reads a header extension (RFC 8285 §5).
func (r *lineReader) extmap(value string) error {
	if r.extensions++; r.extensions > extensionsMax {
		return refuse(r.field, "more than %d lines of a=extmap", extensionsMax)
	}
	key, rest, _ := strings.Cut(value, " ")
	uri, _, _ := strings.Cut(rest, " ") // Attributes of the extension follow.
	number, name, limited := strings.Cut(key, "/")
	direction, known := SendRecv, true
	if limited {
		direction, known = directionOf(name)
	}
	id, err := strconv.ParseUint(number, 10, 16)
	if err != nil || id == 0 || !known || uri == "" {
		return refuse(r.field, "a=extmap is %s; a number, a direction and a URI are allowed", quote(value))
	}
	// Numbers above 255 do not fit into a packet: an offer has them to let us choose which it can do without.
	if id == 15 || id > math.MaxUint8 || direction == Inactive {
		return nil
	}
	for _, e := range r.line.Extensions {
		if uint64(e.ID) == id {
			return refuse(r.field, "a=extmap:%d stands there twice", id)
		}
	}
	r.line.Extensions = append(r.line.Extensions, Extension{ID: uint8(id), URI: uri, Direction: direction})
	return nil
}
