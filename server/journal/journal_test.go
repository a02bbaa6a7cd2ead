package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// bus starts a JetStream on dir, as the registry does.
func bus(t testing.TB, dir string) (jetstream.JetStream, func()) {
	t.Helper()
	js, stop, err := startBus(dir)
	check(t, err)
	stop = sync.OnceFunc(stop)
	t.Cleanup(stop)
	return js, stop
}

func startBus(dir string) (jetstream.JetStream, func(), error) {
	s, err := server.NewServer(&server.Options{
		DontListen: true, NoLog: true, NoSigs: true, JetStream: true, StoreDir: dir, SyncAlways: true,
		JetStreamMaxStore: 1 << 30, MaxPayload: 8 << 20, DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, nil, err
	}
	s.Start()
	stop := func() { s.Shutdown(); s.WaitForShutdown() }
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, nil, errors.New("the bus does not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn)
	return js, func() { conn.Close(); stop() }, err
}

func openJournal(t testing.TB, js jetstream.JetStream, config Config) *Journal {
	t.Helper()
	j, err := Open(context.Background(), js, config, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	t.Cleanup(func() { check(t, j.Close(context.Background())) })
	return j
}

// reopen is what the next process finds.
func reopen(t *testing.T, j *Journal) *Journal {
	t.Helper()
	check(t, j.Close(context.Background()))
	return openJournal(t, j.js, j.config)
}

// keep appends changes and waits until all are on disk.
func keep(t testing.TB, j *Journal, changes ...Change) {
	t.Helper()
	answers := make(chan error, len(changes))
	for _, c := range changes {
		j.Append(c, func(err error) { answers <- err })
	}
	for range changes {
		check(t, <-answers)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	dots    = room.Key{App: 1, Kind: room.Str, ID: "a.b > * c"}
	seven   = room.Key{App: 1, Kind: room.Numeric, ID: "7"}
	opening = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
)

func opened(key room.Key, incarnation string) Change {
	return Change{Key: key, Incarnation: incarnation, Room: &room.State{
		Incarnation: incarnation, Scene: 1, OpenedAt: opening, Seq: 1, Policy: room.DefaultPolicy(), Host: "ann",
		Blocks: map[string]room.Block{"bob": {Audio: true}},
	}}
}

func entered(key room.Key, incarnation, session string) Change {
	return Change{Key: key, Incarnation: incarnation, Member: &Member{
		State: room.MemberState{
			Session: session, User: "user of " + session, Device: "phone", Rights: 255, EnteredAt: opening,
			Streams: []room.StreamState{{Stream: room.Audio, Mid: "0", Muted: true}},
			Wishes:  []room.Wish{{User: "bob", Stream: room.Audio, Wanted: true}},
		},
		Secret: []byte("SHA-256 of " + session),
	}}
}

func left(key room.Key, incarnation, session string) Change {
	return Change{Key: key, Incarnation: incarnation, Exit: &exit.Record{
		Session: session, User: "user of " + session, At: opening.Add(time.Minute), Seq: 9,
		Why: exit.Why{
			Reason: exit.ClosedByPolicy, Actor: "api:AKID", Text: "Good night.", Rule: "idle", RejoinAfter: time.Second,
		},
	}}
}

func sessions(members []Member) string {
	var names []string
	for _, m := range members {
		names = append(names, m.State.Session)
	}
	return fmt.Sprint(names)
}

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
	if got := sessions(saved[0].Members); got != "[s1 s3]" {
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
