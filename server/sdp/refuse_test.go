package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// refusal is an offer, and where and what its error must say.
type refusal struct{ name, offer, field, problem string }

// Parts of Chromium's offer.
var (
	theirPrint = chromium[strings.Index(chromium, "a=fingerprint"):strings.Index(chromium, "a=setup")]
	another    = strings.Replace(theirPrint, "9E:BB", "9E:BC", 1)
	dataLine   = chromium[strings.Index(chromium, "m=application"):]
)

// swap changes Chromium's offer in one place, all everywhere, and after puts lines below a mid.
func swap(from, to string) string { return strings.Replace(chromium, from, to, 1) }

func all(from, to string) string { return strings.ReplaceAll(chromium, from, to) }

func after(mid, lines string) string {
	return swap("a=mid:"+mid+"\r\n", "a=mid:"+mid+"\r\n"+lines)
}

// many writes a line n times, with the numbers from 0 in place of %d.
func many(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line+"\r\n", i)
	}
	return b.String()
}

// brokenTexts lists what is wrong with an offer before its lines are looked at.
var brokenTexts = []refusal{
	{"too long", chromium + strings.Repeat("a=x\r\n", offerMax), "sdp", "the limit is 262144"},
	{"no SDP", "hello", "sdp", `text line 1 is "hello"; a letter and =`},
	{"empty", "", "sdp", "text line 1 is \"\""},
	{"another version", "v=1\r\n", "sdp", "v=0 must start it"},
	{"an empty line", swap("s=-\r\n", "\r\n"), "sdp", "text line 3"},
	{"no lines", chromium[:strings.Index(chromium, "m=")], "sdp", "0 m-lines; 1 to 200"},
	{"too many lines", chromium + strings.Repeat("m=video 0 x 0\r\n", linesMax), "sdp", "more than 200 m-lines"},
	{"no UTF-8", swap("s=-", "s=\xff"), "sdp", "UTF-8"},
	{"a carriage return", swap("a=mid:1", "a=mid:1\ra=x"), "sdp", "control character"},
	{"a NUL", swap("a=rid:h", "a=rid:h\x00"), "sdp", "control character"},
	{"a DEL", swap("a=mid:1", "a=mid:\x7f"), "sdp", "control character"},
}

// brokenLines lists what is wrong with one line.
var brokenLines = []refusal{
	{"half an m-line", swap("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "m=audio 9"), "m-line 0", "lacks"},
	{"an unknown kind", swap("m=audio", "m=smell"), "m-line 0", `media "smell"; audio, video and application`},
	{"a long kind", swap("m=audio", "m="+strings.Repeat("é", 999)), "m-line 0", `media "éééééééééé"; audio`},
	{"a port too high", swap("m=audio 9", "m=audio 65536"), "m-line 0", `port "65536"; 0 to 65535`},
	{"plain RTP", swap("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "m-line 0", "protocol"},
	{"too many formats", swap("SAVPF 111", "SAVPF"+strings.Repeat(" 111", 97)), "m-line 0", "the limit is 96"},
	{"a format of RTCP's", swap("SAVPF 111", "SAVPF 111 72"), "m-line 0", `payload type "72"; 0 to 63 and 96 to 127`},
	{"a format twice", swap("SAVPF 111", "SAVPF 111 111"), "m-line 0", "payload type 111 stands there twice"},
	{"a format of 8 bits", swap("SAVPF 111", "SAVPF 111 128"), "m-line 0", "payload type"},
	{"a long format", swap("SAVPF 111", "SAVPF "+strings.Repeat("1", 9999)), "m-line 0", "payload type"},
	{"a nameless codec", swap("opus/48000/2", "/48000"), "m-line 0", "a=rtpmap:111 is"},
	{"a codec without rate", swap("opus/48000/2", "opus"), "m-line 0", "a=rtpmap:111 is"},
	{"256 channels", swap("opus/48000/2", "opus/48000/256"), "m-line 0", "up to 255 channels"},
	{"two names", after("0", "a=rtpmap:111 opus/48000/2\r\n"), "m-line 0", "a=rtpmap:111 stands there twice"},
	{"parameters twice", after("0", "a=fmtp:111 a=1\r\n"), "m-line 0", "a=fmtp:111 stands there twice"},
	{"too much feedback", after("0", many(17, "a=rtcp-fb:111 x%d")), "m-line 0", "more than 16 lines of a=rtcp-fb"},
	{"no mid", swap("a=mid:0\r\n", ""), "m-line 0", "a=mid has 0 bytes; 1 to 16"},
	{"a mid twice", swap("a=mid:0", "a=mid:1"), "m-line 1", "a=mid:1 stands there twice"},
	{"two mids", after("0", "a=mid:x\r\n"), "m-line 0", "a=mid stands there twice"},
	{"a mid too long", swap("a=mid:0", "a=mid:"+strings.Repeat("9", 17)), "m-line 0", "17 bytes; 1 to 16"},
	{"a mid with a space", swap("a=mid:0", "a=mid:0 1"), "m-line 0", "a token is allowed"},
	{"no direction", swap("a=sendonly\r\n", ""), "m-line 0", "must say its direction"},
	{"both directions", swap("a=sendonly", "a=sendrecv"), "m-line 0", "a=sendonly, a=recvonly or a=inactive"},
	{"two directions", after("0", "a=recvonly\r\n"), "m-line 0", "2 directions"},
	{"no rtcp-mux", swap("a=rtcp-mux\r\n", ""), "m-line 0", "a=rtcp-mux is missing"},
}

// brokenTransports lists what lines must share.
var brokenTransports = []refusal{
	{"no bundle", swap("a=group", "a=nothing"), "m-line 0", "a=group:BUNDLE lacks a=mid:0"},
	{"a line beside it", swap("BUNDLE 0 1 2", "BUNDLE 0 1"), "m-line 2", "a=group:BUNDLE lacks a=mid:2"},
	{"a line that is not", swap("BUNDLE 0", "BUNDLE 0 9"), "session", `"9", which no line has`},
	{"a line in it twice", swap("BUNDLE 0", "BUNDLE 0 0"), "session", "or twice"},
	{"too large a bundle", swap("BUNDLE 0", "BUNDLE 0"+strings.Repeat(" 0", 200)), "session", "the limit is 200"},
	{"two bundles", swap("a=group", "a=group:BUNDLE 0\r\na=group"), "session", "stands there twice"},
	{"no ufrag", all("a=ice-ufrag", "a=nothing"), "m-line 0", "a=ice-ufrag has 0 bytes; 4 to 256"},
	{"a ufrag too short", all("ufrag:uCON", "ufrag:uCO"), "m-line 0", "a=ice-ufrag has 3 bytes; 4 to 256"},
	{"a ufrag too long", all("ufrag:uCON", "ufrag:"+strings.Repeat("u", 257)), "m-line 0", "257 bytes; 4 to 256"},
	{"a ufrag of two", all("ufrag:uCON", "ufrag:uC:ON"), "m-line 0", "letters, digits, + and /"},
	{"two ufrags", after("0", "a=ice-ufrag:abcd\r\n"), "m-line 0", "a=ice-ufrag stands there twice"},
	{"no password", all("a=ice-pwd", "a=nothing"), "m-line 0", "a=ice-pwd has 0 bytes; 22 to 256"},
	{"another ufrag", swap("a=ice-ufrag:uCON", "a=ice-ufrag:uCOX"), "m-line 1", "a=ice-ufrag is not that of a=mid:0"},
	{"another password", swap("a=ice-pwd:w9", "a=ice-pwd:w8"), "m-line 1", "a=ice-pwd is not that of a=mid:0"},
	{"another fingerprint", swap(theirPrint, another), "m-line 1", "a=fingerprint is not that of a=mid:0"},
	{"another setup", swap("actpass", "active"), "m-line 1", "a=setup is not that of a=mid:0"},
	{"a passive client", all("actpass", "passive"), "m-line 0", `a=setup is "passive"; actpass and active`},
	{"no setup", all("a=setup", "a=nothing"), "m-line 0", `a=setup is ""`},
	{"an ICE-lite client", swap("s=-", "s=-\r\na=ice-lite"), "session", "a=ice-lite"},
	{"no fingerprint", all("a=fingerprint", "a=nothing"), "m-line 0", "a=fingerprint with sha-256"},
	{"a weak fingerprint", all("sha-256", "sha-1"), "m-line 0", "a=fingerprint with sha-256"},
	{"a short fingerprint", all("9E:BB:", ""), "m-line 0", "not 32 hexadecimal bytes"},
	{"no hexadecimal", all("9E:BB:", "9E:BX:"), "m-line 0", "not 32 hexadecimal bytes"},
	{"no colons", all("9E:BB:", "9E-BB:"), "m-line 0", "not 32 hexadecimal bytes"},
	{"two certificates", swap(theirPrint, theirPrint+another), "m-line 0", "one certificate"},
	{"many fingerprints", after("0", many(9, "a=fingerprint:md%d 00")), "m-line 0", "more than 8"},
}

// brokenStreams lists what is wrong with extensions, sources, layers and data channels.
var brokenStreams = []refusal{
	{"an extension 0", swap("a=extmap:14 ", "a=extmap:0 "), "m-line 1", "a=extmap is"},
	{"an extension no way", swap("a=extmap:14 ", "a=extmap:14/up "), "m-line 1", "a=extmap is"},
	{"no URI", after("0", "a=extmap:14\r\n"), "m-line 0", "a=extmap is"},
	{"an extension twice", after("0", "a=extmap:1 urn:x\r\n"), "m-line 0", "a=extmap:1 stands there twice"},
	{"another meaning", swap("a=extmap:2 http", "a=extmap:2 urn"), "m-line 1", "a=extmap:2 is"},
	{"many extensions", after("0", many(65, "a=extmap:5%d urn:x")), "m-line 0", "more than 64 lines of a=extmap"},
	{"no number of a SSRC", after("0", "a=ssrc:4294967296 x\r\n"), "m-line 0", "0 to 4294967295"},
	{"too many SSRCs", after("0", many(65, "a=ssrc:%d x")), "m-line 0", "more than 64 SSRCs"},
	{"half a repair", after("0", "a=ssrc-group:FID 1\r\n"), "m-line 0", "two different SSRCs"},
	{"a repair of itself", after("0", "a=ssrc-group:FID 1 1\r\n"), "m-line 0", "two different SSRCs"},
	{"three in a repair", after("0", "a=ssrc-group:FID 1 2 3\r\n"), "m-line 0", "two different SSRCs"},
	{"repaired twice", after("0", many(2, "a=ssrc-group:FID 9 %d")), "m-line 0", "has 9 twice"},
	{"too many repairs", after("0", many(65, "a=ssrc-group:FID %d 99")), "m-line 0", "more than 64 lines of a=ssrc"},
	{"a long rid", after("1", "a=rid:"+strings.Repeat("h", 17)+" send\r\n"), "m-line 1", "a=rid is"},
	{"a rid with a comma", after("1", "a=rid:h,m send\r\n"), "m-line 1", "a=rid is"},
	{"a rid twice", after("1", "a=rid:h send\r\n"), "m-line 1", "a=rid:h stands there twice"},
	{"too many rids", after("1", many(14, "a=rid:x%d send")), "m-line 1", "more than 16 lines of a=rid"},
	{"an unknown layer", swap("send h;~m;l", "send h;x"), "m-line 1", `a=simulcast:send has "x"`},
	{"a layer twice", swap("send h;~m;l", "send h;~h"), "m-line 1", "a=simulcast:send has h twice"},
	{"simulcast twice", after("1", "a=simulcast:send h\r\n"), "m-line 1", "a=simulcast:send stands there twice"},
	{"another application", swap("webrtc-datachannel", "5000"), "m-line 5", `format "5000"; webrtc-datachannel`},
	{"no SCTP port", swap("a=sctp-port", "a=nothing"), "m-line 5", "1 to 65535"},
	{"an SCTP port of 0", swap("a=sctp-port:5000", "a=sctp-port:0"), "m-line 5", "1 to 65535"},
	{"no size", swap("size:262144", "size:-1"), "m-line 5", "a=max-message-size is"},
	{
		"two data lines", swap("4 5", "4 5 6") + strings.Replace(dataLine, "mid:5", "mid:6", 1),
		"m-line 6", "one is allowed",
	},
}

// What cannot be answered is refused by name, in few words.
func TestOfferThatCannotBeAnswered(t *testing.T) {
	for _, c := range slices.Concat(brokenTexts, brokenLines, brokenTransports, brokenStreams) {
		_, err := Read(c.offer)
		problem := (*Error)(nil)
		if !errors.As(err, &problem) {
			t.Errorf("%s: %v; want an *Error", c.name, err)
			continue
		}
		if problem.Field != c.field || !strings.Contains(problem.Problem, c.problem) {
			t.Errorf("%s: %v; want %s: … %s …", c.name, err, c.field, c.problem)
		}
		if n := len(err.Error()); n > 300 {
			t.Errorf("%s: %d bytes of error", c.name, n)
		}
	}
}
