package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/test/rig"
)

const (
	// lobby is the number of the one room of a history; each history has an app of its own.
	lobby = 7
	// players is how many do something at a time.
	players = 6
	// bansMax is how many bans the model can count.
	bansMax = 64
	// never is when an answer comes that does not.
	never = math.MaxInt64
)

func name(user int) string { return "user-" + strconv.Itoa(user) }

// play is one history in the making.
type play struct {
	server *rig.Server
	app    rig.App
	// gate is shut while the server is not there.
	gate *sync.RWMutex
	// begun hears of each operation that is begun; nil for nobody.
	begun chan struct{}
	start time.Time

	mu sync.Mutex
	// left is how many operations are still to be begun.
	left   int
	ops    []porcupine.Operation
	guests []*guest
	all    []*guest
	bans   []ban
	faults []error
}

// ban is a ban that holds or held, by the server's id.
type ban struct {
	user   int
	id     string
	lifted bool
}

// deed is one operation of a player. False says that nothing was done, as nothing could be.
type deed func(p *play, ctx context.Context, rng *rand.Rand, player int) bool

// deeds are chosen by weight.
var deeds = []struct {
	weight int
	deed   deed
}{
	{30, (*play).enter},
	{14, (*play).exit},
	{18, (*play).resume},
	{8, (*play).remove},
	{3, (*play).dismiss},
	{5, (*play).ban},
	{10, (*play).lift},
	{12, (*play).describe},
}

// run lets the players play until the operations are done, takes everybody out and looks once more.
func (p *play) run(ctx context.Context, seed uint64) {
	var all sync.WaitGroup
	for player := range players {
		rng := rand.New(rand.NewPCG(seed, uint64(player)))
		all.Go(func() {
			for p.takeTurn(ctx) {
				if !choose(rng)(p, ctx, rng, player) {
					p.giveTurnBack()
				}
			}
		})
	}
	all.Wait()
	for _, g := range p.takeGuests() {
		all.Go(func() { p.leave(ctx, g, 0) })
	}
	all.Wait()
	p.describe(ctx, nil, 0)
}

func choose(rng *rand.Rand) deed {
	total := 0
	for _, d := range deeds {
		total += d.weight
	}
	at := rng.IntN(total)
	for _, d := range deeds {
		if at -= d.weight; at < 0 {
			return d.deed
		}
	}
	panic("unreachable")
}

// takeTurn takes one of the operations that are left, once the server is there.
func (p *play) takeTurn(ctx context.Context) bool {
	more := p.take(ctx)
	if more && p.begun != nil {
		p.begun <- struct{}{}
	}
	return more
}

func (p *play) take(ctx context.Context) bool {
	p.gate.RLock()
	defer p.gate.RUnlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	return p.left >= 0 && ctx.Err() == nil
}

func (p *play) giveTurnBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left++
}

func (p *play) takeGuests() []*guest {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.guests
	p.guests = nil
	return all
}

// now is the time of a history. No two calls get the same.
func (p *play) now() int64 { return int64(time.Since(p.start)) }

// note writes an operation down. A look without an answer is none.
func (p *play) note(player int, call int64, in Input, out Output) {
	heard := p.now()
	back := heard
	if out.Unknown {
		back = never
		if in.Op == Resume || in.Op == Describe {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops = append(p.ops, porcupine.Operation{
		ClientId: player, Input: in, Call: call, Output: out, Return: back, Metadata: heard,
	})
}

func (p *play) fault(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

func (p *play) enter(ctx context.Context, rng *rand.Rand, player int) bool {
	user, call := rng.IntN(users), p.now()
	g, err := enter(ctx, p.server, p.app, user)
	refusal := (*client.Refusal)(nil)
	switch {
	case err == nil:
		p.mu.Lock()
		p.guests, p.all = append(p.guests, g), append(p.all, g)
		p.mu.Unlock()
		p.note(player, call, Input{Op: Enter, User: user}, Output{Session: g.Session(), Incarnation: g.Incarnation()})
	case errors.As(err, &refusal) && refusal.Code == room.CodeEnterRefused:
		p.note(player, call, Input{Op: Enter, User: user}, Output{Why: banned})
	case errors.As(err, &refusal):
		p.note(player, call, Input{Op: Enter, User: user}, Output{Why: refusal.Error()})
	case neverSent(err):
		return false
	default:
		// It may have begun a stay of which nobody knows, and that the server ends some time.
		session := unknown + strconv.FormatInt(call, 10)
		p.note(player, call, Input{Op: Enter, User: user, Session: session}, Output{Unknown: true})
		p.note(player, call, Input{Op: Vanish, User: user, Session: session}, Output{Unknown: true})
	}
	return true
}

// pick chooses somebody who is thought to be inside.
func (p *play) pick(rng *rand.Rand) *guest {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.guests) == 0 {
		return nil
	}
	return p.guests[rng.IntN(len(p.guests))]
}

// forget takes somebody off the list. False says that another player did so before.
func (p *play) forget(g *guest) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.guests, g)
	if i < 0 {
		return false
	}
	p.guests = slices.Delete(p.guests, i, i+1)
	return true
}

func (p *play) exit(ctx context.Context, rng *rand.Rand, player int) bool {
	g := p.pick(rng)
	if g == nil || !p.forget(g) {
		return false
	}
	p.leave(ctx, g, player)
	return true
}

func (p *play) leave(ctx context.Context, g *guest, player int) {
	call := p.now()
	if err := g.Exit(ctx); err != nil {
		p.fault("exit of session %s: %w", g.Session(), err)
	}
	why, known := g.heard()
	p.note(player, call, Input{Op: Exit, User: g.user, Session: g.Session()}, Output{Unknown: !known, Why: why})
}

func (p *play) resume(_ context.Context, rng *rand.Rand, player int) bool {
	g := p.pick(rng)
	if g == nil || !g.cutting.TryLock() {
		return false
	}
	defer g.cutting.Unlock()
	call := p.now()
	why, known := g.resume()
	p.note(player, call, Input{Op: Resume, User: g.user, Session: g.Session()}, Output{Unknown: !known, Why: why})
	if why != "" {
		p.forget(g)
	}
	return true
}
