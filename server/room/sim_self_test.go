package room

import (
	"fmt"
	"strings"
	"testing"
)

// TestSimShrinks: what fails among thousands of steps is told in a handful of them, as a story that can be played
// again.
func TestSimShrinks(t *testing.T) {
	planted := func(s *stage) {
		screens := 0
		for _, w := range s.inside {
			if w.streams[Sub].muted && w.pulse.shaky == unheard {
				screens++
			}
		}
		must(screens == 0 || len(s.inside) < 3, "X-1: a muted screen of somebody unstable in company")
	}
	script, broken := failing(t, planted)
	small, again := shrink(script, broken, planted)
	told := tellScript(small)
	if invariant(again) != "X-1" || len(small) > 6 {
		t.Fatalf("%d steps became %d, and %q became %q:\n%s", len(script), len(small), broken, again, told)
	}
	if strings.Contains(told, "cannot be played") || !strings.Contains(told, "sub") || !strings.Contains(told, "muted") {
		t.Errorf("the story does not tell what failed:\n%s", told)
	}
	if played, err := play(told); err != nil || played != told {
		t.Errorf("played again the story has another end: %v\n%s", err, played)
	}
}

// failing finds a seed for which the planted check fails after a while.
func failing(t *testing.T, planted func(*stage)) ([]action, string) {
	for seed := uint64(1); seed <= usualSeeds; seed++ {
		w := newWorld()
		w.planted = planted
		in := newInventor(w, seed)
		var script []action
		for range stepsASeed {
			script = append(script, in.invent())
			if broken := w.try(script[len(script)-1]); broken != "" {
				if len(script) < 100 {
					break // Too easy.
				}
				return script, broken
			}
		}
	}
	t.Fatal("the planted check never fails")
	return nil, ""
}

// TestSimTellsEverything: each action of a whole seed has words in the language of stories, and in the story the same
// happens as in the simulation.
func TestSimTellsEverything(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		w := newWorld()
		in := newInventor(w, seed)
		var script []action
		var want []string
		for range stepsASeed {
			a := in.invent()
			if broken := w.try(a); broken != "" {
				t.Fatal(broken)
			}
			if a.room == 0 {
				script, want = append(script, a), append(want, happened(w.stages[0], a)...)
			}
		}
		var got []string
		for line := range strings.Lines(tellScript(script)) {
			if effect, ok := strings.CutPrefix(line, "  "); ok {
				got = append(got, strings.TrimSpace(effect))
			}
		}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("seed %d, effect %d of %d: want %q; got %q", seed, i, len(want), want[i], got[min(i, len(got)):][:1])
			}
		}
	}
}

// happened says what an action did, as a story does.
func happened(s *stage, a action) []string {
	switch a.do.(type) {
	case restart:
		return []string{fmt.Sprintf("restored with %d inside", len(s.inside))}
	case cut, keep:
		return nil
	}
	var all []string
	for _, e := range s.effects {
		all = append(all, tellEffect(e))
	}
	if len(all) == 0 {
		all = []string{"nothing"}
	}
	return all
}
