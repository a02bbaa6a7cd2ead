package stun

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse battery staple"

// check builds messages the way a client does, with code of its own.
type check struct{ b []byte }

func newCheck(kind uint16) *check {
	b := append(binary.BigEndian.AppendUint16(nil, kind), 0, 0, 0x21, 0x12, 0xa4, 0x42)
	return &check{append(b, "transaction!"...)}
}

func (c *check) add(kind uint16, value string) *check {
	c.b = binary.BigEndian.AppendUint16(c.b, kind)
	c.b = binary.BigEndian.AppendUint16(c.b, uint16(len(value)))
	c.b = append(c.b, value...)
	c.b = append(c.b, "   "[:-len(value)&3]...)
	return c.length(0)
}

func (c *check) length(more int) *check {
	binary.BigEndian.PutUint16(c.b[2:], uint16(len(c.b)-20+more))
	return c
}

func (c *check) sign() *check {
	mac := hmac.New(sha1.New, []byte(password))
	mac.Write(c.length(24).b)
	return c.add(0x0008, string(mac.Sum(nil)))
}

func (c *check) done() []byte {
	crc := crc32.ChecksumIEEE(c.length(8).b) ^ 0x5354554e
	return c.add(0x8028, string(binary.BigEndian.AppendUint32(nil, crc))).b
}

// usual is what a browser sends.
func usual() *check {
	return newCheck(1).add(0x0006, "ours:theirs").add(0xc057, "\x00\x00\x00\x0a").
		add(0x802a, "tiebreak").add(0x0025, "").add(0x0024, "\x6e\x00\x1e\xff")
}

func mustRead(t testing.TB, b []byte) *Request {
	t.Helper()
	r, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestABrowsersCheckIsRead(t *testing.T) {
	r := mustRead(t, usual().sign().done())
	if string(r.Username) != "ours:theirs" || !r.UseCandidate || !r.Controlling || r.Controlled ||
		r.TieBreaker != binary.BigEndian.Uint64([]byte("tiebreak")) || r.Priority != 0x6e001eff {
		t.Errorf("%+v", r)
	}
	if string(r.Transaction[:]) != "transaction!" || len(r.Unknown()) != 0 || !r.Authentic(NewKey(password)) {
		t.Errorf("%+v", r)
	}
}

func TestAKeyServesManyRequests(t *testing.T) {
	k, other := NewKey(password), NewKey("other")
	for range 3 {
		r := mustRead(t, usual().sign().done())
		if !r.Authentic(k) || r.Authentic(other) {
			t.Fatal("the password does not decide")
		}
	}
	if (&Request{}).Authentic(k) {
		t.Error("a request that was never read is authentic")
	}
}

func TestOnlySTUNIsTakenForSTUN(t *testing.T) {
	good := usual().sign().done()
	if !Is(good) || !Is(newCheck(1).b) {
		t.Error("STUN is not recognised")
	}
	for name, change := range map[string]func(b []byte) []byte{
		"nothing":          func([]byte) []byte { return nil },
		"a short header":   func(b []byte) []byte { return b[:19] },
		"DTLS":             func(b []byte) []byte { b[0] = 22; return b },
		"RTP":              func(b []byte) []byte { b[0] = 0x80; return b },
		"a first byte 4":   func(b []byte) []byte { b[0] = 4; return b },
		"another cookie":   func(b []byte) []byte { b[7]++; return b },
		"a longer message": func(b []byte) []byte { return append(b, 0, 0, 0, 0) },
		"an odd length":    func(b []byte) []byte { b[3]++; return append(b, 0) },
	} {
		if Is(change(bytes.Clone(good))) {
			t.Errorf("%s is taken for STUN", name)
		}
	}
}

func TestNoByteOfARequestCanBeChanged(t *testing.T) {
	for _, good := range [][]byte{usual().sign().done(), []byte(vectorRequest)} {
		for i := range good {
			if _, err := Read(good[:i]); err == nil {
				t.Errorf("%d bytes of %d are read", i, len(good))
			}
			shortened := bytes.Clone(good[:i])
			if i >= 20 {
				binary.BigEndian.PutUint16(shortened[2:], uint16(i-20))
			}
			if _, err := Read(shortened); err == nil {
				t.Errorf("%d bytes of %d are read with a length that fits", i, len(good))
			}
			for bit := range 8 {
				flipped := bytes.Clone(good)
				flipped[i] ^= 1 << bit
				if _, err := Read(flipped); err == nil {
					t.Errorf("byte %d, bit %d: no error", i, bit)
				}
			}
		}
	}
}

// Someone on the way can make FINGERPRINT fit again, but knows no password.
func TestNoSignedByteCanBeChangedEvenWithAFittingFingerprint(t *testing.T) {
	signed, k := usual().sign().b, NewKey(password)
	for i := range signed {
		flipped := &check{bytes.Clone(signed)}
		flipped.b[i] ^= 1
		b := flipped.done()
		if r, err := Read(b); err == nil && i != 2 && i != 3 && r.Authentic(k) { // done corrects the length.
			t.Errorf("byte %d: authentic", i)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	long := strings.Repeat("u", 514)
	raw := func(attribute string) []byte { return (&check{append(usual().b, attribute...)}).done() }
	for name, c := range map[string]struct {
		message []byte
		want    error
		text    string
	}{
		"an indication":          {newCheck(0x0011).add(6, "a:b").sign().done(), ErrType, ""},
		"a response":             {newCheck(0x0101).add(6, "a:b").sign().done(), ErrType, ""},
		"another method":         {newCheck(0x0003).add(6, "a:b").sign().done(), ErrType, ""},
		"no attribute":           {newCheck(1).b, ErrFingerprint, ""},
		"no fingerprint":         {usual().sign().b, ErrFingerprint, ""},
		"no user name":           {newCheck(1).sign().done(), ErrIncomplete, ""},
		"no integrity":           {usual().done(), ErrIncomplete, ""},
		"a late user name":       {newCheck(1).sign().add(6, "a:b").done(), ErrIncomplete, ""},
		"an empty user name":     {newCheck(1).add(6, "").sign().done(), ErrMalformed, "USERNAME must have 1 to 513"},
		"a long user name":       {newCheck(1).add(6, long).sign().done(), ErrMalformed, "USERNAME"},
		"a short integrity":      {newCheck(1).add(6, "a:b").add(8, "short").done(), ErrMalformed, "MESSAGE-INTEGRITY"},
		"a short priority":       {newCheck(1).add(0x24, "abc").sign().done(), ErrMalformed, "PRIORITY"},
		"a long USE-CANDIDATE":   {newCheck(1).add(0x25, "x").sign().done(), ErrMalformed, "USE-CANDIDATE"},
		"a short tie-breaker":    {newCheck(1).add(0x8029, "x").sign().done(), ErrMalformed, "ICE-CONTROLLED"},
		"an early fingerprint":   {newCheck(1).add(0x8028, "abcd").sign().done(), ErrMalformed, "last"},
		"a huge message":         {usual().add(0x8022, strings.Repeat("s", 1500)).sign().done(), ErrMalformed, "1500"},
		"an overlong attribute":  {raw("\x80\x22\x00\x091234"), ErrMalformed, "attribute"},
		"a half attribute":       {raw("\x80\x22\xff\xff"), ErrMalformed, "attribute"},
		"bytes that are no STUN": {[]byte("GET / HTTP/1.1\r\n\r\n"), ErrMalformed, ""},
	} {
		r, err := Read(c.message)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
		if errors.Is(err, ErrIncomplete) && string(r.Transaction[:]) != "transaction!" {
			t.Errorf("%s: cannot be answered", name)
		}
	}
}

func TestTheLongestUserNameIsRead(t *testing.T) {
	r := mustRead(t, newCheck(1).add(6, strings.Repeat("o", 256)+":"+strings.Repeat("t", 256)).sign().done())
	if ours, theirs := r.Ufrag(); len(ours) != 256 || len(theirs) != 256 {
		t.Errorf("fragments of %d and %d bytes", len(ours), len(theirs))
	}
	if ours, theirs := mustRead(t, newCheck(1).add(6, "alone").sign().done()).Ufrag(); string(ours) != "alone" ||
		theirs != nil {
		t.Errorf("%q, %q", ours, theirs)
	}
}

func TestOfEqualAttributesTheFirstCountsAndUnsignedOnesDoNot(t *testing.T) {
	r := mustRead(t, newCheck(1).add(6, "a:b").add(6, "c:d").add(0x24, "1111").add(0x24, "2222").
		add(0x8029, "12345678").add(0x802a, "87654321").sign().add(0x25, "").add(0x7777, "").done())
	if string(r.Username) != "a:b" || r.Priority != binary.BigEndian.Uint32([]byte("1111")) || r.UseCandidate ||
		!r.Controlled || r.Controlling || len(r.Unknown()) != 0 || !r.Authentic(NewKey(password)) {
		t.Errorf("%+v", r)
	}
}

// attributes cuts an answer apart and checks its header, FINGERPRINT and MESSAGE-INTEGRITY.
func attributes(t testing.TB, answer []byte, kind uint16) map[uint16]string {
	t.Helper()
	if !Is(answer) || binary.BigEndian.Uint16(answer) != kind || string(answer[8:20]) != "transaction!" {
		t.Fatalf("no answer of type %#x: %x", kind, answer)
	}
	found, again := map[uint16]string{}, &check{bytes.Clone(answer[:20])}
	for b := answer[20:]; len(b) > 0; {
		attribute, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		switch attribute {
		case 0x0008:
			again.sign()
		case 0x8028:
			again.done()
		default:
			again.b = append(again.b, b[:4+(length+3)&^3]...)
		}
		found[attribute] = string(b[4 : 4+length])
		b = b[4+(length+3)&^3:]
	}
	if !bytes.Equal(again.b, answer) {
		t.Errorf("a client would have written %x, not %x", again.b, answer)
	}
	if _, last := found[0x8028]; !last {
		t.Error("no FINGERPRINT")
	}
	return found
}

func TestSuccessTellsTheAddress(t *testing.T) {
	r, k := mustRead(t, usual().sign().done()), NewKey(password)
	for from, want := range map[string]string{
		"1.2.3.4:5":          "\x00\x01\x21\x17\x20\x10\xa7\x46",
		"[::ffff:1.2.3.4]:5": "\x00\x01\x21\x17\x20\x10\xa7\x46",
		"[::1%eth0]:65535":   "\x00\x02\xde\xed\x21\x12\xa4\x42transaction\x20",
	} {
		found := attributes(t, AppendSuccess(nil, r, netip.MustParseAddrPort(from), k), 0x0101)
		if found[0x20] != want || len(found[0x08]) != 20 || len(found) != 3 {
			t.Errorf("%s: %v", from, found)
		}
	}
}

func TestErrorsTellTheirCode(t *testing.T) {
	message := usual()
	for kind := range uint16(10) {
		message.add(0x7000+kind, "?")
	}
	r, k := mustRead(t, message.sign().done()), NewKey(password)
	first := []uint16{0x7000, 0x7001, 0x7002, 0x7003, 0x7004, 0x7005, 0x7006, 0x7007}
	if !slices.Equal(r.Unknown(), first) {
		t.Errorf("unknown are %x", r.Unknown())
	}

	found := attributes(t, AppendError(nil, r, UnknownAttribute, "Unknown Attribute", k), 0x0111)
	if found[9] != "\x00\x00\x04\x14Unknown Attribute" || found[10] != "p\x00p\x01p\x02p\x03p\x04p\x05p\x06p\x07" ||
		len(found[8]) != 20 || len(found) != 4 {
		t.Errorf("420: %v", found)
	}
	found = attributes(t, AppendError(nil, r, RoleConflict, strings.Repeat("long ", 100), k), 0x0111)
	if !strings.HasPrefix(found[9], "\x00\x00\x04\x57long") || len(found[9]) != 4+127 || len(found) != 3 {
		t.Errorf("487: %v", found)
	}
	for code, want := range map[int]string{BadRequest: "\x00\x00\x04\x00no", Unauthenticated: "\x00\x00\x04\x01no"} {
		found = attributes(t, AppendError(nil, r, code, "no", nil), 0x0111)
		if found[9] != want || len(found) != 2 {
			t.Errorf("%d: %v", code, found)
		}
	}
}

func TestMessagesCostNoMemory(t *testing.T) {
	message, dst, k := usual().add(0x7000, "?").sign().done(), make([]byte, 0, 208), NewKey(password)
	malformed := newCheck(1).add(6, "").sign().done()
	v4, v6 := netip.MustParseAddrPort("1.2.3.4:5"), netip.MustParseAddrPort("[2001:db8::1]:5")
	long := strings.Repeat("x", 200)
	r := mustRead(t, message)
	for i := range uint16(unknownMax) {
		r.unknown[i], r.unknowns = i, int(i)+1
	}
	for what, act := range map[string]func(){
		"Is":             func() { Is(message) },
		"Read and check": func() { r, _ := Read(message); r.Ufrag(); r.Authentic(k) },
		"Read in vain":   func() { _, _ = Read(malformed) },
		"a new request answered": func() {
			if r, err := Read(message); err == nil && r.Authentic(k) {
				AppendSuccess(dst, &r, v4, k)
			}
		},
		"success v6": func() { AppendSuccess(dst[:0:76], r, v6, k) },
		"an error":   func() { AppendError(dst, r, UnknownAttribute, long, k) },
	} {
		if got := testing.AllocsPerRun(200, act); got != 0 {
			t.Errorf("%s allocates %v times", what, got)
		}
	}
}

func answered(t *testing.T, message []byte) {
	before, k := bytes.Clone(message), NewKey(password)
	r, err := Read(message)
	if err == nil {
		r.Ufrag()
		authentic := r.Authentic(k)
		if authentic != r.Authentic(k) {
			t.Error("the key cannot decide")
		}
		if len(r.Username) == 0 || len(r.Username) > usernameMax || len(r.Unknown()) > unknownMax {
			t.Errorf("limits are passed: %+v", r)
		}
		for _, answer := range [][]byte{
			AppendSuccess(nil, &r, netip.MustParseAddrPort("1.2.3.4:5"), k),
			AppendError(nil, &r, UnknownAttribute, "Unknown Attribute", k),
		} {
			if _, err := Read(answer); !errors.Is(err, ErrType) {
				t.Errorf("the answer reads as %v", err)
			}
		}
	}
	if !bytes.Equal(message, before) {
		t.Error("the message was changed")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(usual().sign().done())
	f.Add([]byte(vectorRequest))
	f.Add([]byte(vectorV6))
	f.Fuzz(answered)
}

// FuzzReadAttributes puts any bytes between a header and a FINGERPRINT that fits.
func FuzzReadAttributes(f *testing.F) {
	f.Add(usual().sign().b[20:])
	f.Add([]byte(vectorRequest[20 : len(vectorRequest)-8]))
	f.Add([]byte("\x00\x08\xff\xff"))
	f.Fuzz(func(t *testing.T, attributes []byte) {
		c := newCheck(1)
		c.b = append(c.b, attributes[:min(len(attributes), 2000)&^3]...)
		answered(t, c.done())
	})
}

func BenchmarkCheck(b *testing.B) {
	message, dst, k := usual().sign().done(), make([]byte, 0, 208), NewKey(password)
	from := netip.MustParseAddrPort("1.2.3.4:5")
	b.ReportAllocs()
	for b.Loop() {
		r, err := Read(message)
		if err != nil || !r.Authentic(k) {
			b.Fatal(err)
		}
		AppendSuccess(dst, &r, from, k)
	}
}
