package config

import (
	"errors"
	"fmt"
	"path"
)

// Policy are rules of a room as the file has them, by name, such as "idle: 1h". Which names there are, and what they
// may say, is the business of whoever makes rooms of them.
type Policy map[string]string

// RoomRules are the rules of those rooms of an app whose id matches.
type RoomRules struct {
	// Match is a pattern of path.Match for the id of a room: of both kinds, a number in decimal. 1 to 256 bytes.
	Match string `yaml:"match"`
	// Policy are the rules that differ from those of the app.
	Policy Policy `yaml:"policy"`
}

const (
	// roomRulesMax bounds the patterns of one app: each room that opens may try them all.
	roomRulesMax = 100
	// matchMax bounds a pattern, in bytes: four times the longest id of a room.
	matchMax = 256
)

// PolicyOf returns what the file says about a room, the more general first: the policy of its app, and that of the
// first match. Either may be nil.
func (c *Config) PolicyOf(sdkAppID uint32, roomID string) [2]Policy {
	app, _ := c.Tenants().App(sdkAppID)
	for _, rules := range app.Rooms {
		// checkRooms has tried the pattern.
		if matches, _ := path.Match(rules.Match, roomID); matches {
			return [2]Policy{app.Policy, rules.Policy}
		}
	}
	return [2]Policy{app.Policy}
}

// checkRooms checks the patterns of an app that stands at a place in the file.
func checkRooms(at string, rooms []RoomRules) error {
	var wrong []error
	if len(rooms) > roomRulesMax {
		wrong = append(wrong, fmt.Errorf("%s.rooms has %d entries: the limit is %d", at, len(rooms), roomRulesMax))
	}
	for i, rules := range rooms {
		at := fmt.Sprintf("%s.rooms[%d].match", at, i)
		wrong = append(wrong, sized(at, rules.Match, 1, matchMax))
		if _, err := path.Match(rules.Match, ""); err != nil {
			wrong = append(wrong, fmt.Errorf("%s is %q: it must be a pattern of *, ? and [a-z]", at, rules.Match))
		}
	}
	return errors.Join(wrong...)
}
