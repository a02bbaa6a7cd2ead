package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/udp"
)

// ShardsMax bounds the engines: the first letter of an ICE user name says in which of them a session lives.
const ShardsMax = 32

// Engines are the engines of a process: one for each core, which takes what comes to its own UDP port to the end. Their
// methods are those of [Engine], and go to the one where the session lives. They are safe for use by several
// goroutines.
type Engines struct {
	*premises
	sessionsMax int

	// mu is never held while an engine is called.
	mu sync.Mutex
	directory
	closed bool
}

// premises are what the engines of a process have in common.
type premises struct {
	dtls identity
	tcp  *tcpListener
	crew *crew
	// engines never change once they have begun; open counts those that are not closed.
	engines []*Engine
	open    atomic.Int32
	loops   sync.WaitGroup
}

// ShardError says which port of the engines cannot be had.
type ShardError struct {
	// Shards is how many engines there should be, and Address where one of them should take UDP.
	Shards  int
	Address string
	Err     error
}

func (e *ShardError) Error() string {
	return fmt.Sprintf("of %d shards of media one needs %s: %v", e.Shards, e.Address, e.Err)
}

func (e *ShardError) Unwrap() error { return e.Err }

// NewEngines opens the sockets and returns engines without sessions. A nil m counts nothing. Errors: [*ShardError] for
// the port of a further engine.
func NewEngines(cfg Config, log *slog.Logger, m *metrics.Metrics) (*Engines, error) {
	cfg = cfg.complete()
	id, err := newIdentity()
	if err != nil {
		return nil, err
	}
	sockets, err := listenAll(cfg, log)
	if err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp", cfg.TCPAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for media on tcp %s: %w", cfg.TCPAddr, err), closeSockets(sockets))
	}
	p := &premises{dtls: id, crew: newCrew()}
	p.tcp = newTCPListener(tcp, p, log)
	for _, socket := range sockets {
		p.engines = append(p.engines, newShard(cfg, log, m, socket, p))
	}
	p.open.Store(int32(len(sockets)))
	p.crew.hire(runtime.GOMAXPROCS(0)-1, sockets[0])
	for _, e := range p.engines {
		e.begin()
	}
	p.loops.Go(p.tcp.accept)
	return &Engines{premises: p, sessionsMax: cfg.SessionsMax, directory: newDirectory(len(sockets))}, nil
}

// listenAll opens the UDP sockets. They have one port after the other, so that one rule of a firewall names them all.
func listenAll(cfg Config, log *slog.Logger) ([]*udp.Socket, error) {
	first, err := udp.Listen(cfg.UDPAddr)
	if err != nil {
		return nil, err
	}
	sockets := []*udp.Socket{first}
	for n := 1; n < min(cfg.Shards, ShardsMax); n++ {
		addr, socket := above(cfg.UDPAddr, n), (*udp.Socket)(nil)
		if socket, err = udp.Listen(addr); err == nil {
			sockets = append(sockets, socket)
			continue
		}
		if n < cfg.ShardsMin {
			return nil, errors.Join(&ShardError{cfg.Shards, addr, err}, closeSockets(sockets))
		}
		log.Warn("media has fewer shards than it might", "shards", n, "of", cfg.Shards, "why", err)
		break
	}
	return sockets, nil
}

// above is an address n ports higher. Port 0 stays what it is, and what is no port the socket will complain of.
func above(addr string, n int) string {
	host, text, err := net.SplitHostPort(addr)
	port, wrong := strconv.Atoi(text)
	if err != nil || wrong != nil || port == 0 {
		return addr
	}
	return net.JoinHostPort(host, strconv.Itoa(port+n))
}

func closeSockets(all []*udp.Socket) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// leave closes what the engines have in common when the last of them goes.
func (p *premises) leave() error {
	if p.open.Add(-1) > 0 {
		return nil
	}
	close(p.crew.quit)
	return p.tcp.close()
}

// rest waits until nothing of the premises moves, if the last engine has gone.
func (p *premises) rest() {
	if p.open.Load() > 0 {
		return
	}
	p.loops.Wait()
	p.tcp.serving.Wait()
	p.crew.loops.Wait()
}

// bursts says whether the kernel takes bursts whole, of every engine.
func (p *premises) bursts() bool {
	for _, e := range p.engines {
		if !e.socket.Bursts() {
			return false
		}
	}
	return true
}

// Close drops every session and closes the sockets. It waits for the transports until ctx is over.
func (s *Engines) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	errs := make([]error, len(s.engines))
	var all sync.WaitGroup
	for i, e := range s.engines {
		all.Go(func() { errs[i] = e.Close(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Told lists the addresses of the first UDP socket that members are told, the one that they like best first.
func (s *Engines) Told() []netip.AddrPort { return s.engines[0].Told() }

// Bound is where the first UDP socket is bound.
func (s *Engines) Bound() netip.AddrPort { return s.engines[0].Bound() }

// Ports are those of all UDP sockets, the first one's first.
func (s *Engines) Ports() []uint16 {
	var all []uint16
	for _, e := range s.engines {
		all = append(all, e.Bound().Port())
	}
	return all
}
