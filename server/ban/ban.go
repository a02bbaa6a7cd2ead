// Package ban keeps who may not come in, where, and until when.
//
// A ban is made only when a back end asks for it, says how far it reaches, and ends by itself or is lifted. It is on
// disk before anybody is told of it. Whether somebody is banned is asked at every door, so it is answered from memory.
// Time is the server's, without leeway: a ban ends at its instant, neither earlier nor later. The package removes
// nobody.
package ban

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// ErrInvalid says that a ban cannot be as it is; the error that wraps it names each wrong field and its limits.
var ErrInvalid = errors.New("the ban is not valid")

// ErrFull says that an app has as many bans as it may have, or one user or device has.
var ErrFull = errors.New("too many bans")

const (
	// PerApp bounds the bans of one app.
	PerApp = 100_000
	// PerPerson bounds the bans of one user of an app, and of one device, so that asking stays quick.
	PerPerson = 100
	// YearsMax is how far away the end of a ban may be, unless it is for good.
	YearsMax = 10
	// nameMax bounds a device's name and an incarnation's, in bytes.
	nameMax = 64
	// actorMax bounds who did it: "api:" and a key's id, which has at most 128 bytes.
	actorMax = 160
)

// Scope says how far a ban reaches.
type Scope uint8

const (
	// Incarnation keeps the banned out until this opening of the room is over.
	Incarnation Scope = iota + 1
	// Room keeps the banned out of the room of this name, whenever it is open.
	Room
	// App keeps the banned out of every room of the app.
	App
)

// Ban keeps one person out.
type Ban struct {
	// ID names the ban; [Book.Put] makes it.
	ID    string
	App   uint32
	Scope Scope
	// Key is the room, unless the scope is the app.
	Key room.Key
	// Incarnation is the opening of the room, for the scope [Incarnation] only.
	Incarnation string
	// User and Device say who is banned: whoever comes as this user or from this device. One of them may be empty.
	User, Device string
	// At is when the ban was made; [Book.Put] fills in the zero time.
	At time.Time
	// Until is when it ends, at most ten years later; the zero time for good.
	Until time.Time
	// Actor says who decided, Text what the banned may read; at most [exit.TextMax] bytes.
	Actor, Text string
}

// check returns an error that names each wrong field and its limits.
func (b Ban) check() error {
	wrong := errors.Join(b.checkWhere(), b.checkWho(), b.checkWhen())
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, wrong)
}

func (b Ban) checkWhere() error {
	var wrong []error
	if b.App == 0 {
		wrong = append(wrong, errors.New("app is 0; it must be at least 1"))
	}
	if b.Scope < Incarnation || b.Scope > App {
		return errors.Join(append(wrong, fmt.Errorf(
			"scope is %d; it must be 1 (this opening of the room), 2 (the room) or 3 (the app)", b.Scope))...)
	}
	if b.Scope == App {
		return errors.Join(wrong...)
	}
	if b.Key.App != b.App {
		wrong = append(wrong, fmt.Errorf("the room is of app %d; it must be of app %d", b.Key.App, b.App))
	}
	if b.Key.Kind != room.Numeric && b.Key.Kind != room.Str {
		wrong = append(wrong, fmt.Errorf("the room's kind is %d; it must be 1 (numeric) or 2 (string)", b.Key.Kind))
	}
	wrong = append(wrong, length("the room's id", b.Key.ID, 1, room.StrMax))
	if b.Scope == Incarnation {
		wrong = append(wrong, length("incarnation", b.Incarnation, 1, nameMax))
	}
	return errors.Join(wrong...)
}

func (b Ban) checkWho() error {
	var nobody error
	if b.User == "" && b.Device == "" {
		nobody = errors.New("user and device are empty; one must say who is banned")
	}
	return errors.Join(
		nobody,
		length("user", b.User, 0, room.UserMax),
		length("device", b.Device, 0, nameMax),
		length("actor", b.Actor, 0, actorMax),
		length("text", b.Text, 0, exit.TextMax),
	)
}

func (b Ban) checkWhen() error {
	if b.Until.IsZero() {
		return nil
	}
	if last := b.At.AddDate(YearsMax, 0, 0); !b.Until.After(b.At) || b.Until.After(last) {
		return fmt.Errorf("until is %s; it must be after %s and at most %d years later, or none for good",
			b.Until.Format(time.RFC3339), b.At.Format(time.RFC3339), YearsMax)
	}
	return nil
}

func length(field, value string, low, high int) error {
	if len(value) < low || len(value) > high {
		return fmt.Errorf("%s has %d bytes; it must have %d to %d", field, len(value), low, high)
	}
	if !utf8.ValidString(value) {
		return fmt.Errorf("%s is not UTF-8", field)
	}
	return nil
}

// over says that the ban has ended: at its instant, without leeway.
func (b Ban) over(now time.Time) bool { return !b.Until.IsZero() && !now.Before(b.Until) }

// reaches says that the ban holds in this opening of the room.
func (b Ban) reaches(key room.Key, incarnation string) bool {
	switch b.Scope {
	case Incarnation:
		return b.Key == key && b.Incarnation == incarnation
	case Room:
		return b.Key == key
	default:
		return true
	}
}

// longer says that b lasts longer than other.
func (b Ban) longer(other Ban) bool {
	if b.Until.IsZero() || other.Until.IsZero() {
		return b.Until.IsZero() && !other.Until.IsZero()
	}
	return b.Until.After(other.Until)
}
