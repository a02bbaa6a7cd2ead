package ban

import (
	"fmt"
	"slices"
)

// person is who a ban is about: a user of an app, or a device.
type person struct {
	app    uint32
	device bool
	name   string
}

// persons are those whom somebody may be known as.
func persons(app uint32, user, device string) []person {
	known := make([]person, 0, 2)
	if user != "" {
		known = append(known, person{app: app, name: user})
	}
	if device != "" {
		known = append(known, person{app: app, device: true, name: device})
	}
	return known
}

// index finds bans in memory. Its owner holds a lock.
type index struct {
	// bans are all, by app and id.
	bans         map[uint32]map[string]*Ban
	persons      map[person][]*Ban
	incarnations map[string][]*Ban
	// reserved counts the bans of an app that are on their way to the disk, and those of a person.
	reserved        map[uint32]int
	reservedPersons map[person]int
}

func newIndex() index {
	return index{
		bans: map[uint32]map[string]*Ban{}, persons: map[person][]*Ban{}, incarnations: map[string][]*Ban{},
		reserved: map[uint32]int{}, reservedPersons: map[person]int{},
	}
}

// reserve takes a place for a ban; [ErrFull] when there is none.
func (x *index) reserve(b Ban) error {
	if len(x.bans[b.App])+x.reserved[b.App] >= PerApp {
		return fmt.Errorf("app %d has %d bans, which is the limit: %w", b.App, PerApp, ErrFull)
	}
	known := persons(b.App, b.User, b.Device)
	for _, who := range known {
		if len(x.persons[who])+x.reservedPersons[who] >= PerPerson {
			return fmt.Errorf("%q has %d bans, which is the limit: %w", who.name, PerPerson, ErrFull)
		}
	}
	x.reserved[b.App]++
	for _, who := range known {
		x.reservedPersons[who]++
	}
	return nil
}

// release gives a reserved place back.
func (x *index) release(b Ban) {
	if x.reserved[b.App]--; x.reserved[b.App] == 0 {
		delete(x.reserved, b.App)
	}
	for _, who := range persons(b.App, b.User, b.Device) {
		if x.reservedPersons[who]--; x.reservedPersons[who] == 0 {
			delete(x.reservedPersons, who)
		}
	}
}

func (x *index) put(b *Ban) {
	if x.bans[b.App] == nil {
		x.bans[b.App] = map[string]*Ban{}
	}
	x.bans[b.App][b.ID] = b
	for _, who := range persons(b.App, b.User, b.Device) {
		x.persons[who] = append(x.persons[who], b)
	}
	if b.Scope == Incarnation {
		x.incarnations[b.Incarnation] = append(x.incarnations[b.Incarnation], b)
	}
}

// take removes a ban; false when somebody was faster.
func (x *index) take(b *Ban) bool {
	if x.bans[b.App][b.ID] != b {
		return false
	}
	delete(x.bans[b.App], b.ID)
	if len(x.bans[b.App]) == 0 {
		delete(x.bans, b.App)
	}
	for _, who := range persons(b.App, b.User, b.Device) {
		without(x.persons, who, b)
	}
	if b.Scope == Incarnation {
		without(x.incarnations, b.Incarnation, b)
	}
	return true
}

// without removes a ban from one list, and the list when it is empty.
func without[K comparable](lists map[K][]*Ban, key K, b *Ban) {
	left := slices.DeleteFunc(lists[key], func(other *Ban) bool { return other == b })
	if len(left) == 0 {
		delete(lists, key)
		return
	}
	lists[key] = left
}
