package sdp

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// Whatever stands in an offer, reading it ends. What is refused is refused in few words, and what is accepted stays
// within the limits and can be answered: with every line in its place, and no line more than it has.
func FuzzRead(f *testing.F) {
	f.Add(chromium)
	f.Add(firefox)
	// The peer is closed first: whatever else runs here looks to the fuzzer like something new that an input has done.
	pc, pion := newPeer(f)
	check(f, pc.GracefulClose())
	f.Add(pion)
	f.Add(strings.ReplaceAll(firefox, "\r\n", "\n"))
	f.Add("v=0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:active\r\n" +
		"a=fingerprint:" + sha256 + "\r\n")
	f.Add("v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ice-lite\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		offer, err := Read(text)
		if err != nil {
			problem := (*Error)(nil)
			if !errors.As(err, &problem) || problem.Field == "" || len(err.Error()) > 300 || offer != nil {
				t.Fatalf("%T, %d bytes: %v", err, len(err.Error()), err)
			}
			return
		}
		var mids []string
		for _, l := range offer.Lines {
			mids = append(mids, l.Mid)
			within(t, l)
		}
		if len(mids) == 0 || len(mids) > linesMax || len(offer.Bundle) > len(mids) {
			t.Fatalf("%d lines, %d in the bundle", len(mids), len(offer.Bundle))
		}
		answer := agree(offer).String()
		if got := midsOf(t, answer); !slices.Equal(got, mids) {
			t.Fatalf("mids %q became %q", mids, got)
		}
		if strings.Contains(answer, "%0") && !strings.Contains(text, "%0") {
			t.Fatalf("what was accepted had to be escaped: %s", answer)
		}
	})
}

// within holds a line to what its comments promise.
func within(t *testing.T, l Line) {
	t.Helper()
	if l.Mid == "" || len(l.Mid) > midMax || l.Kind < Audio || l.Kind > Data {
		t.Fatalf("%+v", l)
	}
	if len(l.Codecs) > codecsMax || len(l.Extensions) > extensionsMax || len(l.Layers) > ridsMax ||
		len(l.SSRCs) > ssrcsMax || len(l.Repairs) > ssrcsMax {
		t.Fatalf("%+v", l)
	}
	if l.Rejected {
		return
	}
	if (l.Kind == Data) != (l.Direction == SendRecv) || (l.Kind == Data) != (l.SCTPPort > 0) || l.MaxMessage < 0 {
		t.Fatalf("%+v", l)
	}
	for _, c := range l.Codecs {
		if c.Type > 127 || c.Type/32 == 2 || !isToken(c.Name) || c.ClockRate == 0 || len(c.Feedback) > feedbackMax {
			t.Fatalf("%+v", c)
		}
	}
	for _, e := range l.Extensions {
		if e.ID == 0 || e.ID == 15 || e.URI == "" || e.Direction == Inactive {
			t.Fatalf("%+v", e)
		}
	}
}
