package sdp

import (
	"strings"
	"unicode/utf8"
)

// attribute is an a= line.
type attribute struct{ name, value string }

// section is the session part of an offer, or one m-line with what belongs to it.
type section struct {
	// field is what errors call it.
	field string
	// media is the value of m=; empty for the session.
	media      string
	attributes []attribute
}

// split cuts an offer into its session part and its m-lines. Lines end with \r\n or \n. It refuses control
// characters, so that none of them reaches an answer or a log.
func split(text string) (session section, lines []section, err error) {
	session.field = "session"
	if len(text) > offerMax {
		return session, nil, refuse("sdp", "%d bytes; the limit is %d", len(text), offerMax)
	}
	if !utf8.ValidString(text) {
		return session, nil, refuse("sdp", "it is not UTF-8")
	}
	to := &session
	number := 0
	for line := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		number++
		if strings.ContainsFunc(line, isControl) {
			return session, nil, refuse("sdp", "text line %d has a control character", number)
		}
		if len(line) < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' {
			return session, nil, refuse("sdp", "text line %d is %s; a letter and = must start it", number, quote(line))
		}
		if number == 1 && line != "v=0" {
			return session, nil, refuse("sdp", "it starts with %s; v=0 must start it", quote(line))
		}
		switch line[0] {
		case 'm':
			if len(lines) == linesMax {
				return session, nil, refuse("sdp", "more than %d m-lines; 1 to %d are allowed", linesMax, linesMax)
			}
			lines = append(lines, section{field: fieldOf(len(lines)), media: line[2:]})
			to = &lines[len(lines)-1]
		case 'a':
			name, value, _ := strings.Cut(line[2:], ":")
			to.attributes = append(to.attributes, attribute{name, value})
		}
	}
	if len(lines) == 0 {
		return session, nil, refuse("sdp", "0 m-lines; 1 to %d are allowed", linesMax)
	}
	return session, lines, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// has says whether there is an attribute of that name.
func (s *section) has(name string) bool {
	for _, a := range s.attributes {
		if a.name == name {
			return true
		}
	}
	return false
}

// one returns the attribute that may stand there once.
func (s *section) one(name string) (value string, found bool, err error) {
	for _, a := range s.attributes {
		if a.name != name {
			continue
		}
		if found {
			return "", false, refuse(s.field, "a=%s stands there twice", name)
		}
		value, found = a.value, true
	}
	return value, found, nil
}

// directions lists the directions that stand there.
func (s *section) directions() []Direction {
	var all []Direction
	for _, a := range s.attributes {
		if d, ok := directionOf(a.name); ok {
			all = append(all, d)
		}
	}
	return all
}

// isToken holds a name to RFC 8866 §9, token.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// isAlphanumeric holds a name to letters, digits and the bytes of also.
func isAlphanumeric(s, also string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return s != ""
}
