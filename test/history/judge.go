package history

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	// recordWait is how long the server may take to write the end of a stay into its log.
	recordWait = 30 * time.Second
	// judgeWait bounds the search for an order.
	judgeWait = 30 * time.Second
)

// paper says what can be expected of the server's log.
type paper uint8

const (
	// whole has a line for each end, sooner or later.
	whole paper = iota
	// torn lacks lines that a killed process did not write any more.
	torn
)

// gather adds what the members and the server's log say about how stays ended, and returns it. Each stay ends once, and
// whoever hears how hears the same (I-2).
func (p *play) gather(log paper) ends {
	known := ends{}
	ctx, cancel := context.WithTimeout(context.Background(), recordWait)
	defer cancel()
	for _, g := range p.all {
		session := g.Session()
		if log == whole {
			if _, err := p.server.Log.Await(ctx, session); err != nil {
				p.fault("session %s of user %d has no exit record: %w", session, g.user, err)
			}
		}
		written := p.server.Log.Ends(session)
		if len(written) > 1 {
			p.fault("session %s has %d exit records: %+v", session, len(written), written)
		}
		heard, told := g.heard()
		switch {
		case len(written) > 0:
			known[session] = written[0].Why
			if told && heard != written[0].Why {
				p.fault("session %s heard %q, and the record says %q", session, heard, written[0].Why)
			}
		case told:
			known[session] = heard
		}
		if why, ok := known[session]; !ok || !byDeed[why] {
			p.vanish(g, why, ok)
		}
	}
	return known
}

// byDeed are the ends that an operation of a history causes.
var byDeed = map[string]bool{"left": true, "removed": true, "banned": true, "dismissed": true, "replaced": true}

// vanish adds that the server ended a stay by itself at some time, or may have.
func (p *play) vanish(g *guest, why string, known bool) {
	for _, op := range p.ops {
		if out := op.Output.(Output); op.Input.(Input).Op == Enter && out.Session == g.Session() {
			in := Input{Op: Vanish, User: g.user, Session: g.Session()}
			p.ops = append(p.ops, porcupine.Operation{
				ClientId: players, Input: in, Call: op.Call, Output: Output{Unknown: !known, Why: why}, Return: never,
			})
			return
		}
	}
}

// judge says whether some order of steps explains the history. When none does, a page that shows how far one gets is
// written into dir.
func judge(ops []porcupine.Operation, known ends, dir, title string) error {
	verdict := porcupine.CheckOperationsTimeout(model(known), ops, judgeWait)
	if verdict == porcupine.Ok {
		return nil
	}
	_, info := porcupine.CheckOperationsVerbose(model(known), ops, judgeWait)
	page := filepath.Join(dir, title+".html")
	list := &strings.Builder{}
	for _, op := range ops {
		fmt.Fprintln(list, line(op))
	}
	fmt.Fprintf(list, "%v\n", known)
	if err := os.WriteFile(filepath.Join(dir, title+".txt"), []byte(list.String()), 0o600); err != nil {
		return fmt.Errorf("%s: %s, and no list: %w", title, verdict, err)
	}
	if err := porcupine.VisualizePath(model(known), info, page); err != nil {
		return fmt.Errorf("%s: %s, and no page: %w", title, verdict, err)
	}
	return fmt.Errorf("%s: the checker says %s; see %s\n%s", title, verdict, page, story(ops, info, known))
}

// storyMax is how many operations a story tells of either kind.
const storyMax = 6

// story tells how far the longest order got, and what came too early to be left out.
func story(ops []porcupine.Operation, info porcupine.LinearizationInfo, known ends) string {
	var longest []porcupine.Operation
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, order := range partition {
			if len(order) > len(longest) {
				longest = order
			}
		}
	}
	now := state{}
	placed := map[string]bool{}
	for _, op := range longest {
		if placed[line(op)] = true; !op.Output.(Output).Unknown {
			_, now = known.step(now, op.Input.(Input), op.Output.(Output))
		}
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "%d of %d operations have an order; the last ones are:\n", len(longest), len(ops))
	for _, op := range longest[max(0, len(longest)-storyMax):] {
		fmt.Fprintf(b, "  %s\n", line(op))
	}
	fmt.Fprintf(b, "then the room is %s, and these fit nowhere:\n", now)
	left := slices.DeleteFunc(slices.Clone(ops), func(op porcupine.Operation) bool { return placed[line(op)] })
	slices.SortFunc(left, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	for _, op := range left[:min(len(left), storyMax)] {
		fmt.Fprintf(b, "  %s\n", line(op))
	}
	return b.String()
}

// line is one operation for a person.
func line(op porcupine.Operation) string {
	until := "never"
	if op.Return != never {
		until = time.Duration(op.Return).Round(time.Microsecond).String()
	}
	return fmt.Sprintf("player %d, %v to %s: %s", op.ClientId, time.Duration(op.Call).Round(time.Microsecond), until,
		describe(op.Input, op.Output))
}
