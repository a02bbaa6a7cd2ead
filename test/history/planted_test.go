package history

import (
	"math"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/exeunt/exeunt/test/rig"
)

// plants are single wrong answers in a history that was right.
var plants = map[string]func(ops []porcupine.Operation) []porcupine.Operation{
	"a description shows a stay that never was": func(ops []porcupine.Operation) []porcupine.Operation {
		return change(ops, func(in Input, out *Output) bool {
			for user, session := range out.Inside {
				if in.Op == Describe && session != "" {
					out.Inside[user] = "nobody's"
					return true
				}
			}
			return false
		})
	},
	"a removal that was done says that it was not": func(ops []porcupine.Operation) []porcupine.Operation {
		return change(ops, func(in Input, out *Output) bool {
			if in.Op != Remove || out.Why != "" {
				return false
			}
			out.Why = absent
			return true
		})
	},
	"a stay that was left goes on": func(ops []porcupine.Operation) []porcupine.Operation {
		left := slices.IndexFunc(ops, func(op porcupine.Operation) bool {
			return op.Input.(Input).Op == Exit && op.Output.(Output).Why == "left"
		})
		again := ops[left].Input.(Input)
		again.Op = Resume
		return append(ops, porcupine.Operation{Input: again, Output: Output{}, Call: never - 1, Return: math.MaxInt64})
	},
}

// change gives the first operation that fits another answer.
func change(ops []porcupine.Operation, wrong func(Input, *Output) bool) []porcupine.Operation {
	for i, op := range ops {
		if out := op.Output.(Output); wrong(op.Input.(Input), &out) {
			ops[i].Output = out
			return ops
		}
	}
	return nil
}

// One wrong answer among the two hundred of a real history is enough to be caught.
func TestCheckerCatchesOneWrongAnswerOfMany(t *testing.T) {
	r := newRuns(t, 1, rig.Options{})
	r.make(t.Context(), 1, func(_ int, p *play) {
		known := p.gather(whole)
		if err := judge(p.ops, known, t.TempDir(), "right"); err != nil {
			t.Error(err)
		}
		for name, plant := range plants {
			ops := plant(slices.Clone(p.ops))
			if ops == nil {
				t.Errorf("%s: this history has no such operation", name)
			} else if judge(ops, known, t.TempDir(), "wrong") == nil {
				t.Errorf("%s: not caught", name)
			}
		}
	})
	if err := r.server.Stop(); err != nil {
		t.Error(err)
	}
}
