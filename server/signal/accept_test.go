package signal

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/exeunt/exeunt/server/host"
)

func TestWhoMayKnock(t *testing.T) {
	own := Config{AllowedOrigins: []string{"https://app.example", "file://"}}
	open := Config{AllowedOrigins: []string{"*"}}
	development := Config{Development: true}
	for _, c := range []struct {
		config       Config
		host, origin string
		want         bool
	}{
		{development, "localhost:8080", "http://localhost:8080", true},
		{development, "127.0.0.1:8080", "http://localhost:5173", true},
		{development, "[::1]:8080", "http://127.0.0.1", true},
		{development, "localhost:8080", "", true},
		{development, "localhost:8080", "file://", true},
		{development, "localhost:8080", "null", false},
		{development, "localhost:8080", "https://evil.example", false},
		{development, "localhost:8080", "http://localhost.evil.example", false},
		// A name of the web that points at this machine (DNS rebinding).
		{development, "evil.example:8080", "http://evil.example:8080", false},
		{own, "rooms.example", "https://rooms.example", true},
		{own, "rooms.example", "https://app.example", true},
		{own, "rooms.example", "HTTPS://APP.example", true},
		{own, "rooms.example", "file://", true},
		{own, "rooms.example", "", true},
		{own, "rooms.example", "http://localhost:8080", false},
		{own, "rooms.example", "https://app.example.evil.example", false},
		{own, "rooms.example", "http://app.example", false},
		{own, "rooms.example", ":", false},
		{Config{}, "rooms.example", "file://", false},
		{open, "rooms.example", "https://anybody.example", true},
	} {
		r := httptest.NewRequest("GET", "http://"+c.host+Path, nil)
		r.Header.Set("Origin", c.origin)
		if err := (&Door{config: c.config}).admissible(r); (err == nil) != c.want {
			t.Errorf("host %q, origin %q: %v, want admissible %t", c.host, c.origin, err, c.want)
		}
	}
}

// TestAFullDoorSaysSo: one connection more than the limit is turned away with words, and a place that is given back can
// be taken again.
func TestAFullDoorSaysSo(t *testing.T) {
	door := New(Config{ConnectionsMax: 1}, &host.Hall{}, quiet(), nil)
	if err := door.enter(); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	door.ServeHTTP(answer, httptest.NewRequest("GET", "http://rooms.example"+Path, nil))
	if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "1 connections are open") {
		t.Errorf("a full door answers %d: %s", answer.Code, answer.Body)
	}
	door.leave()
	if err := door.enter(); err != nil {
		t.Errorf("the place that was given back: %v", err)
	}
	door.leave()
	if err := door.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
