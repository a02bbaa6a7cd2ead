// Package relay takes members' media where a network lets nothing through to the media port: a TURN server (RFC 8656)
// over UDP, TCP and TLS, in the same process as the engine that it relays to.
//
// It is no open relay. Whoever uses it has the credentials of a stay, which are made at the entry and die with it: when
// Drop returns, no packet of that stay passes any more, and nothing can be asked for in its name. And there is one
// place where packets may go, the engine's own socket, or that of one of several engines: each relayed address is a
// socket that is connected to it, so that not even a mistake here could let one out to another host.
//
// The protocol is Pion's. Ours are who may use it, where packets may go, how much of it one stay may have, and the
// connections that strangers hold open. It knows sessions, never rooms, and never looks into a packet.
package relay

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/turn/v5"

	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/wire"
)

// Config is what a relay has to be told.
type Config struct {
	// UDPAddr, TCPAddr and TLSAddr are where members are taken; empty for not at all.
	UDPAddr, TCPAddr, TLSAddr string
	// CertFile and KeyFile are the PEM files that TLS needs. They are read again when they change.
	CertFile, KeyFile string
	// Host is how members reach those addresses: a name, which TLS demands, or an address. Empty for the first of Told.
	Host string
	// Told are the addresses of the media socket that members are told, and Bound is where it is bound. Ports are those
	// of all engines, which have their sockets at the same addresses; empty for Bound's alone.
	Told  []netip.AddrPort
	Bound netip.AddrPort
	Ports []uint16
	// strangerWait is how long a connection may last that has no relayed address; 0 for [strangerWaitDefault].
	strangerWait time.Duration
}

// Open says whether there is anything to serve.
func (c Config) Open() bool { return c.UDPAddr != "" || c.TCPAddr != "" || c.TLSAddr != "" }

const (
	// realm is what long-term credentials are for (RFC 8489 §9.2).
	realm = "exeunt"
	// linesMax bounds the relayed addresses of one stay: a browser asks for one by each way and each of its networks, and
	// once more at each ICE restart, while the older ones end by and by.
	linesMax = 16
	// socketBuffer is what we ask the kernel for, in bytes: a key frame for each of many members at once.
	socketBuffer = 1 << 20
)

// Relay is the TURN server. Its methods are safe for use by several goroutines.
type Relay struct {
	log     *slog.Logger
	metrics *metrics.Metrics
	server  *turn.Server
	targets []target
	// ports are those at which engines take media.
	ports []uint16
	// strangers is how long a connection may last that has no relayed address.
	strangers time.Duration
	urls      []string
	// listening are what members connect to, for Close.
	listening []*listener

	// mu guards what follows. Nothing is called under it that waits.
	mu sync.Mutex
	// passes are found by session, and by the user name of the credentials.
	passes, names map[string]*pass
	conns         map[string]*conn
	closed        bool
}

// New opens the listeners. A nil m counts nothing.
func New(cfg Config, log *slog.Logger, m *metrics.Metrics) (*Relay, error) {
	if cfg.strangerWait == 0 {
		cfg.strangerWait = strangerWaitDefault
	}
	r := &Relay{
		log: log, metrics: m, targets: targetsOf(cfg.Told, cfg.Bound),
		ports:     append([]uint16{cfg.Bound.Port()}, cfg.Ports...),
		strangers: cfg.strangerWait,
		passes:    map[string]*pass{}, names: map[string]*pass{}, conns: map[string]*conn{},
	}
	if len(r.targets) == 0 {
		return nil, errors.New("relay: the media socket has no address that could be told")
	}
	host := cfg.Host
	if host == "" {
		host = r.targets[0].told.Addr().String()
	}
	settings := turn.ServerConfig{
		Realm: realm, AuthHandler: r.authenticate, QuotaHandler: r.mayHaveMore,
		EventHandler: turn.EventHandler{OnAllocationCreated: r.allocated, OnAllocationDeleted: r.freed},
		// Who does not say which kind of address it wants gets the one that the engine has.
		StrictAddressFamily: r.targets[0].told.Addr().Is4(),
	}
	if err := r.listen(cfg, host, &settings); err != nil {
		return nil, errors.Join(err, closeAll(settings))
	}
	var err error
	if r.server, err = turn.NewServer(settings); err != nil {
		return nil, errors.Join(fmt.Errorf("start the relay: %w", err), closeAll(settings))
	}
	return r, nil
}

// listen opens what the settings name.
func (r *Relay) listen(cfg Config, host string, settings *turn.ServerConfig) error {
	if cfg.UDPAddr != "" {
		socket, err := net.ListenPacket("udp", cfg.UDPAddr)
		if err != nil {
			return &AddressError{"turn-udp", cfg.UDPAddr, err}
		}
		udp := socket.(*net.UDPConn)
		// A kernel that gives less loses more, and the rest works.
		_ = udp.SetReadBuffer(socketBuffer)
		_ = udp.SetWriteBuffer(socketBuffer)
		settings.PacketConnConfigs = []turn.PacketConnConfig{{
			PacketConn: udp, RelayAddressGenerator: generator{r}, PermissionHandler: r.permits,
		}}
		r.urls = append(r.urls, address("turn", host, udp.LocalAddr(), "udp"))
	}
	if cfg.TCPAddr != "" {
		if err := r.listenTCP("turn-tcp", cfg.TCPAddr, nil, settings); err != nil {
			return err
		}
		r.urls = append(r.urls, address("turn", host, r.listening[0].Addr(), "tcp"))
	}
	if cfg.TLSAddr != "" {
		files, err := openKeyPair(cfg.CertFile, cfg.KeyFile, r.log)
		if err != nil {
			return err
		}
		if err := r.listenTCP("turn-tls", cfg.TLSAddr, files.config(), settings); err != nil {
			return err
		}
		r.urls = append(r.urls, address("turns", host, r.listening[len(r.listening)-1].Addr(), "tcp"))
	}
	return nil
}

// AddressError says which setting names an address that cannot be served.
type AddressError struct {
	Field, Address string
	Err            error
}

func (e *AddressError) Error() string { return e.Field + " " + e.Address + ": " + e.Err.Error() }

func (e *AddressError) Unwrap() error { return e.Err }

// address is one URL of RFC 7065.
func address(scheme, host string, bound net.Addr, transport string) string {
	_, port, err := net.SplitHostPort(bound.String())
	if err != nil {
		panic(fmt.Sprintf("relay: a bound address is %q", bound)) // Package net wrote it.
	}
	return scheme + ":" + net.JoinHostPort(host, port) + "?transport=" + transport
}

func closeAll(settings turn.ServerConfig) error {
	var errs []error
	for _, one := range settings.PacketConnConfigs {
		errs = append(errs, one.PacketConn.Close())
	}
	for _, one := range settings.ListenerConfigs {
		errs = append(errs, one.Listener.Close())
	}
	return errors.Join(errs...)
}

// URLs are the ways to the relay, as members are told (RFC 7065).
func (r *Relay) URLs() []string { return slices.Clone(r.urls) }

// Admit returns the ways to the relay, with the credentials of a session: the same ones until Drop.
func (r *Relay) Admit(session string) []*wire.IceServer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	p := r.passes[session]
	if p == nil {
		p = newPass()
		r.passes[session], r.names[p.name] = p, p
	}
	return []*wire.IceServer{{Urls: r.urls, Username: p.name, Credential: p.password}}
}

// Drop ends what a session has: when it returns, nothing passes any more, and its credentials are worth nothing.
func (r *Relay) Drop(session string) {
	r.mu.Lock()
	p := r.passes[session]
	if p != nil {
		delete(r.passes, session)
		delete(r.names, p.name)
	}
	r.mu.Unlock()
	if p != nil {
		p.end(r)
	}
}

// Close ends everything.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.closed = true
	var left []string
	for session := range r.passes {
		left = append(left, session)
	}
	var strangers []*conn
	for _, c := range r.conns {
		strangers = append(strangers, c)
	}
	r.mu.Unlock()
	for _, session := range left {
		r.Drop(session)
	}
	err := r.server.Close()
	for _, c := range strangers {
		c.cut()
	}
	return err
}
