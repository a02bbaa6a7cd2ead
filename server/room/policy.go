package room

import (
	"errors"
	"fmt"
	"time"
)

// Presence says when a silent member counts as unstable and when as gone, and how its SDK speaks of the loss.
type Presence struct {
	// UnstableAfter is the silence after which the others are told; at least 1 s.
	UnstableAfter time.Duration
	// GoneAfter is the silence that ends the stay as timed out; more than UnstableAfter, at most [goneMax].
	GoneAfter time.Duration
	// ClosedAfter replaces GoneAfter, from the close on, for a page that closed its socket as pages do when they end
	// (close codes 1000 and 1001, RFC 6455 §7.4.1): it is most likely gone, but may be one that was frozen.
	ClosedAfter time.Duration
	// TryAfter and TryEvery pace onTryToReconnect: first so long after onConnectionLost, then so often. The SDK tries
	// at once and more often than it says.
	TryAfter, TryEvery time.Duration
}

// SameUser says what happens when a user who is inside enters once more.
type SameUser uint8

const (
	// Replace ends the older stay (TRTC's way).
	Replace SameUser = iota
	// RefuseNew turns the newcomer away, unless it comes from the same device.
	RefuseNew
	// AllowDevices lets a user be inside from several devices; for the others that is one user.
	AllowDevices
)

// HostGone says what happens when the room's host stays away.
type HostGone uint8

const (
	// KeepRoom lets the room go on without a host, until the host returns.
	KeepRoom HostGone = iota
	// HandOver makes the member host that others have seen for the longest time.
	HandOver
	// EndRoom ends the room.
	EndRoom
)

// Timers end a room, or a stay, by themselves; each names itself in the reason. Zero is off.
type Timers struct {
	// NeverEntered ends a room that was opened by a back end and that nobody entered.
	NeverEntered time.Duration
	// Empty is how long an empty room stays. Zero means TRTC's rule: a call room not at all; a live room not at all
	// when an anchor was the last to leave, and ten minutes when it was audience.
	Empty time.Duration
	// Alone ends a room in which one user has been alone for so long.
	Alone time.Duration
	// Idle ends a room in which for so long nobody published, spoke by message, came or went.
	Idle time.Duration
	// MaxAge ends a room so long after it was opened.
	MaxAge time.Duration
	// MaxStay ends each stay so long after it began, as credential_expired.
	MaxStay time.Duration
	// HostAway is how long the host may be away before HostGone is carried out.
	HostAway time.Duration
}

// Policy are the rules of one room.
type Policy struct {
	Presence Presence
	SameUser SameUser
	// Devices is how many devices of one user [AllowDevices] lets in at once.
	Devices int
	Timers  Timers
	// Host is the user whose leaving HostGone speaks of; empty for nobody.
	Host     string
	HostGone HostGone
}

const (
	// goneMax bounds how long a silent member keeps its seat.
	goneMax = 10 * time.Minute
	// devicesMax bounds the devices of one user.
	devicesMax = 10
	// timerMin and timerMax bound every timer that is on.
	timerMin, timerMax = time.Second, 366 * 24 * time.Hour
)

// DefaultPolicy notices a loss after two seconds and ends the stay after ten.
func DefaultPolicy() Policy {
	return Policy{
		Presence: Presence{
			UnstableAfter: 2 * time.Second, GoneAfter: 10 * time.Second, ClosedAfter: 500 * time.Millisecond,
			TryAfter: 0, TryEvery: 3 * time.Second,
		},
		Devices: 2,
	}
}

// TRTCPolicy is as patient as TRTC: lost after 8 seconds, tried 3 seconds later and then every 24, gone after 90.
func TRTCPolicy() Policy {
	p := DefaultPolicy()
	p.Presence = Presence{
		UnstableAfter: 8 * time.Second, GoneAfter: 90 * time.Second, ClosedAfter: 2 * time.Second,
		TryAfter: 3 * time.Second, TryEvery: 24 * time.Second,
	}
	return p
}

// Check returns an error that names each wrong field and its limits.
func (p Policy) Check() error {
	return errors.Join(
		between("presence.unstableAfter", p.Presence.UnstableAfter, time.Second, goneMax),
		between("presence.goneAfter", p.Presence.GoneAfter, p.Presence.UnstableAfter+time.Second, goneMax),
		between("presence.closedAfter", p.Presence.ClosedAfter, 0, p.Presence.GoneAfter),
		between("presence.tryAfter", p.Presence.TryAfter, 0, goneMax),
		between("presence.tryEvery", p.Presence.TryEvery, time.Second, goneMax),
		p.Timers.check(),
		p.checkNumbers(),
	)
}

func (t Timers) check() error {
	named := []struct {
		name  string
		value time.Duration
	}{
		{"neverEntered", t.NeverEntered},
		{"empty", t.Empty},
		{"alone", t.Alone},
		{"idle", t.Idle},
		{"maxAge", t.MaxAge},
		{"maxStay", t.MaxStay},
		{"hostAway", t.HostAway},
	}
	var wrong []error
	for _, timer := range named {
		if timer.value != 0 {
			wrong = append(wrong, between("timers."+timer.name, timer.value, timerMin, timerMax))
		}
	}
	return errors.Join(wrong...)
}

func (p Policy) checkNumbers() error {
	var wrong []error
	if p.SameUser > AllowDevices {
		wrong = append(wrong, fmt.Errorf("sameUser is %d; it must be 0 (replace), 1 (refuse) or 2 (devices)", p.SameUser))
	}
	if p.Devices < 1 || p.Devices > devicesMax {
		wrong = append(wrong, fmt.Errorf("devices is %d; it must be from 1 to %d", p.Devices, devicesMax))
	}
	if p.HostGone > EndRoom {
		wrong = append(wrong, fmt.Errorf("hostGone is %d; it must be 0 (keep), 1 (hand over) or 2 (end)", p.HostGone))
	}
	if len(p.Host) > UserMax {
		wrong = append(wrong, fmt.Errorf("host has %d bytes; its limit is %d", len(p.Host), UserMax))
	}
	return errors.Join(wrong...)
}

func between(field string, value, low, high time.Duration) error {
	if value >= low && value <= high {
		return nil
	}
	return fmt.Errorf("%s is %v; it must be from %v to %v", field, value, low, high)
}
