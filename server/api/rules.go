package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/exeunt/exeunt/server/room"
)

// span is a rule that is a length of time.
type span struct {
	// name is the rule's own; inside is what [room.Policy.Check] calls it.
	name, inside string
	of           func(*room.Policy) *time.Duration
}

// spans are all of them.
var spans = []span{
	{"UnstableAfter", "presence.unstableAfter", func(p *room.Policy) *time.Duration { return &p.Presence.UnstableAfter }},
	{"GoneAfter", "presence.goneAfter", func(p *room.Policy) *time.Duration { return &p.Presence.GoneAfter }},
	{"ClosedAfter", "presence.closedAfter", func(p *room.Policy) *time.Duration { return &p.Presence.ClosedAfter }},
	{"TryAfter", "presence.tryAfter", func(p *room.Policy) *time.Duration { return &p.Presence.TryAfter }},
	{"TryEvery", "presence.tryEvery", func(p *room.Policy) *time.Duration { return &p.Presence.TryEvery }},
	{"NeverEntered", "timers.neverEntered", func(p *room.Policy) *time.Duration { return &p.Timers.NeverEntered }},
	{"Empty", "timers.empty", func(p *room.Policy) *time.Duration { return &p.Timers.Empty }},
	{"Alone", "timers.alone", func(p *room.Policy) *time.Duration { return &p.Timers.Alone }},
	{"Idle", "timers.idle", func(p *room.Policy) *time.Duration { return &p.Timers.Idle }},
	{"MaxAge", "timers.maxAge", func(p *room.Policy) *time.Duration { return &p.Timers.MaxAge }},
	{"MaxStay", "timers.maxStay", func(p *room.Policy) *time.Duration { return &p.Timers.MaxStay }},
	{"HostAway", "timers.hostAway", func(p *room.Policy) *time.Duration { return &p.Timers.HostAway }},
}

// The rules that are no length of time.
const (
	rulePreset   = "Preset"
	ruleSameUser = "SameUser"
	ruleDevices  = "Devices"
	ruleHost     = "Host"
	ruleHostGone = "HostGone"
)

// The words of the rules that have some, by their number.
var (
	sameUserWords = []string{room.Replace: "replace", room.RefuseNew: "refuse", room.AllowDevices: "devices"}
	hostGoneWords = []string{room.KeepRoom: "keep", room.HandOver: "hand-over", room.EndRoom: "end"}
)

// presets are what all other rules change.
var presets = map[string]func() room.Policy{"default": room.DefaultPolicy, "trtc": room.TRTCPolicy}

// Spelling is how a door writes the names of rules.
type Spelling func(name string) string

// Pascal spells UnstableAfter as this API does, and Kebab unstable-after as the settings file does.
func Pascal(name string) string { return name }

// Kebab is the spelling of the settings file.
func Kebab(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// Change returns p with the rules that are given, by name. A preset comes first and replaces all of p. The error names
// each rule that does not exist or cannot be read; whether the values fit is for [CheckPolicy].
func Change(p room.Policy, rules map[string]string, spell Spelling) (room.Policy, error) {
	var wrong []error
	if word, given := rules[spell(rulePreset)]; given {
		preset, known := presets[word]
		if !known {
			return p, fmt.Errorf("%s is %q; it must be one of %s", spell(rulePreset), word,
				strings.Join(slices.Sorted(maps.Keys(presets)), ", "))
		}
		p = preset()
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if name != spell(rulePreset) {
			wrong = append(wrong, setRule(&p, name, rules[name], spell))
		}
	}
	return p, errors.Join(wrong...)
}

func setRule(p *room.Policy, name, value string, spell Spelling) error {
	for _, s := range spans {
		if spell(s.name) == name {
			return setSpan(s.of(p), name, value)
		}
	}
	switch name {
	case spell(ruleSameUser):
		return setWord(&p.SameUser, sameUserWords, name, value)
	case spell(ruleHostGone):
		return setWord(&p.HostGone, hostGoneWords, name, value)
	case spell(ruleHost):
		p.Host = value
		return nil
	case spell(ruleDevices):
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return fmt.Errorf("%s is %.64q; it must be a number", name, value)
		}
		p.Devices = int(n)
		return nil
	default:
		return fmt.Errorf("%.64q is no rule; rules are %s", name, strings.Join(ruleNames(spell), ", "))
	}
}

func setSpan(to *time.Duration, name, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil {
		return fmt.Errorf("%s is %.64q; it must be a length of time, such as 90s or 1h30m", name, value)
	}
	*to = d
	return nil
}

func setWord[T ~uint8](to *T, words []string, name, value string) error {
	n := slices.Index(words, value)
	if n < 0 {
		return fmt.Errorf("%s is %.64q; it must be one of %s", name, value, strings.Join(words, ", "))
	}
	*to = T(n)
	return nil
}

func ruleNames(spell Spelling) []string {
	names := []string{rulePreset, ruleSameUser, ruleDevices, ruleHost, ruleHostGone}
	for _, s := range spans {
		names = append(names, s.name)
	}
	for i := range names {
		names[i] = spell(names[i])
	}
	return slices.Sorted(slices.Values(names))
}

// beatsMin is how many heartbeats fit into the silence of which the others are told: one may be late.
const beatsMin = 2

// CheckPolicy returns an error that names each rule whose value does not fit, with its limits. A silence that a single
// late heartbeat makes tells nothing, so it must be longer.
func CheckPolicy(p room.Policy, heartbeat time.Duration, spell Spelling) error {
	var names []string
	for _, s := range spans {
		names = append(names, s.inside, spell(s.name))
	}
	for inside, name := range map[string]string{
		"sameUser": ruleSameUser, "hostGone": ruleHostGone, "devices": ruleDevices, "host": ruleHost,
	} {
		names = append(names, inside+" ", spell(name)+" ")
	}
	var wrong []error
	if err := p.Check(); err != nil {
		wrong = append(wrong, errors.New(strings.NewReplacer(names...).Replace(err.Error())))
	}
	if least := beatsMin * heartbeat; p.Presence.UnstableAfter < least {
		wrong = append(wrong, fmt.Errorf("%s is %v; it must be at least %d heartbeats, which is %v",
			spell(spans[0].name), p.Presence.UnstableAfter, beatsMin, least))
	}
	return errors.Join(wrong...)
}

// Rules returns every rule of p, as [Change] takes it.
func Rules(p room.Policy, spell Spelling) map[string]string {
	rules := map[string]string{
		spell(ruleSameUser): word(sameUserWords, p.SameUser), spell(ruleHostGone): word(hostGoneWords, p.HostGone),
		spell(ruleDevices): strconv.Itoa(p.Devices), spell(ruleHost): p.Host,
	}
	for _, s := range spans {
		rules[spell(s.name)] = s.of(&p).String()
	}
	return rules
}

func word[T ~uint8](words []string, n T) string {
	if int(n) >= len(words) {
		return strconv.Itoa(int(n))
	}
	return words[n]
}
