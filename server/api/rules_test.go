package api

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/room"
)

// TestG8_EveryRuleIsReadBack: each rule is set to another value than the preset's, and reads back as it was set; so
// does the whole policy.
func TestG8_EveryRuleIsReadBack(t *testing.T) {
	set := map[string]string{
		"UnstableAfter": "3s", "GoneAfter": "20s", "ClosedAfter": "1s", "TryAfter": "4s", "TryEvery": "5s",
		"NeverEntered": "1m0s", "Empty": "2m0s", "Alone": "3m0s", "Idle": "4m0s", "MaxAge": "5h0m0s", "MaxStay": "6h0m0s",
		"HostAway": "7s", "SameUser": "devices", "Devices": "3", "Host": "ann", "HostGone": "hand-over",
	}
	for _, spell := range []Spelling{Pascal, Kebab} {
		rules := map[string]string{}
		for name, value := range set {
			rules[spell(name)] = value
		}
		p, err := Change(room.DefaultPolicy(), rules, spell)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckPolicy(p, time.Second, spell); err != nil {
			t.Fatal(err)
		}
		if got := Rules(p, spell); !maps.Equal(got, rules) {
			t.Errorf("set %v, read %v", rules, got)
		}
		again, err := Change(room.TRTCPolicy(), Rules(p, spell), spell)
		if err != nil || again != p {
			t.Errorf("%v, %+v is not %+v", err, again, p)
		}
		if names := len(ruleNames(spell)); names != len(set)+1 {
			t.Errorf("%d names for %d rules and a preset", names, len(set))
		}
	}
	for name, value := range Rules(room.DefaultPolicy(), Pascal) {
		if set[name] == value {
			t.Errorf("%s: %s is what it is anyway", name, value)
		}
	}
}

func TestAPresetComesFirst(t *testing.T) {
	p, err := Change(room.Policy{Devices: 7}, map[string]string{"preset": "trtc", "gone-after": "1m"}, Kebab)
	want := room.TRTCPolicy()
	want.Presence.GoneAfter = time.Minute
	if err != nil || p != want {
		t.Errorf("%+v, %v", p, err)
	}
	off, err := Change(room.Policy{Timers: room.Timers{Idle: time.Hour}}, map[string]string{"idle": "0s"}, Kebab)
	if err != nil || off.Timers.Idle != 0 {
		t.Errorf("a timer switched off: %+v, %v", off, err)
	}
}

// TestAWrongRuleIsNamedWithItsLimit in the spelling of the door.
func TestAWrongRuleIsNamedWithItsLimit(t *testing.T) {
	for _, c := range []struct{ rule, value, pascal, kebab string }{
		{"UnstableAfter", "1s", "UnstableAfter is 1s; it must be at least 2 heartbeats, which is 2s", "unstable-after is 1s"},
		{"GoneAfter", "11m", "GoneAfter is 11m0s; it must be from", "gone-after is 11m0s"},
		{"Idle", "1ms", "Idle is 1ms; it must be from 1s", "idle is 1ms"},
		{"MaxAge", "-1h", "MaxAge is -1h0m0s", "max-age is -1h0m0s"},
		{"MaxStay", "never", `MaxStay is "never"; it must be a length of time`, `max-stay is "never"`},
		{"Devices", "0", "Devices is 0; it must be from 1 to", "devices is 0"},
		{"Devices", "two", `Devices is "two"; it must be a number`, `devices is "two"`},
		{"SameUser", "kick", `SameUser is "kick"; it must be one of replace, refuse, devices`, `same-user is "kick"`},
		{"HostGone", "", `HostGone is ""; it must be one of keep, hand-over, end`, `host-gone is ""`},
		{"Host", strings.Repeat("x", 65), "Host has 65 bytes", "host has 65 bytes"},
		{"Preset", "fast", `Preset is "fast"; it must be one of default, trtc`, `preset is "fast"`},
		{"Idel", "1h", `"Idel" is no rule; rules are Alone, ClosedAfter, Devices`, `"idel" is no rule; rules are alone`},
	} {
		for want, spell := range map[string]Spelling{c.pascal: Pascal, c.kebab: Kebab} {
			p, err := Change(room.DefaultPolicy(), map[string]string{spell(c.rule): c.value}, spell)
			if err == nil {
				err = CheckPolicy(p, time.Second, spell)
			}
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%q does not say %q", fmt.Sprint(err), want)
			}
		}
	}
}
