package journal

import (
	"context"
	"errors"
	"log/slog"
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
		Blocks: map[string]room.Block{"bob": {Audio: true}}, LastRole: room.Audience,
		HostAway: true,
	}}
}

func entered(key room.Key, incarnation, session string) Change {
	return Change{Key: key, Incarnation: incarnation, Member: &Member{
		State: room.MemberState{
			Session: session, User: "user of " + session, Client: "sdk/1", Device: "phone", Role: room.Anchor,
			Rights: 255, EnteredAt: opening, ReceiveAudio: true, ReceiveVideo: true,
			Streams: []room.StreamState{{Stream: room.Audio, Mid: "0", Muted: true}},
			Wishes:  []room.Wish{{User: "bob", Stream: room.Audio, Wanted: true}}, Replaced: []string{"older"}, Resumes: "older",
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
