package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

func TestJ13_WhoIsInsideOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	js, stop := bus(t, dir)
	j := openJournal(t, js, Config{Durable: true})
	keep(t, j, opened(dots, "one"), entered(dots, "one", "s1"), entered(dots, "one", "s2"), entered(dots, "one", "s3"))
	keep(t, j, opened(seven, "two"), entered(seven, "two", "s4"), left(dots, "one", "s2"))
	check(t, j.Close(t.Context()))
	stop()

	js, _ = bus(t, dir)
	saved := openJournal(t, js, Config{Durable: true}).Saved()
	if len(saved) != 2 || saved[0].Key != dots || saved[1].Key != seven {
		t.Fatalf("saved: %+v", saved)
	}
	if got := inside(saved[0]); got != "[s1 s3]" {
		t.Errorf("inside: %s", got)
	}
	for what, pair := range map[string][2]any{
		"room":   {saved[0].Room, *opened(dots, "one").Room},
		"member": {saved[0].Members[0], *entered(dots, "one", "s1").Member},
		"exits":  {saved[0].Exits, []exit.Record{*left(dots, "one", "s2").Exit}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %+v, want %+v", what, pair[0], pair[1])
		}
	}
}

// TestJ13_NoFieldIsForgotten: the stories fill every field, so what is new in a record or a state must be stored too.
func TestJ13_NoFieldIsForgotten(t *testing.T) {
	for _, v := range []any{
		*left(seven, "one", "s1").Exit, left(seven, "one", "s1").Exit.Why, *opened(seven, "one").Room,
		*entered(seven, "one", "s1").Member, entered(seven, "one", "s1").Member.State,
	} {
		value := reflect.ValueOf(v)
		for i := range value.NumField() {
			if value.Field(i).IsZero() {
				t.Errorf("%T.%s is zero in the stories", v, value.Type().Field(i).Name)
			}
		}
	}
}

func TestI2_InAndOutAtOnceIsWrittenDown(t *testing.T) {
	j := newJournal(t)
	keep(t, j, opened(seven, "one"), entered(seven, "one", "s1"), left(seven, "one", "s1"))
	j = reopen(t, j)
	if saved := j.Saved(); len(saved) != 1 || inside(saved[0]) != "[]" || len(saved[0].Exits) != 1 {
		t.Errorf("saved: %+v", saved)
	}
	if got := ends(j); got != "[s1]" {
		t.Errorf("exits: %s", got)
	}
}

func TestJ13_ARoomThatIsOverIsNotThere(t *testing.T) {
	j := newJournal(t)
	keep(t, j, opened(seven, "one"), entered(seven, "one", "s1"), opened(seven, "two"), entered(seven, "two", "s2"))
	last := left(seven, "one", "s1")
	last.Over = true
	keep(t, j, last)
	keep(t, j, opened(dots, "three"), Change{Key: dots, Incarnation: "three", Over: true})
	j = reopen(t, j)
	if saved := j.Saved(); len(saved) != 1 || saved[0].Room.Incarnation != "two" || inside(saved[0]) != "[s2]" {
		t.Errorf("saved: %+v", saved)
	}
	if got := ends(j); got != "[s1]" {
		t.Errorf("exits: %s", got)
	}
}

func TestJ13_TheNewestStateCounts(t *testing.T) {
	j := newJournal(t)
	changes := []Change{opened(seven, "one")}
	for i := range 50 {
		c := entered(seven, "one", "s1")
		c.Member.State.Role = room.Role(i % 3)
		c.Room = opened(seven, "one").Room
		c.Room.Seq = uint64(i)
		changes = append(changes, c)
	}
	keep(t, j, changes...)
	saved := reopen(t, j).Saved()
	if len(saved) != 1 || saved[0].Room.Seq != 49 || saved[0].Members[0].State.Role != 49%3 {
		t.Errorf("saved: %+v", saved)
	}
	if n := messages(t, j, staysStream); n != 2 {
		t.Errorf("%d states are kept, want 2", n)
	}
}

// TestK11_AStormCostsAFewWrites: a thousand members come at once and are dismissed at once. Every end is written down
// once, in order, with a few messages, and nothing else is left.
func TestK11_AStormCostsAFewWrites(t *testing.T) {
	const crowd = 1000
	j := newJournal(t)
	changes := []Change{opened(dots, "one")}
	for i := range crowd {
		changes = append(changes, entered(dots, "one", fmt.Sprint(i)))
	}
	keep(t, j, changes...)
	if saved := reopen(t, j).Saved(); len(saved) != 1 || len(saved[0].Members) != crowd {
		t.Fatalf("%d rooms", len(saved))
	}

	j = reopen(t, j)
	var ended []Change
	var want []string
	for i := range crowd {
		ended = append(ended, left(dots, "one", fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	keep(t, j, append(ended, Change{Key: dots, Incarnation: "one", Over: true})...)
	j = reopen(t, j)
	if got := ends(j); got != fmt.Sprint(want) {
		t.Errorf("the records are not those of the leavers, once and in order: %.200s", got)
	}
	if n := messages(t, j, exitsStream); n > crowd/10 {
		t.Errorf("%d messages for %d ends", n, crowd)
	}
	if n := messages(t, j, staysStream); n != 0 {
		t.Errorf("%d states are left", n)
	}
}

// TestK2_AThousandStaysLeaveTheirRecordsOnly: rooms and members come and go.
func TestK2_AThousandStaysLeaveTheirRecordsOnly(t *testing.T) {
	j := newJournal(t)
	for i := range 50 {
		incarnation := fmt.Sprint("one", i)
		changes := []Change{opened(seven, incarnation)}
		for n := range 20 {
			session := fmt.Sprint(i, ".", n)
			changes = append(changes, entered(seven, incarnation, session), left(seven, incarnation, session))
		}
		keep(t, j, append(changes, Change{Key: seven, Incarnation: incarnation, Over: true})...)
	}
	j = reopen(t, j)
	if n := messages(t, j, staysStream); n != 0 || len(j.Saved()) != 0 {
		t.Errorf("%d states and %d rooms are left", n, len(j.Saved()))
	}
	records := 0
	j.Exits(func(room.Key, string, exit.Record) { records++ })
	if records != 1000 {
		t.Errorf("%d exit records, want 1000", records)
	}
}

// TestJ13_ALeftoverIsNobody: the process died after the record was stored and before the state was removed.
func TestJ13_ALeftoverIsNobody(t *testing.T) {
	j := newJournal(t)
	keep(t, j, opened(seven, "one"), left(seven, "one", "s1"), Change{Key: dots, Incarnation: "two", Over: true})
	check(t, j.Close(t.Context()))
	for _, c := range []Change{entered(seven, "one", "s1"), opened(dots, "two"), entered(dots, "two", "s2")} {
		j = openJournal(t, j.js, j.config)
		keep(t, j, c)
		check(t, j.Close(t.Context()))
	}
	j = openJournal(t, j.js, j.config)
	if saved := j.Saved(); len(saved) != 1 || inside(saved[0]) != "[]" {
		t.Errorf("saved: %+v", saved)
	}
	if j = reopen(t, j); messages(t, j, staysStream) != 1 {
		t.Error("the leftovers are not removed")
	}
}

// TestJ13_WhatAnotherProgramWroteIsPassedOver: the rest is read.
func TestJ13_WhatAnotherProgramWroteIsPassedOver(t *testing.T) {
	j := newJournal(t)
	keep(t, j, opened(seven, "one"), left(seven, "one", "s1"))
	for _, junk := range []string{
		`{"v":2,"key":{"App":1,"Kind":1,"ID":"7"},"incarnation":"one"}`, `{"v":1,`, ``, `[]`,
		`{"v":1,"key":{"App":1,"Kind":1,"ID":"7"},"incarnation":"one","exits":[{"session":"s9","reason":"bored"}]}`,
	} {
		for _, subject := range []string{exitsOf("junk"), roomAt("junk")} {
			_, err := j.js.Publish(t.Context(), subject, []byte(junk))
			check(t, err)
		}
	}
	keep(t, j, left(seven, "one", "s2"))
	j = reopen(t, j)
	if saved := j.Saved(); len(saved) != 1 || len(saved[0].Exits) != 2 {
		t.Errorf("saved: %+v", saved)
	}
	if got := ends(j); got != "[s1 s2]" {
		t.Errorf("exits: %s", got)
	}
}

func TestAChangeMustBeWhole(t *testing.T) {
	j := newJournal(t)
	for _, c := range []Change{
		{},
		{Key: seven, Incarnation: "one"},
		{Key: seven, Over: true},
		{Incarnation: "one", Over: true},
		{Key: seven, Incarnation: "one", Member: &Member{}},
		{Key: seven, Incarnation: "one", Exit: &exit.Record{}},
	} {
		answer := make(chan error, 1)
		j.Append(c, func(err error) { answer <- err })
		if err := <-answer; err == nil {
			t.Errorf("%+v was stored", c)
		}
	}
}

// TestWithoutADirectoryNobodyWaits: done is called before Append returns, and all the same is written.
func TestWithoutADirectoryNobodyWaits(t *testing.T) {
	js, _ := bus(t, t.TempDir())
	j := openJournal(t, js, Config{})
	for _, c := range []Change{opened(seven, "one"), entered(seven, "one", "s1"), left(seven, "one", "s1")} {
		err := errors.New("not called")
		j.Append(c, func(e error) { err = e })
		check(t, err)
	}
	j = reopen(t, j)
	if saved := j.Saved(); len(saved) != 1 || inside(saved[0]) != "[]" || ends(j) != "[s1]" {
		t.Errorf("saved: %+v", saved)
	}
}

func newJournal(t *testing.T) *Journal {
	t.Helper()
	js, _ := bus(t, t.TempDir())
	return openJournal(t, js, Config{Durable: true})
}

func inside(s Saved) string {
	names := []string{}
	for _, m := range s.Members {
		names = append(names, m.State.Session)
	}
	return fmt.Sprint(names)
}

// ends are the sessions of all exit records, in the order of their replay.
func ends(j *Journal) string {
	names := []string{}
	j.Exits(func(_ room.Key, _ string, r exit.Record) { names = append(names, r.Session) })
	return fmt.Sprint(names)
}

func messages(t *testing.T, j *Journal, stream string) int {
	t.Helper()
	s, err := j.js.Stream(t.Context(), stream)
	check(t, err)
	info, err := s.Info(t.Context())
	check(t, err)
	return int(info.State.Msgs)
}

// TestJ13_TheStreamsAreBounded: by age, by bytes, and all of them within the directory's bound.
func TestJ13_TheStreamsAreBounded(t *testing.T) {
	exits, stays := exitsConfig(), staysConfig()
	if exits.MaxAge != exitsAge || exits.MaxMsgs <= 0 || exits.Discard != jetstream.DiscardOld {
		t.Errorf("exits: %+v", exits)
	}
	if stays.MaxAge != 0 || stays.MaxMsgsPerSubject != 1 || stays.Discard != jetstream.DiscardNew {
		t.Errorf("stays: %+v", stays)
	}
	if bytes := []int64{exits.MaxBytes, stays.MaxBytes}; slices.Min(bytes) <= 0 || bytes[0]+bytes[1] > 1<<30 {
		t.Errorf("bytes: %v", bytes)
	}
	_, err := newJournal(t).js.Stream(context.Background(), exitsStream)
	check(t, err)
}
