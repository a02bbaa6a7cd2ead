package journal

import (
	"bufio"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	crashRounds = flag.Int("crash.rounds", 12, "how often the process is killed")
	crashSeed   = flag.Uint64("crash.seed", uint64(time.Now().UnixNano()), "what happens, and when it is killed")
)

// fate is what is known of a stay, or of a room, from what the dead processes said.
type fate struct {
	incarnation                        string
	wanted, entered, leaving, recorded bool
}

// told is all that the dead processes said.
type told struct {
	stays map[string]*fate
	// ending and over are the incarnations of which the end was wanted, and confirmed.
	open, ending, over map[string]bool
}

// TestJ13_AKilledServerNeitherLosesNorDoublesAnEnd: a process is killed with SIGKILL again and again, at any instant,
// and goes on where it was. Whatever the disk had confirmed is there, exactly once, at every restart.
func TestJ13_AKilledServerNeitherLosesNorDoublesAnEnd(t *testing.T) {
	t.Logf("go test -run %s -crash.seed=%d -crash.rounds=%d", t.Name(), *crashSeed, *crashRounds)
	rng := rand.New(rand.NewPCG(*crashSeed, 0))
	dir := t.TempDir()
	known := &told{stays: map[string]*fate{}, open: map[string]bool{}, ending: map[string]bool{}, over: map[string]bool{}}
	for round := range *crashRounds {
		liveAndDie(t, dir, uint64(round+1), 1+rng.IntN(600), known)
		known.compare(t, dir)
		if t.Failed() {
			t.Fatalf("after death %d", round+1)
		}
	}
	t.Logf("%d stays, %d of them ended; %d rooms over", len(known.stays), known.ended(), len(known.over))
	if known.ended() == 0 {
		t.Error("nobody left; the test proves nothing")
	}
}

// liveAndDie runs the child until it has said so many lines, kills it, and reads its last words.
func liveAndDie(t *testing.T, dir string, seed uint64, lines int, known *told) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s=%d", childSeed, seed))
	var trouble strings.Builder
	child.Stderr = &trouble
	out, err := child.StdoutPipe()
	check(t, err)
	check(t, child.Start())
	reader := bufio.NewScanner(out)
	n := 0
	for ; reader.Scan(); n++ {
		if n == lines {
			check(t, child.Process.Kill())
		}
		known.hear(t, strings.Fields(reader.Text()))
	}
	_ = child.Wait() // It was killed.
	if n < lines {
		t.Fatalf("the child ended by itself: %s", trouble.String())
	}
}

func (k *told) hear(t *testing.T, words []string) {
	t.Helper()
	verb, what, incarnation, session := words[0], words[1], words[2], strings.Join(words[3:], " ")
	if k.stays[session] == nil && session != "" && verb != "fail" {
		k.stays[session] = &fate{incarnation: incarnation}
	}
	switch verb + " " + what {
	case "want open":
	case "done open":
		k.open[incarnation] = true
	case "want over":
		k.ending[incarnation] = true
	case "done over":
		k.over[incarnation] = true
	case "want enter":
		k.stays[session].wanted = true
	case "done enter":
		k.stays[session].entered = true
	case "want leave":
		k.stays[session].leaving = true
	case "done leave":
		k.stays[session].recorded = true
	default:
		t.Fatalf("the child says %q", words)
	}
}

func (k *told) ended() int {
	n := 0
	for _, f := range k.stays {
		if f.recorded {
			n++
		}
	}
	return n
}

// compare opens a copy of what the dead process left, so that the next one finds it as the death left it.
func (k *told) compare(t *testing.T, dir string) {
	t.Helper()
	left := filepath.Join(t.TempDir(), "copy")
	check(t, os.CopyFS(left, os.DirFS(dir)))
	js, stop, err := startBus(left)
	check(t, err)
	defer stop()
	j, err := Open(t.Context(), js, Config{Durable: true}, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	defer func() { check(t, j.Close(t.Context())) }()

	records := map[string]int{}
	check(t, j.read(t.Context(), exitsStream, func(e entry) {
		for _, r := range e.Exits {
			records[r.Session]++
		}
	}))
	inside, rooms := map[string]bool{}, map[string]bool{}
	for _, saved := range j.Saved() {
		rooms[saved.Room.Incarnation] = true
		for _, m := range saved.Members {
			inside[m.State.Session] = true
		}
	}
	k.compareRooms(t, rooms)
	for session, n := range records {
		if k.stays[session] == nil || !k.stays[session].leaving || n != 1 {
			t.Errorf("%s: %d exit records, of %+v", session, n, k.stays[session])
		}
	}
	for session := range inside {
		if k.stays[session] == nil || !k.stays[session].wanted {
			t.Errorf("%s is inside and never entered", session)
		}
	}
	for session, f := range k.stays {
		f.compare(t, session, records[session] == 1, inside[session], k.ending[f.incarnation])
	}
}

func (k *told) compareRooms(t *testing.T, rooms map[string]bool) {
	t.Helper()
	for incarnation := range k.open {
		if !rooms[incarnation] && !k.ending[incarnation] {
			t.Errorf("room %s is lost", incarnation)
		}
	}
	for incarnation := range k.over {
		if rooms[incarnation] {
			t.Errorf("room %s is open again", incarnation)
		}
	}
}

// compare checks one stay. What was wanted and not confirmed may be on disk or not, but from now on it is settled.
func (f *fate) compare(t *testing.T, session string, recorded, inside, roomEnding bool) {
	t.Helper()
	switch {
	case recorded && inside:
		t.Errorf("%s has left and is inside", session)
	case f.recorded && !recorded:
		t.Errorf("%s: the exit record is lost", session)
	case f.entered && !recorded && !inside && !roomEnding:
		t.Errorf("%s is lost: neither inside nor gone", session)
	}
	f.entered = inside || recorded || (f.entered && roomEnding)
	f.wanted = f.entered
	f.recorded = recorded
}
