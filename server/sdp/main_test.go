package sdp

import (
	_ "embed"
	"net/netip"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The offers of two browsers, with max-bundle: sound, three layers of pictures, one picture more, two slots and a data
// channel. In Chromium's the second layer is paused.
var (
	// Chromium 156.
	//go:embed testdata/chromium.sdp
	chromium string
	// Firefox 153.
	//go:embed testdata/firefox.sdp
	firefox string
)

const sha256 = "sha-256 AA:4E:8C:02:6C:8D:A1:BB:C0:39:5D:9D:E5:AF:19:0B:4B:2E:F3:E8:5B:C5:0A:7F:A5:87:46:1A:3E:18:D2:F0"

// agree answers an offer with all that it has, as it is, and with two addresses of ours.
func agree(o *Offer) *Answer {
	a := o.Reply()
	a.Session, a.Version, a.Ufrag, a.Pwd, a.Fingerprint = 1<<63|7, 3, "ours", "ourpasswordhas24letters+", sha256
	a.Candidates = []Candidate{
		{"1", "udp", 2130706431, netip.MustParseAddrPort("127.0.0.1:4000")},
		{"2", "tcp", 1671430143, netip.MustParseAddrPort("[fe80::1%lo]:443")},
	}
	for i, l := range o.Lines {
		to := &a.Lines[i]
		to.Codecs, to.SCTPPort, to.MaxMessage = l.Codecs, l.SCTPPort, l.MaxMessage
		for _, e := range l.Extensions {
			e.Direction = e.Direction.Reverse()
			to.Extensions = append(to.Extensions, e)
		}
		to.Layers = l.Layers
		if to.Direction.Sends() && l.Kind != Data {
			to.Stream, to.Track = "slot-"+l.Mid, "track-"+l.Mid
			to.SSRC = uint32(100 + 2*i)
			if l.Kind == Video {
				to.RepairSSRC = to.SSRC + 1
			}
		}
	}
	return a
}

func read(t testing.TB, text string) *Offer {
	t.Helper()
	offer, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return offer
}
