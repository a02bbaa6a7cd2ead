package main

import (
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/room"
)

// Validate checks the settings and the rooms' rules in them, all at once.
func (c *ServeCmd) Validate() error {
	return errors.Join(c.Config.Validate(), checkPolicies(&c.Config))
}

// Validate checks the settings and the rooms' rules in them, all at once.
func (c *ConfigCmd) Validate() error {
	return errors.Join(c.Config.Validate(), checkPolicies(&c.Config))
}

// policyOf gives a room that opens its rules: those of the server, changed by those of its app, changed by those of the
// first pattern that its id matches.
func policyOf(c *config.Config) func(room.Key) room.Policy {
	return func(key room.Key) room.Policy {
		p := serverPolicy(c)
		for _, rules := range c.PolicyOf(key.App, key.ID) {
			// checkPolicies has tried all of them.
			p, _ = api.Change(p, rules, api.Kebab)
		}
		return p
	}
}

// serverPolicy are the rules where the file says nothing about the app: a preset, with what the flags change.
func serverPolicy(c *config.Config) room.Policy {
	p, err := api.Change(room.DefaultPolicy(), config.Policy{"preset": c.Preset}, api.Kebab)
	if err != nil {
		return p // checkPolicies says what is wrong.
	}
	if c.Unstable != 0 {
		p.Presence.UnstableAfter = c.Unstable
	}
	if c.Gone != 0 {
		p.Presence.GoneAfter = c.Gone
	}
	return p
}

// flagName spells the two rules that are flags as their flags.
func flagName(name string) string {
	switch name {
	case "UnstableAfter":
		return "unstable"
	case "GoneAfter":
		return "gone"
	default:
		return api.Kebab(name)
	}
}

// checkPolicies tries every policy that a room of this server may get from the settings.
func checkPolicies(c *config.Config) error {
	if _, err := api.Change(room.Policy{}, config.Policy{"preset": c.Preset}, api.Kebab); err != nil {
		return err
	}
	base := serverPolicy(c)
	wrong := []error{api.CheckPolicy(base, c.Heartbeat, flagName)}
	for i, app := range c.Apps {
		at := fmt.Sprintf("apps[%d].policy", i)
		whole, err := tryRules(c, at, base, app.Policy)
		wrong = append(wrong, err)
		for j, some := range app.Rooms {
			_, err := tryRules(c, fmt.Sprintf("apps[%d].rooms[%d].policy", i, j), whole, some.Policy)
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// tryRules changes p by the rules that stand at a place in the file. Where there are none, nothing is wrong with them.
func tryRules(c *config.Config, at string, p room.Policy, rules config.Policy) (room.Policy, error) {
	if len(rules) == 0 {
		return p, nil
	}
	p, err := api.Change(p, rules, api.Kebab)
	if err == nil {
		err = api.CheckPolicy(p, c.Heartbeat, api.Kebab)
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", at, err)
	}
	return p, nil
}
