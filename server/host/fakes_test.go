package host

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary is one list of what happened, shared by all fakes of a test, so that order across them can be proved.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (j *diary) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *diary) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *diary) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = nil
}

// link is a member's end in memory: it keeps what it was sent.
type link struct {
	name    string
	journal *diary
	// capacity is how many frames fit before somebody reads, which nobody does; 0 for no limit.
	capacity int

	// refuses is the number of the one frame, from 1, for which there is no place; 0 for none.
	refuses, sent int
	// onSend, when set, runs before each frame.
	onSend func()

	mu    sync.Mutex
	times []time.Time
	raw   [][]byte
	cuts  []exit.Record
	// left are the codes with which it was let go without a last word.
	left []uint16
}

func (l *link) Send(frame []byte) bool {
	if l.onSend != nil {
		l.onSend()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent++; l.sent == l.refuses {
		return false
	}
	if l.capacity > 0 && len(l.raw) >= l.capacity {
		return false
	}
	l.take(frame)
	return true
}

func (l *link) Enclose(frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.take(frame)
}

func (l *link) Cut(last []byte, record exit.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.take(last)
	l.cuts = append(l.cuts, record)
	if l.journal != nil {
		l.journal.add("cut %s %v", l.name, record.Why.Reason)
	}
}

func (l *link) Leave(code uint16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, code)
}

func (l *link) take(frame []byte) {
	l.times = append(l.times, time.Now())
	l.raw = append(l.raw, frame)
	if l.journal != nil {
		l.journal.add("tell %s %s", l.name, word(decode(frame)))
	}
}

func decode(frame []byte) *wire.ServerFrame {
	f := &wire.ServerFrame{}
	if err := proto.Unmarshal(frame, f); err != nil {
		panic(err)
	}
	return f
}

// frame returns the frame with the number.
func (l *link) frame(n int) *wire.ServerFrame {
	l.mu.Lock()
	defer l.mu.Unlock()
	return decode(l.raw[n])
}

// heard returns what the member was sent, one word a frame.
func (l *link) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var words []string
	for _, frame := range l.raw {
		words = append(words, word(decode(frame)))
	}
	return words
}

// frameTime returns when the frame with the number came.
func (l *link) frameTime(n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.times[n]
}

// last returns the records with which the link was cut.
func (l *link) last() []exit.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.cuts)
}

// word says a frame in short.
func word(f *wire.ServerFrame) string {
	switch f := f.GetFrame().(type) {
	case *wire.ServerFrame_Entered:
		var seen []string
		for _, m := range f.Entered.GetMembers() {
			seen = append(seen, m.GetUserId())
		}
		return "entered[" + strings.Join(seen, " ") + "]"
	case *wire.ServerFrame_Answer:
		return fmt.Sprintf("answer(%d)", f.Answer.GetId())
	case *wire.ServerFrame_MemberEntered:
		return "+" + f.MemberEntered.GetUserId()
	case *wire.ServerFrame_MemberLeft:
		return fmt.Sprintf("-%s(%d)", f.MemberLeft.GetUserId(), f.MemberLeft.GetReason())
	case *wire.ServerFrame_StreamChanged:
		c := f.StreamChanged
		return fmt.Sprintf("%s.%d published=%v muted=%v", c.GetUserId(), c.GetStream(), c.GetPublished(), c.GetMuted())
	case *wire.ServerFrame_SlotBound:
		return fmt.Sprintf("bound(%s %s.%d)", f.SlotBound.GetMid(), f.SlotBound.GetUserId(), f.SlotBound.GetStream())
	case *wire.ServerFrame_SlotUnbound:
		return fmt.Sprintf("unbound(%s)", f.SlotUnbound.GetMid())
	case *wire.ServerFrame_SlotsNeeded:
		return fmt.Sprintf("needed(%d %d)", f.SlotsNeeded.GetAudio(), f.SlotsNeeded.GetVideo())
	case *wire.ServerFrame_Encode:
		return fmt.Sprintf("encode(%d %v)", f.Encode.GetStream(), f.Encode.GetLayers())
	case *wire.ServerFrame_NetworkQuality:
		var of []string
		for _, m := range f.NetworkQuality.GetMembers() {
			of = append(of, m.GetUserId())
		}
		return "networks[" + strings.Join(of, " ") + "]"
	case *wire.ServerFrame_RoleSwitched:
		return fmt.Sprintf("role(%d %d)", f.RoleSwitched.GetRole(), f.RoleSwitched.GetCode())
	case *wire.ServerFrame_MessageReceived:
		return fmt.Sprintf("%s says %q", f.MessageReceived.GetUserId(), f.MessageReceived.GetData())
	case *wire.ServerFrame_MessageAck:
		return fmt.Sprintf("heard up to %d", f.MessageAck.GetNumber())
	case *wire.ServerFrame_MessageChannel:
		return channelWord(f.MessageChannel)
	case *wire.ServerFrame_MemberPresence:
		if !f.MemberPresence.GetUnstable() {
			return "~" + f.MemberPresence.GetUserId() + " back"
		}
		return fmt.Sprintf("~%s unstable(%s)", f.MemberPresence.GetUserId(), f.MemberPresence.GetCause())
	case *wire.ServerFrame_Resumed:
		return resumedWord(f.Resumed)
	case *wire.ServerFrame_RightsChanged:
		r := f.RightsChanged
		return fmt.Sprintf("rights(%d %v %v)", r.GetRights(), r.GetAudioBlocked(), r.GetVideoBlocked())
	case *wire.ServerFrame_HostChanged:
		return "host " + f.HostChanged.GetUserId()
	case *wire.ServerFrame_Problem:
		return fmt.Sprintf("problem(%d)", f.Problem.GetCode())
	case *wire.ServerFrame_Exited:
		return fmt.Sprintf("exited(%d %s)", f.Exited.GetReason(), f.Exited.GetDetail().GetCode())
	default:
		return fmt.Sprintf("%T", f)
	}
}

func resumedWord(r *wire.Resumed) string {
	said := "resumed"
	if r.GetWhole() {
		said += " whole"
	}
	for _, left := range r.GetLeft() {
		said += fmt.Sprintf(" -%s(%s)", left.GetUserId(), left.GetDetail().GetCode())
	}
	for _, m := range r.GetMembers() {
		said += " " + m.GetUserId()
	}
	for _, slot := range r.GetSlots() {
		said += fmt.Sprintf(" %s=%s.%d", slot.GetMid(), slot.GetUserId(), slot.GetStream())
	}
	if !r.GetMedia() {
		said += " without media"
	}
	return said
}

// leases is the registry in memory.
type leases struct {
	// before, when set, runs before each claim and may block or fail.
	before func(context.Context) error
	hall   *Hall

	mu    sync.Mutex
	token uint64
	owned map[room.Key]uint64
}

func (l *leases) Claim(ctx context.Context, key room.Key) (uint64, error) {
	if l.before != nil {
		if err := l.before(ctx); err != nil {
			return 0, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owned[key] != 0 {
		return 0, registry.ErrOwned
	}
	l.token++
	l.owned[key] = l.token
	return l.token, nil
}

func (l *leases) Release(key room.Key, token uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owned[key] == token {
		delete(l.owned, key)
	}
}

func (l *leases) Ask(ctx context.Context, key room.Key, request []byte) ([]byte, error) {
	l.mu.Lock()
	owned := l.owned[key] != 0
	l.mu.Unlock()
	if !owned {
		return nil, registry.ErrNoRoom
	}
	return l.hall.Answer(ctx, request), nil
}

func (l *leases) Rooms(_ context.Context, app uint32) ([]room.Key, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []room.Key
	for key := range l.owned {
		if key.App == app {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (l *leases) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.owned)
}

// recorder is the real ring, with a note in the journal.
type recorder struct {
	*events.Ring
	journal *diary
}

func (r recorder) Record(key room.Key, incarnation string, record exit.Record) {
	r.journal.add("record %s %v", record.User, record.Why.Reason)
	r.Ring.Record(key, incarnation, record)
}

// house is a hall with everything around it.
type house struct {
	*Hall
	t       *testing.T
	journal *diary
	board   *board
	leases  *leases
	ring    *events.Ring
	logged  *logged
	// onSend is given to every link.
	onSend func()
	// at hears of every fault point; a test may set it while rooms run.
	at atomic.Pointer[func(point string)]
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseWith(t, room.DefaultLimits())
}

func newHouseWith(t *testing.T, limits room.Limits) *house {
	t.Helper()
	h := &house{t: t, journal: &diary{}, leases: &leases{owned: map[room.Key]uint64{}}, ring: events.NewRing(10_000)}
	h.board, h.logged = newBoard(h.journal), &logged{}
	config, log := Config{Server: "test", Limits: limits, At: h.pass}, slog.New(slog.NewTextHandler(h.logged, nil))
	h.Hall = New(config, h.board, h.board, h.leases, recorder{h.ring, h.journal}, log, nil)
	h.leases.hall = h.Hall
	return h
}

// pass is the hall's hook at every fault point.
func (h *house) pass(point string) {
	if at := h.at.Load(); at != nil {
		(*at)(point)
	}
}

// logged keeps the log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// count returns how many log lines contain all the words.
func (l *logged) count(words ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for line := range strings.Lines(l.text.String()) {
		has := !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		if has {
			n++
		}
	}
	return n
}

var lesson = room.Key{App: 1, Kind: room.Numeric, ID: "7"}

// entry is a call entry of a user with ten slots.
func (h *house) entry(user string) (Entry, *link) {
	l := &link{name: user, journal: h.journal, onSend: h.onSend}
	return Entry{
		Key: lesson, User: user, Role: room.Anchor, Offer: "10", ReceiveAudio: true, ReceiveVideo: true, Link: l,
		Device: user + "'s phone", Rights: room.AllRights,
	}, l
}

// enter lets a user into the lesson, or fails the test.
func (h *house) enter(user string) (*Stay, *link) {
	h.t.Helper()
	e, l := h.entry(user)
	return h.enterAs(e), l
}

func (h *house) enterAs(e Entry) *Stay {
	h.t.Helper()
	stay, err := h.Enter(h.t.Context(), e)
	if err != nil {
		h.t.Fatalf("%s enters: %v", e.User, err)
	}
	return stay
}

// hold makes the next calls of media wait at a gate, until it is closed.
func (h *house) hold(what string) chan struct{} {
	gate := make(chan struct{})
	h.board.intervene(func(call, _ string) {
		if call == what {
			<-gate
		}
	})
	return gate
}

// flush waits until the room has done everything that was posted before.
func (h *house) flush(key room.Key) {
	h.t.Helper()
	if _, err := h.describe(h.t.Context(), key); err != nil {
		h.t.Fatalf("flush: %v", err)
	}
}

// post posts an event of a stay and waits until it has happened.
func (h *house) post(s *Stay, e room.Event) {
	h.t.Helper()
	if err := s.Post(h.t.Context(), e); err != nil {
		h.t.Fatalf("post %T: %v", e, err)
	}
	h.flush(s.keeper.key)
}

// shut drains the hall; a test that ends with it has proved that no goroutine is left.
func (h *house) shut() {
	h.t.Helper()
	if err := h.Close(context.Background()); err != nil {
		h.t.Errorf("close: %v", err)
	}
	if n := h.leases.count(); n != 0 {
		h.t.Errorf("%d leases are left", n)
	}
	if n := h.board.sessions(); n != 0 {
		h.t.Errorf("%d transports are left", n)
	}
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s\n got %q\nwant %q", what, got, want)
	}
}

// pass lets virtual time pass; it is for synctest bubbles only.
func pass(d time.Duration) { <-time.After(d) }

var kicked = exit.Why{Reason: exit.Removed, Actor: "api:key", Text: "spam"}
