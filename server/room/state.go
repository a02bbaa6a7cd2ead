package room

import "time"

// Rights are the bits of a PrivateMapKey (TRTC, advanced permission control).
type Rights uint32

// The rights. Without permission control a member has [AllRights].
const (
	MayCreate       Rights = 1
	MayEnter        Rights = 2
	MaySendAudio    Rights = 4
	MayReceiveAudio Rights = 8
	MaySendVideo    Rights = 16
	MayReceiveVideo Rights = 32
	MaySendSub      Rights = 64
	MayReceiveSub   Rights = 128
	AllRights       Rights = 255
)

// Block is what a back end has taken from a user, whatever the rights say (TRTC, SetUserBlocked). It belongs to the user
// in this incarnation, so it outlives each stay (I-14).
type Block struct{ Audio, Video bool }

// State is what a room keeps of itself beyond the life of its process, but for its members.
type State struct {
	Incarnation string
	Scene       Scene
	OpenedAt    time.Time
	// Seq is the place of the latest happening that was kept. What was told after it may be higher.
	Seq    uint64
	Policy Policy
	// Host is who is host now; it may have been handed over.
	Host     string           `json:",omitempty"`
	Blocks   map[string]Block `json:",omitempty"`
	LastRole Role             `json:",omitempty"`
}

// MemberState is what a room keeps of a stay beyond the life of its process.
type MemberState struct {
	Session, User, Client, Device string
	Role                          Role
	Rights                        Rights
	EnteredAt                     time.Time
	ReceiveAudio, ReceiveVideo    bool
	Streams                       []StreamState `json:",omitempty"`
	Wishes                        []Wish        `json:",omitempty"`
}

// StreamState is one stream in a [MemberState].
type StreamState struct {
	Stream Stream
	Mid    string
	Muted  bool
}

// Wish is an explicit Subscribe or Unsubscribe in a [MemberState].
type Wish struct {
	User   string
	Stream Stream
	Wanted bool
}
