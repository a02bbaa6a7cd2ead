//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	sound   = webrtc.RTPCodecTypeAudio
	picture = webrtc.RTPCodecTypeVideo
)

// scenario is what is said to whom. Without rooms, one speaker talks to listeners; with rooms, everybody in each of
// them speaks and hears others.
type scenario struct {
	name, group string
	// listeners are the members who hear something, of one room.
	listeners int
	// rooms is how many rooms of members who all speak there are; 0 for one room with one speaker.
	rooms int
	// slots is how many of the others a member of such a room hears at most.
	slots int
	kind  webrtc.RTPCodecType
	// rate is bursts a second, burst is packets of a burst, size is bytes of a packet with its RTP header. With a rate
	// of 0 nobody speaks.
	rate        float64
	burst, size int
	// gap lies between two packets of a burst; with 0 they come back to back.
	gap time.Duration
	// samples is how many listeners look into all that they get; 0 counts as 1.
	samples int
	sockets socketKind
	// only names the servers that are measured; nil for all.
	only []string
	// act is what is measured; nil for what a forwarded packet costs.
	act act
}

// act measures what a scenario asks for, of a crowd that is not in yet.
type act func(*crowd, context.Context, options) (figure, error)

// The groups, each a part that can be run alone.
const (
	forwarding = "forward"
	resting    = "idle"
	rooming    = "rooms"
	joining    = "join"
	latency    = "latency"
	flatOut    = "flat"
	growth     = "growth"
	linear     = "linear"
	allocation = "allocations"
)

// The scenarios to which targets belong.
const (
	frames   = "T10"
	three    = "three"
	single   = "single"
	audio    = "audio"
	inbound  = "inbound"
	idle     = "idle"
	rooms10  = "rooms-10x10"
	rooms2   = "rooms-2x50"
	rooms1   = "rooms-1x300"
	cameras  = "rooms-cameras"
	join     = "join"
	wide     = "T200"
	whole    = "whole"
	lone     = "lone"
	spaced   = "spaced"
	flat     = "flat"
	cycles   = "growth"
	nothings = "allocations"
)

var (
	// talkers forward from many to many.
	talkers = []string{nameExeunt, nameLivekit}
	// wideNames are those that can take the widest crowds on one processor with all their members on another.
	wideNames = []string{nameExeunt, nameFloor}
	ours      = []string{nameExeunt}
	// waiters are those whose latency is looked at.
	waiters = []string{nameExeunt, namePion, nameLivekit}
)

// scenarios are all that can be measured, in the order of the tables. The first is the one that decisions rest on.
var scenarios = []scenario{
	{name: frames, group: forwarding, listeners: 100, kind: picture, rate: 30, burst: 10, size: 1200},
	{name: three, group: forwarding, listeners: 100, kind: picture, rate: 100, burst: 3, size: 1200},
	{name: single, group: forwarding, listeners: 100, kind: picture, rate: 300, burst: 1, size: 1200},
	{name: audio, group: forwarding, listeners: 100, kind: sound, rate: 50, burst: 1, size: 120},
	{name: inbound, group: forwarding, listeners: 1, kind: picture, rate: 240, burst: 10, size: 1200},
	{
		name: rooms10, group: rooming, listeners: 10, rooms: 10, slots: 9, kind: sound, rate: 50, burst: 1, size: 120,
		only: talkers,
	},
	{
		name: rooms2, group: rooming, listeners: 50, rooms: 2, slots: 9, kind: sound, rate: 50, burst: 1, size: 120,
		only: talkers,
	},
	{
		name: rooms1, group: rooming, listeners: 300, rooms: 1, slots: 3, kind: sound, rate: 50, burst: 1, size: 120,
		only: talkers,
	},
	{
		name: cameras, group: rooming, listeners: 10, rooms: 10, slots: 9, kind: picture, rate: 15, burst: 2, size: 700,
		only: talkers,
	},
	{
		name: wide, group: latency, listeners: 200, kind: picture, rate: 30, burst: 10, size: 1200, samples: 8,
		only: waiters,
	},
	{name: whole, group: latency, listeners: 1, kind: picture, rate: 30, burst: 10, size: 1200, only: waiters},
	{name: lone, group: latency, listeners: 1, kind: picture, rate: 300, burst: 1, size: 1200, only: waiters},
	{
		name: spaced, group: latency, listeners: 1, kind: picture, rate: 30, burst: 10, size: 1200,
		gap: time.Millisecond, only: waiters,
	},
	{
		name: join, group: joining, listeners: entrants, kind: sound, rate: 100, burst: 1, size: 120,
		sockets: stamping, only: waiters, act: (*crowd).enterAll,
	},
	{
		name: flat, group: flatOut, listeners: 100, kind: picture, rate: 100, burst: 40, size: 1200,
		sockets: coalescing, only: wideNames,
	},
	lines(10), lines(30), lines(100), lines(300), lines(1000),
	{name: idle, group: resting, listeners: 100, kind: picture, only: waiters, act: (*crowd).rest},
	{
		name: cycles, group: growth, listeners: cyclesAtOnce, kind: sound, rate: 50, burst: 1, size: 120,
		only: talkers, act: (*crowd).churn,
	},
	{name: nothings, group: allocation, only: ours, act: (*crowd).allocate},
}

// lines is one point of the line that cost draws over listeners. LiveKit's widest takes longer to get in than to
// measure.
func lines(listeners int) scenario {
	s := scenario{
		name: fmt.Sprintf("linear-%d", listeners), group: linear, listeners: listeners, kind: picture,
		rate: 5, burst: 10, size: 1200, only: talkers,
	}
	if listeners > 300 {
		s.only = ours
	}
	return s
}

// String says it in words.
func (s scenario) String() string {
	pattern := fmt.Sprintf("%g/s × %d × %d B", s.rate, s.burst, s.size)
	switch {
	case s.name == nothings:
		return "20 listeners, in the test's own process"
	case s.rate == 0:
		return fmt.Sprintf("%d members, nobody sends", s.listeners)
	case s.name == join:
		return fmt.Sprintf("%d one by one, then %d at once, %s", solos, entrants, pattern)
	case s.name == cycles:
		return fmt.Sprintf("%d come, hear and go, %s", cyclesCount, pattern)
	case s.rooms > 0:
		return fmt.Sprintf("%d × %d, %d heard of %d, %s", s.rooms, s.listeners, s.heard(), s.listeners-1, pattern)
	case s.gap > 0:
		return fmt.Sprintf("1 → %d, %s, %v apart", s.listeners, pattern, s.gap)
	}
	return fmt.Sprintf("1 → %d, %s", s.listeners, pattern)
}

// forwards says whether what is measured is the cost of forwarding.
func (s scenario) forwards() bool { return s.act == nil }

// packets is how many one speaker sends in a second.
func (s scenario) packets() float64 { return s.rate * float64(s.burst) }

// speakers is how many members send.
func (s scenario) speakers() int { return max(1, s.rooms*s.listeners) }

// heard is how many others a member of a room hears where all speak.
func (s scenario) heard() int { return min(s.slots, s.listeners-1) }

// copies is to how many listeners a packet goes, on average.
func (s scenario) copies() float64 {
	if s.rooms > 0 {
		return float64(s.heard())
	}
	return float64(s.listeners)
}

// mixes says whether listeners hear only some: then another speaker may come into a stream.
func (s scenario) mixes() bool { return s.rooms > 0 && s.heard() < s.listeners-1 }

// measures says whether a server is measured in this scenario.
func (s scenario) measures(server string) bool {
	return s.only == nil || slices.Contains(s.only, server)
}

// seats lists everybody who enters: a lone speaker first, so that the listeners find the stream published.
func (s scenario) seats() []seat {
	var all []seat
	for r := range s.rooms {
		for n := range s.listeners {
			all = append(all, seat{
				scenario: s, room: fmt.Sprintf("forward-%d", r), name: fmt.Sprintf(memberName, r, n), order: n,
				speaks: true, listens: true,
			})
		}
	}
	if s.rooms > 0 {
		return all
	}
	if s.rate > 0 {
		all = append(all, s.speaker())
	}
	for n := range s.listeners {
		all = append(all, s.listener(n))
	}
	return all
}

func (s scenario) speaker() seat {
	return seat{scenario: s, room: room, name: "speaker", speaks: true}
}

func (s scenario) listener(n int) seat {
	return seat{scenario: s, room: room, name: fmt.Sprintf("listener-%d", n), order: n, listens: true}
}

// seat is one member's part: a listener, a speaker, or both.
type seat struct {
	scenario
	room, name string
	// order is its place among those of its room.
	order           int
	speaks, listens bool
}

// memberName is the name of a member of a room where all speak: the room, and the place in it.
const memberName = "member-%d-%d"

// loud says whether a speaker is one of those that everybody in a room should hear.
func (s seat) loud() bool { return s.rooms == 0 || s.order <= s.heard() }

// lineCount is how many streams a member takes.
func (s seat) lineCount() int {
	switch {
	case !s.listens:
		return 0
	case s.rooms > 0:
		return s.heard()
	}
	return 1
}

// room is the one room of a scenario with one speaker.
const room = "forward"
