// Package config is the one struct that says how a server runs. A file, the environment and flags all fill it: a flag
// wins over the environment, the environment over the file, the file over the default. It is validated once, and
// nobody reads a setting from anywhere else.
package config

import (
	"slices"
	"time"
)

// Config is everything an operator may set. The name of a field in a file is that of its flag.
type Config struct {
	File File `name:"config" short:"c" env:"EXEUNT_CONFIG" yaml:"-" help:"Read settings from this YAML file."`

	SignalAddr  string `env:"EXEUNT_SIGNAL_ADDR" default:"127.0.0.1:8080" yaml:"signal-addr" help:"Listen here (TCP) for members and for the call page."`
	MediaAddr   string `env:"EXEUNT_MEDIA_ADDR" default:"127.0.0.1:8081" yaml:"media-addr" help:"Take all media here, over UDP and TCP."`
	ControlAddr string `env:"EXEUNT_CONTROL_ADDR" default:"127.0.0.1:8082" yaml:"control-addr" help:"Listen here (TCP) for the control API; it belongs on an inner network."`

	Media `yaml:",inline"`

	AllowedOrigins []string `env:"EXEUNT_ALLOWED_ORIGINS" yaml:"allowed-origins" help:"Origins whose pages may enter rooms, such as https://app.example; '*' for every page. Pages of signal-addr itself always may."`

	DataDir   string `env:"EXEUNT_DATA_DIR" yaml:"data-dir" help:"Keep files here; empty for a temporary directory."`
	LogLevel  string `env:"EXEUNT_LOG_LEVEL" default:"info" yaml:"log-level" help:"Log from this level on: debug, info, warn, error."`
	LogFormat string `env:"EXEUNT_LOG_FORMAT" default:"text" yaml:"log-format" help:"Write the log as text or json."`

	CallMembersMax int `env:"EXEUNT_CALL_MEMBERS_MAX" default:"300" yaml:"call-members-max" help:"Members of one call room, 1 to 100000."`
	LiveMembersMax int `env:"EXEUNT_LIVE_MEMBERS_MAX" default:"100000" yaml:"live-members-max" help:"Members of one live room, 1 to 100000."`

	ExitsRemembered int `env:"EXEUNT_EXITS_REMEMBERED" default:"100000" yaml:"exits-remembered" help:"Ended stays of which a member that comes back hears how they ended, 1 to 10000000; each takes about 1 kB of memory."`

	Presence `yaml:",inline"`

	StopWait time.Duration `env:"EXEUNT_STOP_WAIT" default:"10s" yaml:"stop-wait" help:"How long a graceful stop may take, 1s to 5m."`

	Apps Apps `hidden:"" yaml:"apps"`
}

// Media says how media is reached and sent.
type Media struct {
	PublicIPs    []string `name:"public-ips" env:"EXEUNT_PUBLIC_IPS" yaml:"public-ips" help:"IP addresses at which members reach media-addr, when they are not its own."`
	MediaShards  int      `env:"EXEUNT_MEDIA_SHARDS" default:"0" yaml:"media-shards" help:"Share the rooms among so many UDP ports from media-addr's up, one for each core, 1 to 32; 0 for as many as there are cores, or fewer where a port is taken. A firewall has to let all of them through."`
	MediaPadding bool     `env:"EXEUNT_MEDIA_PADDING" default:"true" negatable:"" yaml:"media-padding" help:"Pad the packets of one picture to one length, so that the kernel takes them as one; turn it off for a receiver that misbehaves."`

	Turn `yaml:",inline"`
}

// Turn says where members are taken whose network lets nothing through to the media port. Nowhere, if nothing is set.
type Turn struct {
	TurnUDP  string `name:"turn-udp" env:"EXEUNT_TURN_UDP" yaml:"turn-udp" help:"Take TURN over UDP here, such as 0.0.0.0:3478; empty for not at all."`
	TurnTCP  string `name:"turn-tcp" env:"EXEUNT_TURN_TCP" yaml:"turn-tcp" help:"Take TURN over TCP here, such as 0.0.0.0:3478; empty for not at all."`
	TurnTLS  string `name:"turn-tls" env:"EXEUNT_TURN_TLS" yaml:"turn-tls" help:"Take TURN over TLS here, such as 0.0.0.0:443; it needs turn-cert, turn-key and turn-host. Empty for not at all."`
	TurnHost string `env:"EXEUNT_TURN_HOST" yaml:"turn-host" help:"Name or IP address by which members reach the TURN addresses; for turn-tls the one in the certificate. Empty for that of media-addr."`
	TurnCert string `env:"EXEUNT_TURN_CERT" yaml:"turn-cert" help:"PEM file with the certificate for turn-tls, and those between it and the root; read again when it changes."`
	TurnKey  string `env:"EXEUNT_TURN_KEY" yaml:"turn-key" help:"PEM file with the key of turn-cert."`
}

// Presence says how a member shows that it lives, and what its silence means in a room that has no policy of its own.
type Presence struct {
	Preset    string        `env:"EXEUNT_PRESET" default:"default" yaml:"preset" help:"How patient rooms are: default, or trtc for TRTC's 8s and 90s."`
	Heartbeat time.Duration `env:"EXEUNT_HEARTBEAT" default:"1s" yaml:"heartbeat" help:"How often a member shows that it lives, 500ms to 30s."`
	Unstable  time.Duration `env:"EXEUNT_UNSTABLE" default:"0s" yaml:"unstable" help:"Silence of which the others are told, at least 2 heartbeats; 0 for the preset's, which is 2s by default."`
	Gone      time.Duration `env:"EXEUNT_GONE" default:"0s" yaml:"gone" help:"Silence after which a member is out, at least 1s more than unstable, at most 10m; 0 for the preset's, which is 10s by default."`
}

// Apps are the tenants. They can only be set in the file: a secret does not belong on a command line, where every
// process of the machine can read it, nor in an environment that crash reports carry along.
type Apps []App

// App is one tenant (TRTC: application).
type App struct {
	// SdkAppID names the tenant, 1 to 4294967295.
	SdkAppID uint32 `yaml:"sdk-app-id"`
	// Secret signs UserSig and PrivateMapKey; 16 to 256 bytes.
	Secret string `yaml:"secret"`
	// Keys may sign calls of the control API for this app.
	Keys []Key `yaml:"keys"`
	// PermissionControl demands a PrivateMapKey at each entry (TRTC: advanced permission control).
	PermissionControl bool `yaml:"permission-control"`
	// Policy are the rules of each room of the app; Rooms those of some, by name: the first that matches counts.
	Policy Policy      `yaml:"policy,omitempty"`
	Rooms  []RoomRules `yaml:"rooms,omitempty"`
}

// Key signs calls of the control API.
type Key struct {
	// SecretID names the key; 1 to 128 bytes, unique among all apps.
	SecretID string `yaml:"secret-id"`
	// SecretKey is the key itself; 16 to 256 bytes.
	SecretKey string `yaml:"secret-key"`
	// Allow lists the groups of actions that the key may sign, of [Groups]; empty for all of them.
	Allow []string `yaml:"allow,omitempty"`
}

// Groups are what the actions of the control API do, for [Key.Allow].
var Groups = []string{"describe", "remove", "ban", "block", "dismiss", "policy"}

// May says whether the key may sign actions of a group.
func (k Key) May(group string) bool { return len(k.Allow) == 0 || slices.Contains(k.Allow, group) }

// The credentials of development mode. They are public, so a server that takes them listens on loopback only.
const (
	DevelopmentSdkAppID  uint32 = 1400000000
	DevelopmentSecret           = "exeunt-development-app-secret"
	DevelopmentSecretID         = "AKIDexeuntdevelopment"
	DevelopmentSecretKey        = "exeunt-development-secret-key"
)

// DevelopmentApp is the tenant of development mode.
func DevelopmentApp() App {
	return App{
		SdkAppID: DevelopmentSdkAppID,
		Secret:   DevelopmentSecret,
		Keys:     []Key{{SecretID: DevelopmentSecretID, SecretKey: DevelopmentSecretKey}},
	}
}

// Development says whether no app is configured: the built-in one stands in.
func (c *Config) Development() bool { return len(c.Apps) == 0 }

// Tenants returns the apps that this server serves: the configured ones, or the built-in one of development mode.
func (c *Config) Tenants() Apps {
	if c.Development() {
		return Apps{DevelopmentApp()}
	}
	return c.Apps
}

// App finds a tenant.
func (a Apps) App(sdkAppID uint32) (App, bool) {
	for _, app := range a {
		if app.SdkAppID == sdkAppID {
			return app, true
		}
	}
	return App{}, false
}
