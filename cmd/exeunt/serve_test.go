package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/exit"
	door "github.com/exeunt/exeunt/server/signal"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

func settings() *config.Config {
	return &config.Config{
		SignalAddr: "127.0.0.1:0", MediaAddr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0", CallMembersMax: 300,
		LiveMembersMax: 300, StopWait: 10 * time.Second, ExitsRemembered: 100,
		Media:    config.Media{MediaPadding: true},
		Presence: config.Presence{Preset: "default", Heartbeat: time.Second},
	}
}

// TestAStopTellsEverybodyAndLeavesNothing: a member inside hears why, and the check for goroutines comes after it.
func TestAStopTellsEverybodyAndLeavesNothing(t *testing.T) {
	s, err := start(settings(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	conn := enter(t, s.pages.address.String())
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	var closed websocket.CloseError
	var last *wire.ServerFrame
	for {
		_, message, err := conn.Read(t.Context())
		if err != nil {
			if !errors.As(err, &closed) {
				t.Fatal(err)
			}
			break
		}
		last = new(wire.ServerFrame)
		if err := proto.Unmarshal(message, last); err != nil {
			t.Fatal(err)
		}
	}
	if code := last.GetExited().GetDetail().GetCode(); code != exit.Drained.String() || closed.Code != 4002 {
		t.Errorf("last word %v, close code %d", last, closed.Code)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// enter lets a member into the server at address and reads the reply.
func enter(t *testing.T, address string) *websocket.Conn {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	conn, _, err := websocket.Dial(t.Context(), "ws://"+address+door.Path, &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{door.Subprotocol},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	message, err := proto.Marshal(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: &wire.Enter{
		SdkAppId: config.DevelopmentSdkAppID, UserId: "ann", Room: &wire.Enter_RoomId{RoomId: 7},
		UserSig: usersig.Sign(config.DevelopmentSdkAppID, "ann", config.DevelopmentSecret, time.Hour, time.Now()),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageBinary, message); err != nil {
		t.Fatal(err)
	}
	_, message, err = conn.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	frame := new(wire.ServerFrame)
	if err := proto.Unmarshal(message, frame); err != nil || frame.GetEntered() == nil {
		t.Fatalf("%v, %v", frame, err)
	}
	return conn
}

func TestAServerThatDrainsIsNotReady(t *testing.T) {
	s, mux := &server{}, http.NewServeMux()
	s.health(mux)
	for draining, want := range map[bool]int{false: http.StatusOK, true: http.StatusServiceUnavailable} {
		s.draining.Store(draining)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if w.Code != want {
			t.Errorf("draining %t: status %d, want %d", draining, w.Code, want)
		}
	}
}

// TestAStartThatFailsLeavesNothing: each address in turn is taken already.
func TestAStartThatFailsLeavesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for field, set := range map[string]func(*config.Config, string){
		"signal-addr":  func(c *config.Config, a string) { c.SignalAddr = a },
		"media-addr":   func(c *config.Config, a string) { c.MediaAddr = a },
		"control-addr": func(c *config.Config, a string) { c.ControlAddr = a },
		"turn-tcp":     func(c *config.Config, a string) { c.TurnTCP = a },
	} {
		c := settings()
		set(c, taken.Addr().String())
		_, err := start(c, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), "is taken") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestAShardThatCannotBeHadIsNamed: a number of shards that was set is a promise; without one there are fewer.
func TestAShardThatCannotBeHadIsNamed(t *testing.T) {
	first, second := twoPorts(t)
	c := settings()
	c.MediaAddr, c.MediaShards = first.LocalAddr().String(), 2
	_ = first.Close()
	_, err := start(c, slog.New(slog.DiscardHandler))
	if want := "media-shards 2: UDP " + second.LocalAddr().String() + " is taken by another program"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("with a shard's port taken: %v", err)
	}
	c.MediaShards = 0
	s, err := start(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.media.Ports()); n != 1 {
		t.Errorf("%d shards with one port", n)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// TestTheGreetingNamesThePorts: an operator opens what it says.
func TestTheGreetingNamesThePorts(t *testing.T) {
	for want, ports := range map[string][]uint16{
		"": {8081}, "; UDP 8082": {8081, 8082}, "; UDP 8082 to 8084": {8081, 8082, 8083, 8084},
		"; 2 more UDP ports": {40000, 50000, 41000},
	} {
		if got := further(ports); got != want {
			t.Errorf("%v: %q; want %q", ports, got, want)
		}
	}
}
