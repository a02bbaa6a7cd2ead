package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestBoardWaitsForTheLastListener(t *testing.T) {
	b := newBoard()
	one := b.expect(left, "ann", []string{"bob", "cid"})
	b.hear("bob", left, "ann")
	b.hear("bob", left, "ann")
	b.hear("eve", left, "ann")
	b.hear("cid", entered, "ann")
	short, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.wait(short, one); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("before the last was told: %v", err)
	}
	one = b.expect(left, "ann", []string{"bob"})
	b.hear("bob", left, "ann")
	if at, err := b.wait(context.Background(), one); err != nil || at.IsZero() {
		t.Errorf("after the last was told: %v, %v", at, err)
	}
}

func TestFiguresAreMediansOverRounds(t *testing.T) {
	r := newResults(io.Discard)
	what := row{by: byExit, size: 2, who: speaker}
	for _, round := range [][]time.Duration{{1, 2, 9}, {3, 4, 5}, {2, 3, 100}} {
		for _, took := range round {
			r.add(what, nameExeunt, took*time.Millisecond, nil)
		}
		r.endRound()
	}
	f, ok := r.cells[what][nameExeunt].figures()
	if want := (figures{p50: 3 * time.Millisecond, p99: 9 * time.Millisecond}); !ok || f != want {
		t.Errorf("got %v; want %v", f, want)
	}
}

// A sample without a time fails the row, however fast the others were.
func TestUntoldFailsTheRow(t *testing.T) {
	r := newResults(io.Discard)
	what := row{by: byRemoval, size: 50, who: speaker}
	r.add(what, nameExeunt, time.Millisecond, nil)
	r.add(what, nameLivekit, time.Second, nil)
	r.endRound()
	if got := verdict(what, r.cells[what]); !strings.HasPrefix(got, "PASS") {
		t.Errorf("got %q", got)
	}
	r.fail(what, nameExeunt, errors.New("never told"))
	if got := verdict(what, r.cells[what]); !strings.HasPrefix(got, "FAIL") {
		t.Errorf("got %q", got)
	}
	if got := r.table(); !strings.Contains(got, "1 of 2 untold") {
		t.Errorf("got %s", got)
	}
}

func TestTablesReplaceWhatStandsBetweenTheMarkers(t *testing.T) {
	page := "above\n" + markBegin + "old\n" + markEnd + "below\n"
	want := "above\n" + markBegin + "\nnew\n\n" + markEnd + "below\n"
	if got, err := between(page, "new\n"); err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := between("no markers", "new"); err == nil {
		t.Error("a page without markers was changed")
	}
}
