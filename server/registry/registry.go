// Package registry knows which node owns which room, and carries a question to the owner.
//
// A room is owned by lease: one key in a JetStream key-value bucket, which only one node can create, and which goes
// away by itself when its owner stops refreshing it. The revision of the key is the fencing token: what an earlier
// owner releases late cannot touch a later owner's lease. The bus is a nats-server inside this process, without any
// listener; a single node is a cluster of one and takes the same path. The package never looks into a room.
package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
)

// ErrOwned says that somebody has the room's lease already.
var ErrOwned = errors.New("registry: the room is owned")

// ErrNoRoom says that nobody owns the room: it does not exist.
var ErrNoRoom = errors.New("registry: no such room")

var errClosed = errors.New("the registry is closed")

const (
	// bucket is the key-value bucket of leases.
	bucket = "rooms"
	// leaseTTL is how long a room stays with a node that fell silent. It is shorter than the silence that ends a
	// stay, so that an adopted room still finds its members.
	leaseTTL = 15 * time.Second
	// readyWait bounds the start of the embedded bus, which takes milliseconds.
	readyWait = 10 * time.Second
	// maxPayload bounds a question and its reply: the description of a room with tens of thousands of members.
	maxPayload = 8 << 20
	// maxMemory bounds the leases: about half a kilobyte each, so some hundred thousand rooms.
	maxMemory = 64 << 20
	// maxDisk bounds what the bus may keep in the data directory: each stream there has its own share of it.
	maxDisk = 1 << 30
)

// Config says where the registry keeps its files and whom it tells of a loss.
type Config struct {
	// StoreDir is where the bus keeps its files; what is acknowledged is on disk then, not in the system's memory.
	// Empty for a temporary directory, which Close removes.
	StoreDir string
	// LeaseTTL is how long a lease outlives its owner; 0 for 15 seconds.
	LeaseTTL time.Duration
	// Lost is told of a lease that another node took from this one; nil for nobody. It must return soon.
	Lost func(key room.Key, token uint64)
	// Metrics counts overdue waits; nil counts nothing.
	Metrics *metrics.Metrics
}

// Registry is this node's part of the registry.
type Registry struct {
	node    string
	config  Config
	log     *slog.Logger
	tempDir string

	bus    *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	kv     jetstream.KeyValue
	stream jetstream.Stream

	mu     sync.Mutex
	leases map[room.Key]lease

	releases chan expired
	stop     chan struct{}
	keeping  chan struct{}
	answers  answering
}

// Open starts the bus inside this process and opens the bucket of leases.
func Open(config Config, log *slog.Logger) (*Registry, error) {
	if config.LeaseTTL == 0 {
		config.LeaseTTL = leaseTTL
	}
	r := &Registry{
		node:     strings.ToLower(rand.Text()),
		config:   config,
		log:      log,
		leases:   make(map[room.Key]lease),
		releases: make(chan expired, releasesMax),
		stop:     make(chan struct{}),
		keeping:  make(chan struct{}),
		answers:  newAnswering(),
	}
	if err := r.start(); err != nil {
		r.shutdown()
		return nil, err
	}
	go r.keep()
	return r, nil
}

// Node returns this node's id. It is new for each process: a node that came back is another node.
func (r *Registry) Node() string { return r.node }

// JetStream is the bus's storage, for what else must outlive this process. It ends with Close.
func (r *Registry) JetStream() jetstream.JetStream { return r.js }

func (r *Registry) start() error {
	dir := r.config.StoreDir
	if dir == "" {
		temp, err := os.MkdirTemp("", "exeunt-bus-")
		if err != nil {
			return fmt.Errorf("make a directory for the bus: %w", err)
		}
		r.tempDir, dir = temp, temp
	}
	bus, err := server.NewServer(&server.Options{
		ServerName:             r.node,
		DontListen:             true,
		NoLog:                  true,
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               dir,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      maxDisk,
		SyncAlways:             r.config.StoreDir != "",
		MaxPayload:             maxPayload,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return fmt.Errorf("make the bus in %s: %w", dir, err)
	}
	r.bus = bus
	bus.Start()
	if !bus.ReadyForConnections(readyWait) {
		return fmt.Errorf("start the bus in %s: not ready after %s", dir, readyWait)
	}
	return r.connect()
}

func (r *Registry) connect() error {
	conn, err := nats.Connect("", nats.InProcessServer(r.bus), nats.Name(r.node), nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to the bus: %w", err)
	}
	r.conn = conn
	if r.js, err = jetstream.New(conn); err != nil {
		return fmt.Errorf("open JetStream: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWait)
	defer cancel()
	r.kv, err = r.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:  bucket,
		TTL:     r.config.LeaseTTL,
		Storage: jetstream.MemoryStorage,
	})
	if err != nil {
		return fmt.Errorf("open the bucket of leases: %w", err)
	}
	r.stream, err = r.js.Stream(ctx, "KV_"+bucket)
	if err != nil {
		return fmt.Errorf("open the stream of leases: %w", err)
	}
	return nil
}

// Close stops answering, gives back what was released, and stops the bus. When it returns, no goroutine and no
// temporary file is left, unless ctx ended first.
func (r *Registry) Close(ctx context.Context) error {
	r.mu.Lock()
	first := r.leases != nil
	r.leases = nil
	r.mu.Unlock()
	if !first {
		return nil
	}
	r.answers.close()
	close(r.stop)
	done := make(chan error, 1)
	go func() {
		<-r.keeping
		r.answers.running.Wait()
		done <- r.shutdown()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		r.config.Metrics.Overdue("registry_close")
		return fmt.Errorf("close the registry: %w", ctx.Err())
	}
}

func (r *Registry) shutdown() error {
	if r.conn != nil {
		r.conn.Close()
	}
	if r.bus != nil {
		r.bus.Shutdown()
		r.bus.WaitForShutdown()
	}
	if r.tempDir == "" {
		return nil
	}
	if err := os.RemoveAll(r.tempDir); err != nil {
		return fmt.Errorf("remove the bus's directory: %w", err)
	}
	return nil
}
