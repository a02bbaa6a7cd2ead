package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	secretMin   = 16
	secretMax   = 256
	secretIDMax = 128
	membersMax  = 100_000

	exitsRememberedMax = 10_000_000
)

// Validate checks every setting and returns one error that names each wrong field and its limit.
func (c *Config) Validate() error {
	return errors.Join(
		c.checkAddresses(),
		c.checkOrigins(),
		c.checkTurn(),
		c.checkShards(),
		oneOf("log-level", c.LogLevel, "debug", "info", "warn", "error"),
		oneOf("log-format", c.LogFormat, "text", "json"),
		c.checkLimits(),
		c.checkApps(),
		c.checkDevelopment(),
	)
}

// listeners lists the addresses to bind, with the names of their fields.
func (c *Config) listeners() [][2]string {
	all := [][2]string{{"signal-addr", c.SignalAddr}, {"media-addr", c.MediaAddr}, {"control-addr", c.ControlAddr}}
	for _, one := range [][2]string{{"turn-udp", c.TurnUDP}, {"turn-tcp", c.TurnTCP}, {"turn-tls", c.TurnTLS}} {
		if one[1] != "" {
			all = append(all, one)
		}
	}
	return all
}

func (c *Config) checkAddresses() error {
	var wrong []error
	for _, l := range c.listeners() {
		_, port, err := net.SplitHostPort(l[1])
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s is %q: it must be host:port, with a port from 0 to 65535", l[0], l[1]))
		}
	}
	for _, ip := range c.PublicIPs {
		if _, err := netip.ParseAddr(ip); err != nil {
			wrong = append(wrong, fmt.Errorf("public-ips has %q: it must be an IP address", ip))
		}
	}
	return errors.Join(wrong...)
}

// checkTurn demands what TLS cannot do without. Browsers compare the name with the certificate, so it must be given.
func (c *Config) checkTurn() error {
	var wrong []error
	if c.TurnTLS != "" {
		for _, needed := range [][2]string{
			{"turn-cert", c.TurnCert}, {"turn-key", c.TurnKey}, {"turn-host", c.TurnHost},
		} {
			if needed[1] == "" {
				wrong = append(wrong, fmt.Errorf("%s is empty: turn-tls needs it", needed[0]))
			}
		}
	}
	if strings.ContainsAny(c.TurnHost, "/?# []") || (strings.Contains(c.TurnHost, ":") && !isIP(c.TurnHost)) {
		wrong = append(wrong, fmt.Errorf("turn-host is %q: it must be a name or an IP address, without a port", c.TurnHost))
	}
	return errors.Join(wrong...)
}

func isIP(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

func (c *Config) checkOrigins() error {
	var wrong []error
	for _, origin := range c.AllowedOrigins {
		if origin == "*" {
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Path != "" || (u.Host == "" && u.Scheme != "file") {
			wrong = append(wrong, fmt.Errorf(
				"allowed-origins has %q: it must be scheme://host or scheme://host:port without a path, file:// or *", origin))
		}
	}
	return errors.Join(wrong...)
}

func (c *Config) checkLimits() error {
	return errors.Join(
		counted("call-members-max", c.CallMembersMax, membersMax),
		counted("live-members-max", c.LiveMembersMax, membersMax),
		counted("exits-remembered", c.ExitsRemembered, exitsRememberedMax),
		within("heartbeat", c.Heartbeat, 500*time.Millisecond, 30*time.Second),
		within("stop-wait", c.StopWait, time.Second, 5*time.Minute),
	)
}

func (c *Config) checkApps() error {
	var wrong []error
	apps, keys := map[uint32]bool{}, map[string]bool{}
	for i, app := range c.Apps {
		at := fmt.Sprintf("apps[%d]", i)
		if app.SdkAppID == 0 {
			wrong = append(wrong, fmt.Errorf("%s.sdk-app-id is 0: it must be from 1 to 4294967295", at))
		}
		if apps[app.SdkAppID] {
			wrong = append(wrong, fmt.Errorf("%s.sdk-app-id is %d: another app has it already", at, app.SdkAppID))
		}
		apps[app.SdkAppID] = true
		wrong = append(wrong, sized(at+".secret", app.Secret, secretMin, secretMax), checkRooms(at, app.Rooms))
		for j, key := range app.Keys {
			at := fmt.Sprintf("%s.keys[%d]", at, j)
			wrong = append(wrong, sized(at+".secret-id", key.SecretID, 1, secretIDMax))
			wrong = append(wrong, sized(at+".secret-key", key.SecretKey, secretMin, secretMax))
			if keys[key.SecretID] {
				wrong = append(wrong, fmt.Errorf("%s.secret-id is %q: another key has it already", at, key.SecretID))
			}
			keys[key.SecretID] = true
			for _, group := range key.Allow {
				wrong = append(wrong, oneOf(at+".allow", group, Groups...))
			}
		}
	}
	return errors.Join(wrong...)
}

// checkDevelopment keeps the public credentials on this machine, whether they stand in by themselves or somebody
// wrote them into a file.
func (c *Config) checkDevelopment() error {
	if !slices.ContainsFunc(c.Tenants(), App.public) {
		return nil
	}
	for _, l := range c.listeners() {
		host, _, err := net.SplitHostPort(l[1])
		if err == nil && !loopback(host) {
			return fmt.Errorf("%s is %q: with the development credentials, which everybody knows, exeunt listens on "+
				"loopback only (127.0.0.1, ::1 or localhost); set apps with secrets of your own to listen elsewhere", l[0], l[1])
		}
	}
	return nil
}

// public says whether the app has a credential that stands in this source.
func (a App) public() bool {
	return a.Secret == DevelopmentSecret || slices.ContainsFunc(a.Keys, func(k Key) bool {
		return k.SecretKey == DevelopmentSecretKey
	})
}

// Loopback says whether a host, with or without a port, names this machine.
func Loopback(hostport string) bool {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return loopback(host)
	}
	return loopback(strings.Trim(hostport, "[]"))
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func oneOf(field, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s is %q: it must be one of %s", field, value, strings.Join(allowed, ", "))
}

func counted(field string, value, most int) error {
	if value >= 1 && value <= most {
		return nil
	}
	return fmt.Errorf("%s is %d: it must be from 1 to %d", field, value, most)
}

func within(field string, value, low, high time.Duration) error {
	if value >= low && value <= high {
		return nil
	}
	return fmt.Errorf("%s is %s: it must be from %s to %s", field, value, low, high)
}

// sized checks a secret's length without ever showing the secret.
func sized(field, value string, low, high int) error {
	if len(value) >= low && len(value) <= high {
		return nil
	}
	return fmt.Errorf("%s has %d bytes: it must have from %d to %d", field, len(value), low, high)
}
