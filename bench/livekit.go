package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// The one key pair of the measured LiveKit; its server listens on loopback only.
const (
	livekitKey    = "bench"
	livekitSecret = "a-secret-of-at-least-32-characters"
)

// livekit is a LiveKit server in a process of its own.
type livekit struct {
	process *process
	// address is host and port, for signalling and for the room service.
	address string
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
logging: {level: error}
`

// startLivekit starts a server whose members reach its media at the given IP address.
func startLivekit(ctx context.Context, binary, mediaIP string, mediaPort int) (*livekit, error) {
	signalPort, err := freePort()
	if err != nil {
		return nil, err
	}
	tcpPort, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "livekit.yaml")
	text := fmt.Sprintf(livekitConfig, signalPort, tcpPort, mediaPort, mediaIP, livekitKey, livekitSecret)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		remove()
		return nil, err
	}
	p, err := launch(nil, binary, "--config", file)
	if err != nil {
		remove()
		return nil, err
	}
	l := &livekit{process: p, address: fmt.Sprintf("127.0.0.1:%d", signalPort), tidy: remove}
	if err := answers(ctx, p, "http://"+l.address); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *livekit) signalling() string { return l.address }

func (l *livekit) close() {
	l.process.stop()
	l.tidy()
}

func (l *livekit) enter(ctx context.Context, s seat) (member, error) {
	return enterLivekit(ctx, l.address, s)
}

func (l *livekit) remove(ctx context.Context, room, user string) error {
	return l.call(ctx, "RemoveParticipant", map[string]string{"room": room, "identity": user})
}

func (l *livekit) dismiss(ctx context.Context, room string) error {
	return l.call(ctx, "DeleteRoom", map[string]string{"room": room})
}

// call calls the room service (Twirp, with JSON).
func (l *livekit) call(ctx context.Context, method string, params map[string]string) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	url := "http://" + l.address + "/twirp/livekit.RoomService/" + method
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+livekitToken("", grant{
		"room": params["room"], "roomAdmin": true, "roomCreate": true,
	}))
	_, err = post(request)
	return err
}

// grant is what a token allows: the "video" claim of LiveKit's access tokens.
type grant map[string]any

// livekitToken makes an access token: a JWT (RFC 7519), signed with HMAC-SHA-256.
func livekitToken(identity string, allowed grant) string {
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
