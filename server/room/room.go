// Package room is the heart: who is in a room, and who hears whom.
//
// It is pure. [Room.Step] takes the time and one [Event] and returns [Effect]s, as data, for the hall to carry out in
// order. There is no goroutine, clock, socket, media or bus in here, and there never may be. A member leaves through one
// function only, in exit.go.
package room

import "fmt"

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

// Scene is TRTCAppScene.
type Scene uint8

// The scenes. In call scenes everybody is announced to everybody; in live scenes only anchors are.
const (
	VideoCall     Scene = 0
	Live          Scene = 1
	AudioCall     Scene = 2
	VoiceChatRoom Scene = 3
)

// Live says whether the scene knows an audience.
func (s Scene) Live() bool { return s == Live || s == VoiceChatRoom }

// Role is TRTCRoleType.
type Role uint8

// The roles; they only matter in live scenes.
const (
	Anchor   Role = 20
	Audience Role = 21
)

// Stream is one thing that a member may publish. The numbers are those of the wire.
type Stream uint8

const (
	// Audio is the microphone.
	Audio Stream = 1
	// Big is the camera (TRTCVideoStreamTypeBig).
	Big Stream = 2
	// Sub is the screen (TRTCVideoStreamTypeSub).
	Sub Stream = 3
)
