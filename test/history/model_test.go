package history

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// one is a step of a story in which one thing follows another.
type one struct {
	in  Input
	out Output
}

func entry(user int, session, incarnation string) one {
	return one{Input{Op: Enter, User: user}, Output{Session: session, Incarnation: incarnation}}
}

func about(op Op, user int, session, why string) one {
	return one{Input{Op: op, User: user, Session: session}, Output{Why: why}}
}

func seen(incarnation string, sessions ...string) one {
	o := one{Input{Op: Describe}, Output{Incarnation: incarnation}}
	copy(o.out.Inside[:], sessions)
	return o
}

func dismissal(ended int) one { return one{Input{Op: Dismiss}, Output{Ended: ended}} }

// inTurn makes a history in which each step begins after the one before has ended.
func inTurn(steps []one) []porcupine.Operation {
	var ops []porcupine.Operation
	for i, s := range steps {
		ops = append(ops, porcupine.Operation{
			Input: s.in, Output: s.out, Call: int64(10 * i), Return: int64(10*i + 5),
		})
	}
	return ops
}

// stories are told right, and with a fault that servers like this one have had.
var stories = map[string]struct {
	known       ends
	right, with []one
}{
	"F1: the banned walk in": {
		nil,
		[]one{about(Forbid, 1, "", ""), about(Enter, 1, "", banned)},
		[]one{about(Forbid, 1, "", ""), entry(1, "s", "a")},
	},
	"F2: the removed resume": {
		ends{"s": "removed"},
		[]one{entry(0, "o", "a"), entry(1, "s", "a"), about(Remove, 1, "", ""), about(Resume, 1, "s", "removed")},
		[]one{entry(0, "o", "a"), entry(1, "s", "a"), about(Remove, 1, "", ""), about(Resume, 1, "s", "")},
	},
	"F9: somebody inside is called absent": {
		nil,
		[]one{entry(0, "s", "a"), about(Remove, 1, "", absent)},
		[]one{entry(0, "s", "a"), about(Remove, 0, "", absent)},
	},
	"F10: a removal of the old stay ends the new one": {
		nil,
		[]one{entry(0, "s1", "a"), entry(0, "s2", "a"), about(Remove, 0, "s1", absent), seen("a", "s2")},
		[]one{entry(0, "s1", "a"), entry(0, "s2", "a"), about(Remove, 0, "s1", "")},
	},
	"A6: late cleanup takes out the new stay": {
		nil,
		[]one{entry(0, "s1", "a"), entry(0, "s2", "a"), seen("a", "s2")},
		[]one{entry(0, "s1", "a"), entry(0, "s2", "a"), about(Describe, 0, "", noRoom)},
	},
	"A6: the replaced is still there": {
		nil,
		[]one{entry(0, "s1", "a"), entry(0, "s2", "a"), about(Resume, 0, "s1", "replaced")},
		[]one{entry(0, "s1", "a"), entry(0, "s2", "a"), about(Resume, 0, "s1", "")},
	},
	"G1: a dismissal leaves somebody inside": {
		nil,
		[]one{entry(0, "s1", "a"), entry(1, "s2", "a"), dismissal(2), about(Describe, 0, "", noRoom)},
		[]one{entry(0, "s1", "a"), entry(1, "s2", "a"), dismissal(2), seen("a", "", "s2")},
	},
	"I-9: an ended incarnation lives again": {
		nil,
		[]one{entry(0, "s1", "a"), dismissal(1), entry(0, "s2", "b")},
		[]one{entry(0, "s1", "a"), dismissal(1), entry(0, "s2", "a")},
	},
	"J8: two incarnations at once": {
		nil,
		[]one{entry(0, "s1", "a"), entry(1, "s2", "a")},
		[]one{entry(0, "s1", "a"), entry(1, "s2", "b")},
	},
	"I-2: the record names another reason": {
		ends{"s": "removed"},
		[]one{entry(0, "s", "a"), about(Remove, 0, "", "")},
		[]one{entry(0, "s", "a"), about(Exit, 0, "s", "left")},
	},
	"D3: one stay is left twice": {
		ends{"s": "left"},
		[]one{entry(0, "s", "a"), about(Exit, 0, "s", "left"), about(Resume, 0, "s", "left")},
		[]one{entry(0, "s", "a"), about(Exit, 0, "s", "left"), about(Exit, 0, "s", "left")},
	},
	"F1: a ban that holds is not found": {
		nil,
		[]one{about(Forbid, 1, "", ""), about(Lift, 1, "", ""), about(Lift, 1, "", noBan)},
		[]one{about(Forbid, 1, "", ""), about(Lift, 1, "", noBan)},
	},
	"B8: a stay vanishes twice": {
		nil,
		[]one{entry(0, "s", "a"), about(Vanish, 0, "s", "timed_out"), about(Describe, 0, "", noRoom)},
		[]one{entry(0, "s", "a"), about(Vanish, 0, "s", "timed_out"), about(Vanish, 0, "s", "timed_out")},
	},
}

// Each story that is told right must pass, and each fault must be caught.
func TestCheckerCatchesPlantedFaults(t *testing.T) {
	for name, story := range stories {
		if err := judge(inTurn(story.right), story.known, t.TempDir(), "right"); err != nil {
			t.Errorf("%s: told right: %v", name, err)
		}
		dir := t.TempDir()
		if judge(inTurn(story.with), story.known, dir, "wrong") == nil {
			t.Errorf("%s: not caught", name)
		}
		if page, err := os.ReadFile(filepath.Join(dir, "wrong.html")); err != nil || !strings.Contains(string(page), "user") {
			t.Errorf("%s: the page that shows it: %d bytes, %v", name, len(page), err)
		}
	}
}

// Steps at the same time may come in either order, and an answer that never came may mean either.
func TestCheckerAllowsWhatMayBe(t *testing.T) {
	entering := inTurn([]one{entry(0, "o", "a"), entry(1, "s", "a")})
	removal := porcupine.Operation{Input: Input{Op: Remove, User: 1}, Output: Output{Why: absent}, Call: 8, Return: 20}
	lost, shut := late(Input{Op: Remove, User: 1}), late(Input{Op: Dismiss})
	come := late(Input{Op: Enter, User: 2, Session: unknown + "1"})
	for name, story := range map[string]struct {
		more []porcupine.Operation
		fits bool
	}{
		"removed before it entered":       {[]porcupine.Operation{removal}, true},
		"removed before, yet not inside":  {[]porcupine.Operation{removal, after(seen("a", "o"))}, false},
		"an unanswered removal happened":  {[]porcupine.Operation{lost, after(seen("a", "o"))}, true},
		"an unanswered removal did not":   {[]porcupine.Operation{lost, after(seen("a", "o", "s"))}, true},
		"an unanswered entry was seen":    {[]porcupine.Operation{come, after(seen("a", "o", "s", "x"))}, true},
		"an entry nobody asked for":       {[]porcupine.Operation{after(seen("a", "o", "s", "x"))}, false},
		"an unanswered dismissal is half": {[]porcupine.Operation{shut, after(seen("a", "", "s"))}, false},
	} {
		err := judge(append(inTurnCopy(entering), story.more...), nil, t.TempDir(), "page")
		if (err == nil) != story.fits {
			t.Errorf("%s: %v; want it to fit: %t", name, err, story.fits)
		}
	}
}

func inTurnCopy(ops []porcupine.Operation) []porcupine.Operation {
	return append([]porcupine.Operation(nil), ops...)
}

// late is an operation that begins after the entries and never ends.
func late(in Input) porcupine.Operation {
	return porcupine.Operation{Input: in, Output: Output{Unknown: true}, Call: 30, Return: never}
}

// after is a step after everything that has ended.
func after(s one) porcupine.Operation {
	return porcupine.Operation{Input: s.in, Output: s.out, Call: 100, Return: 105}
}
