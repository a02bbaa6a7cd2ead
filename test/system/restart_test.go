package system_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/test/rig"
)

// What happens in the story of the restarts.
const (
	restarts  = 5
	steadies  = 4
	comers    = 4
	deserters = 2
)

var restartSeed = flag.Uint64("restart.seed", uint64(time.Now().UnixNano()), "when the server is killed")

// phoenix is a server that dies and comes back on the same files.
type phoenix struct {
	t      *testing.T
	dir    string
	server *rig.Server
	mu     sync.Mutex
	// up closes when the server is there.
	up chan struct{}
}

func newPhoenix(t *testing.T) *phoenix {
	p := &phoenix{t: t, dir: t.TempDir(), up: make(chan struct{})}
	server, err := rig.Start(rig.Options{
		Binary: binary, Dir: p.dir, Apps: 1, Keep: true, Flags: []string{"--log-level=warn"}, Log: t.Output(),
	})
	check(t, err)
	p.server = server
	close(p.up)
	t.Cleanup(func() { check(t, server.Stop()) })
	return p
}

// kill ends the process as a power cut would, but for the disk.
func (p *phoenix) kill() {
	p.mu.Lock()
	p.up = make(chan struct{})
	p.mu.Unlock()
	check(p.t, p.server.Kill())
}

// sleep asks the process to end, as an upgrade does.
func (p *phoenix) sleep() {
	p.mu.Lock()
	p.up = make(chan struct{})
	p.mu.Unlock()
	check(p.t, p.server.Stop())
}

func (p *phoenix) rise() {
	check(p.t, p.server.Restart())
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.up)
}

// there waits until the server is there.
func (p *phoenix) there() {
	p.mu.Lock()
	up := p.up
	p.mu.Unlock()
	<-up
}

// ban keeps a user out of the app for good.
func (p *phoenix) ban(user string) {
	p.t.Helper()
	reply, err := p.server.Call(context.Background(), p.server.Apps[0], "BanUsers", map[string]any{
		"UserIds": []string{user}, "Scope": "app", "ForGood": true,
	})
	check(p.t, err)
	if reply.Error.Code != "" {
		p.t.Fatalf("ban: %+v", reply)
	}
}

// settle reads the numbers until so many are inside.
func (p *phoenix) settle(sessions float64) {
	p.t.Helper()
	w := &world{t: p.t, control: p.server.Control}
	w.settle(fmt.Sprintf("until %v are inside", sessions), func(n map[string]float64) bool {
		return n["exeunt_sessions"] == sessions
	})
}

func (p *phoenix) enter(user string, change func(*client.Config)) (*stay, error) {
	app := p.server.Apps[0]
	cfg := client.Config{
		URL: p.server.Signal, SdkAppID: app.SdkAppID, UserID: user, UserSig: app.UserSig(user), RoomID: 7, Role: 20,
		EventsMax: 1 << 16,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := client.Enter(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	s := &stay{
		user: user, client: c, news: make(chan struct{}, 1), over: make(chan struct{}), present: map[string]int{},
	}
	go s.listen()
	return s, nil
}

// stay is one stay and what its client was told.
type stay struct {
	user   string
	client *client.Client
	// news says that something was told, over that all was.
	news, over chan struct{}

	mu        sync.Mutex
	present   map[string]int
	leaves    []client.RemoteUserLeave
	recovered int
	last      *client.Exited
}

func (s *stay) listen() {
	defer close(s.over)
	for event := range s.client.Events() {
		s.mu.Lock()
		switch e := event.(type) {
		case client.RemoteUserEnter:
			s.present[e.User]++
		case client.RemoteUserLeave:
			s.present[e.User]--
			s.leaves = append(s.leaves, e)
		case client.ConnectionRecovered:
			s.recovered++
		case client.Exited:
			s.last = &e
		}
		s.mu.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}

// await waits until what was told fits.
func (s *stay) await(t *testing.T, what string, fit func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		done, present, last := fit(), fmt.Sprint(s.present), s.last
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-s.news:
		case <-late:
			t.Fatalf("%s did not hear: %s; present %s, last word %+v", s.user, what, present, last)
		}
	}
}

// leave leaves and returns the last word.
func (s *stay) leave() (client.Exited, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.client.Exit(ctx); err != nil {
		return client.Exited{}, err
	}
	<-s.over
	return *s.last, nil
}

// company are all who take part, and their stays.
type company struct {
	*phoenix
	// moves has something in it for each entry and exit of a comer.
	moves chan struct{}

	mu    sync.Mutex
	stays []*stay
}

func (c *company) join(user string, change func(*client.Config)) (*stay, error) {
	s, err := c.enter(user, change)
	if err == nil {
		c.mu.Lock()
		c.stays = append(c.stays, s)
		c.mu.Unlock()
	}
	return s, err
}

func (c *company) mustJoin(user string, change func(*client.Config)) *stay {
	c.t.Helper()
	s, err := c.join(user, change)
	check(c.t, err)
	return s
}

// moved says that a comer is about to do something.
func (c *company) moved() {
	select {
	case c.moves <- struct{}{}:
	default: // There are enough of them to count.
	}
}

// afterSomeMoves waits until n things have begun, from now on.
func (c *company) afterSomeMoves(n int) {
	for len(c.moves) > 0 {
		<-c.moves
	}
	for range n {
		<-c.moves
	}
}

// comeAndGo enters and leaves, again and again, whatever happens to the server.
func (c *company) comeAndGo(stop <-chan struct{}, user string, rng *rand.Rand) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		c.there()
		c.moved()
		s, err := c.join(user, nil)
		if refusal := new(client.Refusal); errors.As(err, &refusal) && refusal.Code != host.CodeConnectFail {
			c.t.Errorf("%s: %v", user, err)
			return
		}
		if err != nil {
			continue // The server died meanwhile, or stops.
		}
		for range rng.IntN(3) {
			select {
			case <-s.news:
			case <-stop:
			}
		}
		c.moved()
		if _, err := s.leave(); err != nil {
			c.t.Errorf("%s: %v", user, err)
		}
	}
}

// TestJ13_AKilledServerTellsNobodyOfAnExit: the server is killed, or stopped, again and again while members come and
// go, and comes back on the same files. Those who come back hear of no exit, neither their own nor each other's, and
// have sound again. Those who do not come back end once, as node_lost. Every stay has exactly one exit record, and all
// who were told of an exit were told what stands there. Whoever was banned stays out.
func TestJ13_AKilledServerTellsNobodyOfAnExit(t *testing.T) {
	t.Logf("go test ./test/system -run %s -restart.seed=%d", t.Name(), *restartSeed)
	rng := rand.New(rand.NewPCG(*restartSeed, 0))
	c := &company{phoenix: newPhoenix(t), moves: make(chan struct{}, 1000)}
	c.ban("banned")
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	var steady []*stay
	for i := range steadies {
		steady = append(steady, c.mustJoin(fmt.Sprint("steady-", i), func(cfg *client.Config) {
			if i < 2 {
				cfg.ReceiveAudio, cfg.Media = true, &client.Media{AudioSlots: 2}
			}
		}))
	}
	outlet, err := steady[0].client.Publish(ctx, client.Audio)
	check(t, err)
	speaking, quiet := context.WithCancel(ctx)
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { speak(speaking, outlet) })
	for i := range comers {
		lane := rand.New(rand.NewPCG(*restartSeed, uint64(i+1)))
		all.Go(func() { c.comeAndGo(stop, fmt.Sprint("comer-", i), lane) })
	}
	end := sync.OnceFunc(func() { close(stop); quiet(); all.Wait() })
	defer end()

	var deserted []*stay
	for round := range restarts {
		for i := range deserters {
			s := c.mustJoin(fmt.Sprintf("deserter-%d-%d", round, i), func(cfg *client.Config) { cfg.Link.NoResume = true })
			deserted = append(deserted, s)
		}
		c.afterSomeMoves(1 + rng.IntN(40))
		if rng.IntN(3) == 0 {
			c.sleep()
		} else {
			c.kill()
		}
		c.rise()
		if _, err := c.enter("banned", nil); !errors.As(err, new(*client.Refusal)) {
			t.Errorf("the banned came in after restart %d: %v", round+1, err)
		}
		for _, s := range steady {
			s.await(t, "that its stay goes on", func() bool { return s.recovered > round })
		}
		hear(t, ctx, steady[1].client, "steady-0", 20)
	}
	end()
	c.finish(steady)
	c.judge(steady, deserted)
}

// finish waits until only the steady are left, and lets them leave.
func (c *company) finish(steady []*stay) {
	c.t.Helper()
	c.settle(steadies)
	for _, s := range steady {
		s.await(c.t, "that the others have left", func() bool {
			for user, n := range s.present {
				if strings.HasPrefix(user, "steady") != (n == 1) {
					return false
				}
			}
			return len(s.present) >= steadies-1
		})
		if s.last != nil {
			c.t.Errorf("%s was put out: %+v", s.user, *s.last)
		}
	}
	for _, s := range steady {
		last, err := s.leave()
		check(c.t, err)
		if last.Detail.Code != "left" {
			c.t.Errorf("%s left as %+v", s.user, last)
		}
	}
	c.settle(0)
}
