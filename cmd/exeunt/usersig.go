package main

import (
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
)

// UsersigCmd makes a UserSig.
type UsersigCmd struct {
	User string `required:"" help:"The user who will enter."`
	App  uint32 `default:"1400000000" env:"EXEUNT_APP" help:"The SdkAppId."`
	// A flag shows the secret to every process of the machine, so its help points to the environment.
	Secret string        `env:"EXEUNT_SECRET" help:"The app's secret; the environment keeps it from others' eyes."`
	Expire time.Duration `default:"24h" help:"How long the UserSig holds, 1s to 8760h (a year)."`
}

// expireMax bounds a UserSig: it is a password, and cannot be taken back.
const expireMax = 365 * 24 * time.Hour

// AfterApply checks the flags. For the app of development mode the secret is the built-in one.
func (c *UsersigCmd) AfterApply() error {
	if c.Secret == "" && c.App == config.DevelopmentSdkAppID {
		c.Secret = config.DevelopmentSecret
	}
	switch {
	case c.Secret == "":
		return fmt.Errorf("set EXEUNT_SECRET, or --secret, to the secret of app %d", c.App)
	case c.User == "":
		return fmt.Errorf("--user is empty: it must name a user")
	case c.Expire < time.Second || c.Expire > expireMax:
		return fmt.Errorf("--expire is %s: it must be from 1s to %s", c.Expire, expireMax)
	}
	return nil
}

// Run prints the UserSig.
func (c *UsersigCmd) Run(ctx *kong.Context) error {
	sig := usersig.Sign(c.App, c.User, c.Secret, c.Expire, time.Now())
	_, err := fmt.Fprintln(ctx.Stdout, sig)
	return err
}

// ConfigCmd prints the settings in force.
type ConfigCmd struct{ config.Config }

// Run prints the settings, which the parser has validated.
func (c *ConfigCmd) Run(ctx *kong.Context) error {
	shown := c.Config
	presence := serverPolicy(&shown).Presence
	shown.Unstable, shown.Gone = presence.UnstableAfter, presence.GoneAfter
	text, err := shown.YAML()
	if err != nil {
		return err
	}
	_, err = ctx.Stdout.Write(text)
	return err
}

// VersionCmd prints the version.
type VersionCmd struct{}

// Run prints the version.
func (VersionCmd) Run(ctx *kong.Context) error {
	_, err := io.WriteString(ctx.Stdout, "exeunt "+version+"\n")
	return err
}
