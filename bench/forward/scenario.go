//go:build linux

package main

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

const (
	sound   = webrtc.RTPCodecTypeAudio
	picture = webrtc.RTPCodecTypeVideo
)

// scenario is what one speaker says to how many listeners.
type scenario struct {
	name      string
	listeners int
	kind      webrtc.RTPCodecType
	// rate is bursts a second, burst is packets of a burst, size is bytes of a packet with its RTP header. With a rate
	// of 0 nobody speaks.
	rate        float64
	burst, size int
}

// The scenarios to which targets belong.
const (
	frames  = "T10"
	three   = "three"
	single  = "single"
	audio   = "audio"
	inbound = "inbound"
)

// scenarios are all that can be measured, in the order of the table. The first is the one that decisions rest on.
var scenarios = []scenario{
	{frames, 100, picture, 30, 10, 1200},
	{three, 100, picture, 100, 3, 1200},
	{single, 100, picture, 300, 1, 1200},
	{audio, 100, sound, 50, 1, 120},
	{inbound, 1, picture, 240, 10, 1200},
	{"idle", 100, picture, 0, 0, 0},
}

// String says it in words.
func (s scenario) String() string {
	if s.idle() {
		return fmt.Sprintf("%d members, nobody sends", s.listeners)
	}
	return fmt.Sprintf("1 → %d, %g/s × %d × %d B", s.listeners, s.rate, s.burst, s.size)
}

// idle says whether nobody speaks.
func (s scenario) idle() bool { return s.rate == 0 }

// packets is how many the speaker sends in a second.
func (s scenario) packets() float64 { return s.rate * float64(s.burst) }

// seats lists everybody who enters: the speaker first, so that the listeners find the stream published.
func (s scenario) seats() []seat {
	var all []seat
	if !s.idle() {
		all = append(all, seat{scenario: s, name: "speaker"})
	}
	for n := range s.listeners {
		all = append(all, seat{scenario: s, name: fmt.Sprintf("listener-%d", n), listens: true})
	}
	return all
}

// seat is one member's part: a listener, or the speaker.
type seat struct {
	scenario
	name    string
	listens bool
}

// room is the one room of a scenario.
const room = "forward"
