package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// Read reads an offer that we can answer. Errors: [*Error].
func Read(text string) (*Offer, error) {
	session, sections, err := split(text)
	if err != nil {
		return nil, err
	}
	offer := &Offer{Lines: make([]Line, 0, len(sections))}
	for i := range sections {
		line, err := readLine(&session, &sections[i])
		if err != nil {
			return nil, err
		}
		offer.Lines = append(offer.Lines, line)
	}
	if err := checkLines(offer.Lines); err != nil {
		return nil, err
	}
	if offer.Bundle, err = readBundle(&session, offer.Lines); err != nil {
		return nil, err
	}
	if err := offer.readTransport(&session, sections); err != nil {
		return nil, err
	}
	offer.ExtmapAllowMixed = allowsMixed(&session, sections, offer.Lines)
	return offer, nil
}

// fieldOf is what errors call an m-line.
func fieldOf(i int) string { return "m-line " + strconv.Itoa(i) }

// checkLines holds the lines of one offer against each other.
func checkLines(lines []Line) error {
	mids := map[string]bool{}
	// A packet names its mid in an extension, so numbers must be clear before the line is (RFC 8843 §9.2 and §12).
	meanings := map[uint8]string{}
	channels := 0
	for i, l := range lines {
		if mids[l.Mid] {
			return refuse(fieldOf(i), "a=mid:%s stands there twice", l.Mid)
		}
		mids[l.Mid] = true
		if l.Kind == Data {
			channels++
		}
		if channels > 1 {
			return refuse(fieldOf(i), "a second m=application; one is allowed")
		}
		for _, e := range l.Extensions {
			if meant, known := meanings[e.ID]; known && meant != e.URI {
				return refuse(fieldOf(i), "a=extmap:%d is %s, and something else on another line", e.ID, quote(e.URI))
			}
			meanings[e.ID] = e.URI
		}
	}
	return nil
}

// readBundle returns the mids that share the transport: those of all lines that are not rejected.
func readBundle(session *section, lines []Line) ([]string, error) {
	var group []string
	found := false
	for _, a := range session.attributes {
		semantics, mids, _ := strings.Cut(a.value, " ")
		if a.name != "group" || semantics != "BUNDLE" {
			continue
		}
		if found {
			return nil, refuse(session.field, "a=group:BUNDLE stands there twice; one transport is allowed")
		}
		found = true
		group = strings.Fields(mids)
	}
	if len(group) > linesMax {
		return nil, refuse(session.field, "a=group:BUNDLE has %d mids; the limit is %d", len(group), linesMax)
	}
	for i, l := range lines {
		if !l.Rejected && !slices.Contains(group, l.Mid) {
			return nil, refuse(fieldOf(i), "a=group:BUNDLE lacks a=mid:%s; it must have all lines", l.Mid)
		}
	}
	bundle := make([]string, 0, len(group))
	for i, mid := range group {
		at := slices.IndexFunc(lines, func(l Line) bool { return l.Mid == mid })
		if at < 0 || slices.Contains(group[:i], mid) {
			return nil, refuse(session.field, "a=group:BUNDLE has %s, which no line has, or twice", quote(mid))
		}
		if !lines[at].Rejected {
			bundle = append(bundle, mid)
		}
	}
	return bundle, nil
}

// allowsMixed says whether extensions may be mixed on all lines: Chromium says so once, Firefox on each RTP line.
func allowsMixed(session *section, sections []section, lines []Line) bool {
	if session.has("extmap-allow-mixed") {
		return true
	}
	all := false
	for i, l := range lines {
		if l.Kind == Data || l.Rejected {
			continue
		}
		if !sections[i].has("extmap-allow-mixed") {
			return false
		}
		all = true
	}
	return all
}
