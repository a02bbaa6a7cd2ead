package registry

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, config Config) *Registry {
	t.Helper()
	if config.StoreDir == "" {
		config.StoreDir = t.TempDir()
	}
	r, err := Open(config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// otherNode is a second node on the same bus, as in a cluster: its own name, its own leases.
func otherNode(t *testing.T, r *Registry, config Config) *Registry {
	t.Helper()
	if config.LeaseTTL == 0 {
		config.LeaseTTL = leaseTTL
	}
	other := &Registry{
		node:     "other",
		config:   config,
		log:      r.log,
		bus:      r.bus,
		leases:   make(map[room.Key]lease),
		releases: make(chan expired, releasesMax),
		stop:     make(chan struct{}),
		keeping:  make(chan struct{}),
		answers:  newAnswering(),
	}
	if err := other.connect(); err != nil {
		t.Fatal(err)
	}
	other.bus = nil
	go other.keep()
	t.Cleanup(func() {
		if err := other.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return other
}

func numeric(app uint32, id string) room.Key { return room.Key{App: app, Kind: room.Numeric, ID: id} }

func claim(t *testing.T, r *Registry, key room.Key) uint64 {
	t.Helper()
	token, err := r.Claim(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// given waits until every release so far has reached the bucket: the keeper empties its queue before it stops.
func given(t *testing.T, r *Registry) {
	t.Helper()
	close(r.stop)
	<-r.keeping
	r.stop, r.keeping = make(chan struct{}), make(chan struct{})
	go r.keep()
}

func TestARoomHasOneOwner(t *testing.T) {
	here := open(t, Config{})
	there := otherNode(t, here, Config{})
	key := numeric(1, "7")
	token := claim(t, here, key)
	if _, err := there.Claim(t.Context(), key); !errors.Is(err, ErrOwned) {
		t.Errorf("another node's claim: %v, want ErrOwned", err)
	}
	if _, err := here.Claim(t.Context(), key); !errors.Is(err, ErrOwned) {
		t.Errorf("a second claim here: %v, want ErrOwned", err)
	}
	here.Release(key, token)
	if next := claim(t, here, key); next <= token {
		t.Errorf("token %d after %d: fencing tokens must grow", next, token)
	}
}

func TestNumberAndStringRoomsNeverMeet(t *testing.T) {
	r := open(t, Config{})
	claim(t, r, numeric(1, "7"))
	claim(t, r, room.Key{App: 1, Kind: room.Str, ID: "7"})
	claim(t, r, numeric(2, "7"))
}

func TestI6_LateReleaseKeepsTheNextLease(t *testing.T) {
	r := open(t, Config{})
	key := numeric(1, "7")
	first := claim(t, r, key)
	r.Release(key, first)
	second := claim(t, r, key)
	r.Release(key, first)
	r.forget(expired{key, first}) // However late the bucket is told.
	given(t, r)
	if r.leases[key].token != second {
		t.Errorf("lease %+v, want token %d", r.leases[key], second)
	}
	if _, err := r.kv.Get(t.Context(), leaseKey(key)); err != nil {
		t.Errorf("the second lease is gone from the bucket: %v", err)
	}
}

func TestAskReachesTheOwner(t *testing.T) {
	here := open(t, Config{})
	there := otherNode(t, here, Config{})
	for _, r := range []*Registry{here, there} {
		err := r.Serve(func(_ context.Context, request []byte) []byte { return []byte(r.node + " heard " + string(request)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	claim(t, here, numeric(1, "7"))
	claim(t, there, numeric(1, "8"))
	for id, owner := range map[string]*Registry{"7": here, "8": there} {
		for _, asker := range []*Registry{here, there} {
			reply, err := asker.Ask(t.Context(), numeric(1, id), []byte("hello"))
			if err != nil || string(reply) != owner.node+" heard hello" {
				t.Errorf("room %s: reply %q, %v", id, reply, err)
			}
		}
	}
}

func TestAskForARoomThatNobodyHas(t *testing.T) {
	r := open(t, Config{})
	if _, err := r.Ask(t.Context(), numeric(1, "7"), nil); !errors.Is(err, ErrNoRoom) {
		t.Errorf("never claimed: %v, want ErrNoRoom", err)
	}
	r.Release(numeric(1, "7"), claim(t, r, numeric(1, "7")))
	given(t, r)
	if _, err := r.Ask(t.Context(), numeric(1, "7"), nil); !errors.Is(err, ErrNoRoom) {
		t.Errorf("released: %v, want ErrNoRoom", err)
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	r := open(t, Config{})
	claim(t, r, numeric(1, "7"))
	release := make(chan struct{})
	if err := r.Serve(func(context.Context, []byte) []byte { <-release; return nil }); err != nil {
		t.Fatal(err)
	}
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.Ask(ctx, numeric(1, "7"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an owner that hangs: %v, want the deadline", err)
	}
}

func TestRoomsOfOneTenantOnly(t *testing.T) {
	r := open(t, Config{})
	mine := []room.Key{
		numeric(14, "7"), numeric(14, "4294967294"),
		{App: 14, Kind: room.Str, ID: "7"},
		{App: 14, Kind: room.Str, ID: "a.b > * 14.n"},
	}
	for _, key := range append([]room.Key{numeric(1, "7"), numeric(140, "7"), numeric(4, "14")}, mine...) {
		claim(t, r, key)
	}
	got, err := r.Rooms(t.Context(), 14)
	if err != nil {
		t.Fatal(err)
	}
	byName := func(a, b room.Key) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(got, byName)
	slices.SortFunc(mine, byName)
	if !slices.Equal(got, mine) {
		t.Errorf("rooms of 14: %v, want %v", got, mine)
	}
	if none, err := r.Rooms(t.Context(), 999); err != nil || len(none) != 0 {
		t.Errorf("rooms of an app without any: %v, %v", none, err)
	}
}

func TestALeaseLivesAsLongAsItsOwner(t *testing.T) {
	here := open(t, Config{LeaseTTL: 300 * time.Millisecond})
	there := otherNode(t, here, Config{LeaseTTL: 300 * time.Millisecond})
	kept, left := numeric(1, "7"), numeric(1, "8")
	claim(t, here, kept)
	claim(t, there, left)
	watch, err := here.kv.Watch(t.Context(), leaseKey(kept))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watch.Stop() }()
	if err := there.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Ten refreshes of ours are three lifetimes of a lease.
	for refreshes := 0; refreshes < 10; {
		if entry := <-watch.Updates(); entry != nil {
			refreshes++
		}
	}
	if _, err := here.Claim(t.Context(), left); err != nil {
		t.Errorf("the room of a dead node cannot be claimed: %v", err)
	}
}

func TestALostLeaseIsReported(t *testing.T) {
	type loss struct {
		key   room.Key
		token uint64
	}
	lost := make(chan loss, 1)
	r := open(t, Config{LeaseTTL: 300 * time.Millisecond, Lost: func(key room.Key, token uint64) {
		lost <- loss{key, token}
	}})
	key := numeric(1, "7")
	token := claim(t, r, key)
	if _, err := r.kv.Put(t.Context(), leaseKey(key), []byte("another")); err != nil {
		t.Fatal(err)
	}
	if got := <-lost; got.key != key || got.token != token {
		t.Errorf("lost %+v, want %v with token %d", got, key, token)
	}
}

func TestASleeperKeepsWhatNobodyTook(t *testing.T) {
	r := open(t, Config{})
	key := numeric(1, "7")
	token := claim(t, r, key)
	if err := r.stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.refresh(key)
	if held := r.leases[key]; held.token != token || held.revision == token {
		t.Errorf("lease %+v, want token %d with a new revision", held, token)
	}
	if _, err := r.kv.Get(t.Context(), leaseKey(key)); err != nil {
		t.Errorf("the lease is not in the bucket again: %v", err)
	}
}

func TestK2_AThousandRoomsLeaveNothing(t *testing.T) {
	r := open(t, Config{})
	for i := range 1000 {
		key := numeric(1, strconv.Itoa(i+1))
		r.Release(key, claim(t, r, key))
	}
	given(t, r)
	info, err := r.stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != 0 || len(r.leases) != 0 || r.bus.NumSubscriptions() > 100 {
		t.Errorf("left: %d keys, %d leases, %d subscriptions", info.State.Msgs, len(r.leases), r.bus.NumSubscriptions())
	}
}

func TestCloseLeavesNoFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r, err := Open(Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	claim(t, r, numeric(1, "7"))
	for range 2 {
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := r.Claim(t.Context(), numeric(1, "8")); err == nil {
		t.Error("a closed registry let a room be claimed")
	}
	r.Release(numeric(1, "7"), 1)
}

func TestCloseHasADeadline(t *testing.T) {
	r := open(t, Config{})
	claim(t, r, numeric(1, "7"))
	hang, entered := make(chan struct{}), make(chan struct{})
	if err := r.Serve(func(context.Context, []byte) []byte { close(entered); <-hang; return nil }); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = r.Ask(context.Background(), numeric(1, "7"), nil) }()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close with a hanging answer: %v, want the deadline", err)
	}
	close(hang)
	r.bus.WaitForShutdown()
}

func FuzzRoomKey(f *testing.F) {
	f.Add("7")
	f.Add("a.b *>")
	f.Add("1.n.Nw")
	f.Fuzz(func(t *testing.T, id string) {
		for _, kind := range []room.Kind{room.Numeric, room.Str} {
			key := room.Key{App: 1400000000, Kind: kind, ID: id}
			if got, err := roomKey(leaseKey(key)); err != nil || got != key {
				t.Errorf("%v became %v, %v", key, got, err)
			}
		}
		if key, err := roomKey(id); err == nil && leaseKey(key) == "" {
			t.Errorf("%q became %v", id, key)
		}
	})
}

// TestA10_ListingNeverWaitsForARoomThatEnds: rooms come and go while an app's rooms are listed; every listing answers.
func TestA10_ListingNeverWaitsForARoomThatEnds(t *testing.T) {
	const rooms, listings = 64, 300
	r := open(t, Config{})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			key := room.Key{App: 1, Kind: room.Numeric, ID: strconv.Itoa(n)}
			token, err := r.Claim(context.Background(), key)
			if err != nil {
				t.Errorf("claim: %v", err)
				return
			}
			if n%rooms != 0 {
				r.Release(key, token)
			}
		}
	}()
	for range listings {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := r.Rooms(ctx, 1)
		cancel()
		if err != nil {
			t.Errorf("list: %v", err)
			break
		}
	}
	close(stop)
	<-stopped
}

// TestJ13_ARestartFindsTheDirectory: a node that comes back on the same files is another node. What was stored is
// there; leases of the node that died are not, since nobody keeps them young.
func TestJ13_ARestartFindsTheDirectory(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Config{StoreDir: dir})
	stream := jetstream.StreamConfig{Name: "kept", Subjects: []string{"kept"}, Storage: jetstream.FileStorage}
	if _, err := first.JetStream().CreateStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	if _, err := first.JetStream().Publish(t.Context(), "kept", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	claim(t, first, numeric(1, "7"))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	second := open(t, Config{StoreDir: dir})
	if second.Node() == first.Node() {
		t.Error("the node that came back is the node that died")
	}
	claim(t, second, numeric(1, "7"))
	kept, err := second.JetStream().Stream(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	if message, err := kept.GetMsg(t.Context(), 1); err != nil || string(message.Data) != "hello" {
		t.Errorf("stored: %v, %v", message, err)
	}
}
