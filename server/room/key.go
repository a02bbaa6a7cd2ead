package room

import (
	"fmt"
	"strings"
)

// Kind tells a numeric room from a string room: number 7 and string "7" are different rooms (TRTC, enterRoom).
type Kind uint8

const (
	// Numeric rooms are entered by roomId, 1 to 4294967294.
	Numeric Kind = iota + 1
	// Str rooms are entered by strRoomId, up to 64 bytes of 89 characters.
	Str
)

// Key names a room: tenants (SdkAppId) and kinds never meet.
type Key struct {
	// App is the SdkAppId.
	App uint32
	// Kind and ID are the room's name; a numeric id stands in decimal.
	Kind Kind
	ID   string
}

// String returns the key for logs: app/numeric/7 or app/str/lesson.
func (k Key) String() string {
	kind := "numeric"
	if k.Kind == Str {
		kind = "str"
	}
	return fmt.Sprintf("%d/%s/%s", k.App, kind, k.ID)
}

// The limits of names, the same at every door (TRTC, TRTCParams).
const (
	// NumberMax is the highest roomId; the lowest is 1.
	NumberMax = 4294967294
	// StrMax bounds a strRoomId, in bytes.
	StrMax = 64
	// StrSigns are the characters of a strRoomId beside letters and digits; with them they are 89.
	StrSigns = " !#$%&()+-:;<=.>?@[]^_{}|~,"
	// UserMax bounds a userId, in bytes: twice what TRTC recommends, so that ids of existing accounts fit.
	UserMax = 64
)

// StrangeSign returns where a strRoomId has its first character that TRTC does not allow, in bytes; -1 for nowhere.
func StrangeSign(id string) int {
	return strings.IndexFunc(id, func(c rune) bool {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune(StrSigns, c)
	})
}
