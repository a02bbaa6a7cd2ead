// Package signal is the WebSocket door: frames that come in become events for a room, and frames of a room go out.
//
// One connection is one stay. The door proves who a user is before the hall hears of them, and it never touches a room:
// it posts events and hands the hall a bounded [host.Link]. It imports no workshop. A stay whose page is gone ends by
// the hall's one door, as every other.
package signal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/metrics"
)

// Path is where the door stands, and Subprotocol is what is spoken there (docs/protocol.md).
const (
	Path        = "/signal"
	Subprotocol = "exeunt.v1"
)

// frameMax bounds a frame from a member. The largest is an offer: about 500 bytes a line, so some hundred lines.
const frameMax = 256 << 10

// connectionsMax bounds the open connections of a door that is told no other number: each costs three goroutines and,
// before it has proved who it is, up to four frames.
const connectionsMax = 20_000

// filePages is the origin that Chromium and Electron give to a page opened from a file.
const filePages = "file://"

// Config says whom the door lets in.
type Config struct {
	// Apps are the tenants.
	Apps config.Apps
	// Development also lets pages of any loopback origin and pages opened from files in, and only hosts that are
	// loopback: with credentials that everybody knows, no page of the web may reach this door by a name of its own.
	Development bool
	// AllowedOrigins are origins, such as https://app.example, whose pages may enter beside those of this host; "*"
	// is every page. The origin is no proof of who a user is, the UserSig is: this is a second lock.
	AllowedOrigins []string
	// ConnectionsMax bounds the open connections; 0 for 20000. One more is answered 503.
	ConnectionsMax int
}

// Door accepts WebSockets. It is an [http.Handler].
type Door struct {
	config  Config
	hall    *host.Hall
	log     *slog.Logger
	metrics *metrics.Metrics
	rota    *rota

	mu      sync.Mutex
	closing bool
	inside  int
	open    sync.WaitGroup
	base    context.Context
	cutAll  context.CancelFunc
}

// New makes a door to hall.
func New(config Config, hall *host.Hall, log *slog.Logger, m *metrics.Metrics) *Door {
	if config.ConnectionsMax == 0 {
		config.ConnectionsMax = connectionsMax
	}
	base, cancel := context.WithCancel(context.Background())
	return &Door{
		config: config, hall: hall, log: log, metrics: m, rota: newRota(hall.Heartbeat()), base: base, cutAll: cancel,
	}
}

// ServeHTTP keeps one connection from its handshake to its end.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := d.admissible(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if err := d.enter(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer d.leave()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{Subprotocol},
		// The origin was checked above, with an answer that says what is wrong.
		InsecureSkipVerify: true,
	})
	if err != nil {
		d.log.Debug("handshake failed", "why", err)
		return
	}
	if conn.Subprotocol() != Subprotocol {
		_ = conn.Close(websocket.StatusPolicyViolation, "the subprotocol must be "+Subprotocol)
		return
	}
	conn.SetReadLimit(frameMax)
	d.keep(conn)
}

// enter counts a connection in, unless the door is closing or full.
func (d *Door) enter() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return errors.New("the server is stopping")
	}
	if d.inside >= d.config.ConnectionsMax {
		return fmt.Errorf("%d connections are open; that is this server's limit", d.inside)
	}
	d.inside++
	d.open.Add(1)
	return nil
}

// leave counts it out.
func (d *Door) leave() {
	d.mu.Lock()
	d.inside--
	d.mu.Unlock()
	d.open.Done()
}

// Close takes no new connection and waits for the open ones, which end when the hall does; after ctx it cuts them.
func (d *Door) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closing = true
	d.mu.Unlock()
	defer d.cutAll()
	done := make(chan struct{})
	go func() {
		d.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		d.metrics.Overdue("door_close")
		return fmt.Errorf("close the door: %w", ctx.Err())
	}
}

// admissible checks where the page comes from. A client that is no browser sends no Origin and shows its UserSig alone.
func (d *Door) admissible(r *http.Request) error {
	if d.config.Development && !config.Loopback(r.Host) {
		return fmt.Errorf("host %q: in development mode only localhost is served", r.Host)
	}
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(d.config.AllowedOrigins, "*") {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil {
		return fmt.Errorf("origin %q cannot be read", origin)
	}
	here := strings.EqualFold(u.Host, r.Host) && u.Host != ""
	listed := slices.ContainsFunc(d.config.AllowedOrigins, func(o string) bool { return strings.EqualFold(o, origin) })
	near := d.config.Development && (origin == filePages || config.Loopback(u.Host))
	if here || listed || near {
		return nil
	}
	return fmt.Errorf("origin %q may not enter; add it to allowed-origins", origin)
}
