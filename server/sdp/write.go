package sdp

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writer collects the lines of an answer.
type writer struct{ text strings.Builder }

// line writes one line. The arguments must be escaped.
func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.text, format+"\r\n", args...)
}

// String writes the answer. We are an ICE-lite agent (RFC 8839 §5.3) and wait for DTLS (RFC 8842 §5.3).
func (a *Answer) String() string {
	w := &writer{}
	w.line("v=0")
	w.line("o=- %d %d IN IP4 0.0.0.0", a.Session&math.MaxInt64, a.Version&math.MaxInt64)
	w.line("s=-")
	w.line("t=0 0")
	mids := a.bundle()
	if len(mids) > 0 {
		w.line("a=group:BUNDLE %s", words(mids))
	}
	w.line("a=ice-lite")
	if a.ExtmapAllowMixed {
		w.line("a=extmap-allow-mixed")
	}
	for i := range a.Lines {
		l := &a.Lines[i]
		w.media(l)
		if !l.accepted() {
			w.line("a=inactive")
			continue
		}
		w.transport(a)
		if l.Mid == mids[0] {
			// Candidates belong to the tagged line alone (RFC 8843 §10).
			w.candidates(a.Candidates)
		}
		if l.Kind == Data {
			w.data(l)
		} else {
			w.rtp(l)
		}
	}
	return w.text.String()
}

// media writes the m-line and what every line has.
func (w *writer) media(l *AnswerLine) {
	protocols := l.Kind.protocols()
	protocol := protocols[0]
	if slices.Contains(protocols[:], l.Protocol) {
		protocol = l.Protocol
	}
	// A rejected line must name a format, and which one says nothing (RFC 3264 §6).
	port, formats := 0, []string{"0"}
	if l.accepted() {
		port = 9 // It stands for "see the candidates" (RFC 8829 §5.2.1).
		formats = formats[:0]
		for _, c := range l.Codecs {
			formats = append(formats, strconv.Itoa(int(c.Type)))
		}
	}
	if l.Kind == Data {
		formats = []string{channelFormat}
	}
	w.line("m=%s %d %s %s", l.Kind, port, protocol, strings.Join(formats, " "))
	w.line("c=IN IP4 0.0.0.0")
	w.line("a=mid:%s", word(l.Mid))
}

func (w *writer) transport(a *Answer) {
	w.line("a=ice-ufrag:%s", word(a.Ufrag))
	w.line("a=ice-pwd:%s", word(a.Pwd))
	w.line("a=fingerprint:%s", phrase(a.Fingerprint))
	w.line("a=setup:passive")
}

func (w *writer) candidates(all []Candidate) {
	for _, c := range all {
		if !c.Address.IsValid() {
			continue
		}
		protocol, suffix := "udp", ""
		if c.Protocol == "tcp" {
			protocol, suffix = "tcp", " tcptype passive"
		}
		w.line("a=candidate:%s 1 %s %d %s %d typ host%s", word(c.Foundation), protocol, c.Priority,
			c.Address.Addr().Unmap().WithZone(""), c.Address.Port(), suffix)
	}
	w.line("a=end-of-candidates")
}

func (w *writer) data(l *AnswerLine) {
	w.line("a=sctp-port:%d", l.SCTPPort)
	if l.MaxMessage > 0 {
		w.line("a=max-message-size:%d", l.MaxMessage)
	}
}

func (w *writer) rtp(l *AnswerLine) {
	w.line("a=%s", l.Direction)
	w.line("a=rtcp-mux")
	if l.ReducedSize {
		w.line("a=rtcp-rsize")
	}
	for _, c := range l.Codecs {
		w.codec(c)
	}
	for _, e := range l.Extensions {
		limit := ""
		if e.Direction == SendOnly || e.Direction == RecvOnly {
			limit = "/" + e.Direction.String()
		}
		w.line("a=extmap:%d%s %s", e.ID, limit, word(e.URI))
	}
	if l.Direction.Receives() && len(l.Layers) > 0 {
		w.layers(l.Layers)
	}
	if l.Direction.Sends() {
		w.source(l)
	}
}

func (w *writer) layers(layers []Layer) {
	list := ""
	for i, l := range layers {
		w.line("a=rid:%s recv", word(l.RID))
		if i > 0 {
			list += ";"
		}
		if l.Paused {
			list += "~"
		}
		list += word(l.RID)
	}
	w.line("a=simulcast:recv %s", list)
}

// source names what we send.
func (w *writer) source(l *AnswerLine) {
	switch {
	case l.Stream != "" && l.Track != "":
		w.line("a=msid:%s %s", word(l.Stream), word(l.Track))
	case l.Stream != "":
		w.line("a=msid:%s", word(l.Stream))
	case l.Track != "":
		w.line("a=msid:- %s", word(l.Track)) // A track of no stream (RFC 8830 §2).
	}
	if l.SSRC == 0 {
		return
	}
	if l.RepairSSRC != 0 {
		w.line("a=ssrc-group:FID %d %d", l.SSRC, l.RepairSSRC)
	}
	w.line("a=ssrc:%d cname:%s", l.SSRC, l.CName())
	if l.RepairSSRC != 0 {
		w.line("a=ssrc:%d cname:%s", l.RepairSSRC, l.CName())
	}
}

func (w *writer) codec(c Codec) {
	channels := ""
	if c.Channels > 1 {
		channels = fmt.Sprintf("/%d", c.Channels)
	}
	w.line("a=rtpmap:%d %s/%d%s", c.Type, word(c.Name), c.ClockRate, channels)
	for _, f := range c.Feedback {
		w.line("a=rtcp-fb:%d %s", c.Type, phrase(f))
	}
	if c.Params != "" {
		w.line("a=fmtp:%d %s", c.Type, phrase(c.Params))
	}
}

func words(all []string) string {
	escaped := make([]string, len(all))
	for i, one := range all {
		escaped[i] = word(one)
	}
	return strings.Join(escaped, " ")
}

// word escapes what would end a word, or a line.
func word(s string) string { return escape(s, ' ') }

// phrase escapes what would end a line.
func phrase(s string) string { return escape(s, ' '-1) }

// escape writes bytes up to last, DEL and what is no UTF-8 as %0A. What Read accepted stays as it is.
func escape(s string, last rune) string {
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if r <= last || r == 0x7f || (r == utf8.RuneError && size == 1) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		} else {
			b.WriteString(s[i : i+size])
		}
	}
	return b.String()
}
