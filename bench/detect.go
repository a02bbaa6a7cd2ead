package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/exeunt/exeunt/bench/servers"
)

// death is a way to be gone without a goodbye.
type death string

const (
	killed     death = "killed: its process gets SIGKILL"
	frozen     death = "frozen: its process gets SIGSTOP"
	blackholed death = "blackholed: the network swallows everything, both ways"
	halfOpen   death = "half-open: the network swallows its signalling, media flows"
	hungUp     death = "signalling socket closed, media flows"
)

var deaths = []death{killed, frozen, blackholed, halfOpen, hungUp}

const (
	// victims is how many die at the same moment, each in a room of its own.
	victims = 3
	// watchMax is how long the others are watched; whoever is told of nothing until then is said to be told never.
	watchMax = 60 * time.Second
	// goneMax is the target: by then the others are told.
	goneMax = 12 * time.Second
)

// relayIP is where the media of a server seems to be when a wire leads there; it is another address of this machine.
const relayIP = "127.0.0.2"

// scene is a server that was started for one death, and the wire that leads there.
type scene struct {
	service service
	wire    *wire
}

// moment is when the others were told of one death, after it; 0 is never.
type moment struct{ shaky, gone time.Duration }

// scout is one who watches and one who dies.
type scout struct {
	board   *board
	watcher member
	victim  member
	// process is the victim where it must be one.
	process      *stranger
	shaky, gone  *watch
	room, server string
}

// build starts a server for one death.
func (c contender) build(ctx context.Context, d death) (*scene, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	ip, media := ownIP, (*net.UDPAddr)(nil)
	if d == blackholed {
		ip, media = relayIP, &net.UDPAddr{IP: net.ParseIP(ownIP), Port: port}
	}
	s := &scene{}
	if s.service, err = c.start(ctx, ip, port); err != nil {
		return nil, err
	}
	if s.wire, err = newWire(s.service.signalling(), ip, media); err != nil {
		s.service.close()
		return nil, err
	}
	return s, nil
}

func (s *scene) close() {
	s.wire.close()
	s.service.close()
}

// deathsFound is what was measured of each death at each server.
type deathsFound struct {
	mu      sync.Mutex
	moments map[death]map[string][]moment
}

// detectAll measures all deaths at all servers at the same time: they mostly wait.
func detectAll(ctx context.Context, o options) *deathsFound {
	found := &deathsFound{moments: map[death]map[string][]moment{}}
	var all sync.WaitGroup
	for _, d := range deaths {
		found.moments[d] = map[string][]moment{}
		for _, c := range o.contenders() {
			s, err := c.build(ctx, d)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v: %v\n", c.name, d, err)
				continue
			}
			all.Go(func() {
				defer s.close()
				moments, err := detect(ctx, c.name, s, d)
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
				found.mu.Lock()
				defer found.mu.Unlock()
				found.moments[d][c.name] = moments
			})
		}
	}
	all.Wait()
	return found
}

// detect measures one death at one server.
func detect(ctx context.Context, server string, s *scene, d death) ([]moment, error) {
	var scouts []*scout
	defer func() {
		for _, one := range scouts {
			one.close()
		}
	}()
	for i := range victims {
		one := &scout{board: newBoard(), room: fmt.Sprintf("death-%d", i), server: server}
		scouts = append(scouts, one)
		if err := one.takeSeats(ctx, s, d); err != nil {
			return nil, fmt.Errorf("%s: %v: %w", server, d, err)
		}
	}
	start := time.Now()
	switch d {
	case killed:
		each(scouts, func(one *scout) { one.process.kill() })
	case frozen:
		each(scouts, func(one *scout) { one.process.freeze() })
	case blackholed:
		s.wire.swallowAll()
	case halfOpen:
		s.wire.swallowSignalling()
	case hungUp:
		s.wire.hangUp()
	}
	ctx, cancel := context.WithTimeout(ctx, watchMax)
	defer cancel()
	moments := make([]moment, 0, victims)
	for _, one := range scouts {
		moments = append(moments, one.watch(ctx, start))
	}
	return moments, nil
}

func each(scouts []*scout, do func(*scout)) {
	for _, one := range scouts {
		do(one)
	}
}

const (
	watcherName = "watcher"
	victimName  = "victim"
)

// takeSeats lets both in: the watcher directly, the victim over the wire or in a process of its own.
func (o *scout) takeSeats(ctx context.Context, s *scene, d death) error {
	// LiveKit tells of a bad connection only those who receive something over it.
	sitting := seat{room: o.room, user: watcherName, part: listener, board: o.board, mediaIP: ownIP}
	if o.server != nameLivekit {
		// Our client cannot be told another address for media; a watcher needs none.
		sitting.part = bare
	}
	var err error
	if o.watcher, err = enterAny(ctx, o.server, s.service.signalling(), sitting); err != nil {
		return err
	}
	here := []string{watcherName}
	seen := o.board.expect(published, victimName, here)
	o.shaky = o.board.expect(shaky, victimName, here)
	o.gone = o.board.expect(left, victimName, here)
	switch d {
	case killed, frozen:
		o.process, err = sendStranger(ctx, errand{o.server, s.service.signalling(), o.room, victimName})
	default:
		dying := seat{room: o.room, user: victimName, part: speaker, board: newBoard()}
		if d == blackholed {
			dying.mediaIP = relayIP
		}
		o.victim, err = enterAny(ctx, o.server, s.wire.address(), dying)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, toldMax)
	defer cancel()
	_, err = o.board.wait(ctx, seen)
	return err
}

// watch returns when the watcher was told.
func (o *scout) watch(ctx context.Context, start time.Time) moment {
	var m moment
	if at, err := o.board.wait(ctx, o.gone); err == nil {
		m.gone = at.Sub(start)
	}
	// What was never told until the end will not be told after it.
	over, cancel := context.WithCancel(ctx)
	cancel()
	if at, err := o.board.wait(over, o.shaky); err == nil {
		m.shaky = at.Sub(start)
	}
	return m
}

func (o *scout) close() {
	if o.process != nil {
		o.process.close()
	}
	var both sync.WaitGroup
	for _, m := range []member{o.watcher, o.victim} {
		if m != nil {
			both.Go(m.close)
		}
	}
	both.Wait()
}
