package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/journal"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/relay"
	"github.com/exeunt/exeunt/server/room"
	door "github.com/exeunt/exeunt/server/signal"
)

// storeWait bounds the reading of what the last process left: two weeks of exits.
const storeWait = 2 * time.Minute

// ServeCmd serves rooms until it is told to stop.
type ServeCmd struct{ config.Config }

// Run serves until SIGTERM or an interrupt; a second one ends the process at once. The parser validated the settings.
func (c *ServeCmd) Run(ctx *kong.Context) error {
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	s, err := start(&c.Config, logger(&c.Config, ctx.Stderr))
	if err != nil {
		return err
	}
	if err := greet(ctx.Stdout, &c.Config, s); err != nil {
		return errors.Join(err, s.stop())
	}
	select {
	case <-stop.Done():
		// From here on a second signal does what it does to any program.
		cancel()
		return s.stop()
	case err := <-s.failed:
		return errors.Join(err, s.stop())
	}
}

// logger writes what happens to w.
func logger(c *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	// Validate has checked the word.
	_ = level.UnmarshalText([]byte(c.LogLevel))
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// server is one running process: all parts, wired.
type server struct {
	config   *config.Config
	log      *slog.Logger
	metrics  *metrics.Metrics
	registry *registry.Registry
	media    *media.Engines
	// relay is nil where no address is set for it.
	relay *relay.Relay
	// lock is held while the data directory is ours.
	lock *os.File
	// journal is nil where nothing outlives the process.
	journal *journal.Journal
	bans    *ban.Book
	hall    *host.Hall
	door    *door.Door
	pages   *listener
	control *listener
	// draining is what readiness tells.
	draining atomic.Bool
	// failed has the error of a listener that ended by itself.
	failed chan error
}

// start wires the parts and opens the listeners. Whatever fails, nothing is left running.
func start(c *config.Config, log *slog.Logger) (*server, error) {
	s := &server{config: c, log: log, metrics: metrics.New(), failed: make(chan error, 2)}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *server) open() (err error) {
	store := ""
	if s.config.DataDir != "" {
		if s.lock, err = lock(s.config.DataDir); err != nil {
			return err
		}
		store = filepath.Join(s.config.DataDir, "bus")
	}
	s.registry, err = registry.Open(registry.Config{StoreDir: store, Lost: s.leaseLost, Metrics: s.metrics}, s.log)
	if err != nil {
		return err
	}
	shards, least := s.config.Shards()
	s.media, err = media.NewEngines(media.Config{
		Shards: shards, ShardsMin: least,
		UDPAddr: s.config.MediaAddr, TCPAddr: s.config.MediaAddr, PublicIPs: s.config.PublicIPs,
		NoPadding: !s.config.MediaPadding, Changed: s.mediaChanged, Wanted: s.layersWanted, Measured: s.networksMeasured,
		Heard: s.messageHeard, Talks: s.channelsChanged,
	}, s.log, s.metrics)
	if err != nil {
		return unopenedMedia(s.config.MediaAddr, err)
	}
	if err := s.openRelay(); err != nil {
		return err
	}
	if err := s.openHall(); err != nil {
		return err
	}
	if err := s.registry.Serve(s.hall.Answer); err != nil {
		return err
	}
	s.door = door.New(door.Config{
		Apps: s.config.Tenants(), Development: s.config.Development(), AllowedOrigins: s.config.AllowedOrigins,
	}, s.hall, s.log, s.metrics)
	return s.listen()
}

// openRelay opens the way for members behind strict firewalls, where there is to be one.
func (s *server) openRelay() (err error) {
	cfg := relay.Config{
		UDPAddr: s.config.TurnUDP, TCPAddr: s.config.TurnTCP, TLSAddr: s.config.TurnTLS, Host: s.config.TurnHost,
		CertFile: s.config.TurnCert, KeyFile: s.config.TurnKey, Told: s.media.Told(), Bound: s.media.Bound(),
		Ports: s.media.Ports(),
	}
	if !cfg.Open() {
		return nil
	}
	s.relay, err = relay.New(cfg, s.log, s.metrics)
	var wrong *relay.AddressError
	if errors.As(err, &wrong) {
		return unopened(wrong.Field, wrong.Address, wrong.Err)
	}
	return err
}

// leaseLost ends the room here: another node has it now.
func (s *server) leaseLost(key room.Key, token uint64) { s.hall.Lost(key, token) }

// openHall opens what the hall keeps on disk, then the hall, and in it the rooms that the last process left.
func (s *server) openHall() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWait)
	defer cancel()
	if s.bans, err = ban.Open(ctx, s.registry.JetStream(), s.log); err != nil {
		return fmt.Errorf("open the bans: %w", err)
	}
	limits := room.DefaultLimits()
	limits.CallMembers, limits.LiveMembers = s.config.CallMembersMax, s.config.LiveMembersMax
	ring := events.NewRing(s.config.ExitsRemembered)
	cfg := host.Config{
		Server: "exeunt " + version, Heartbeat: s.config.Heartbeat, Limits: limits, Policy: policyOf(s.config), Bans: s.bans,
		Courier: s.media,
	}
	if s.relay != nil {
		cfg.Relay = s.relay
	}
	var saved []journal.Saved
	if s.config.DataDir != "" {
		s.journal, err = journal.Open(ctx, s.registry.JetStream(), journal.Config{Durable: true}, s.log, s.metrics)
		if err != nil {
			return fmt.Errorf("open the journal: %w", err)
		}
		s.journal.Exits(ring.Record)
		saved, cfg.Journal = s.journal.Saved(), s.journal
	}
	s.hall = host.New(cfg, s.media, s.media, s.registry, ring, s.log, s.metrics)
	s.hall.Restore(ctx, saved)
	return nil
}

// mediaChanged passes on what the media engine noticed. It may notice something before the hall is there.
func (s *server) mediaChanged(session string, flows bool) {
	if s.hall != nil {
		s.hall.MediaChanged(session, flows)
	}
}

// layersWanted passes on which layers of a picture anybody takes.
func (s *server) layersWanted(session string, stream room.Stream, layers []string) {
	if s.hall != nil {
		s.hall.Wanted(session, stream, layers)
	}
}

// networksMeasured passes on how the networks of sessions are.
func (s *server) networksMeasured(readings []media.Reading) {
	if s.hall != nil {
		s.hall.Measured(readings)
	}
}

// messageHeard passes on what a member said over its data channel.
func (s *server) messageHeard(session string, message []byte) bool {
	return s.hall != nil && s.hall.Heard(session, message)
}

// channelsChanged passes on whether a session has data channels.
func (s *server) channelsChanged(session string, open bool) {
	if s.hall != nil {
		s.hall.Talks(session, open)
	}
}

// stop ends every part, the outermost first, within the time that the settings allow. Parts that never started are
// passed over.
func (s *server) stop() error {
	s.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.StopWait)
	defer cancel()
	var errs []error
	if s.hall != nil {
		errs = append(errs, s.closeHall(ctx))
	}
	if s.door != nil {
		errs = append(errs, s.door.Close(ctx))
	}
	for _, l := range []*listener{s.pages, s.control} {
		if l != nil {
			errs = append(errs, l.close(ctx))
		}
	}
	if s.relay != nil {
		errs = append(errs, s.relay.Close())
	}
	if s.media != nil {
		errs = append(errs, s.media.Close(ctx))
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close(ctx))
	}
	if s.bans != nil {
		s.bans.Close()
	}
	if s.registry != nil {
		errs = append(errs, s.registry.Close(ctx))
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// closeHall ends every stay, or, where stays outlive the process, keeps them for the one that comes after this one.
func (s *server) closeHall(ctx context.Context) error {
	if s.journal != nil {
		return s.hall.Suspend(ctx)
	}
	return s.hall.Close(ctx)
}
