package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const tenant = `
apps:
  - sdk-app-id: 1400000001
    secret: a-secret-of-our-own-making
    permission-control: true
    keys:
      - {secret-id: AKIDours, secret-key: a-key-of-our-own-making}
`

// parsed runs the command line as cmd/exeunt does; file is the text of the settings file, if any.
func parsed(t *testing.T, file string, args ...string) (*Config, error) {
	t.Helper()
	var cli struct {
		Serve struct{ Config } `cmd:""`
	}
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if file != "" {
		path := filepath.Join(t.TempDir(), "exeunt.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	_, err = parser.Parse(append([]string{"serve"}, args...))
	return &cli.Serve.Config, err
}

func TestWithoutSettingsItIsDevelopment(t *testing.T) {
	c, err := parsed(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Development() || c.SignalAddr != "127.0.0.1:8080" || c.Heartbeat != time.Second ||
		c.Preset != "default" || c.Gone != 0 {
		t.Errorf("defaults: %+v", c)
	}
	if app, ok := c.Tenants().App(1400000000); !ok || app.Secret != DevelopmentSecret {
		t.Errorf("built-in app: %+v", app)
	}
	if _, ok := c.Tenants().App(1400000001); ok {
		t.Error("an app that nobody configured")
	}
}

func TestFlagWinsOverEnvironmentOverFileOverDefault(t *testing.T) {
	file := "call-members-max: 30\ngone: 30s\npublic-ips: [192.0.2.1, 192.0.2.2]\nlog-level: warn\n"
	t.Setenv("EXEUNT_CALL_MEMBERS_MAX", "20")
	t.Setenv("EXEUNT_GONE", "20s")
	c, err := parsed(t, file, "--call-members-max", "10")
	if err != nil {
		t.Fatal(err)
	}
	if c.CallMembersMax != 10 || c.Gone != 20*time.Second || c.LogLevel != "warn" || c.LogFormat != "text" {
		t.Errorf("flag, environment, file, default: %+v", c)
	}
	if len(c.PublicIPs) != 2 || c.PublicIPs[1] != "192.0.2.2" {
		t.Errorf("list of the file: %v", c.PublicIPs)
	}
}

func TestPaddingIsOnUnlessItIsTurnedOff(t *testing.T) {
	for _, one := range []struct {
		file string
		args []string
		want bool
	}{
		{want: true},
		{file: "media-padding: false"},
		{file: "media-padding: true", args: []string{"--no-media-padding"}},
		{file: "media-padding: false", args: []string{"--media-padding"}, want: true},
	} {
		if c, err := parsed(t, one.file, one.args...); err != nil || c.MediaPadding != one.want {
			t.Errorf("%q %q: %t, %v; want %t", one.file, one.args, c.MediaPadding, err, one.want)
		}
	}
	t.Setenv("EXEUNT_MEDIA_PADDING", "false")
	if c, err := parsed(t, "media-padding: true"); err != nil || c.MediaPadding {
		t.Errorf("the environment says no, and it is %t, %v", c.MediaPadding, err)
	}
}

func TestTheFileHasTheTenants(t *testing.T) {
	c, err := parsed(t, tenant, "--signal-addr", "0.0.0.0:8080")
	if err != nil {
		t.Fatal(err)
	}
	app, ok := c.Tenants().App(1400000001)
	if !ok || !app.PermissionControl || app.Keys[0].SecretKey != "a-key-of-our-own-making" || c.Development() {
		t.Errorf("tenants: %+v", c.Tenants())
	}
}

func TestTheFileMayComeFromTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "exeunt.yaml")
	if err := os.WriteFile(path, []byte("log-level: debug"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EXEUNT_CONFIG", path)
	if c, err := parsed(t, ""); err != nil || c.LogLevel != "debug" {
		t.Errorf("settings %+v, %v", c, err)
	}
}

func TestWrongSettingsNameTheFieldAndTheLimit(t *testing.T) {
	own := "apps: [{sdk-app-id: 1, secret: 0123456789abcdef}, {sdk-app-id: 1, secret: 0123456789abcdef}]"
	for name, c := range map[string]struct {
		file string
		args []string
		want []string
	}{
		"members":   {args: []string{"--call-members-max", "0"}, want: []string{"call-members-max", "1 to 100000"}},
		"heartbeat": {args: []string{"--heartbeat", "1ms"}, want: []string{"heartbeat", "500ms", "30s"}},
		"stop":      {args: []string{"--stop-wait", "1h"}, want: []string{"stop-wait", "1s", "5m"}},
		"level":     {args: []string{"--log-level", "loud"}, want: []string{"log-level", "debug, info, warn, error"}},
		"format":    {file: "log-format: xml", want: []string{"log-format", "text, json"}},
		"address":   {args: []string{"--media-addr", "8081"}, want: []string{"media-addr", "host:port"}},
		"port":      {args: []string{"--media-addr", "localhost:70000"}, want: []string{"media-addr", "65535"}},
		"turn":      {args: []string{"--turn-udp", "3478"}, want: []string{"turn-udp", "host:port"}},
		"turn's TLS": {
			args: []string{"--turn-tls", "127.0.0.1:5349", "--turn-cert", "c.pem"},
			want: []string{"turn-key is empty", "turn-host is empty"},
		},
		"turn's host": {args: []string{"--turn-host", "turn.example:443"}, want: []string{"turn-host", "without a port"}},
		"public ip":   {file: "public-ips: [example]", want: []string{"public-ips", "example", "IP address"}},
		"origin":      {file: "allowed-origins: [example.org]", want: []string{"allowed-origins", "scheme://host"}},
		"unknown":     {file: "gome: 90s", want: []string{"gome", "no such setting"}},
		"wrong type":  {file: "gone: [1]", want: []string{"gone"}},
		"not yaml":    {file: "\tgone: {", want: []string{"read settings"}},
		"no file":     {args: []string{"--config", "/nowhere.yaml"}, want: []string{"/nowhere.yaml"}},
		"app id":      {file: "apps: [{secret: 0123456789abcdef}]", want: []string{"apps[0].sdk-app-id", "4294967295"}},
		"app twice":   {file: own, want: []string{"apps[1].sdk-app-id", "another app"}},
		"short secret": {
			file: "apps: [{sdk-app-id: 1, secret: hush}]", want: []string{"apps[0].secret", "4 bytes", "16 to 256"},
		},
		"app typo": {file: "apps: [{sdk-app-id: 1, sekret: 0123456789abcdef}]", want: []string{"apps", "sekret"}},
		"app flag": {args: []string{"--apps", "x"}, want: []string{"apps", "file"}},
		"bad pattern": {
			file: "apps: [{sdk-app-id: 1, secret: 0123456789abcdef, rooms: [{match: 'a['}]}]",
			want: []string{"apps[0].rooms[0].match", "a[", "pattern"},
		},
		"no pattern": {
			file: "apps: [{sdk-app-id: 1, secret: 0123456789abcdef, rooms: [{policy: {idle: 1h}}]}]",
			want: []string{"apps[0].rooms[0].match", "1 to 256"},
		},
		"too many patterns": {
			file: "apps: [{sdk-app-id: 1, secret: 0123456789abcdef, rooms: [" + strings.Repeat("{match: a},", 101) + "]}]",
			want: []string{"apps[0].rooms", "101", "100"},
		},
		"rules that are no words": {
			file: "apps: [{sdk-app-id: 1, secret: 0123456789abcdef, policy: [1]}]", want: []string{"apps"},
		},
		"a right that is none": {
			file: strings.ReplaceAll(tenant, "making}", "making, allow: [remove, rule]}"),
			want: []string{"apps[0].keys[0].allow", "rule", "describe, remove, ban, block, dismiss, policy"},
		},
		"key id": {
			file: strings.ReplaceAll(tenant, "AKIDours", "''"), want: []string{"keys[0].secret-id", "1 to 128"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parsed(t, c.file, c.args...)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// TestTheFirstMatchCounts: a room has the rules of its app and those of the first pattern that fits.
func TestTheFirstMatchCounts(t *testing.T) {
	c, err := parsed(t, tenant+`
    policy: {preset: trtc, devices: 3, alone: 5m}
    rooms:
      - {match: "lobby-*", policy: {idle: 1h}}
      - {match: "lobby-1", policy: {idle: 2h}}
      - {match: "[0-9]?", policy: {same-user: refuse}}
`)
	if err != nil {
		t.Fatal(err)
	}
	whole := "map[alone:5m devices:3 preset:trtc]"
	for id, want := range map[string]string{
		"lobby-1": "map[idle:1h]", "lobby": "map[]", "77": "map[same-user:refuse]", "777": "map[]",
	} {
		if got := c.PolicyOf(1400000001, id); fmt.Sprint(got) != "["+whole+" "+want+"]" {
			t.Errorf("%s: %v", id, got)
		}
	}
	if got := c.PolicyOf(5, "lobby-1"); got[0] != nil || got[1] != nil {
		t.Errorf("an app that is not in the file: %v", got)
	}
}

// TestF15_AKeyMayDoWhatItsListSays; without a list it may do everything.
func TestF15_AKeyMayDoWhatItsListSays(t *testing.T) {
	for _, group := range Groups {
		some := Key{Allow: []string{"describe", "remove"}}
		if got := some.May(group); got != (group == "describe" || group == "remove") {
			t.Errorf("a key for describe and remove: %s %t", group, got)
		}
		if !(Key{}).May(group) {
			t.Errorf("a key without a list: %s is refused", group)
		}
	}
}

func TestPublicCredentialsStayOnThisMachine(t *testing.T) {
	stolen := "apps: [{sdk-app-id: 1, secret: exeunt-development-app-secret}]"
	copied := strings.ReplaceAll(tenant, "a-key-of-our-own-making", DevelopmentSecretKey)
	for _, file := range []string{"", stolen, copied} {
		for _, args := range [][]string{
			{"--signal-addr", "0.0.0.0:8080"},
			{"--media-addr", ":8081"},
			{"--control-addr", "192.0.2.1:8082"},
			{"--turn-udp", "0.0.0.0:3478"},
			{"--signal-addr", "[::]:8080"},
			{"--signal-addr", "example.org:8080"},
		} {
			_, err := parsed(t, file, args...)
			if err == nil || !strings.Contains(err.Error(), "loopback only") ||
				!strings.Contains(err.Error(), args[0][2:]) {
				t.Errorf("%s with %q: %v", args, file, err)
			}
		}
		for _, addr := range []string{"127.0.0.2:0", "[::1]:8080", "localhost:8080"} {
			if _, err := parsed(t, file, "--signal-addr", addr); err != nil {
				t.Errorf("%s with %q: %v", addr, file, err)
			}
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	c, err := parsed(t, tenant)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"a-secret-of-our-own-making", "a-key-of-our-own-making"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the secret %s shows:\n%s", secret, text)
		}
	}
	for _, shown := range []string{
		"sdk-app-id: 1400000001", "secret-id: AKIDours", "heartbeat: 1s", "permission-control: true",
	} {
		if !strings.Contains(string(text), shown) {
			t.Errorf("%q is missing:\n%s", shown, text)
		}
	}
	if c.Apps[0].Keys[0].SecretKey != "a-key-of-our-own-making" {
		t.Error("masking changed the settings themselves")
	}
	broken := strings.ReplaceAll(tenant, "sdk-app-id: 1400000001", "sdk-app-id: {")
	if _, err := parsed(t, broken); err == nil || strings.Contains(err.Error(), "our-own-making") {
		t.Errorf("the message about a broken file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(tenant))
	f.Add([]byte("gone: 90s\n"))
	f.Add([]byte("- 1"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if settings, err := parse(text); err != nil && settings != nil {
			t.Errorf("%v and %v at once", settings, err)
		}
	})
}
