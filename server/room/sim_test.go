package room

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "replay one seed of the simulation; 0 for many")
	seedsFlag = flag.Uint64("seeds", 100, "how many seeds to simulate")
)

// stepsASeed times the default number of seeds makes 200 000 steps.
const stepsASeed = 2000

// TestSim lets random events happen and compares, after each one, all that the effects said with what must be true. A
// failure prints its seed; -seed replays it.
func TestSim(t *testing.T) {
	if *seedFlag != 0 {
		simulate(t, *seedFlag)
		return
	}
	for seed := uint64(1); seed <= *seedsFlag && !t.Failed(); seed++ {
		simulate(t, seed)
	}
}

func simulate(t *testing.T, seed uint64) {
	w := newWorld(rand.New(rand.NewPCG(seed, 0)))
	defer func() {
		if cause := recover(); cause != nil {
			t.Errorf("-seed=%d: step %d, %T%+v: %v", seed, w.steps, w.event, w.event, cause)
		}
	}()
	for range stepsASeed {
		w.step()
	}
}

// world is the room's surroundings as the effects made them: who was let in, what each was told, who hears whom. It
// never looks into the room to decide what is right, except to compare.
type world struct {
	random *rand.Rand
	now    time.Time
	room   *Room
	limits Limits
	scene  Scene
	event  Event
	steps  int
	// names counts sessions and incarnations, so that none is used twice.
	names  int
	inside map[string]*witness
	// stale are the latest sessions that ended.
	stale []string
	// ended has every session that was ever written down.
	ended    map[string]bool
	forwards map[forwardKey]bool
	lastSeq  uint64
}

// witness is one session and all that it was told.
type witness struct {
	session, user string
	role          Role
	audio, video  bool
	alive         time.Time
	// sees is what it was told of the others.
	sees map[string]map[Stream]bool
	// mine are the streams that it publishes, as the others were told.
	mine map[Stream]bool
	// wishes are those that count, by user and stream.
	wishes map[string]map[Stream]bool
	seq    uint64
}

type forwardKey struct {
	from   string
	stream Stream
	to     string
}

func newWorld(random *rand.Rand) *world {
	w := &world{random: random, now: storyTime, ended: map[string]bool{}}
	w.open()
	return w
}

// open begins a new incarnation.
func (w *world) open() {
	w.names++
	w.limits = DefaultLimits()
	w.limits.CallMembers, w.limits.LiveMembers, w.limits.Publishers = 5, 5, 3
	w.room = New(fmt.Sprint("incarnation-", w.names), w.limits, w.now)
	w.scene = Scene(w.random.IntN(4))
	w.inside, w.forwards, w.lastSeq = map[string]*witness{}, map[forwardKey]bool{}, 0
}

func must(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf(format, args...))
	}
}

// step lets one random event happen and checks everything.
func (w *world) step() {
	w.steps++
	w.now = w.now.Add(time.Duration(w.random.IntN(2000)) * time.Millisecond)
	w.event = w.invent()
	speaker := w.inside[actorOf(w.event)]
	if speaker != nil {
		speaker.alive = w.now
	}
	before := len(w.inside)
	effects := w.room.Step(w.now, w.event)
	w.checkStale(speaker, effects)
	w.checkOrder(effects)
	w.checkDismissal(before, effects)
	for _, e := range effects {
		w.follow(e)
	}
	w.note(effects)
	w.checkState()
	if len(effects) > 0 && effects[len(effects)-1] == (End{}) {
		w.checkOver()
		w.open()
	}
}

var users = []string{"ann", "ben", "cat", "dan", "eve", "fay"}

func (w *world) user() string { return users[w.random.IntN(len(users))] }

// session picks a session: mostly one that is inside, at times one that ended or never was.
func (w *world) session() string {
	inside := slices.Sorted(maps.Keys(w.inside))
	switch {
	case len(inside) > 0 && w.random.IntN(5) > 0:
		return inside[w.random.IntN(len(inside))]
	case len(w.stale) > 0:
		return w.stale[w.random.IntN(len(w.stale))]
	default:
		return "never"
	}
}

func (w *world) why(reasons ...exit.Reason) exit.Why {
	return exit.Why{Reason: reasons[w.random.IntN(len(reasons))], Actor: "sim"}
}

// invent makes a random event.
func (w *world) invent() Event {
	stream := Stream(w.random.IntN(4)) // 0 is none.
	switch w.random.IntN(24) {
	case 0, 1, 2, 3, 4:
		return w.inventEnter()
	case 5, 6:
		return Exit{Session: w.session(), Why: w.why(exit.Left, exit.TooSlow, exit.ProtocolError)}
	case 7:
		return Lost{Session: w.session(), Code: w.random.IntN(2) * 1006}
	case 8:
		return Remove{Users: []string{w.user(), w.user(), "nobody"}, Why: w.why(exit.Removed, exit.Banned)}
	case 9:
		if w.random.IntN(8) > 0 {
			return Tick{}
		}
		return Dismiss{Why: w.why(exit.Dismissed, exit.Drained, exit.ClosedByPolicy)}
	case 10:
		return SwitchRole{Session: w.session(), Role: Role(20 + w.random.IntN(3))}
	case 11, 12, 13, 14:
		mid := fmt.Sprint(w.random.IntN(4))
		return Publish{Session: w.session(), Stream: stream, Mid: mid, Muted: w.random.IntN(2) == 0}
	case 15:
		return Unpublish{Session: w.session(), Stream: stream}
	case 16, 17:
		return Subscribe{Session: w.session(), User: w.user(), Stream: stream}
	case 18:
		return Unsubscribe{Session: w.session(), User: w.user(), Stream: stream}
	case 19:
		return Say{Session: w.session(), CmdID: uint32(w.random.IntN(12)), Data: make([]byte, w.random.IntN(1100))}
	case 20, 21, 22:
		return Proof{Session: w.session()}
	default:
		if w.random.IntN(20) == 0 {
			w.now = w.now.Add(11 * time.Minute)
		}
		return Tick{}
	}
}

func (w *world) inventEnter() Event {
	w.names++
	e := Enter{
		Session: fmt.Sprint("s", w.names), User: w.user(), Scene: w.scene, Role: Role(20 + w.random.IntN(2)),
		ReceiveAudio: w.random.IntN(3) > 0, ReceiveVideo: w.random.IntN(3) > 0,
	}
	switch w.random.IntN(10) {
	case 0:
		e.Scene = Scene(w.random.IntN(6))
	case 1:
		e.Resumes = w.session()
	case 2:
		e.Role = 0
	}
	return e
}

// actorOf returns the session that an event is about.
func actorOf(e Event) string {
	if e, ok := e.(own); ok {
		return e.speaker()
	}
	if e, ok := e.(Exit); ok {
		return e.Session
	}
	return ""
}

// follow lets an effect change the world, and objects to what cannot be.
func (w *world) follow(e Effect) {
	switch e := e.(type) {
	case Admit:
		w.admit(e)
	case Tell:
		w.tell(e)
	case Record:
		m := w.inside[e.Record.Session]
		must(m != nil && m.user == e.Record.User, "%+v is written down and was not inside", e.Record)
		must(!w.ended[m.session], "I-2: %s has two records", m.session)
		must(e.Record.Seq > w.lastSeq, "I-3: record %+v after seq %d", e.Record, w.lastSeq)
		w.lastSeq = e.Record.Seq
		w.ended[m.session] = true
		delete(w.inside, m.session)
		w.stale = append(w.stale, m.session)
		w.stale = w.stale[max(0, len(w.stale)-8):]
	case Drop:
		maps.DeleteFunc(w.forwards, func(f forwardKey, _ bool) bool { return f.from == e.Session || f.to == e.Session })
	case Start:
		m := w.inside[e.Session]
		must(m != nil && !m.mine[e.Stream], "%+v: nobody there, or started twice", e)
		m.mine[e.Stream] = true
	case Stop:
		m := w.inside[e.Session]
		must(m != nil && m.mine[e.Stream], "%+v: nobody there, or not started", e)
		delete(m.mine, e.Stream)
		maps.DeleteFunc(w.forwards, func(f forwardKey, _ bool) bool { return f.from == e.Session && f.stream == e.Stream })
	case Connect:
		f := forwardKey{e.From, e.Stream, e.To}
		must(w.inside[e.From] != nil && w.inside[e.To] != nil && e.From != e.To, "%+v between strangers", e)
		must(!w.forwards[f], "%+v twice", e)
		must(w.inside[e.From].user == e.User, "%+v names another user", e)
		w.forwards[f] = true
	case Disconnect:
		f := forwardKey{e.From, e.Stream, e.To}
		must(w.forwards[f], "%+v was not connected", e)
		delete(w.forwards, f)
	}
}

func (w *world) admit(e Admit) {
	entered := w.event.(Enter)
	must(e.Session == entered.Session, "%s entered and %s was let in", entered.Session, e.Session)
	if e.Seq == 1 {
		w.scene = entered.Scene
	}
	must(entered.Scene == w.scene, "scene %d was let into scene %d", entered.Scene, w.scene)
	m := &witness{
		session: e.Session, user: entered.User, role: entered.Role, audio: entered.ReceiveAudio,
		video: entered.ReceiveVideo, alive: w.now, seq: e.Seq,
		sees: map[string]map[Stream]bool{}, mine: map[Stream]bool{}, wishes: map[string]map[Stream]bool{},
	}
	for _, seen := range e.Members {
		m.sees[seen.User] = map[Stream]bool{}
		for _, p := range seen.Streams {
			m.sees[seen.User][p.Stream] = true
		}
	}
	w.inside[m.session] = m
	if !w.scene.Live() {
		m.role = Anchor
	}
}

// tell lets members hear a notice. Per member, enter and leave of a user alternate, and seq never goes back.
func (w *world) tell(e Tell) {
	must(len(e.To) > 0, "nobody was told %+v", e.Notice)
	for _, session := range e.To {
		m := w.inside[session]
		must(m != nil, "%s is not inside and was told %+v", session, e.Notice)
		must(e.Seq == 0 || e.Seq >= m.seq, "I-3: %s was told seq %d after %d", session, e.Seq, m.seq)
		m.seq = max(m.seq, e.Seq)
		switch n := e.Notice.(type) {
		case MemberEntered:
			must(m.sees[n.User] == nil, "%s hears twice that %s entered", session, n.User)
			m.sees[n.User] = map[Stream]bool{}
		case MemberLeft:
			must(m.sees[n.User] != nil, "%s hears that %s left, who was not there", session, n.User)
			delete(m.sees, n.User)
			delete(m.wishes, n.User)
		case StreamChanged:
			must(m.sees[n.User] != nil, "%s hears of a stream of %s, who is not there", session, n.User)
			must(n.Published || m.sees[n.User][n.Stream], "%s hears of the end of what it never saw: %+v", session, n)
			m.sees[n.User][n.Stream] = n.Published
		case RoleSwitched:
			m.role = n.Role
		}
	}
}

// note keeps what listeners wished, as far as it counts.
func (w *world) note(effects []Effect) {
	var m *witness
	var user string
	var stream Stream
	var wanted bool
	switch e := w.event.(type) {
	case Subscribe:
		m, user, stream, wanted = w.inside[e.Session], e.User, e.Stream, true
	case Unsubscribe:
		m, user, stream, wanted = w.inside[e.Session], e.User, e.Stream, false
	default:
		return
	}
	must(len(effects) <= 1, "a wish had %d effects", len(effects))
	if m == nil || m.sees[user] == nil || stream == 0 {
		return
	}
	if m.wishes[user] == nil {
		m.wishes[user] = map[Stream]bool{}
	}
	m.wishes[user][stream] = wanted
}
