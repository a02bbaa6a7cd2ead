package main

import (
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/room"
)

// tenanted are settings with an app whose rooms have rules.
func tenanted(policy config.Policy, rooms ...config.RoomRules) *config.Config {
	c := settings()
	c.Apps = config.Apps{{SdkAppID: 5, Secret: "a-secret-of-our-own-making", Policy: policy, Rooms: rooms}}
	return c
}

// TestTheNarrowerRuleWins: flags change the preset, the app changes the flags, a room's pattern changes the app.
func TestTheNarrowerRuleWins(t *testing.T) {
	c := tenanted(config.Policy{"gone-after": "30s", "idle": "1h", "same-user": "refuse"},
		config.RoomRules{Match: "lobby-*", Policy: config.Policy{"idle": "0s", "max-age": "8h"}},
		config.RoomRules{Match: "[0-9]", Policy: config.Policy{"preset": "trtc"}})
	c.Unstable, c.Gone = 3*time.Second, 20*time.Second
	if err := checkPolicies(c); err != nil {
		t.Fatal(err)
	}
	plain := room.DefaultPolicy()
	plain.Presence.UnstableAfter, plain.Presence.GoneAfter = 3*time.Second, 20*time.Second
	ours := plain
	ours.Presence.GoneAfter, ours.Timers.Idle, ours.SameUser = 30*time.Second, time.Hour, room.RefuseNew
	lobby := ours
	lobby.Timers.Idle, lobby.Timers.MaxAge = 0, 8*time.Hour
	for key, want := range map[room.Key]room.Policy{
		{App: 6, Kind: room.Str, ID: "lobby-1"}: plain,
		{App: 5, Kind: room.Str, ID: "lesson"}:  ours,
		{App: 5, Kind: room.Str, ID: "lobby-1"}: lobby,
		{App: 5, Kind: room.Numeric, ID: "7"}:   room.TRTCPolicy(),
		{App: 5, Kind: room.Numeric, ID: "77"}:  ours,
	} {
		if got := policyOf(c)(key); got != want {
			t.Errorf("%s:\n%+v, want\n%+v", key, got, want)
		}
	}
}

// TestL4_ThePresetOfTRTCHasItsNumbers, and flags change them one by one.
func TestL4_ThePresetOfTRTCHasItsNumbers(t *testing.T) {
	c := settings()
	c.Preset = "trtc"
	if got := policyOf(c)(room.Key{App: 1}); got != room.TRTCPolicy() {
		t.Errorf("%+v", got)
	}
	c.Gone = time.Minute
	if p := policyOf(c)(room.Key{App: 1}).Presence; p.GoneAfter != time.Minute || p.UnstableAfter != 8*time.Second {
		t.Errorf("%+v", p)
	}
}

// TestAWrongRuleIsFoundBeforeARoomOpens: it is named with its place and its limit.
func TestAWrongRuleIsFoundBeforeARoomOpens(t *testing.T) {
	short, late, fast := settings(), settings(), settings()
	short.Unstable, late.Gone, fast.Preset = 1500*time.Millisecond, 2*time.Second, "fast"
	for want, c := range map[string]*config.Config{
		"unstable is 1.5s; it must be at least 2 heartbeats, which is 2s": short,
		"gone is 2s; it must be from 3s":                                  late,
		`preset is "fast"; it must be one of default, trtc`:               fast,
		"apps[0].policy: idle is 1ms; it must be from 1s":                 tenanted(config.Policy{"idle": "1ms"}),
		`apps[0].policy: "idel" is no rule; rules are alone, `:            tenanted(config.Policy{"idel": "1h"}),
		"apps[0].rooms[1].policy: gone-after is 5s; it must be from 9s": tenanted(config.Policy{"preset": "trtc"},
			config.RoomRules{Match: "a", Policy: config.Policy{"gone-after": "20s"}},
			config.RoomRules{Match: "b", Policy: config.Policy{"gone-after": "5s"}}),
	} {
		if err := checkPolicies(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := checkPolicies(settings()); err != nil {
		t.Error(err)
	}
}
