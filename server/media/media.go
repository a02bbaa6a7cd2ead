// Package media is the SFU: it takes what a session publishes and sends it to those who listen, over a UDP socket for
// each core and one TCP listener for the whole process. It knows sessions, never rooms, and never decides who may hear
// whom.
//
// A session has one transport. Its offer has send lines, which carry what it publishes, and slots, which carry what it
// listens to. Publishing, listening and leaving move packets between lines and slots; they cost no SDP.
//
// A packet's way: the socket (receive.go), the session that its sender has proven to be (check.go, handshake.go), the
// layer of a line that its SSRC names (layer.go), where it is decrypted once and kept for a second (cache.go); then, as
// one burst with the packets beside it (burst.go), to the slots of all who listen (slot.go), sealed for each.
//
// All of that happens in one engine, which has a socket, a loop and a lock of its own: whatever touches a packet or a
// session holds Engine.mu. The receiving loop takes it once for all the datagrams that have come, and nothing waits
// under it; so when Drop returns, nothing is under way. Several engines (engines.go) know nothing of each other: those
// who may ever hear each other live in the same one (home.go).
package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/sdp"
	"github.com/exeunt/exeunt/server/udp"
)

// Config is what the engine has to be told.
type Config struct {
	// UDPAddr and TCPAddr are where media is taken, such as "127.0.0.1:8081"; the same address for both, as a rule. The
	// first engine takes UDP there, and each other one a port higher, or any port where that one is 0.
	UDPAddr, TCPAddr string
	// Shards is how many engines there are, and ShardsMin how many there must be: if the port of a further one cannot be
	// had, there are fewer. 0 for 1, at most [ShardsMax].
	Shards, ShardsMin int
	// PublicIPs are the addresses at which clients reach the engine, when they are not its own.
	PublicIPs []string
	// Changed is told when no packet of a session arrives any more, and when they arrive again; nil for nobody. It must
	// return soon.
	Changed func(session string, flows bool)
	// Wanted is told which layers of a published stream anybody takes, by their names in the offer (a=rid), when that
	// changes; at first it is the first one. Nil for nobody. It must return soon.
	Wanted func(session string, stream room.Stream, layers []string)
	// Measured is told how the networks are, of each session that sends or gets anything every two seconds. Nil for
	// nobody. It must return soon.
	Measured func([]Reading)
	// Talks is told when a session's data channels are open, and when they are not any more. It must return soon, and must
	// not call the engine. Nil for nobody.
	Talks func(session string, open bool)
	// Heard is told what clients say over their data channels, that of one channel in the order in which it came. False
	// says that it could not take what must not be lost, and ends the session's channels. It must return soon, and must
	// not call the engine. Nil for nobody.
	Heard func(session string, message []byte) bool
	// NoPadding leaves packets as long as they are: fewer of them leave as one, and a receiver that cannot take padding
	// (RFC 3550 §5.1) works.
	NoPadding bool
	// SessionsMax bounds the sessions of all engines together; 0 for [SessionsMaxDefault].
	SessionsMax int
}

// SessionsMaxDefault keeps a process with as many transports below some two gigabytes.
const SessionsMaxDefault = 10_000

// closeMax is how long closing one transport may take before that is counted. Nobody waits for it.
const closeMax = 5 * time.Second

var (
	// ErrNoSlot says that the listener has no free slot of the kind.
	ErrNoSlot = errors.New("no free slot of this kind")
	// ErrNoCodec says that the listener cannot decode what the line sends.
	ErrNoCodec = errors.New("no common codec")
	// ErrNoSession says that there is no such session, or no longer.
	ErrNoSession = errors.New("no such session")
	// ErrFull says that the engine has as many sessions as it may have.
	ErrFull = errors.New("too many sessions")
	// ErrClosed says that the engine is closed.
	ErrClosed = errors.New("the media engine is closed")
)

// OfferError says which part of an offer cannot be answered, and why.
type OfferError = sdp.Error

// Engine forwards media: one of [Engines], or one alone. Its methods are safe for use by several goroutines.
type Engine struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics.Metrics
	socket  *udp.Socket
	*premises
	// number is the engine's place among those of the premises.
	number int

	// mu is the lock of the package comment.
	mu sync.Mutex
	switchboard
	rhythm
	out output

	// telling puts what Changed is told in order.
	telling sync.Mutex
	// closing are the goroutines of transports, and loops those of the engine itself, which end when quit is closed.
	closing, loops sync.WaitGroup
	quit           chan struct{}
	began          time.Time
}

// switchboard is who is there; the engine's mu guards it.
type switchboard struct {
	sessions map[string]*session
	// fragments finds the session that a check is for by its ICE user name fragment, and addresses the one that sends
	// from an address that a check has proven.
	fragments map[string]*credentials
	addresses map[path]*session
	// pending are layers with a burst that has not left, and needy ones that lack packets or a key frame.
	pending, needy []*layer
	// restated are lines whose publisher is to be told which of their layers are taken.
	restated []*line
	// readings are what Measured was not told yet.
	readings []Reading
	closed   bool
}

// New opens the sockets and returns one engine, alone and without sessions. A nil m counts nothing.
func New(cfg Config, log *slog.Logger, m *metrics.Metrics) (*Engine, error) {
	cfg.Shards, cfg.ShardsMin = 1, 1
	all, err := NewEngines(cfg, log, m)
	if err != nil {
		return nil, err
	}
	return all.engines[0], nil
}

// complete fills in what is left out.
func (cfg Config) complete() Config {
	if cfg.SessionsMax == 0 {
		cfg.SessionsMax = SessionsMaxDefault
	}
	if cfg.Changed == nil {
		cfg.Changed = func(string, bool) {}
	}
	if cfg.Measured == nil {
		cfg.Measured = func([]Reading) {}
	}
	if cfg.Talks == nil {
		cfg.Talks = func(string, bool) {}
	}
	if cfg.Heard == nil {
		cfg.Heard = func(string, []byte) bool { return true }
	}
	if cfg.Wanted == nil {
		cfg.Wanted = func(string, room.Stream, []string) {}
	}
	return cfg
}

// newShard makes the next engine of the premises, which does nothing yet.
func newShard(cfg Config, log *slog.Logger, m *metrics.Metrics, socket *udp.Socket, p *premises) *Engine {
	e := &Engine{
		cfg: cfg, log: log, metrics: m, socket: socket, premises: p, number: len(p.engines),
		switchboard: switchboard{
			sessions: map[string]*session{}, fragments: map[string]*credentials{}, addresses: map[path]*session{},
		},
		rhythm: rhythm{soon: make(chan struct{}, 1)}, out: newOutput(socket), quit: make(chan struct{}), began: time.Now(),
	}
	e.out.noPadding = cfg.NoPadding
	e.reports = udp.NewBatch()
	return e
}

// begin starts to take what comes.
func (e *Engine) begin() {
	e.countSocket()
	e.loops.Go(e.receive)
	e.loops.Go(e.tick)
}

// Close drops every session and closes the socket; the last engine of the premises closes those, too. It waits for the
// transports until ctx is over.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	var left []string
	for id := range e.sessions {
		left = append(left, id)
	}
	e.mu.Unlock()
	for _, id := range left {
		e.Drop(id)
	}
	var err error
	if first {
		close(e.quit)
		err = errors.Join(e.leave(), e.socket.Close())
	}
	down := make(chan struct{})
	go func() {
		e.loops.Wait()
		e.closing.Wait()
		e.rest()
		close(down)
	}()
	select {
	case <-down:
	case <-ctx.Done():
		e.metrics.Overdue("media_close")
		err = errors.Join(err, fmt.Errorf("close the media transports: %w", ctx.Err()))
	}
	return err
}

// find returns a session; nil when there is none.
func (e *Engine) find(id string) *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sessions[id]
}

// vacancy says whether one more session may come; the caller holds mu.
func (e *Engine) vacancy(id string) error {
	switch {
	case e.closed:
		return ErrClosed
	case e.sessions[id] != nil:
		return fmt.Errorf("session %s is open already", id)
	case len(e.sessions) >= e.cfg.SessionsMax:
		return fmt.Errorf("%w: the limit is %d", ErrFull, e.cfg.SessionsMax)
	}
	return nil
}
