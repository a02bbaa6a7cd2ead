package usersig

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestVectorsOfPermits(t *testing.T) {
	cases := map[string]struct {
		place        Place
		allowed      Privilege
		userbuf, sig string
	}{
		"numeric": {
			Place{ID: 10000},
			Everything,
			"0000077869616f6a756e53724e00000027106553f22c000000ff00000000",
			"0+M4K64lITF5k+8jtQGalx0fgxd1aweZx0fZYfdnvZk=",
		},
		"string": {
			Place{Str: "1000000040"},
			Watch,
			"0100077869616f6a756e53724e00000000006553f22c0000002a00000000000a31303030303030303430",
			"z1MzWET30Ya0Nprdd3XpRYqFGarigfJK769q5n7S9yo=",
		},
	}
	for name, c := range cases {
		key := SignPermit(app, user, secret, c.place, c.allowed, 300*time.Second, made)
		ticket, err := unpack(key)
		if err != nil || ticket.Sig != c.sig {
			t.Errorf("%s: signature %s, error %v; want %s", name, ticket.Sig, err, c.sig)
		}
		userbuf, err := Verify(key, app, user, secret, made)
		if err != nil || hex.EncodeToString(userbuf) != c.userbuf {
			t.Errorf("%s: userbuf %x, error %v; want %s", name, userbuf, err, c.userbuf)
		}
		p, err := VerifyPermit(key, app, user, secret, c.place, made)
		if err != nil || p.Privilege != c.allowed || !p.ExpiresAt.Equal(made.Add(300*time.Second)) {
			t.Errorf("%s: %+v, error %v", name, p, err)
		}
	}
}

func TestPrivilegesHaveTRTCsNumbers(t *testing.T) {
	if Everything != 255 || Watch != 42 || CreateRoom != 1 || ReceiveSub != 128 {
		t.Errorf("Everything %d, Watch %d, CreateRoom %d, ReceiveSub %d", Everything, Watch, CreateRoom, ReceiveSub)
	}
	if Watch.Has(EnterRoom|SendAudio) || !Watch.Has(EnterRoom) {
		t.Error("Has wants all of the bits, and only those")
	}
}

func TestNonASCIIUserOfTheNodeLibrary(t *testing.T) {
	const junge = "小军"
	// The library writes the two characters as two bytes, 0f 9b.
	p := Permit{AppID: app, Account: "\x0f\x9b", Place: Place{ID: 1}, ExpiresAt: made.Add(time.Minute), Privilege: Watch}
	if !bytes.HasPrefix(p.Bytes(), []byte{0, 0, 2, 0x0f, 0x9b}) {
		t.Fatalf("userbuf %x", p.Bytes())
	}
	for _, account := range []string{"\x0f\x9b", junge} {
		p.Account = account
		key := SignUserbuf(app, junge, secret, time.Minute, made, p.Bytes())
		if _, err := VerifyPermit(key, app, junge, secret, Place{ID: 1}, made); err != nil {
			t.Errorf("account %x: %v", account, err)
		}
	}
	if err := p.Check(app, "小君", Place{ID: 1}, made); !errors.Is(err, ErrUser) {
		t.Errorf("another user: %v", err)
	}
}

func TestPermitRefuses(t *testing.T) {
	place := Place{ID: 7}
	key := SignPermit(app, user, secret, place, Everything, time.Minute, made)
	named := SignPermit(app, user, secret, Place{Str: "here"}, Everything, time.Minute, made)
	other := Permit{AppID: app, Account: "other", Place: place, ExpiresAt: made.Add(time.Minute)}
	foreign := Permit{AppID: app + 1, Account: user, Place: place, ExpiresAt: made.Add(time.Minute)}
	stale := Permit{AppID: app, Account: user, Place: place, ExpiresAt: made.Add(-time.Second)}
	carried := func(p Permit) string { return SignUserbuf(app, user, secret, time.Hour, made, p.Bytes()) }
	cases := map[string]struct {
		key   string
		place Place
		now   time.Time
		want  error
	}{
		"another number":      {key, Place{ID: 8}, made, ErrRoom},
		"another string":      {named, Place{Str: "there"}, made, ErrRoom},
		"string of a number":  {key, Place{Str: "7"}, made, ErrRoom},
		"expired":             {key, place, made.Add(time.Minute + time.Second), ErrExpired},
		"a plain UserSig":     {Sign(app, user, secret, time.Minute, made), place, made, ErrNoPermit},
		"a permit of another": {carried(other), place, made, ErrUser},
		"an app of another":   {carried(foreign), place, made, ErrApp},
		"expired inside":      {carried(stale), place, made, ErrExpired},
		"garbage inside":      {SignUserbuf(app, user, secret, time.Hour, made, []byte("???")), place, made, ErrMalformed},
		"another secret":      {SignPermit(app, user, "other", place, 255, time.Hour, made), place, made, ErrSignature},
	}
	for name, c := range cases {
		if _, err := VerifyPermit(c.key, app, user, secret, c.place, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v; want %v", name, err, c.want)
		}
	}
}

func TestPermitBytesAreReadToTheEnd(t *testing.T) {
	for _, place := range []Place{{ID: math.MaxUint32 - 1}, {Str: "a room"}} {
		whole := Permit{AppID: app, Account: user, Place: place, ExpiresAt: made, Privilege: Watch}
		b := whole.Bytes()
		if p, err := ParsePermit(b); err != nil || p.Place != place || p.Account != user || p.AppID != app {
			t.Errorf("%v: %+v, error %v", place, p, err)
		}
		for n := range b {
			if _, err := ParsePermit(b[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%v: the first %d bytes: %v", place, n, err)
			}
		}
		if _, err := ParsePermit(append(b, 0)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%v: one byte more: %v", place, err)
		}
	}
	if _, err := ParsePermit([]byte{2}); !errors.Is(err, ErrMalformed) {
		t.Errorf("unknown version: %v", err)
	}
}

func TestPermitTimesStayInTheirFourBytes(t *testing.T) {
	p := Permit{Account: strings.Repeat("x", 70_000), ExpiresAt: time.Unix(math.MaxUint32+1, 0)}
	read, err := ParsePermit(p.Bytes())
	if err != nil || read.ExpiresAt.Unix() != math.MaxUint32 || len(read.Account) != math.MaxUint16 {
		t.Errorf("until %v, %d bytes of account, error %v", read.ExpiresAt, len(read.Account), err)
	}
}

func FuzzParsePermit(f *testing.F) {
	f.Add(Permit{AppID: app, Account: user, Place: Place{ID: 10000}, ExpiresAt: made, Privilege: Everything}.Bytes())
	f.Add(Permit{AppID: app, Account: "\x0f\x9b", Place: Place{Str: "r"}, ExpiresAt: made}.Bytes())
	f.Add([]byte{})
	f.Add([]byte{1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, userbuf []byte) {
		p, err := ParsePermit(userbuf)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v", err)
			}
			return
		}
		again, err := ParsePermit(p.Bytes())
		if err != nil || again != p {
			t.Errorf("%+v became %+v, error %v", p, again, err)
		}
	})
}
