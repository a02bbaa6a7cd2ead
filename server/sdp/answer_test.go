package sdp

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// textLine is any line of an answer: nothing in it can end it.
var textLine = regexp.MustCompile(`^[vostacm]=[^\x00-\x1f\x7f]*$`)

// linesOf cuts an answer into lines, and checks that each is one.
func linesOf(t *testing.T, text string) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
	for _, line := range lines {
		if !textLine.MatchString(line) {
			t.Fatalf("%q is no line of SDP", line)
		}
	}
	return lines
}

// midsOf lists the mids of an answer, one for each m-line.
func midsOf(t *testing.T, text string) []string {
	t.Helper()
	var mids []string
	media := 0
	for _, line := range linesOf(t, text) {
		if strings.HasPrefix(line, "m=") {
			media++
		}
		if mid, found := strings.CutPrefix(line, "a=mid:"); found {
			mids = append(mids, mid)
		}
		if media < len(mids) {
			t.Fatalf("%d mids on %d m-lines", len(mids), media)
		}
	}
	if media != len(mids) {
		t.Fatalf("%d mids on %d m-lines", len(mids), media)
	}
	return mids
}

// The answer to a browser is ICE-lite and passive, has every line in its place, and our addresses once.
func TestAnswerSaysWhatWePromise(t *testing.T) {
	for name, c := range map[string]struct {
		offer   string
		reduced int
		only    []string
	}{
		"chromium": {chromium, 5, []string{
			"a=rtpmap:111 opus/48000/2", "a=rtpmap:9 G722/8000", "a=fmtp:97 apt=96", "a=simulcast:recv h;~m;l",
			"a=max-message-size:262144",
		}},
		"firefox": {firefox, 3, []string{
			"a=extmap:2/sendonly urn:ietf:params:rtp-hdrext:csrc-audio-level", "a=simulcast:recv h;m;l",
			"a=max-message-size:1073741823",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			text := agree(read(t, c.offer)).String()
			if mids, want := midsOf(t, text), strings.Fields("0 1 2 3 4 5"); !slices.Equal(mids, want) {
				t.Errorf("mids %v; want %v", mids, want)
			}
			for part, n := range map[string]int{
				"\r\no=- 7 3 IN IP4 0.0.0.0\r\n": 1, "a=group:BUNDLE 0 1 2 3 4 5\r\n": 1, "a=ice-lite\r\n": 1,
				"a=extmap-allow-mixed\r\n": 1, "a=setup:passive\r\n": 6, "a=fingerprint:" + sha256 + "\r\n": 6,
				"a=ice-ufrag:ours\r\n": 6, "a=ice-pwd:ourpasswordhas24letters+\r\n": 6, "c=IN IP4 0.0.0.0\r\n": 6,
				"a=rtcp-mux\r\n": 5, "a=rtcp-rsize\r\n": c.reduced, "a=end-of-candidates\r\n": 1, "a=cryptex": 0,
				"a=candidate:1 1 udp 2130706431 127.0.0.1 4000 typ host\r\n":              1,
				"a=candidate:2 1 tcp 1671430143 fe80::1 443 typ host tcptype passive\r\n": 1,
				"a=recvonly\r\n": 3, "a=sendonly\r\n": 2, "a=inactive": 0, "a=sendrecv": 0, "a=rtcp-fb:* ": 0,
				"a=rid:h recv\r\na=rid:m recv\r\na=rid:l recv\r\na=simulcast:recv ": 1,
				"a=rid":                3,
				"a=sctp-port:5000\r\n": 1, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n": 1,
				"a=msid:slot-3 track-3\r\n": 1, "a=ssrc:106 cname:slot-3\r\n": 1, "a=msid:": 2,
				"a=ssrc-group:FID 108 109\r\na=ssrc:108 cname:slot-4\r\na=ssrc:109 cname:slot-4\r\n": 1,
			} {
				if got := strings.Count(text, part); got != n {
					t.Errorf("%q stands %d times in the answer; want %d", part, got, n)
				}
			}
			for _, line := range c.only {
				if !strings.Contains(text, "\r\n"+line+"\r\n") {
					t.Errorf("the answer lacks %q", line)
				}
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
}

// What was not agreed is rejected in its place, and the addresses move to the first line that is left.
func TestWhatIsNotAgreedIsRejected(t *testing.T) {
	offer := read(t, chromium)
	a := agree(offer)
	a.Lines[0].Codecs = nil
	a.Lines[4].Rejected = true
	a.Lines[5].SCTPPort = 0
	text := a.String()
	sections := strings.Split(text, "\r\nm=")[1:]
	for i, start := range []string{
		"audio 0 UDP/TLS/RTP/SAVPF 0\r\n", "video 9 ", "video 9 ", "audio 9 ", "video 0 ",
		"application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n",
	} {
		rejected := strings.Contains(start, " 0 ")
		if !strings.HasPrefix(sections[i], start) || strings.Contains(sections[i], "a=inactive") != rejected ||
			strings.Contains(sections[i], "a=setup") == rejected {
			t.Errorf("section %d is %q", i, sections[i])
		}
		if strings.Contains(sections[i], "a=candidate") != (i == 1) {
			t.Errorf("section %d: candidates stand in the wrong place", i)
		}
	}
	if !strings.Contains(text, "a=group:BUNDLE 1 2 3\r\n") {
		t.Error("the bundle has what is rejected")
	}
	nothing := offer.Reply().String()
	if len(midsOf(t, nothing)) != 6 || strings.Contains(nothing, "a=group") || strings.Contains(nothing, "typ host") {
		t.Errorf("nothing was agreed: %s", nothing)
	}
}

// The line that the client has tagged stays tagged.
func TestTaggedLineOfTheOfferIsTheAnswers(t *testing.T) {
	text := agree(read(t, strings.Replace(chromium, "BUNDLE 0 1 2", "BUNDLE 2 0 1", 1))).String()
	sections := strings.Split(text, "\r\nm=")
	if !strings.Contains(sections[0], "a=group:BUNDLE 2 0 1 3 4 5\r\n") ||
		!strings.Contains(sections[3], "a=candidate") || strings.Count(text, "a=end-of-candidates") != 1 {
		t.Error(text)
	}
}

// A caller may pass on any name: it stays one word of one line.
func TestNothingCanAddALineToAnAnswer(t *testing.T) {
	evil := "x\r\na=ice-lite\n\x00 \x7fé\xff"
	a := agree(read(t, chromium))
	want := len(linesOf(t, a.String()))
	a.Ufrag, a.Pwd, a.Fingerprint, a.Bundle = evil, evil, evil, []string{evil}
	a.Candidates[0].Foundation, a.Candidates[0].Protocol = evil, evil
	for i := range a.Lines {
		l := &a.Lines[i]
		l.Mid, l.Protocol = evil, evil
		if l.Kind == Data {
			continue
		}
		l.Stream, l.Track, l.Codecs = evil, evil, slices.Clone(l.Codecs)
		for j := range l.Layers {
			l.Layers[j].RID = evil
		}
		for j := range l.Extensions {
			l.Extensions[j].URI = evil
		}
		for j := range l.Codecs {
			c := &l.Codecs[j]
			if c.Params != "" {
				c.Params = evil
			}
			c.Name, c.Feedback = evil, slices.Repeat([]string{evil}, len(c.Feedback))
		}
	}
	text := a.String()
	// Every line now has the tagged mid, and with it the three lines of our addresses.
	if got := len(linesOf(t, text)); got != want+3*5 || strings.Count(text, "\na=ice-lite\r") != 1 {
		t.Errorf("%d lines; want %d", got, want+3*5)
	}
	if escaped := "a=mid:x%0D%0Aa=ice-lite%0A%00%20%7Fé%FF\r\n"; strings.Count(text, escaped) != 6 {
		t.Error(text)
	}
}

// Names say what they are when they are printed.
func TestNames(t *testing.T) {
	for d, want := range map[Direction]Direction{
		Inactive: Inactive, SendOnly: RecvOnly, RecvOnly: SendOnly, SendRecv: SendRecv,
	} {
		if d.Reverse() != want || d.Sends() != want.Receives() {
			t.Errorf("%s reversed is %s; want %s", d, d.Reverse(), want)
		}
	}
	if got := Kind(0).String(); got != "unknown" {
		t.Error(got)
	}
	if l := (AnswerLine{Mid: "1"}); l.CName() != "1" {
		t.Errorf("cname %q", l.CName())
	}
}
