package room

import "time"

// Limits are the numbers that bound a room. The zero value forbids nearly everything; start from [DefaultLimits].
type Limits struct {
	// CallMembers is how many may be in a call room at once (TRTC: 300).
	CallMembers int
	// LiveMembers is how many may be in a live room at once (TRTC: 100 000 audience).
	LiveMembers int
	// Publishers is how many members of one room may publish at once (TRTC: 50).
	Publishers int
	// SubStreams is how many screens may be shared in one room at once (TRTC: 1); 0 for no limit.
	SubStreams int
	// MessageBytes bounds the data of one custom message (TRTC sendCustomCmdMsg: 1024).
	MessageBytes int
	// MessagesPerSecond and MessageBytesPerSecond bound one sender (TRTC: 30 messages and 8 KB a second).
	MessagesPerSecond     int
	MessageBytesPerSecond int
	// Linger is how long an empty live room stays when its last leaver was audience (TRTC: 10 minutes).
	Linger time.Duration
}

// DefaultLimits returns TRTC's documented numbers, and ten seconds of silence.
func DefaultLimits() Limits {
	return Limits{
		CallMembers:           300,
		LiveMembers:           100_000,
		Publishers:            50,
		SubStreams:            1,
		MessageBytes:          1024,
		MessagesPerSecond:     30,
		MessageBytesPerSecond: 8 << 10,
		Linger:                10 * time.Minute,
	}
}

// The numbers of a room that nobody needs to change.
const (
	// cmdMax is the highest cmdId of a custom message (TRTC: 1 to 10).
	cmdMax = 10
	// midMax bounds the mid of a send line in bytes, as the RTP header extension does (RFC 8843 §15.1: short; one
	// byte extensions carry 16).
	midMax = 16
)

// The TRTC codes with which a room answers (TRTCErrorCode).
const (
	// CodeBadSceneOrRole is ERR_SERVER_INFO_BAD_SCENE_OR_ROLE: not the room's scene, or no scene or role at all.
	CodeBadSceneOrRole int32 = -100011
	// CodeRoomNotExist is ERR_SERVER_CENTER_ROOM_NOT_EXIST: this incarnation is over.
	CodeRoomNotExist int32 = -102005
	// CodeAnotherSubVideo is ERR_SERVER_CENTER_ANOTHER_USER_PUSH_SUB_VIDEO: somebody else shares already.
	CodeAnotherSubVideo int32 = -102016
	// CodeRoomFull is ERR_SERVER_CENTER_ROOM_FULL: no place for one more member. It also answers one more publisher
	// than the room may have, for which TRTC documents the limit but no number.
	CodeRoomFull int32 = -102052
	// CodeEnterRefused is ERR_TRTC_ENTER_ROOM_REFUSED: the same user is inside, and the room's policy forbids a second
	// entry. The hall answers the banned with it.
	CodeEnterRefused int32 = -3340
	// CodeNoPush is ERR_SERVER_CENTER_NO_PRIVILEDGE_PUSH_VIDEO: the PrivateMapKey lacks the bit to send the stream.
	CodeNoPush int32 = -102013
	// CodeInvalidRole is ERR_SERVER_CENTER_INVALID_ROLE: no such role, or roles mean nothing in this scene.
	CodeInvalidRole int32 = -102055
	// CodeInvalidParameter is ERR_INVALID_PARAMETER: a field is out of its range.
	CodeInvalidParameter int32 = -2
	// CodeRefused is ERR_REFUSED: well-formed, but more than the room's limits allow.
	CodeRefused int32 = -3
	// CodeAudienceUpstream is WARNING_IGNORE_UPSTREAM_FOR_AUDIENCE.
	CodeAudienceUpstream int32 = 6001
)
