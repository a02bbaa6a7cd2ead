package soak

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/test/rig"
)

var (
	long    = flag.Duration("for", 10*time.Second, "how long the members churn between the two measurements")
	members = flag.Int("members", 200, "how many members churn")
	rooms   = flag.Int("rooms", 20, "over how many rooms; the members must be a multiple of it")
	media   = flag.Int("media", 4, "how many of the members have sound")
	seed    = flag.Uint64("seed", 0, "seed of the choices; 0 for another one each time")
	keep    = flag.Bool("keep", false, "keep rooms on disk; needs a disk that has nothing else to do")
	written = flag.String("log", "", "file for the server's log; empty for none")
)

// warmMax is how long a server may take to fill its pools and caches.
const warmMax = 30 * time.Second

// apps is how many back ends act: each may call each action twenty times a second.
const apps = 4

// remembered makes the server's memory of ended stays so small that it is soon full, and so long that a member that was
// cut off still hears how its stay ended.
const remembered = "--exits-remembered=5000"

// tidily makes the server collect its garbage early, so that a measurement shows what is in use.
const tidily = "GOGC=25"

var binary string

func TestMain(m *testing.M) { rig.Main(m, "../..", &binary) }

// TestK8_ChurnLeavesNothing: thousands of members come, go, break and are thrown out. Afterwards the server is as
// small as before, every stay has one exit record, and what each member saw of the others is what is on record (I-1,
// I-2, I-3; A11, B1, B6, D10, K1, K2, K7).
func TestK8_ChurnLeavesNothing(t *testing.T) {
	s := &soak{Plan: Plan{
		Members: *members, Rooms: *rooms, Media: *media, Warm: min(*long/4, warmMax), Long: *long, Seed: *seed,
	}}
	if s.Seed == 0 {
		s.Seed = rand.Uint64()
	}
	t.Logf("seed %d", s.Seed)
	options := rig.Options{
		Binary: binary, Dir: t.TempDir(), Apps: apps, Keep: *keep, Flags: []string{remembered}, Env: []string{tidily},
	}
	if *written != "" {
		file, err := os.Create(*written)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		options.Log = file
	}
	var err error
	if s.server, err = rig.Start(options); err != nil {
		t.Fatal(err)
	}
	before, err := s.spell(t.Context(), s.Warm, 0)
	if err != nil {
		t.Error(err)
	}
	warm := len(s.diaries)
	after, err := s.spell(t.Context(), s.Long, 1)
	if err != nil {
		t.Error(err)
	}
	t.Logf("before: %v", before)
	t.Logf("after:  %v", after)
	if err := grown(before, after, len(s.diaries)-warm); err != nil {
		t.Error(err)
	}
	numbers, err := s.server.Numbers(t.Context())
	if err != nil {
		t.Error(err)
	}
	if err := s.server.Stop(); err != nil {
		t.Error(err)
	}
	s.report(t, compare(s.server.Log, s.diaries), numbers)
}

// report says what was found, faults as short stories.
func (s *soak) report(t *testing.T, v *verdict, numbers map[string]float64) {
	t.Helper()
	var done, ended []string
	for d, name := range deedNames {
		done = append(done, fmt.Sprintf("%d %s", s.counts[d].Load(), name))
	}
	for _, why := range slices.Sorted(maps.Keys(v.ends)) {
		ended = append(ended, fmt.Sprintf("%d %s", v.ends[why], why))
	}
	t.Logf("%d stays: %s", v.stays, strings.Join(ended, ", "))
	t.Logf("members: %s; %d entries refused, %d calls without an answer", strings.Join(done, ", "), s.refused.Load(),
		s.lost.Load())
	t.Logf("%d leave notices agree with the records, %d were looked for", v.notices, v.due)
	for i, fault := range v.faults {
		if i == faultsMax {
			t.Errorf("and %d more faults", len(v.faults)-faultsMax)
			break
		}
		t.Error(fault)
	}
	entered, exited := numbers["exeunt_entries_total"], 0.0
	for name, n := range numbers {
		switch {
		case strings.HasPrefix(name, "exeunt_exits_total"):
			exited += n
		case strings.HasPrefix(name, "exeunt_overdue_total") && n > 0:
			t.Errorf("the server counts %s %v", name, n)
		}
	}
	if entered != exited || int(entered) != v.stays {
		t.Errorf("the server counts %v entries and %v exits; its log has %d stays", entered, exited, v.stays)
	}
	for i, line := range s.server.Log.Complaints() {
		if i == faultsMax {
			break
		}
		t.Errorf("the server complained: %s", line)
	}
}
