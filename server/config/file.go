package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// fileMax bounds the file: thousands of apps fit, a device or a log given by mistake does not.
const fileMax = 1 << 20

// File is the path of the settings file. As a flag it makes kong read that file.
type File string

// BeforeResolve reads the file, once kong knows its path, and lets it answer for every flag that is not given.
func (f File) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path, ok := ctx.FlagValue(trace.Flag).(File)
	if !ok || path == "" {
		return nil
	}
	settings, err := readFile(string(path))
	if err != nil {
		return err
	}
	known := ctx.Selected()
	if known == nil {
		return nil
	}
	for name := range settings {
		isName := func(flag *kong.Flag) bool { return flag.Name == name && name != trace.Flag.Name }
		if !slices.ContainsFunc(known.Flags, isName) {
			return fmt.Errorf("%s has %q: there is no such setting", path, name)
		}
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if slices.ContainsFunc(flag.Envs, inEnvironment) {
			return nil, nil
		}
		return settings[flag.Name], nil
	}))
	return nil
}

func inEnvironment(name string) bool {
	_, set := os.LookupEnv(name)
	return set
}

func readFile(path string) (map[string]any, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, fileMax+1))
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if len(text) > fileMax {
		return nil, fmt.Errorf("read settings: %s is larger than %d bytes", path, fileMax)
	}
	settings, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read settings from %s: %w", path, err)
	}
	return settings, nil
}

// parse reads the file's text. The library's own messages quote the lines around a mistake, and those lines may hold
// secrets, so only the place of a mistake is passed on.
func parse(text []byte) (map[string]any, error) {
	var settings map[string]any
	if err := yaml.Unmarshal(text, &settings); err != nil {
		return nil, errors.New(place(err))
	}
	return settings, nil
}

func place(err error) string {
	line, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	return line
}

// Decode takes the apps from the file; kong calls it.
func (a *Apps) Decode(ctx *kong.DecodeContext) error {
	token := ctx.Scan.Pop()
	if _, isList := token.Value.([]any); !isList {
		return errors.New("apps can only be set in the file, as a list: secrets do not belong on a command line")
	}
	text, err := yaml.Marshal(token.Value)
	if err != nil {
		return errors.New("apps: " + place(err))
	}
	var apps []App
	if err := yaml.UnmarshalWithOptions(text, &apps, yaml.DisallowUnknownField()); err != nil {
		return errors.New("apps: " + place(err))
	}
	*a = apps
	return nil
}

// mask stands where a secret would.
const mask = "********"

// YAML writes the effective settings in the form of the file, with every secret masked.
func (c *Config) YAML() ([]byte, error) {
	shown := *c
	shown.Apps = nil
	for _, app := range c.Tenants() {
		app.Secret = mask
		app.Keys = slices.Clone(app.Keys)
		for i := range app.Keys {
			app.Keys[i].SecretKey = mask
		}
		shown.Apps = append(shown.Apps, app)
	}
	text, err := yaml.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	return text, nil
}
