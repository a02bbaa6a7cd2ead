package ban

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bus starts a JetStream on dir, as the registry does.
func bus(t *testing.T, dir string) jetstream.JetStream {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		DontListen: true, NoLog: true, NoSigs: true, JetStream: true, StoreDir: dir, SyncAlways: true,
		DisableJetStreamBanner: true,
	})
	check(t, err)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the bus does not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	check(t, err)
	js, err := jetstream.New(conn)
	check(t, err)
	t.Cleanup(func() {
		conn.Close()
		s.Shutdown()
		s.WaitForShutdown()
	})
	return js
}

// killed is what would be on disk if the process died now.
func killed(t *testing.T, dir string) string {
	t.Helper()
	left := filepath.Join(t.TempDir(), "left")
	check(t, os.CopyFS(left, os.DirFS(dir)))
	return left
}

func openBook(t *testing.T, js jetstream.JetStream) *Book {
	t.Helper()
	b, err := Open(t.Context(), js, slog.New(slog.DiscardHandler))
	check(t, err)
	t.Cleanup(b.Close)
	return b
}

func newBook(t *testing.T) *Book {
	t.Helper()
	js := bus(t, t.TempDir())
	return openBook(t, js)
}

func put(t *testing.T, b *Book, made Ban) Ban {
	t.Helper()
	made, err := b.Put(t.Context(), made)
	check(t, err)
	return made
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	seven    = room.Key{App: 1, Kind: room.Numeric, ID: "7"}
	strings7 = room.Key{App: 1, Kind: room.Str, ID: "7"}
	eight    = room.Key{App: 1, Kind: room.Numeric, ID: "8"}
	foreign  = room.Key{App: 2, Kind: room.Numeric, ID: "7"}
)

// TestF6_ABanReachesAsFarAsItSaysAndNoFarther: the table of scopes.
func TestF6_ABanReachesAsFarAsItSaysAndNoFarther(t *testing.T) {
	places := []struct {
		name        string
		key         room.Key
		incarnation string
	}{
		{"the same opening", seven, "one"},
		{"the next opening", seven, "two"},
		{"the room while it is closed", seven, ""},
		{"a string room of the same name", strings7, "one"},
		{"another room", eight, "three"},
		{"another tenant", foreign, "one"},
	}
	scopes := []struct {
		name   string
		ban    Ban
		banned []bool
	}{
		{
			"this opening",
			Ban{Scope: Incarnation, Key: seven, Incarnation: "one"},
			[]bool{true, false, false, false, false, false},
		},
		{"the room", Ban{Scope: Room, Key: seven}, []bool{true, true, true, false, false, false}},
		{"the app", Ban{Scope: App}, []bool{true, true, true, true, true, false}},
	}
	for _, scope := range scopes {
		t.Run(scope.name, func(t *testing.T) {
			b := newBook(t)
			scope.ban.App, scope.ban.User = 1, "ann"
			made := put(t, b, scope.ban)
			for i, place := range places {
				got, banned := b.Check(place.key, place.incarnation, "ann", "", time.Now())
				if banned != scope.banned[i] || (banned && got != made) {
					t.Errorf("%s: banned %v by %+v, want %v", place.name, banned, got, scope.banned[i])
				}
				if _, banned := b.Check(place.key, place.incarnation, "bob", "phone", time.Now()); banned {
					t.Errorf("%s: somebody else is banned", place.name)
				}
			}
		})
	}
}

// TestF7_ANewNameDoesNotHelp: a ban that names the device holds for whoever comes from it, and one that names the user
// for whatever device.
func TestF7_ANewNameDoesNotHelp(t *testing.T) {
	b := newBook(t)
	put(t, b, Ban{App: 1, Scope: Room, Key: seven, User: "ann", Device: "phone"})
	for _, who := range []struct {
		user, device string
		banned       bool
	}{
		{"ann", "phone", true},
		{"ann", "laptop", true},
		{"ann", "", true},
		{"guest4711", "phone", true},
		{"guest4711", "laptop", false},
		{"phone", "ann", false},
		{"Ann", "", false},
	} {
		if _, banned := b.Check(seven, "", who.user, who.device, time.Now()); banned != who.banned {
			t.Errorf("%+v: banned %v", who, banned)
		}
	}
}

// TestH4_ABanEndsAtItsInstant: neither a second early nor a second late.
func TestH4_ABanEndsAtItsInstant(t *testing.T) {
	b := newBook(t)
	now := time.Now()
	put(t, b, Ban{App: 1, Scope: Room, Key: seven, User: "ann", At: now, Until: now.Add(time.Minute)})
	longer := put(t, b, Ban{App: 1, Scope: App, User: "ann", At: now, Until: now.Add(time.Hour)})
	for after, want := range map[time.Duration]bool{
		0: true, time.Minute - 1: true, time.Minute: true, time.Hour - 1: true, time.Hour: false, time.Hour + 1: false,
	} {
		got, banned := b.Check(seven, "", "ann", "", now.Add(after))
		if banned != want {
			t.Errorf("after %v: banned %v, want %v", after, banned, want)
		}
		if banned && got != longer {
			t.Errorf("after %v: %+v; want the one that lasts longest", after, got)
		}
	}
}

func TestF8_ABanKeepsItsActorAndText(t *testing.T) {
	dir := t.TempDir()
	js := bus(t, dir)
	b := openBook(t, js)
	now := time.Now()
	made := put(t, b, Ban{
		App: 1, Scope: Incarnation, Key: seven, Incarnation: "one", User: "änn", Device: "phone", At: now,
		Until: now.Add(time.Hour), Actor: "api:AKID", Text: "„Bitte“ nicht so laut.",
	})
	forGood := put(t, b, Ban{App: 1, Scope: App, User: "bob"})

	js = bus(t, killed(t, dir))
	list := openBook(t, js).List(1)
	if len(list) != 2 || !same(list[0], made) || !same(list[1], forGood) {
		t.Errorf("after a restart: %+v, want %+v and %+v", list, made, forGood)
	}
}

// same compares bans of which one has been on disk, where times lose their place on the map.
func same(a, b Ban) bool {
	times := a.At.Equal(b.At) && a.Until.Equal(b.Until)
	a.At, a.Until, b.At, b.Until = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return times && a == b
}

func TestF6_ABanThatIsLiftedHoldsNobody(t *testing.T) {
	dir := t.TempDir()
	js := bus(t, dir)
	b := openBook(t, js)
	made := put(t, b, Ban{App: 1, Scope: Room, Key: seven, User: "ann", Device: "phone"})
	if _, found, err := b.Lift(t.Context(), 2, made.ID); found || err != nil {
		t.Errorf("another tenant lifts it: %v, %v", found, err)
	}
	if got, found, err := b.Lift(t.Context(), 1, made.ID); !found || err != nil || got != made {
		t.Errorf("lift: %+v, %v, %v", got, found, err)
	}
	if _, found, err := b.Lift(t.Context(), 1, made.ID); found || err != nil {
		t.Errorf("lift again: %v, %v; want that there is none", found, err)
	}
	if _, banned := b.Check(seven, "", "ann", "phone", time.Now()); banned {
		t.Error("still banned")
	}
	js = bus(t, killed(t, dir))
	if list := openBook(t, js).List(1); len(list) != 0 {
		t.Errorf("back after a restart: %+v", list)
	}
}

// TestK2_BansThatEndedLeaveNothing: neither in memory nor on disk; those that hold stay.
func TestK2_BansThatEndedLeaveNothing(t *testing.T) {
	b := newBook(t)
	now := time.Now()
	for i := range 20 {
		put(t, b, Ban{App: 1, Scope: Room, Key: seven, User: fmt.Sprint(i), At: now, Until: now.Add(time.Minute)})
	}
	kept := put(t, b, Ban{App: 1, Scope: Room, Key: seven, User: "ann"})
	b.throwAway(now.Add(time.Minute))
	if list := b.List(1); len(list) != 1 || list[0] != kept || len(b.index.persons) != 1 {
		t.Errorf("left: %+v, %d persons", list, len(b.index.persons))
	}
	info, err := b.store.stream.Info(t.Context())
	check(t, err)
	if info.State.Msgs != 1 {
		t.Errorf("%d bans are on disk, want 1", info.State.Msgs)
	}
}

func TestK2_ABanOfAnOpeningEndsWithIt(t *testing.T) {
	b := newBook(t)
	put(t, b, Ban{App: 1, Scope: Incarnation, Key: seven, Incarnation: "one", User: "ann"})
	other := put(t, b, Ban{App: 1, Scope: Incarnation, Key: seven, Incarnation: "two", User: "ann"})
	b.Over("one")
	b.Over("three")
	if list := b.List(1); len(list) != 1 || list[0] != other {
		t.Errorf("left: %+v", list)
	}
	if _, banned := b.Check(seven, "two", "ann", "", time.Now()); !banned {
		t.Error("the ban of the other opening is gone")
	}
}

func TestABanMustBeWhole(t *testing.T) {
	b := newBook(t)
	now := time.Now()
	for field, change := range map[string]func(*Ban){
		"app is 0":                 func(w *Ban) { w.App, w.Key.App = 0, 0 },
		"scope is 0":               func(w *Ban) { w.Scope = 0 },
		"scope is 4":               func(w *Ban) { w.Scope = 4 },
		"of app 2":                 func(w *Ban) { w.Key.App = 2 },
		"kind is 0":                func(w *Ban) { w.Key.Kind = 0 },
		"id has 0 bytes":           func(w *Ban) { w.Key.ID = "" },
		"id has 65 bytes":          func(w *Ban) { w.Key.ID = strings.Repeat("x", 65) },
		"incarnation has 0 bytes":  func(w *Ban) { w.Scope = Incarnation },
		"user and device":          func(w *Ban) { w.User = "" },
		"user has 65 bytes":        func(w *Ban) { w.User = strings.Repeat("x", room.UserMax+1) },
		"device has 65 bytes":      func(w *Ban) { w.Device = strings.Repeat("x", nameMax+1) },
		"actor has 161 bytes":      func(w *Ban) { w.Actor = strings.Repeat("x", actorMax+1) },
		"text has 513 bytes":       func(w *Ban) { w.Text = strings.Repeat("x", exit.TextMax+1) },
		"text is not UTF-8":        func(w *Ban) { w.Text = "\xff" },
		"it must be after":         func(w *Ban) { w.Until = now },
		"at most 10 years later":   func(w *Ban) { w.Until = now.AddDate(10, 0, 0).Add(1) },
		"app is 0; it must be at ": func(w *Ban) { *w = Ban{} },
	} {
		wrong := Ban{App: 1, Scope: Room, Key: seven, User: "ann", At: now}
		change(&wrong)
		_, err := b.Put(t.Context(), wrong)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not in %v", field, err)
		}
	}
	if list := b.List(1); len(list) != 0 {
		t.Errorf("a ban that is not valid changed something: %+v", list)
	}
}

func TestK1_BansHaveLimits(t *testing.T) {
	b := newBook(t)
	for range PerPerson {
		put(t, b, Ban{App: 1, Scope: App, User: "ann"})
	}
	if _, err := b.Put(t.Context(), Ban{App: 1, Scope: App, User: "ann"}); !errors.Is(err, ErrFull) {
		t.Errorf("one more of a user: %v", err)
	}
	b.mu.Lock()
	for i := len(b.index.bans[1]); i < PerApp; i++ {
		b.index.put(&Ban{ID: fmt.Sprint(i), App: 1, Scope: App, User: fmt.Sprint(i)})
	}
	b.mu.Unlock()
	if _, err := b.Put(t.Context(), Ban{App: 1, Scope: App, User: "bob"}); !errors.Is(err, ErrFull) {
		t.Errorf("one more of an app: %v", err)
	}
	put(t, b, Ban{App: 2, Scope: App, User: "ann"})
}

// TestF1_ABanThatIsNotOnDiskDoesNotHold: the back end is told of the failure, and nothing has changed.
func TestF1_ABanThatIsNotOnDiskDoesNotHold(t *testing.T) {
	b := newBook(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Put(ctx, Ban{App: 1, Scope: App, User: "ann"}); err == nil {
		t.Error("put without waiting for the disk: no error")
	}
	if _, banned := b.Check(seven, "", "ann", "", time.Now()); banned || len(b.List(1)) != 0 {
		t.Error("the ban holds")
	}
	if len(b.index.reserved)+len(b.index.reservedPersons) != 0 {
		t.Error("its place stays taken")
	}
	info, err := b.store.stream.Info(t.Context())
	check(t, err)
	if info.State.Msgs != 0 {
		t.Error("the ban is on disk")
	}
}

// TestF1_ManyAtOnce: bans are made, lifted, and asked for by many at once. What was made holds, what was lifted does
// not.
func TestF1_ManyAtOnce(t *testing.T) {
	b := newBook(t)
	var all sync.WaitGroup
	for i := range 16 {
		user := fmt.Sprint("user", i)
		all.Go(func() {
			for range 10 {
				made, err := b.Put(t.Context(), Ban{App: 1, Scope: Room, Key: seven, User: user})
				if err != nil {
					t.Error(err)
					return
				}
				if _, banned := b.Check(seven, "", user, "", time.Now()); !banned {
					t.Errorf("%s is not banned right after", user)
				}
				if _, found, err := b.Lift(t.Context(), 1, made.ID); !found || err != nil {
					t.Errorf("lift: %v, %v", found, err)
				}
				if _, banned := b.Check(seven, "", user, "", time.Now()); banned {
					t.Errorf("%s is banned after the lift", user)
				}
			}
		})
	}
	all.Wait()
	if x := b.index; len(x.bans)+len(x.persons)+len(x.reserved)+len(x.reservedPersons) != 0 {
		t.Errorf("left: %+v", x)
	}
}
