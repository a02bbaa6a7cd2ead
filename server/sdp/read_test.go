package sdp

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// shape tells what a line is for.
func shape(l Line) string {
	return fmt.Sprintf("%s %s %s %v %d/%d", l.Mid, l.Kind, l.Direction, rids(l), len(l.SSRCs), len(l.Repairs))
}

// rids lists the layers of a line, with ~ before those that are paused.
func rids(l Line) []string {
	var all []string
	for _, layer := range l.Layers {
		all = append(all, map[bool]string{true: "~"}[layer.Paused]+layer.RID)
	}
	return all
}

// Both browsers' offers are read whole: lines, directions, layers and sources.
func TestOffersOfBrowsersAreRead(t *testing.T) {
	lines := func(layers, primary string) []string {
		return []string{
			"0 audio sendonly [] 1/0", "1 video sendonly " + layers, "2 video sendonly [] 2/1",
			"3 audio recvonly [] " + primary, "4 video recvonly [] " + primary, "5 application sendrecv [] 0/0",
		}
	}
	for name, c := range map[string]struct {
		text, ufrag, pwd, print string
		lines                   []string
		codecs, extensions      int // Of line 1.
		longest                 int
	}{
		"chromium": {
			chromium, "uCON", "w9+ziGBH1s/Z33cjcwpL6pOe", "sha-256 9ebb", lines("[h ~m l] 0/0", "0/0"), 23, 13, 262144,
		},
		"firefox": {
			firefox, "3db5bceb", "e0ff7e404e19554d9576df3f49ba9edf", "sha-256 501e",
			lines("[h m l] 6/3", "1/0"), 9, 8, 1073741823,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := read(t, c.text)
			if o.Ufrag != c.ufrag || o.Pwd != c.pwd || o.Setup != "actpass" || !o.ExtmapAllowMixed {
				t.Errorf("%q %q %q %t", o.Ufrag, o.Pwd, o.Setup, o.ExtmapAllowMixed)
			}
			if got := fmt.Sprintf("%s %x", o.Fingerprint.Hash, o.Fingerprint.Value); !strings.HasPrefix(got, c.print) {
				t.Error(got)
			}
			if want := strings.Fields("0 1 2 3 4 5"); !slices.Equal(o.Bundle, want) {
				t.Errorf("bundle %v; want %v", o.Bundle, want)
			}
			for i, l := range o.Lines {
				if got := shape(l); got != c.lines[i] || l.Rejected {
					t.Errorf("line %q; want %q", shape(l), c.lines[i])
				}
			}
			video, data := o.Lines[1], o.Lines[5]
			if len(video.Codecs) != c.codecs || len(video.Extensions) != c.extensions || !video.ReducedSize {
				t.Errorf("%d codecs, %d extensions, %t", len(video.Codecs), len(video.Extensions), video.ReducedSize)
			}
			if data.SCTPPort != 5000 || data.MaxMessage != c.longest || data.Protocol != protocolData {
				t.Errorf("%+v", data)
			}
		})
	}
}

// Codecs and extensions keep all that choosing them needs.
func TestCodecsAndExtensionsAreReadWhole(t *testing.T) {
	o := read(t, chromium)
	opus := Codec{111, "opus", 48000, 2, "minptime=10;useinbandfec=1", []string{"transport-cc"}}
	if got := o.Lines[0].Codecs[0]; !reflect.DeepEqual(got, opus) {
		t.Errorf("%+v", got)
	}
	video := o.Lines[1].Codecs
	vp8 := Codec{96, "VP8", 90000, 0, "", []string{"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}}
	if !reflect.DeepEqual(video[0], vp8) {
		t.Errorf("%+v", video[0])
	}
	rtx := video[1]
	if rtx.Name != "rtx" || rtx.Param("apt") != "96" || rtx.Param("APT") != "96" || rtx.Param("ap") != "" {
		t.Errorf("%+v", rtx)
	}
	h264 := video[2]
	if h264.Param("profile-level-id") != "42001f" || h264.Param("packetization-mode") != "1" {
		t.Errorf("%+v", h264)
	}
	if got := (Codec{Params: " a = 1 ;b"}); got.Param("a") != "1" || got.Param("b") != "" {
		t.Error("spaces around a parameter are part of it")
	}
	// Firefox says which extensions it only sends or receives.
	fox := read(t, firefox)
	want := []Extension{
		{1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level", SendRecv},
		{2, "urn:ietf:params:rtp-hdrext:csrc-audio-level", RecvOnly},
		{3, "urn:ietf:params:rtp-hdrext:sdes:mid", SendRecv},
		{7, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", SendRecv},
	}
	if got := fox.Lines[0].Extensions; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if g722 := fox.Lines[0].Codecs[1]; g722.Channels != 1 || fox.Lines[0].ReducedSize {
		t.Errorf("%+v, %t", g722, fox.Lines[0].ReducedSize)
	}
	if got := fox.Lines[1].Repairs[3675925351]; got != 3354084583 {
		t.Errorf("repair SSRC %d", got)
	}
}

// otherWays change Chromium's offer, and say what must be read then.
var otherWays = []struct {
	name, from, to string
	holds          func(o *Offer) bool
}{
	{"line feeds alone", "\r\n", "\n", func(o *Offer) bool { return o.Lines[0].Codecs[0].Name == "opus" }},
	{
		"a stronger fingerprint", "a=setup", "a=fingerprint:SHA-384 00" + strings.Repeat(":Ab", 47) + "\r\na=setup",
		func(o *Offer) bool { return o.Fingerprint.Hash == "sha-384" && o.Fingerprint.Value[47] == 0xab },
	},
	{
		"an unknown fingerprint", "a=setup", "a=fingerprint:md5 00\r\na=setup",
		func(o *Offer) bool { return o.Fingerprint.Hash == "sha-256" },
	},
	{"feedback for all", "a=rtcp-fb:111 ", "a=rtcp-fb:* ", func(o *Offer) bool {
		return len(o.Lines[0].Codecs[0].Feedback) == 1 && len(o.Lines[0].Codecs[7].Feedback) == 1
	}},
	{"the client starts DTLS", "actpass", "active", func(o *Offer) bool { return o.Setup == "active" }},
	{"alternatives", "send h;~m;l", "recv x send ~h,l;m,l", func(o *Offer) bool {
		return slices.Equal(rids(o.Lines[1]), []string{"~h", "m"})
	}},
	{"a number too high for a packet", "a=extmap:14 ", "a=extmap:4096 ", lacksOneExtension},
	{"the number 15", "a=extmap:14 ", "a=extmap:15 ", lacksOneExtension},
	{"an inactive extension", "a=extmap:14 ", "a=extmap:14/inactive ", lacksOneExtension},
	{"a format without a name", "a=rtpmap:111 opus", "a=x:111 opus", func(o *Offer) bool {
		return o.Lines[0].Codecs[0].Name == "red" && o.Lines[0].Codecs[0].Type == 63
	}},
	{"messages of any length", "size:262144", "size:0", func(o *Offer) bool { return o.Lines[5].MaxMessage == 0 }},
	{"no word about messages", "a=max-message", "a=x", func(o *Offer) bool { return o.Lines[5].MaxMessage == 65536 }},
	{"a TCP candidate first", "UDP/TLS/RTP", "TCP/DTLS/RTP", func(o *Offer) bool {
		return o.Lines[0].Protocol == protocolRTPTCP
	}},
	{"no mixed extensions", "a=extmap-allow-mixed", "a=x", func(o *Offer) bool { return !o.ExtmapAllowMixed }},
	{"another line is tagged", "BUNDLE 0 1", "BUNDLE 1 0", func(o *Offer) bool { return o.Bundle[0] == "1" }},
	{"other groups", "a=group", "a=group:LS 0 1\r\na=group", func(o *Offer) bool { return len(o.Bundle) == 6 }},
	{"other groups of sources", "group:FID", "group:FEC-FR", func(o *Offer) bool { return o.Lines[2].Repairs == nil }},
}

func lacksOneExtension(o *Offer) bool { return len(o.Lines[1].Extensions) == 12 }

// What offers may say in another way, or not at all, is read as what it means.
func TestOtherWaysToSayIt(t *testing.T) {
	for _, c := range otherWays {
		changed := strings.ReplaceAll(chromium, c.from, c.to)
		if o := read(t, changed); changed == chromium || !c.holds(o) {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

// A line that says no direction has the session's.
func TestDirectionOfTheSession(t *testing.T) {
	text := strings.ReplaceAll(chromium, "t=0 0\r\n", "t=0 0\r\na=inactive\r\n")
	o := read(t, strings.ReplaceAll(text, "a=recvonly\r\n", ""))
	if o.Lines[0].Direction != SendOnly || o.Lines[3].Direction != Inactive {
		t.Errorf("%s, %s", o.Lines[0].Direction, o.Lines[3].Direction)
	}
}

// Only the tagged line must have what all lines share (RFC 8843 §7.1.3).
func TestSharedTransportIsSaidOnce(t *testing.T) {
	first := strings.Index(chromium, "m=video")
	rest := chromium[first:]
	for _, name := range []string{"ice-ufrag", "ice-pwd", "fingerprint", "setup"} {
		rest = strings.ReplaceAll(rest, "a="+name+":", "a=x-"+name+":")
	}
	if o, want := read(t, chromium[:first]+rest), read(t, chromium); !reflect.DeepEqual(o, want) {
		t.Errorf("%+v; want %+v", o, want)
	}
}

// A line of port 0 is given up, whatever it lacks, unless it waits to be bundled.
func TestGivenUpLinesStayInTheirPlace(t *testing.T) {
	gone := "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:3\r\na=inactive\r\n"
	from, to := strings.LastIndex(chromium, "m=audio"), strings.LastIndex(chromium, "m=video")
	for _, group := range []string{"BUNDLE 0 1 2 3 4 5", "BUNDLE 0 1 2 4 5"} {
		text := strings.Replace(chromium[:from]+gone+chromium[to:], "BUNDLE 0 1 2 3 4 5", group, 1)
		o := read(t, text)
		want := Line{Mid: "3", Kind: Audio, Protocol: protocolRTP, Rejected: true}
		if !reflect.DeepEqual(o.Lines[3], want) || len(o.Lines) != 6 {
			t.Errorf("%+v", o.Lines[3])
		}
		if want := strings.Fields("0 1 2 4 5"); !slices.Equal(o.Bundle, want) {
			t.Errorf("bundle %v; want %v", o.Bundle, want)
		}
	}
}
