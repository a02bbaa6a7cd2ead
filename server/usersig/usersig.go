// Package usersig writes and checks the credentials with which a user enters a room: UserSig, version 2, and
// PrivateMapKey (TRTC, "UserSig" and "Enabling advanced permission control"). Both are one container, signed with the
// app's secret.
//
// It decides nothing else: who may do what with a good credential is the door's business. It reads no clock.
package usersig

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// A credential that a library of Tencent's writes has some 200 to 400 characters. The limits leave room for long ids,
// and keep a hostile one from costing memory: what is small on the wire may be huge after inflation.
const (
	// sigMax bounds the text of a credential, in bytes.
	sigMax = 4 << 10
	// plainMax bounds its JSON after inflation, in bytes.
	plainMax = 8 << 10
)

// What is wrong with a credential. Every error of this package is one of these, with details around it.
var (
	// ErrMalformed says that the text is no credential of version 2, or too long for one.
	ErrMalformed = errors.New("malformed")
	// ErrApp says that it was made for another SdkAppId.
	ErrApp = errors.New("made for another SdkAppId")
	// ErrUser says that it was made for another user.
	ErrUser = errors.New("made for another user")
	// ErrExpired says that its time is over.
	ErrExpired = errors.New("expired")
	// ErrSignature says that it was not signed with the app's secret.
	ErrSignature = errors.New("not signed with the secret of this app")
)

const version = "2.0"

// ticket is the container. The names of its fields are those of Tencent's libraries.
type ticket struct {
	Version    string `json:"TLS.ver"`
	Identifier string `json:"TLS.identifier"`
	SdkAppID   int64  `json:"TLS.sdkappid"`
	// Expire is how long it holds, in seconds from Time on; absent means 0.
	Expire int64 `json:"TLS.expire"`
	// Time is when it was made, in Unix seconds.
	Time int64 `json:"TLS.time"`
	// Userbuf is the base64 of what else the ticket carries; absent in a UserSig.
	Userbuf string `json:"TLS.userbuf,omitempty"`
	Sig     string `json:"TLS.sig"`
}

// Sign makes a UserSig that holds for expire from now on. Both are cut to whole seconds.
func Sign(appID uint32, userID, secret string, expire time.Duration, now time.Time) string {
	return SignUserbuf(appID, userID, secret, expire, now, nil)
}

// SignUserbuf makes a UserSig that carries userbuf; empty for none.
func SignUserbuf(appID uint32, userID, secret string, expire time.Duration, now time.Time, userbuf []byte) string {
	t := ticket{
		Version: version, Identifier: userID, SdkAppID: int64(appID),
		Expire: int64(expire / time.Second), Time: now.Unix(),
		Userbuf: base64.StdEncoding.EncodeToString(userbuf),
	}
	t.Sig = t.sign(secret)
	return t.pack()
}

// Verify checks a UserSig at now and returns the userbuf that it carries, nil for none. It checks in the order of
// Tencent's own verifier: app, user, time, signature.
func Verify(sig string, appID uint32, userID, secret string, now time.Time) ([]byte, error) {
	t, err := unpack(sig)
	if err != nil {
		return nil, fmt.Errorf("read the credential: %w", err)
	}
	if t.SdkAppID != int64(appID) {
		return nil, fmt.Errorf("credential for app %d used with app %d: %w", t.SdkAppID, appID, ErrApp)
	}
	if t.Identifier != userID {
		return nil, fmt.Errorf("credential for user %q used by user %q: %w", t.Identifier, userID, ErrUser)
	}
	if now.Unix() > t.Time+t.Expire {
		return nil, fmt.Errorf("credential of %s for %d s: %w",
			time.Unix(t.Time, 0).UTC().Format(time.RFC3339), t.Expire, ErrExpired)
	}
	// Line breaks that the decoder skips are no way around the signature, which covers the text as it stands.
	userbuf, err := base64.StdEncoding.DecodeString(t.Userbuf)
	if err != nil {
		return nil, fmt.Errorf("read TLS.userbuf: %w: %w", ErrMalformed, err)
	}
	if !hmac.Equal([]byte(t.Sig), []byte(t.sign(secret))) {
		return nil, ErrSignature
	}
	if len(userbuf) == 0 {
		return nil, nil
	}
	return userbuf, nil
}

// sign returns the base64 of the signature over the ticket's other fields.
func (t ticket) sign(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n",
		t.Identifier, t.SdkAppID, t.Time, t.Expire)
	if t.Userbuf != "" {
		fmt.Fprintf(mac, "TLS.userbuf:%s\n", t.Userbuf)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// The alphabet of a credential: base64 whose three awkward characters give way to ones that need no escape in a URL.
var (
	toURL   = strings.NewReplacer("+", "*", "/", "-", "=", "_")
	fromURL = strings.NewReplacer("*", "+", "-", "/", "_", "=")
)

// pack writes the ticket as text. Writing plain values into memory cannot fail.
func (t ticket) pack() string {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	err := errors.Join(json.NewEncoder(w).Encode(t), w.Close())
	if err != nil {
		panic(fmt.Sprintf("usersig: write to memory: %v", err))
	}
	return toURL.Replace(base64.StdEncoding.EncodeToString(packed.Bytes()))
}

// unpack reads a ticket, and holds it to the limits.
func unpack(sig string) (ticket, error) {
	var t ticket
	if len(sig) > sigMax {
		return t, fmt.Errorf("%w: %d bytes; the limit is %d", ErrMalformed, len(sig), sigMax)
	}
	packed, err := base64.StdEncoding.DecodeString(fromURL.Replace(sig))
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, plainMax+1))
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(plain) > plainMax {
		return t, fmt.Errorf("%w: inflates to more than %d bytes", ErrMalformed, plainMax)
	}
	if err := json.Unmarshal(plain, &t); err != nil {
		return t, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return t, t.check()
}

// check refuses fields that no library writes, before anybody counts on them.
func (t ticket) check() error {
	switch {
	case t.Version != version:
		return fmt.Errorf("%w: TLS.ver is %q, not %q", ErrMalformed, t.Version, version)
	case t.Identifier == "" || strings.ContainsAny(t.Identifier, "\r\n"):
		// The signed text is made of lines, so an id with a line break could pass for other fields.
		return fmt.Errorf("%w: TLS.identifier is empty or has a line break", ErrMalformed)
	case t.Time < 0 || t.Expire < 0 || t.Time > math.MaxInt64-t.Expire:
		return fmt.Errorf("%w: TLS.time or TLS.expire is out of range", ErrMalformed)
	}
	return nil
}
