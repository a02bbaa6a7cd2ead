package servers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The one key pair of the measured LiveKit; its server listens on loopback only.
const (
	livekitKey    = "bench"
	livekitSecret = "a-secret-of-at-least-32-characters"
)

// LivekitVersion is the release that is measured.
const LivekitVersion = "1.11.0"

// InstallLivekit builds the server from its own source into a folder below cache, unless it is there, and returns its
// path.
func InstallLivekit(ctx context.Context, cache string) (string, error) {
	dir, err := filepath.Abs(filepath.Join(cache, "livekit-"+LivekitVersion))
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "server")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	source := "github.com/livekit/livekit-server/cmd/server@v" + LivekitVersion
	install := exec.CommandContext(ctx, "go", "install", source)
	install.Env = append(os.Environ(), "GOBIN="+dir)
	install.Stderr = os.Stderr
	if err := install.Run(); err != nil {
		return "", fmt.Errorf("install LiveKit %s: %w", LivekitVersion, err)
	}
	return binary, nil
}

// Livekit is a LiveKit server in a process of its own.
type Livekit struct {
	*Process
	// Address is host and port, for signalling and for the room service.
	Address string
	// Metrics is the URL below which /metrics is.
	Metrics string
	tidy    func()
}

// livekitConfig is what is needed to run on loopback, and nothing tuned.
const livekitConfig = `
port: %d
bind_addresses: ["127.0.0.1"]
rtc:
  tcp_port: %d
  udp_port: %d
  use_external_ip: false
  enable_loopback_candidate: true
  node_ip: %s
  interfaces: {includes: [lo]}
keys: {%s: %s}
prometheus: {port: %d}
logging: {level: error}
`

// StartLivekit starts a server whose members reach its media at the given IP address.
func StartLivekit(ctx context.Context, binary, mediaIP string, mediaPort int) (*Livekit, error) {
	signalPort, err := FreePort()
	if err != nil {
		return nil, err
	}
	tcpPort, err := FreePort()
	if err != nil {
		return nil, err
	}
	metricsPort, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "livekit.yaml")
	text := fmt.Sprintf(livekitConfig, signalPort, tcpPort, mediaPort, mediaIP, livekitKey, livekitSecret,
		metricsPort)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		remove()
		return nil, err
	}
	p, err := Launch(nil, binary, "--config", file)
	if err != nil {
		remove()
		return nil, err
	}
	l := &Livekit{
		Process: p, Address: fmt.Sprintf("127.0.0.1:%d", signalPort),
		Metrics: fmt.Sprintf("http://127.0.0.1:%d", metricsPort), tidy: remove,
	}
	if err := Answers(ctx, p, "http://"+l.Address); err != nil {
		l.Stop()
		return nil, err
	}
	return l, nil
}

// Stop ends the server and removes its files.
func (l *Livekit) Stop() {
	l.Process.Stop()
	l.tidy()
}

// Grant is what a token allows: the "video" claim of LiveKit's access tokens.
type Grant map[string]any

// LivekitToken makes an access token: a JWT (RFC 7519), signed with HMAC-SHA-256.
func LivekitToken(identity string, allowed Grant) string {
	now := time.Now()
	claims, err := json.Marshal(map[string]any{
		"iss": livekitKey, "sub": identity, "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
		"video": allowed,
	})
	if err != nil {
		panic(err) // Strings, numbers and flags can always be encoded.
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(livekitSecret))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
