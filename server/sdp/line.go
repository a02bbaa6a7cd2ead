package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// lineReader reads one m-line that is not rejected.
type lineReader struct {
	*section
	line Line
	// rids are those that the client declares to send.
	rids []string
	// extensions counts the lines of a=extmap, kept or not.
	extensions int
}

// readers reads the attributes of an RTP line that may stand there often, or need what stands before them.
var readers = map[string]func(*lineReader, string) error{
	"extmap":     (*lineReader).extmap,
	"fmtp":       (*lineReader).fmtp,
	"rid":        (*lineReader).rid,
	"rtcp-fb":    (*lineReader).feedback,
	"ssrc":       (*lineReader).ssrc,
	"ssrc-group": (*lineReader).ssrcGroup,
}

func readLine(session, s *section) (Line, error) {
	line, port, formats, err := readMedia(s)
	if err != nil {
		return line, err
	}
	mid, _, err := s.one("mid")
	if err != nil {
		return line, err
	}
	if mid == "" || len(mid) > midMax {
		return line, refuse(s.field, "a=mid has %d bytes; 1 to %d are allowed", len(mid), midMax)
	}
	if !isToken(mid) {
		return line, refuse(s.field, "a=mid is %s; a token is allowed", quote(mid))
	}
	line.Mid = mid
	// Port 0 alone gives a line up. With a=bundle-only it asks for the line if it is bundled (RFC 8843 §6).
	if line.Rejected = port == 0 && !s.has("bundle-only"); line.Rejected {
		return line, nil
	}
	r := &lineReader{section: s, line: line}
	if line.Kind == Data {
		err = r.data(formats)
	} else {
		err = r.rtp(session, formats)
	}
	return r.line, err
}

// readMedia reads the m-line itself (RFC 8866 §5.14).
func readMedia(s *section) (line Line, port uint64, formats []string, err error) {
	fields := strings.Fields(s.media)
	if len(fields) < 4 {
		return line, 0, nil, refuse(s.field, "m=%s lacks a port, a protocol or a format", quote(s.media))
	}
	if len(fields)-3 > codecsMax {
		return line, 0, nil, refuse(s.field, "%d formats; the limit is %d", len(fields)-3, codecsMax)
	}
	for _, kind := range []Kind{Audio, Video, Data} {
		if kind.String() == fields[0] {
			line.Kind = kind
		}
	}
	if line.Kind == 0 {
		return line, 0, nil, refuse(s.field, "media %s; audio, video and application are allowed", quote(fields[0]))
	}
	if port, err = strconv.ParseUint(fields[1], 10, 16); err != nil {
		return line, 0, nil, refuse(s.field, "port %s; 0 to 65535 are allowed", quote(fields[1]))
	}
	line.Protocol = fields[2]
	if allowed := line.Kind.protocols(); !slices.Contains(allowed[:], line.Protocol) {
		return line, 0, nil, refuse(s.field, "protocol %s; %s and %s are allowed",
			quote(line.Protocol), allowed[0], allowed[1])
	}
	return line, port, fields[3:], nil
}

// rtp reads what belongs to sound or pictures.
func (r *lineReader) rtp(session *section, formats []string) error {
	if err := r.codecs(formats); err != nil {
		return err
	}
	for _, a := range r.attributes {
		if read := readers[a.name]; read != nil {
			if err := read(r, a.value); err != nil {
				return err
			}
		}
	}
	// An rid may be declared after the line that lists it.
	if err := r.simulcast(); err != nil {
		return err
	}
	r.line.ReducedSize = r.has("rtcp-rsize")
	if !r.has("rtcp-mux") && !r.has("rtcp-mux-only") {
		return refuse(r.field, "a=rtcp-mux is missing; RTP and RTCP must share a port")
	}
	return r.direction(session)
}

// direction reads the line's direction, or else the session's (RFC 8866 §6.7). One that sends and receives is none of
// ours, and a line that says nothing would be that.
func (r *lineReader) direction(session *section) error {
	directions := r.directions()
	if len(directions) == 0 {
		directions = session.directions()
	}
	if len(directions) > 1 {
		return refuse(r.field, "%d directions; one is allowed", len(directions))
	}
	if len(directions) == 0 || directions[0] == SendRecv {
		return refuse(r.field, "a=sendonly, a=recvonly or a=inactive must say its direction")
	}
	r.line.Direction = directions[0]
	return nil
}

// data reads what belongs to data channels (RFC 8841 §5 and §6).
func (r *lineReader) data(formats []string) error {
	r.line.Direction = SendRecv
	if len(formats) != 1 || formats[0] != channelFormat {
		return refuse(r.field, "format %s; %s is allowed", quote(formats[0]), channelFormat)
	}
	text, _, err := r.one("sctp-port")
	if err != nil {
		return err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return refuse(r.field, "a=sctp-port is %s; 1 to 65535 are allowed", quote(text))
	}
	r.line.SCTPPort = int(port)
	text, found, err := r.one("max-message-size")
	if err != nil {
		return err
	}
	if !found {
		text = "65536" // RFC 8841 §6.1.
	}
	longest, err := strconv.ParseInt(text, 10, 64)
	if err != nil || longest < 0 || text[0] == '+' {
		return refuse(r.field, "a=max-message-size is %s; a number below 2^63 is allowed", quote(text))
	}
	r.line.MaxMessage = int(longest)
	return nil
}
