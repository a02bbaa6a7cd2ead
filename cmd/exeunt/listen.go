package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/signal"
	"github.com/exeunt/exeunt/server/tcp"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/web"
)

const (
	// headerWait bounds how long a stranger may take to send a request's header, and headerMax how long it may be.
	headerWait = 10 * time.Second
	headerMax  = 64 << 10
	// idleWait is how long a connection may stay open between two requests.
	idleWait = 2 * time.Minute
	// pageSigLasts is how long a UserSig of the development page holds: a day of trying things out.
	pageSigLasts = 24 * time.Hour
)

// listener is one HTTP server on one address.
type listener struct {
	address net.Addr
	server  *http.Server
	done    chan struct{}
}

// listen opens the two HTTP listeners: one for members, one for back ends.
func (s *server) listen() (err error) {
	if s.pages, err = s.serve("signal-addr", s.config.SignalAddr, s.memberRoutes()); err != nil {
		return err
	}
	s.control, err = s.serve("control-addr", s.config.ControlAddr, s.controlRoutes())
	return err
}

// serve opens one listener; field names the setting in its errors.
func (s *server) serve(field, address string, routes http.Handler) (*listener, error) {
	socket, err := tcp.Listen(address)
	if err != nil {
		return nil, unopened(field, address, err)
	}
	l := &listener{
		address: socket.Addr(), done: make(chan struct{}),
		server: &http.Server{
			Handler: routes, ReadHeaderTimeout: headerWait, MaxHeaderBytes: headerMax, IdleTimeout: idleWait,
		},
	}
	go func() {
		defer close(l.done)
		if err := l.server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("%s: %w", field, err)
		}
	}()
	return l, nil
}

// unopened says in one line why an address cannot be served.
func unopened(field, address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s %s is taken by another program: stop it, or choose another address with --%s",
			field, address, field)
	}
	return fmt.Errorf("%s %s: %w", field, address, err)
}

// unopenedMedia is unopened for media, which takes several ports.
func unopenedMedia(address string, err error) error {
	var shard *media.ShardError
	if !errors.As(err, &shard) {
		return unopened("media-addr", address, err)
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("media-shards %d: UDP %s is taken by another program: stop it, or choose fewer with --media-shards",
			shard.Shards, shard.Address)
	}
	return fmt.Errorf("media-shards %d: UDP %s: %w", shard.Shards, shard.Address, shard.Err)
}

// close lets requests under way end, until ctx is over.
func (l *listener) close(ctx context.Context) error {
	err := l.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, l.server.Close())
	}
	<-l.done
	return err
}

// memberRoutes is what members reach.
func (s *server) memberRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(signal.Path, s.door)
	s.health(mux)
	if s.config.Development() {
		mux.HandleFunc("GET /usersig", userSig)
		mux.Handle("GET /metrics", s.metrics.Handler())
	}
	mux.Handle("/", web.Handler())
	return mux
}

// controlRoutes is what back ends and monitors reach.
func (s *server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	s.health(mux)
	mux.Handle("GET /metrics", s.metrics.Handler())
	mux.Handle("/", api.New(api.Config{
		Apps: s.config.Tenants(), Policy: policyOf(s.config), Heartbeat: s.config.Heartbeat,
	}, s.hall, s.log, s.metrics))
	return mux
}

// serverName is what health calls us, so that "exeunt doctor" knows who holds a port.
const serverName = "exeunt"

// health answers whether the process lives, and whether it wants new members.
func (s *server) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", serverName)
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.draining.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
}

// nearOrigin says whether a page of this machine asks, or no page at all.
func nearOrigin(origin string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && config.Loopback(u.Host)
}

// userSig gives the call page a credential. It stands in development mode only, where the secret is public; and to
// pages of this machine only, so that no page of the web can ask by a name that it pointed here (DNS rebinding).
func userSig(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("userId")
	switch {
	case !config.Loopback(r.Host) || !nearOrigin(r.Header.Get("Origin")):
		http.Error(w, "in development mode only localhost is served", http.StatusForbidden)
		return
	case user == "" || len(user) > room.UserMax:
		problem := fmt.Sprintf("userId has %d bytes; it must have 1 to %d", len(user), room.UserMax)
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"sdkAppId": config.DevelopmentSdkAppID,
		"userSig":  usersig.Sign(config.DevelopmentSdkAppID, user, config.DevelopmentSecret, pageSigLasts, time.Now()),
	})
}
