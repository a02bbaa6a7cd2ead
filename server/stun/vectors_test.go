package stun

import (
	"bytes"
	"net/netip"
	"testing"
)

// The messages of RFC 5769. Their padding is spaces, not zeros.
const (
	vectorPassword = "VOkJxbRl1RmTxUk/WvJxBt"
	vectorID       = "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	vectorRequest  = "\x00\x01\x00\x58\x21\x12\xa4\x42" + vectorID +
		"\x80\x22\x00\x10STUN test client" +
		"\x00\x24\x00\x04\x6e\x00\x01\xff" +
		"\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36" +
		"\x00\x06\x00\x09evtj:h6vY   " +
		"\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2" +
		"\x80\x28\x00\x04\xe5\x7a\x3b\xcf"
	vectorSoftware = "\x80\x22\x00\x0btest vector "
	vectorV4       = "\x01\x01\x00\x3c\x21\x12\xa4\x42" + vectorID + vectorSoftware +
		"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43" +
		"\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7" +
		"\x80\x28\x00\x04\xc0\x7d\x4c\x96"
	vectorV6 = "\x01\x01\x00\x48\x21\x12\xa4\x42" + vectorID + vectorSoftware +
		"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9" +
		"\x00\x08\x00\x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41" +
		"\x80\x28\x00\x04\xc8\xfb\x0b\x4c"
)

func TestTheRequestOfRFC5769IsRead(t *testing.T) {
	r, err := Read([]byte(vectorRequest))
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := r.Ufrag()
	if string(ours) != "evtj" || string(theirs) != "h6vY" || string(r.Transaction[:]) != vectorID {
		t.Errorf("fragments %q and %q, transaction %x", ours, theirs, r.Transaction)
	}
	if !r.Controlled || r.Controlling || r.UseCandidate || r.TieBreaker != 0x932ff9b151263b36 ||
		r.Priority != 0x6e0001ff || len(r.Unknown()) != 0 {
		t.Errorf("%+v", r)
	}
	if !r.Authentic(NewKey(vectorPassword)) || r.Authentic(NewKey("another")) {
		t.Error("the password does not decide")
	}
}

// The package's answers name no software, so the vectors are put together from the parts of an answer.
func TestTheResponsesOfRFC5769AreWritten(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.1:32853": vectorV4, "[::ffff:192.0.2.1]:32853": vectorV4,
		"[2001:db8:1234:5678:11:2233:4455:6677]:32853": vectorV6,
	} {
		const before = "what came before"
		start := len(before)
		b := appendHeader([]byte(before), bindingSuccess, [12]byte([]byte(vectorID)))
		b = append(b, vectorSoftware...)
		b = appendMapped(b, start, netip.MustParseAddrPort(from))
		b = appendIntegrity(b, start, NewKey(vectorPassword))
		b = appendFingerprint(b, start)
		if !bytes.Equal(b[start:], []byte(want)) || string(b[:start]) != before {
			t.Errorf("%s: %q", from, b)
		}
	}
}
