// Package load fills a server's rooms with members that send and receive real, encrypted media, and measures whether
// the server holds: how long entering takes, what is lost, how late the rest comes, and when everybody knows who left.
//
// All members are of one process, so one clock stamps a packet when it is sent and reads the stamp when it comes. The
// package must never lose or delay what it measures without saying so: see [Generator].
package load

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/exeunt/exeunt/client"
)

// Plan says how a server is loaded.
type Plan struct {
	// URL is the server's signalling address; SdkAppID and Secret make the members' credentials.
	URL      string `json:"url"`
	SdkAppID uint32 `json:"sdkAppId"`
	Secret   string `json:"-"`
	// Scene is a TRTCAppScene. In live scenes (1 and 3) those who do not publish are audience.
	Scene uint32 `json:"scene"`
	// Rooms are loaded alike: each has Members members, of whom Publishers publish; everybody receives the others.
	Rooms      int `json:"rooms"`
	Members    int `json:"members"`
	Publishers int `json:"publishers"`
	// EnterRate is how many members ask to enter a second.
	EnterRate float64 `json:"enterRate"`
	Video     Video   `json:"video"`
	Audio     Audio   `json:"audio"`
	// For is how long is measured, once everybody is inside.
	For time.Duration `json:"forNanoseconds"`
	// Network says which way media may take.
	Network client.Network `json:"-"`
	// Metrics is the address of the server's numbers; empty when they cannot be reached.
	Metrics string `json:"metrics,omitempty"`
}

// Video is the shape of a picture: how many frames a second, packets a frame, and bytes a packet. The zero value is no
// picture.
type Video struct{ Frames, Packets, Bytes int }

// Audio is the shape of a sound: how many packets a second, and bytes a packet. The zero value is no sound.
type Audio struct{ Packets, Bytes int }

// The limits of a plan. Each member is a peer connection of this process, with its sockets and goroutines.
const (
	RoomsMax      = 1000
	MembersMax    = 1000
	TotalMax      = 2000
	PublishersMax = 50 // In a room, as with TRTC.
	EnterRateMin  = 0.1
	EnterRateMax  = 1000
	ForMin        = time.Second
	ForMax        = 24 * time.Hour
	FramesMax     = 120
	PacketsMax    = 100 // In a frame.
	SoundsMax     = 500 // Packets of sound a second.
	BytesMin      = 64  // An RTP packet with its header; smaller ones have no room for the stamp.
	BytesMax      = 1200
	sceneMax      = 3
	// soundBytes is the size of a sound's packets of which only the number is said: 32 kbit/s at 50 a second.
	soundBytes = 92
)

// LimitError is a flag whose value is out of bounds.
type LimitError struct {
	// Flag is the name on the command line, Value what was given, and Limit what would be allowed.
	Flag, Value, Limit string
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s is %s: it must be %s", e.Flag, e.Value, e.Limit)
}

// within returns a [LimitError] unless least <= value <= most.
func within[N int | uint32 | float64 | time.Duration](flag string, value, least, most N) error {
	if value >= least && value <= most {
		return nil
	}
	return &LimitError{flag, fmt.Sprint(value), fmt.Sprintf("from %v to %v", least, most)}
}

// Validate returns all that is wrong with the plan, each a [*LimitError].
func (p *Plan) Validate() error {
	var total, rate error
	if p.Rooms > 0 && p.Members > 0 && p.Rooms <= RoomsMax && p.Members <= MembersMax && p.Rooms*p.Members > TotalMax {
		total = &LimitError{
			"--rooms times --members", fmt.Sprint(p.Rooms * p.Members),
			fmt.Sprintf("at most %d: share the load among several machines", TotalMax),
		}
	}
	if rate = within("--enter-rate", p.EnterRate, EnterRateMin, EnterRateMax); math.IsNaN(p.EnterRate) {
		rate = &LimitError{"--enter-rate", "no number", fmt.Sprintf("from %v to %v", EnterRateMin, EnterRateMax)}
	}
	return errors.Join(
		within("--rooms", p.Rooms, 1, RoomsMax),
		within("--members", p.Members, 1, MembersMax),
		total,
		within("--publishers", p.Publishers, 0, max(0, min(p.Members, PublishersMax))),
		within("--scene", p.Scene, 0, sceneMax),
		rate,
		p.Video.validate(),
		p.Audio.validate(),
		within("--for", p.For, ForMin, ForMax),
	)
}

func (v Video) validate() error {
	if v == (Video{}) {
		return nil
	}
	return errors.Join(
		within("--video: frames a second", v.Frames, 1, FramesMax),
		within("--video: packets a frame", v.Packets, 1, PacketsMax),
		within("--video: bytes a packet", v.Bytes, BytesMin, BytesMax),
	)
}

func (a Audio) validate() error {
	if a == (Audio{}) {
		return nil
	}
	return errors.Join(
		within("--audio: packets a second", a.Packets, 1, SoundsMax),
		within("--audio: bytes a packet", a.Bytes, BytesMin, BytesMax),
	)
}

// live says whether the scene has audience.
func (p *Plan) live() bool { return p.Scene == 1 || p.Scene == 3 }

// none is how one says that a stream is not wanted.
const none = "none"

// UnmarshalText reads "30x10x1200", or "none".
func (v *Video) UnmarshalText(text []byte) error {
	n, ok := numbers(string(text))
	switch {
	case ok && len(n) == 0:
		*v = Video{}
	case ok && len(n) == 3:
		*v = Video{n[0], n[1], n[2]}
	default:
		return &LimitError{
			"--video", strconv.Quote(string(text)), "frames a second x packets a frame x bytes, such as 30x10x1200, or none",
		}
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (v Video) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

func (v Video) String() string {
	if v == (Video{}) {
		return none
	}
	return fmt.Sprintf("%dx%dx%d", v.Frames, v.Packets, v.Bytes)
}

// UnmarshalText reads "50", "50x92", or "none".
func (a *Audio) UnmarshalText(text []byte) error {
	n, ok := numbers(string(text))
	switch {
	case ok && len(n) == 0:
		*a = Audio{}
	case ok && len(n) == 1:
		*a = Audio{n[0], soundBytes}
	case ok && len(n) == 2:
		*a = Audio{n[0], n[1]}
	default:
		return &LimitError{
			"--audio", strconv.Quote(string(text)), "packets a second, such as 50, or with bytes, 50x92, or none",
		}
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (a Audio) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func (a Audio) String() string {
	if a == (Audio{}) {
		return none
	}
	return fmt.Sprintf("%dx%d", a.Packets, a.Bytes)
}

// numbers reads numbers between which stands an x; "none" is none of them.
func numbers(text string) ([]int, bool) {
	if text == none {
		return nil, true
	}
	var all []int
	for part := range strings.SplitSeq(text, "x") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		all = append(all, n)
	}
	return all, true
}
