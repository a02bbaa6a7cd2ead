package journal

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// childDir tells this test binary to be the process that dies; childSeed is what it does.
const childDir, childSeed = "EXEUNT_JOURNAL_DIR", "EXEUNT_JOURNAL_SEED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		var seed uint64
		_, _ = fmt.Sscan(os.Getenv(childSeed), &seed)
		fmt.Fprintln(os.Stderr, live(dir, seed))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// child is a server in little: rooms that open, members that come and go, storms, rooms that end. What it is about to
// do it says as "want", and what the disk has confirmed as "done"; a line is out before the next thing happens.
type child struct {
	rng     *rand.Rand
	journal *Journal
	names   uint64
	rooms   []*childRoom
}

type childRoom struct {
	key         room.Key
	incarnation string
	inside      []string
}

// live runs until somebody kills the process.
func live(dir string, seed uint64) error {
	js, _, err := startBus(dir)
	if err != nil {
		return err
	}
	j, err := Open(context.Background(), js, Config{Durable: true}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	c := &child{rng: rand.New(rand.NewPCG(seed, 1)), journal: j, names: seed << 32}
	for _, saved := range j.Saved() {
		r := &childRoom{key: saved.Key, incarnation: saved.Room.Incarnation}
		for _, m := range saved.Members {
			r.inside = append(r.inside, m.State.Session)
		}
		c.rooms = append(c.rooms, r)
	}
	for {
		c.turn()
	}
}

// turn does some things at once and waits for all of them, as rooms do.
func (c *child) turn() {
	var answers []chan struct{}
	for range 1 + c.rng.IntN(4) {
		answers = append(answers, c.happen()...)
	}
	for _, answer := range answers {
		<-answer
	}
}

func (c *child) happen() []chan struct{} {
	if len(c.rooms) == 0 || (len(c.rooms) < 5 && c.rng.IntN(4) == 0) {
		return c.open()
	}
	at := c.rng.IntN(len(c.rooms))
	r := c.rooms[at]
	switch n := c.rng.IntN(100); {
	case n < 45:
		return c.enter(r, 1+c.rng.IntN(3))
	case n < 50:
		return c.enter(r, 5+c.rng.IntN(30))
	case n < 90 && len(r.inside) > 0:
		return c.leave(r, 1)
	case n < 95:
		return c.leave(r, len(r.inside))
	default:
		c.rooms = append(c.rooms[:at], c.rooms[at+1:]...)
		answers := c.leave(r, len(r.inside))
		return append(answers, c.do("over", r, "", Change{Over: true}))
	}
}

func (c *child) open() []chan struct{} {
	r := &childRoom{key: dots, incarnation: c.name("room")}
	c.rooms = append(c.rooms, r)
	return []chan struct{}{c.do("open", r, "", opened(r.key, r.incarnation))}
}

func (c *child) enter(r *childRoom, n int) []chan struct{} {
	var answers []chan struct{}
	for range n {
		session := c.name("stay")
		r.inside = append(r.inside, session)
		change := entered(r.key, r.incarnation, session)
		change.Room = opened(r.key, r.incarnation).Room
		answers = append(answers, c.do("enter", r, session, change))
	}
	return answers
}

func (c *child) leave(r *childRoom, n int) []chan struct{} {
	var answers []chan struct{}
	for range n {
		i := c.rng.IntN(len(r.inside))
		session := r.inside[i]
		r.inside = append(r.inside[:i], r.inside[i+1:]...)
		change := Change{Exit: &exit.Record{Session: session, At: opening, Why: exit.Why{Reason: exit.Left}}}
		answers = append(answers, c.do("leave", r, session, change))
	}
	return answers
}

func (c *child) name(kind string) string {
	c.names++
	return fmt.Sprintf("%s-%d", kind, c.names)
}

// do appends a change and returns what is closed when the disk has confirmed it and the line is out.
func (c *child) do(what string, r *childRoom, session string, change Change) chan struct{} {
	change.Key, change.Incarnation = r.key, r.incarnation
	say("want", what, r.incarnation, session)
	answered := make(chan struct{})
	c.journal.Append(change, func(err error) {
		if err != nil {
			say("fail", what, r.incarnation, session, err.Error())
		} else {
			say("done", what, r.incarnation, session)
		}
		close(answered)
	})
	return answered
}

// say writes a whole line with one call, so that no death leaves half of it.
func say(words ...string) { _, _ = os.Stdout.WriteString(strings.Join(words, " ") + "\n") }
