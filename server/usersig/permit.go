package usersig

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf16"
)

// Privilege is a set of things that a user may do in a room.
type Privilege uint32

// The bits of a PrivateMapKey.
const (
	CreateRoom   Privilege = 1 << iota // Enter a room that does not exist yet.
	EnterRoom                          // Enter a room.
	SendAudio                          // Publish the microphone.
	ReceiveAudio                       // Hear others.
	SendVideo                          // Publish the camera.
	ReceiveVideo                       // See others.
	SendSub                            // Publish the screen.
	ReceiveSub                         // See others' screens.

	// Everything is all of them.
	Everything = CreateRoom | EnterRoom | SendAudio | ReceiveAudio | SendVideo | ReceiveVideo | SendSub | ReceiveSub
	// Watch lets a user in to listen and to look on.
	Watch = EnterRoom | ReceiveAudio | ReceiveVideo
)

// Has says whether all of the wanted bits are set.
func (p Privilege) Has(wanted Privilege) bool { return p&wanted == wanted }

// What is wrong with a PrivateMapKey, beside what may be wrong with any credential.
var (
	// ErrNoPermit says that the credential is a plain UserSig.
	ErrNoPermit = errors.New("carries no permission")
	// ErrRoom says that it was made for another room.
	ErrRoom = errors.New("made for another room")
)

// Place is the room of a permit: Str names a string room; when it is empty, ID names a numeric one.
type Place struct {
	ID  uint32
	Str string
}

// Permit is what a PrivateMapKey says: until when a user may do what in which room.
type Permit struct {
	AppID uint32
	// Account is the user's id as the library wrote it; see [Permit.Check].
	Account   string
	Place     Place
	ExpiresAt time.Time
	Privilege Privilege
}

// The layout of a permit in a userbuf: big-endian; version, account with its length, five numbers, and for a string
// room its name with its length.
const (
	numericPermit = 0
	stringPermit  = 1
	numbersSize   = 5 * 4
)

// SignPermit makes a PrivateMapKey that holds for expire from now on.
func SignPermit(appID uint32, userID, secret string, place Place, allowed Privilege, expire time.Duration,
	now time.Time,
) string {
	p := Permit{
		AppID: appID, Account: userID, Place: place, ExpiresAt: now.Add(expire), Privilege: allowed,
	}
	return SignUserbuf(appID, userID, secret, expire, now, p.Bytes())
}

// VerifyPermit checks a PrivateMapKey at now and returns what it permits in the place. The caller checks the
// privilege: which bit is needed, and what a missing one is called, depends on what the user wants to do.
func VerifyPermit(key string, appID uint32, userID, secret string, place Place, now time.Time) (Permit, error) {
	userbuf, err := Verify(key, appID, userID, secret, now)
	if err != nil {
		return Permit{}, err
	}
	if userbuf == nil {
		return Permit{}, ErrNoPermit
	}
	p, err := ParsePermit(userbuf)
	if err != nil {
		return Permit{}, err
	}
	return p, p.Check(appID, userID, place, now)
}

// Bytes returns the permit as a userbuf. An account or a room longer than 65535 bytes is cut, and then opens nothing.
func (p Permit) Bytes() []byte {
	kind := byte(numericPermit)
	if p.Place.Str != "" {
		kind = stringPermit
	}
	b := appendText([]byte{kind}, p.Account)
	b = binary.BigEndian.AppendUint32(b, p.AppID)
	b = binary.BigEndian.AppendUint32(b, p.Place.ID)
	b = binary.BigEndian.AppendUint32(b, unixSeconds(p.ExpiresAt))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Privilege))
	b = binary.BigEndian.AppendUint32(b, 0) // The account type, which nobody uses.
	if kind == stringPermit {
		b = appendText(b, p.Place.Str)
	}
	return b
}

// ParsePermit reads a userbuf.
func ParsePermit(userbuf []byte) (Permit, error) {
	var p Permit
	short := fmt.Errorf("read the permission: %w: %d bytes are too few", ErrMalformed, len(userbuf))
	if len(userbuf) == 0 {
		return p, short
	}
	kind := userbuf[0]
	if kind != numericPermit && kind != stringPermit {
		return p, fmt.Errorf("read the permission: %w: unknown version %d", ErrMalformed, kind)
	}
	account, rest, ok := cutText(userbuf[1:])
	if !ok || len(rest) < numbersSize {
		return p, short
	}
	p = Permit{
		Account: account,
		AppID:   binary.BigEndian.Uint32(rest),
		Place:   Place{ID: binary.BigEndian.Uint32(rest[4:])},
		// The time is an unsigned number, good until 2106.
		ExpiresAt: time.Unix(int64(binary.BigEndian.Uint32(rest[8:])), 0),
		Privilege: Privilege(binary.BigEndian.Uint32(rest[12:])),
	}
	rest = rest[numbersSize:]
	if kind == stringPermit {
		p.Place.ID = 0
		if p.Place.Str, rest, ok = cutText(rest); !ok || p.Place.Str == "" {
			return Permit{}, fmt.Errorf("read the permission: %w: it names no room", ErrMalformed)
		}
	}
	if len(rest) > 0 {
		return Permit{}, fmt.Errorf("read the permission: %w: %d bytes too many", ErrMalformed, len(rest))
	}
	return p, nil
}

// Check says whether the permit is for this app, user and place, and still holds at now.
func (p Permit) Check(appID uint32, userID string, place Place, now time.Time) error {
	switch {
	case p.AppID != appID:
		return fmt.Errorf("permission for app %d used with app %d: %w", p.AppID, appID, ErrApp)
	case p.Account != userID && p.Account != lowBytes(userID):
		// The container's signature names the user already. Its Node library writes an id that is not ASCII as the
		// low bytes of UTF-16, so that form of the same id is as good.
		return fmt.Errorf("permission for user %q used by user %q: %w", p.Account, userID, ErrUser)
	case p.Place != place:
		return fmt.Errorf("permission for room %v used with room %v: %w", p.Place, place, ErrRoom)
	case now.Unix() > p.ExpiresAt.Unix():
		return fmt.Errorf("permission until %s: %w", p.ExpiresAt.UTC().Format(time.RFC3339), ErrExpired)
	}
	return nil
}

func (p Place) String() string {
	if p.Str != "" {
		return fmt.Sprintf("str/%s", p.Str)
	}
	return fmt.Sprintf("numeric/%d", p.ID)
}

// lowBytes returns the low byte of each UTF-16 unit, as tls-sig-api-v2 for Node writes a string.
func lowBytes(s string) string {
	units := utf16.Encode([]rune(s))
	b := make([]byte, len(units))
	for i, unit := range units {
		b[i] = byte(unit)
	}
	return string(b)
}

// appendText appends a string with its length in front, two bytes.
func appendText(b []byte, s string) []byte {
	s = s[:min(len(s), math.MaxUint16)]
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// cutText takes such a string off the front.
func cutText(b []byte) (text string, rest []byte, ok bool) {
	if len(b) < 2 {
		return "", nil, false
	}
	size, rest := int(binary.BigEndian.Uint16(b)), b[2:]
	if len(rest) < size {
		return "", nil, false
	}
	return string(rest[:size]), rest[size:], true
}

// unixSeconds returns t in the four bytes that the layout has, at most their largest value.
func unixSeconds(t time.Time) uint32 {
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}
