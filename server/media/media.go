// Package media is the SFU: it takes what a session publishes and sends it to those who listen, over one UDP socket and
// one TCP listener for the whole process. It knows sessions, never rooms, and never decides who may hear whom.
//
// A session has one peer connection. Its offer has send lines, which carry what it publishes, and slots, which carry
// what it listens to. Publishing, listening and leaving move packets between lines and slots; they cost no SDP.
//
// Nothing outside this package sees a type of Pion: all that is below may be replaced without anybody noticing.
//
// There are three locks, always taken in this order:
//
//  1. Engine.mu guards who exists and what is connected to what. Only the methods of [Engine] and news of a new
//     connection or track take it, never a packet.
//  2. session.gate is open while the session lives. Every packet passes it, in or out. Drop shuts it for good, and then
//     knows that none is under way. A packet never waits at a gate: one that is about to shut counts as shut.
//  3. slot.mu puts the packets of one slot one after the other, since they share one row of sequence numbers.
//
// A packet finds its listeners in a list that is replaced, never changed.
package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/exeunt/exeunt/server/metrics"
)

// Config is what the engine has to be told.
type Config struct {
	// UDPAddr and TCPAddr are where media is taken, such as "127.0.0.1:8081"; the same address for both, as a rule.
	UDPAddr, TCPAddr string
	// PublicIPs are the addresses at which clients reach the engine, when they are not its own.
	PublicIPs []string
	// Changed is told when no packet of a session arrives any more, and when they arrive again; nil for nobody. It must
	// return soon.
	Changed func(session string, flows bool)
	// SessionsMax bounds the sessions; 0 for [SessionsMaxDefault].
	SessionsMax int
}

// SessionsMaxDefault keeps a process with plain Pion peer connections below some six gigabytes.
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

// Engine forwards media. Its methods are safe for use by several goroutines.
type Engine struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics.Metrics
	network *network

	// mu is lock 1 of the package comment.
	mu       sync.Mutex
	sessions map[string]*session
	closed   bool

	// closing are the transports that are on their way down, and the loops that read from them.
	closing sync.WaitGroup
}

// New opens the sockets and returns an engine without sessions. A nil m counts nothing.
func New(cfg Config, log *slog.Logger, m *metrics.Metrics) (*Engine, error) {
	if cfg.SessionsMax == 0 {
		cfg.SessionsMax = SessionsMaxDefault
	}
	if cfg.Changed == nil {
		cfg.Changed = func(string, bool) {}
	}
	network, err := listen(cfg)
	if err != nil {
		return nil, err
	}
	return &Engine{cfg: cfg, log: log, metrics: m, network: network, sessions: map[string]*session{}}, nil
}

// Close drops every session and closes the sockets. It waits for the transports until ctx is over.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	e.closed = true
	var left []string
	for id := range e.sessions {
		left = append(left, id)
	}
	e.mu.Unlock()
	for _, id := range left {
		e.Drop(id)
	}
	down := make(chan struct{})
	go func() {
		e.closing.Wait()
		close(down)
	}()
	var err error
	select {
	case <-down:
	case <-ctx.Done():
		e.metrics.Overdue("media_close")
		err = fmt.Errorf("close the media transports: %w", ctx.Err())
	}
	return errors.Join(err, e.network.close())
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
