package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	app       uint32 = 1400000000
	secretID         = "AKIDEXAMPLE"
	secretKey        = "secretkeyEXAMPLE"
)

// apps are two tenants. The first has two keys.
func apps() config.Apps {
	return config.Apps{
		{SdkAppID: app, Keys: []config.Key{
			{SecretID: secretID, SecretKey: secretKey}, {SecretID: "AKIDsecond", SecretKey: "secretkeySECOND"},
		}},
		{SdkAppID: app + 1, Keys: []config.Key{{SecretID: "AKIDother", SecretKey: "secretkeyOTHER"}}},
	}
}

// world is the API before a real hall and a real registry, with a clock of its own.
type world struct {
	t       *testing.T
	handler http.Handler
	hall    *host.Hall
	log     *logbook
	media   *media

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, log: &logbook{}, media: &media{dropped: map[string]bool{}}, now: time.Unix(1700000000, 0)}
	quiet := slog.New(slog.DiscardHandler)
	rooms, err := registry.Open(registry.Config{StoreDir: t.TempDir()}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	bans, err := ban.Open(context.Background(), rooms.JetStream(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	w.hall = host.New(host.Config{Server: "test", Bans: bans}, w.media, w.media, rooms, events.NewRing(100), quiet, nil)
	if err := rooms.Serve(w.hall.Answer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.hall.Close(context.Background()); err != nil {
			t.Error(err)
		}
		bans.Close()
		if err := rooms.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.handler = New(Config{Apps: apps(), Now: w.time, Heartbeat: time.Second}, w.hall, log, nil)
	return w
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

var (
	numeric1234 = room.Key{App: app, Kind: room.Numeric, ID: "1234"}
	str1234     = room.Key{App: app, Kind: room.Str, ID: "1234"}
)

// enter lets users in, and returns the first one's link.
func (w *world) enter(key room.Key, users ...string) *link {
	w.t.Helper()
	var first *link
	for _, user := range users {
		l := &link{}
		entry := host.Entry{Key: key, User: user, Role: room.Anchor, Rights: room.AllRights, Offer: "an offer", Link: l}
		_, err := w.hall.Enter(context.Background(), entry)
		if err != nil {
			w.t.Fatalf("%s enters %s: %v", user, key, err)
		}
		if first == nil {
			first = l
		}
	}
	return first
}

// inside lists who is in a room; nobody is in one that does not exist.
func (w *world) inside(key room.Key) []string {
	w.t.Helper()
	rooms, err := w.hall.Rooms(context.Background(), key.App)
	if err != nil {
		w.t.Fatal(err)
	}
	users := []string{}
	for _, info := range rooms {
		for _, m := range info.Members {
			if info.Key == key {
				users = append(users, m.User)
			}
		}
	}
	slices.Sort(users)
	return users
}

func (w *world) expect(key room.Key, users ...string) {
	w.t.Helper()
	if got := w.inside(key); !slices.Equal(got, users) && len(got)+len(users) > 0 {
		w.t.Errorf("in %s are %v; want %v", key, got, users)
	}
}

// answer is what a caller reads.
type answer struct {
	Response struct {
		RequestID string `json:"RequestId"`
		Error     *complaint
		Removed   []string `json:"RemovedUserIds"`
		Absent    []string `json:"AbsentUserIds"`
		Ended     []string `json:"EndedSessionIds"`
		Total     int      `json:"RemovedTotal"`
		Repeated  bool
		Rooms     []Room
		Room      Room
		Policy    map[string]string
		Bans      []Ban
		AbsentBan []string `json:"AbsentBanIds"`
		BansTotal int      `json:"Total"`
	}
}

func (a answer) code() string {
	if a.Response.Error == nil {
		return codeOK
	}
	return a.Response.Error.Code
}

// send sends a request and holds the answer to the envelope.
func (w *world) send(r *http.Request) answer { return send(w.t, w.handler, r) }

func send(t *testing.T, handler http.Handler, r *http.Request) answer {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	var a answer
	if err := json.Unmarshal(recorder.Body.Bytes(), &a); err != nil {
		t.Fatalf("answer %q: %v", recorder.Body, err)
	}
	if recorder.Code != http.StatusOK || recorder.Header().Get("Content-Type") != "application/json" {
		t.Errorf("status %d, type %q", recorder.Code, recorder.Header().Get("Content-Type"))
	}
	if len(a.Response.RequestID) != 36 || strings.Count(a.Response.RequestID, "-") != 4 {
		t.Errorf("RequestId %q is no UUID", a.Response.RequestID)
	}
	return a
}

// call sends a well-signed call, a second after the one before.
func (w *world) call(action, body string) answer {
	w.t.Helper()
	w.pass(time.Second)
	return w.send(w.request(action, body))
}

// request is a well-signed call; change works on it before it is signed.
func (w *world) request(action, body string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8082/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentJSON)
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", Version)
	r.Header.Set("X-TC-Region", "ap-guangzhou")
	for _, c := range change {
		c(r)
	}
	SignTC3(r, []byte(body), secretID, secretKey, w.time())
	return r
}

// logbook is a log in memory.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// link is a member's end that reads nothing.
type link struct {
	mu     sync.Mutex
	frames int
	cuts   []exit.Record
}

func (l *link) Send([]byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames++
	return true
}

func (*link) Leave(uint16)   {}
func (*link) Enclose([]byte) {}

func (l *link) Cut(_ []byte, record exit.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cuts = append(l.cuts, record)
}

// record returns how the stay ended; the zero value while it lasts.
func (l *link) record() exit.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.cuts) == 0 {
		return exit.Record{}
	}
	return l.cuts[0]
}

// media forwards nothing and remembers whose media was cut.
type media struct {
	mu      sync.Mutex
	dropped map[string]bool
}

func (*media) Open(context.Context, string, string, string) (string, error) { return "", nil }
func (*media) Reoffer(context.Context, string, string) (string, error)      { return "", nil }
func (*media) Publish(string, room.Stream, string) error                    { return nil }
func (*media) Unpublish(string, room.Stream)                                {}
func (*media) Forward(string, room.Stream, string) (mid string, err error)  { return "0", nil }
func (*media) Volumes(sessions []string) []uint8                            { return make([]uint8, len(sessions)) }
func (*media) Unforward(from string, _ room.Stream, to string) (mid string) { return "" }
func (*media) Prefer(string, room.Stream, string, int)                      {}
func (*media) Slots(string) []room.Slot                                     { return nil }
func (m *media) Drop(session string)                                        { m.drop(session) }

func (m *media) drop(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropped[session] = true
}

func (m *media) cut(session string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dropped[session]
}

// scripted is a hall that does as it is told, for what a real one does only in trouble. What it is not told, it must
// not be asked.
type scripted struct {
	ask   func(ctx context.Context, c host.Command) (host.Reply, error)
	rooms func(ctx context.Context, app uint32) ([]host.RoomInfo, error)
	open  func(key room.Key, p room.Policy) (*host.RoomInfo, error)
	ban   func(b ban.Ban, session string) (ban.Ban, host.Reply, error)
	bans  func(app uint32) ([]ban.Ban, error)
	lift  func(app uint32, id string) (ban.Ban, error)
}

func (s scripted) Ask(ctx context.Context, c host.Command) (host.Reply, error) { return s.ask(ctx, c) }

func (s scripted) Rooms(ctx context.Context, app uint32) ([]host.RoomInfo, error) {
	return s.rooms(ctx, app)
}

func (s scripted) OpenRoom(_ context.Context, key room.Key, p room.Policy) (*host.RoomInfo, error) {
	return s.open(key, p)
}

func (s scripted) Ban(_ context.Context, b ban.Ban, session string) (ban.Ban, host.Reply, error) {
	return s.ban(b, session)
}

func (s scripted) Bans(_ context.Context, app uint32) ([]ban.Ban, error) { return s.bans(app) }

func (s scripted) LiftBan(_ context.Context, app uint32, id string) (ban.Ban, error) {
	return s.lift(app, id)
}
