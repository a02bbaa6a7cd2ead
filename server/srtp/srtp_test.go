package srtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var profiles = []Profile{AES128SHA1, AES128GCM, AES256GCM}

// ends returns both halves of one direction.
func ends(t testing.TB, p Profile) (*Sealer, *Opener) {
	t.Helper()
	n, err := p.MaterialLen()
	if err != nil {
		t.Fatal(err)
	}
	material := make([]byte, n)
	for i := range material {
		material[i] = byte(7 * i)
	}
	client, _, err := Split(p, material)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSealer(p, client)
	if err != nil {
		t.Fatal(err)
	}
	o, err := NewOpener(p, client)
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

// eachProfile tells a story once per profile.
func eachProfile(t *testing.T, story func(t *testing.T, s *Sealer, o *Opener)) {
	for _, p := range profiles {
		t.Run(p.String(), func(t *testing.T) {
			s, o := ends(t, p)
			story(t, s, o)
		})
	}
}

// headerLen is the length of what header makes: with one CSRC and an extension of one word.
const headerLen = 12 + 4 + 8

func header(ssrc uint32, sequence uint16) []byte {
	h := make([]byte, headerLen)
	h[0], h[1] = 0x91, 96
	binary.BigEndian.PutUint16(h[2:], sequence)
	binary.BigEndian.PutUint32(h[8:], ssrc)
	copy(h[16:], []byte{0xbe, 0xde, 0, 1, 0x10, 0x42, 0, 0})
	return h
}

// media seals a packet with an index. Its payload names it.
func media(s *Sealer, ssrc uint32, index uint64) []byte {
	payload := binary.BigEndian.AppendUint64([]byte("payload "), index)
	dst := make([]byte, headerLen+len(payload)+s.Overhead())
	return dst[:s.Seal(dst, header(ssrc, uint16(index)), payload, uint32(index>>16))]
}

func report(ssrc uint32) []byte {
	b := []byte{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 202, 0, 2, 0, 0, 0, 0, 1, 2, 'm', 'e', 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[4:], ssrc)
	return b
}

func control(s *Sealer, ssrc uint32) []byte {
	plain := report(ssrc)
	dst := make([]byte, len(plain)+s.RTCPOverhead())
	return dst[:s.SealRTCP(dst, plain)]
}

// wantOpen opens a packet of media and compares the index in it.
func wantOpen(t *testing.T, o *Opener, packet []byte, index uint64) {
	t.Helper()
	dst := make([]byte, 100)
	n, err := o.Open(dst, packet, headerLen)
	want := binary.BigEndian.AppendUint64([]byte("payload "), index)
	if err != nil || !bytes.Equal(dst[:n], want) {
		t.Fatalf("index %#x: opened %q, error %v", index, dst[:n], err)
	}
}

func wantRefused(t *testing.T, o *Opener, packet []byte, want error) {
	t.Helper()
	if n, err := o.Open(make([]byte, 100), packet, headerLen); !errors.Is(err, want) || n != 0 {
		t.Fatalf("%d bytes, error %v; want %v", n, err, want)
	}
}

func TestMaterialIsCutAsRFC5764Says(t *testing.T) {
	for p, want := range map[Profile]int{AES128SHA1: 60, AES128GCM: 56, AES256GCM: 88} {
		n, err := p.MaterialLen()
		if err != nil || n != want {
			t.Fatalf("%s: %d bytes, error %v; want %d", p, n, err, want)
		}
		material := bytes.Repeat([]byte("x"), n)
		client, server, err := Split(p, material)
		if err != nil {
			t.Fatal(err)
		}
		order := [][]byte{client.Key, server.Key, client.Salt, server.Salt}
		if !bytes.Equal(bytes.Join(order, nil), material) || &server.Key[0] != &material[len(client.Key)] {
			t.Errorf("%s: keys of %d and %d, salts of %d and %d bytes", p,
				len(client.Key), len(server.Key), len(client.Salt), len(server.Salt))
		}
		if _, _, err := Split(p, material[1:]); !errors.Is(err, ErrMaterial) {
			t.Errorf("%s: a byte too few: %v", p, err)
		}
	}
}

func TestWrongKeysAreNamed(t *testing.T) {
	const strange = Profile(0x0002)
	_, err := strange.MaterialLen()
	_, _, err2 := Split(strange, nil)
	_, err3 := NewSealer(strange, Master{})
	_, err4 := NewOpener(strange, Master{})
	for _, err := range []error{err, err2, err3, err4} {
		if !errors.Is(err, ErrProfile) || !strings.Contains(err.Error(), "0x0002") {
			t.Errorf("error %v", err)
		}
	}
	if strange.String() != "SRTP profile 0x0002" {
		t.Errorf("it is called %s", strange)
	}
	if _, err := NewSealer(AES128GCM, Master{make([]byte, 32), make([]byte, 12)}); !errors.Is(err, ErrMaterial) {
		t.Errorf("a key too long: %v", err)
	}
	if _, err := NewOpener(AES128GCM, Master{make([]byte, 16), make([]byte, 14)}); !errors.Is(err, ErrMaterial) {
		t.Errorf("a salt too long: %v", err)
	}
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		for n := range 70 { // Across four blocks of the cipher, none included.
			h, payload := header(1, uint16(n)), bytes.Repeat([]byte{byte(n)}, n)
			sealed := make([]byte, headerLen+n+s.Overhead())
			if got := s.Seal(sealed, h, payload, 0); got != len(sealed) || !bytes.HasPrefix(sealed, h) {
				t.Fatalf("sealed %d bytes of %d, header %x", got, len(sealed), sealed[:headerLen])
			}
			opened := make([]byte, n)
			if got, err := o.Open(opened, sealed, headerLen); err != nil || got != n || !bytes.Equal(opened, payload) {
				t.Fatalf("opened %d bytes of %d, %x, error %v", got, n, opened, err)
			}
		}
	})
}

func TestPacketsAreSealedAndOpenedWhereTheyLie(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		buffer, payload := make([]byte, 1500), bytes.Repeat([]byte("media"), 200)
		h := header(3, 9)
		copy(buffer[headerLen:], payload)
		n := s.Seal(buffer, h, buffer[headerLen:headerLen+len(payload)], 0)
		body := buffer[headerLen:n]
		n, err := o.Open(body, buffer[:n], headerLen)
		if err != nil || !bytes.Equal(body[:n], payload) || !bytes.Equal(buffer[:headerLen], h) {
			t.Fatalf("opened %d bytes, error %v", n, err)
		}

		plain := report(3)
		n = s.SealRTCP(buffer, buffer[:copy(buffer, plain)])
		if bytes.Contains(buffer[:n], plain[8:]) {
			t.Fatalf("plain text in %x", buffer[:n])
		}
		n, err = o.OpenRTCP(buffer, buffer[:n])
		if err != nil || !bytes.Equal(buffer[:n], plain) {
			t.Fatalf("opened %x, error %v", buffer[:n], err)
		}
	})
}

func TestNoByteCanBeChanged(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		wantOpen(t, o, media(s, 1, 100), 100)
		packet := media(s, 1, 101)
		for i := range packet {
			forged := bytes.Clone(packet)
			forged[i] ^= 0x40
			n, err := o.Open(make([]byte, 100), forged, headerLen)
			// A changed sequence number may also look old.
			if !errors.Is(err, ErrForged) && (i/2 != 1 || !errors.Is(err, ErrReplayed)) || n != 0 {
				t.Errorf("byte %d: %d bytes, error %v", i, n, err)
			}
			wantRefused(t, o, packet[:i], map[bool]error{true: ErrShort, false: ErrForged}[i < headerLen+s.Overhead()])
		}
		wantOpen(t, o, packet, 101)
		if len(o.media) != 1 {
			t.Errorf("forged packets left state for %d SSRCs", len(o.media)-1)
		}

		packet = control(s, 1)
		for i := range packet {
			forged := bytes.Clone(packet)
			forged[i] ^= 0x80
			if n, err := o.OpenRTCP(make([]byte, 100), forged); n != 0 ||
				!errors.Is(err, ErrForged) && !errors.Is(err, ErrPlain) {
				t.Errorf("byte %d of SRTCP: %d bytes, error %v", i, n, err)
			}
			if n, err := o.OpenRTCP(make([]byte, 100), packet[:i]); n != 0 || err == nil {
				t.Errorf("%d bytes of SRTCP: %d bytes", i, n)
			}
		}
		if len(o.control) != 0 {
			t.Errorf("forged packets left state for %d senders", len(o.control))
		}
		if _, err := o.OpenRTCP(make([]byte, 100), packet); err != nil {
			t.Error(err)
		}
	})
}

func TestShortBuffersAreRefusedBeforeAnythingHappens(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		packet, compound := media(s, 1, 1), control(s, 1)
		dst := make([]byte, 15)
		if _, err := o.Open(dst[:15:15], packet, headerLen); !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("error %v", err)
		}
		if _, err := o.OpenRTCP(dst, compound); !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("error %v", err)
		}
		for _, length := range []int{-1, 0, 11, len(packet), len(packet) + 1} {
			if _, err := o.Open(make([]byte, 100), packet, length); !errors.Is(err, ErrShort) {
				t.Errorf("header of %d bytes: %v", length, err)
			}
		}
		wantOpen(t, o, packet, 1)
	})
}

func TestUnencryptedSRTCPIsRefused(t *testing.T) {
	g, err := gcmOf(unhex(t, vectorKey)[:16], unhex(t, vectorSalt))
	if err != nil {
		t.Fatal(err)
	}
	o := &Opener{rtp: g, rtcp: g, control: map[uint32]*window{}}
	tagged := unhex(t, vectorRTCP+"841dd9683dd78ec92ae58790125f62b3"+"000005d4") // RFC 7714 §17.3.
	if n, err := o.OpenRTCP(make([]byte, 100), tagged); n != 0 || !errors.Is(err, ErrPlain) {
		t.Errorf("%d bytes, error %v", n, err)
	}
}

func TestRTCPStopsWhenTheKeyIsUsedUp(t *testing.T) {
	eachProfile(t, func(t *testing.T, s *Sealer, o *Opener) {
		s.sent = encrypted - 1
		if _, err := o.OpenRTCP(make([]byte, 100), control(s, 1)); err != nil {
			t.Error(err)
		}
		if n := len(control(s, 1)); n != 0 {
			t.Errorf("%d bytes after the last index", n)
		}
		s.sent = 0
		if n := s.SealRTCP(make([]byte, 100), report(1)[:7]); n != 0 || s.sent != 0 {
			t.Errorf("%d bytes from a packet without an SSRC", n)
		}
	})
}
