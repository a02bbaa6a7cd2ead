package usersig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The vectors were made with tls-sig-api-v2 1.0.2 for Node.
const (
	app    uint32 = 1400000000
	user          = "xiaojun"
	secret        = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	// official is valid for 15552000 s.
	official = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMiUZOamKlkZmqOKplYUZBaBxE1N" +
		"TY3gosWZ6UpWSj5ljuYp*p7l5unBxXnF2WVhVU4uAf7Ozi5JpX7O5SbuHuUhzgZJmQXaTia2SrUAohcx8g__"
)

var made = time.Unix(1700000000, 0)

// changed unpacks a credential, changes its JSON and packs it again without signing.
func changed(t *testing.T, sig string, change func(fields map[string]any)) string {
	t.Helper()
	ticket, err := unpack(sig)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(ticket)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	change(fields)
	if text, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	return packed(t, string(text), zlib.DefaultCompression)
}

func packed(t testing.TB, text string, level int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return toURL.Replace(base64.StdEncoding.EncodeToString(b.Bytes()))
}

func TestVectorOfTheOfficialLibrary(t *testing.T) {
	userbuf, err := Verify(official, app, user, secret, made)
	if err != nil || userbuf != nil {
		t.Fatalf("the official UserSig: userbuf %x, error %v", userbuf, err)
	}
	ours, err := unpack(Sign(app, user, secret, 15552000*time.Second, made))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := unpack(official)
	if err != nil {
		t.Fatal(err)
	}
	if ours != theirs || ours.Sig != "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=" {
		t.Errorf("we write %+v, the library writes %+v", ours, theirs)
	}
}

func TestVerifyTakesWhatItSigned(t *testing.T) {
	for _, id := range []string{"u", "小军", "a b/c+d=e*f-g_h", strings.Repeat("x", 256)} {
		sig := SignUserbuf(app, id, secret, time.Hour, made, []byte("beside\x00it"))
		if strings.ContainsAny(sig, "+/=") {
			t.Errorf("%q needs escapes in a URL", sig)
		}
		userbuf, err := Verify(sig, app, id, secret, made.Add(time.Hour))
		if err != nil || string(userbuf) != "beside\x00it" {
			t.Errorf("user %q: userbuf %q, error %v", id, userbuf, err)
		}
	}
}

func TestVerifyTakesAnyCompressionAndKeyOrder(t *testing.T) {
	text := `{"TLS.sig":"LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=","TLS.expire":15552000,"TLS.time":1700000000,` +
		`"TLS.sdkappid":1400000000,"TLS.ver":"2.0","TLS.identifier":"xiaojun"}`
	for level := zlib.HuffmanOnly; level <= zlib.BestCompression; level++ {
		if _, err := Verify(packed(t, text, level), app, user, secret, made); err != nil {
			t.Errorf("level %d: %v", level, err)
		}
	}
}

func TestMissingExpireIsZero(t *testing.T) {
	sig := changed(t, Sign(app, user, secret, 0, made), func(f map[string]any) { delete(f, "TLS.expire") })
	if _, err := Verify(sig, app, user, secret, made); err != nil {
		t.Errorf("in the second it was made: %v", err)
	}
	if _, err := Verify(sig, app, user, secret, made.Add(time.Second)); !errors.Is(err, ErrExpired) {
		t.Errorf("a second later: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	good := Sign(app, user, secret, time.Minute, made)
	set := func(name string, value any) string {
		return changed(t, good, func(f map[string]any) { f[name] = value })
	}
	cases := map[string]struct {
		sig    string
		app    uint32
		user   string
		secret string
		now    time.Time
		want   error
	}{
		"expired":                {good, app, user, secret, made.Add(61 * time.Second), ErrExpired},
		"wrong key":              {good, app, user, secret + "0", made, ErrSignature},
		"no key":                 {good, app, user, "", made, ErrSignature},
		"wrong user":             {good, app, "xiaojun2", secret, made, ErrUser},
		"case of the user":       {good, app, "Xiaojun", secret, made, ErrUser},
		"wrong app":              {good, app + 1, user, secret, made, ErrApp},
		"app before user":        {good, app + 1, "nobody", "", made, ErrApp},
		"user before time":       {good, app, "nobody", "", made.Add(time.Hour), ErrUser},
		"time before signature":  {good, app, user, "", made.Add(time.Hour), ErrExpired},
		"empty":                  {"", app, user, secret, made, ErrMalformed},
		"garbage":                {"not a UserSig!", app, user, secret, made, ErrMalformed},
		"base64 of garbage":      {toURL.Replace("bm90IHpsaWI="), app, user, secret, made, ErrMalformed},
		"not JSON":               {packed(t, "TLS", 9), app, user, secret, made, ErrMalformed},
		"truncated":              {good[:len(good)/2/4*4], app, user, secret, made, ErrMalformed},
		"the plain alphabet":     {strings.Repeat("+", 8), app, user, secret, made, ErrMalformed},
		"too long":               {strings.Repeat("e", sigMax+1), app, user, secret, made, ErrMalformed},
		"user of the attacker":   {set("TLS.identifier", "boss"), app, "boss", secret, made, ErrSignature},
		"app of the attacker":    {set("TLS.sdkappid", 7), 7, user, secret, made, ErrSignature},
		"a longer life":          {set("TLS.expire", 999999), app, user, secret, made, ErrSignature},
		"a later birth":          {set("TLS.time", 1700000900), app, user, secret, made, ErrSignature},
		"userbuf added":          {set("TLS.userbuf", "AAAA"), app, user, secret, made, ErrSignature},
		"userbuf is no base64":   {set("TLS.userbuf", "&"), app, user, secret, made, ErrMalformed},
		"signature of nothing":   {set("TLS.sig", ""), app, user, secret, made, ErrSignature},
		"version 1":              {set("TLS.ver", "1.0"), app, user, secret, made, ErrMalformed},
		"expire below zero":      {set("TLS.expire", -1), app, user, secret, made, ErrMalformed},
		"expire beyond a number": {set("TLS.expire", int64(math.MaxInt64)), app, user, secret, made, ErrMalformed},
		"expire is a text":       {set("TLS.expire", "60"), app, user, secret, made, ErrMalformed},
		"no user":                {set("TLS.identifier", ""), app, "", secret, made, ErrMalformed},
		"lines in the user":      {set("TLS.identifier", "a\nTLS.x:"), app, "a\nTLS.x:", secret, made, ErrMalformed},
	}
	for name, c := range cases {
		if userbuf, err := Verify(c.sig, c.app, c.user, c.secret, c.now); !errors.Is(err, c.want) || userbuf != nil {
			t.Errorf("%s: userbuf %x, error %v; want %v", name, userbuf, err, c.want)
		}
	}
}

func TestAZipBombIsNotInflated(t *testing.T) {
	bomb := packed(t, `{"TLS.ver":"2.0","x":"`+strings.Repeat(" ", 2_000_000)+`"}`, zlib.BestCompression)
	if len(bomb) > sigMax {
		t.Fatalf("the bomb has %d bytes; it would be refused unread", len(bomb))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Verify(bomb, app, user, secret, made)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "inflates to more than 8192 bytes") {
		t.Errorf("a bomb: %v", err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("%d bytes allocated for a bomb", spent)
	}
}

func TestErrorsNameNoSecret(t *testing.T) {
	for _, now := range []time.Time{made, made.Add(time.Hour)} {
		_, err := Verify(Sign(app, user, "another", time.Minute, made), app, user, secret, now)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("error %v", err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(official)
	f.Add(Sign(app, user, secret, time.Minute, made))
	f.Add(SignPermit(app, user, secret, Place{ID: 1}, Watch, time.Minute, made))
	f.Add("")
	f.Add("eJw_")
	f.Add(packed(f, `{"TLS.ver":"2.0","TLS.identifier":"xiaojun","TLS.sdkappid":1400000000,"TLS.time":1e30}`, 1))
	f.Fuzz(func(t *testing.T, sig string) {
		userbuf, err := Verify(sig, app, user, secret, made)
		if err != nil && userbuf != nil {
			t.Error("an error and a userbuf")
		}
		if err == nil && len(sig) > sigMax {
			t.Error("taken, and too long")
		}
	})
}
