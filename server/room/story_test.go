package room

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/exit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write what happens into the stories, to be read before it is committed")

// TestStories plays testdata/*.txt. A line that begins with "> " is an event; the indented lines under it are the
// effects that it must have. Lines with "#" tell the story.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := play(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got == string(text) {
		return
	}
	want := strings.Split(string(text), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(want) || line != want[i] {
			wanted := append(want, "nothing")[min(i, len(want))]
			t.Fatalf("%s:%d: the story has another end\n got %q\nwant %q", file, i+1, line, wanted)
		}
	}
	t.Fatalf("%s: the story expects more than happened", file)
}

// storyTime is when every story begins.
var storyTime = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// story is one room, played.
type story struct {
	room   *Room
	limits Limits
	policy Policy
	now    time.Time
	// kept is what the store has of the room when that is older than the room; nil when it is up to date.
	kept *kept
	// earlier are the members that the store had at the latest "keep".
	earlier []MemberState
}

// play runs a story and returns it with the effects that really happened.
func play(text string) (string, error) {
	s := &story{limits: DefaultLimits(), policy: DefaultPolicy(), now: storyTime}
	var out strings.Builder
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, "  ") {
			continue // An effect; the play says it anew.
		}
		fmt.Fprintln(&out, line)
		command, ok := strings.CutPrefix(line, "> ")
		if !ok {
			continue
		}
		effects, err := s.do(strings.Fields(command))
		if err != nil {
			return "", fmt.Errorf("line %d: %q: %w", i+1, line, err)
		}
		for _, effect := range effects {
			fmt.Fprintln(&out, "  "+effect)
		}
	}
	return out.String(), nil
}

// do carries out one line of a story.
func (s *story) do(words []string) (effects []string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			effects, err = []string{fmt.Sprintf("panic: %v", cause)}, nil
		}
	}()
	switch words[0] {
	case "limits":
		return nil, s.limit(words[1:])
	case "policy":
		if err := s.rule(words[1:]); err != nil || s.room == nil {
			return nil, err
		}
	case "keep":
		s.kept = s.keep()
		s.earlier = s.kept.members
		return nil, nil
	case "tear":
		s.tear()
		return s.restart(), nil
	case "restart":
		return s.restart(), nil
	case "deadline":
		if s.room == nil || s.room.Deadline().IsZero() {
			return []string{"never"}, nil
		}
		return []string{fmt.Sprintf("in %v", s.room.Deadline().Sub(s.now))}, nil
	case "reopen":
		s.room, s.kept = nil, nil
		return nil, nil
	case "wait", "pass":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return nil, err
		}
		s.now = s.now.Add(d)
		if words[0] == "pass" {
			return nil, nil
		}
	}
	e, err := s.event(words)
	if err != nil {
		return nil, err
	}
	if s.room == nil {
		s.room = New("incarnation-1", s.limits, s.policy, s.now)
	}
	for _, effect := range s.room.Step(s.now, e) {
		switch effect.(type) {
		case Admit, Record:
			s.kept = nil // An entry and an exit are kept before anybody is told.
		}
		effects = append(effects, tellEffect(effect))
	}
	if len(effects) == 0 {
		effects = []string{"nothing"}
	}
	return effects, nil
}

func (s *story) limit(settings []string) error {
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		number := map[string]*int{
			"call": &s.limits.CallMembers, "live": &s.limits.LiveMembers,
			"publishers": &s.limits.Publishers, "subs": &s.limits.SubStreams,
		}[name]
		if number == nil {
			return fmt.Errorf("no limit is called %q", name)
		}
		*number = n
	}
	return nil
}

// rule sets rules of the room to come, or of the room that is open.
func (s *story) rule(settings []string) error {
	p := &s.policy
	timers := map[string]*time.Duration{
		"unstable": &p.Presence.UnstableAfter, "gone": &p.Presence.GoneAfter, "closed": &p.Presence.ClosedAfter,
		"never": &p.Timers.NeverEntered, "empty": &p.Timers.Empty, "alone": &p.Timers.Alone, "idle": &p.Timers.Idle,
		"age": &p.Timers.MaxAge, "stay": &p.Timers.MaxStay, "away": &p.Timers.HostAway,
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		var err error
		switch name {
		case "trtc":
			*p = TRTCPolicy()
		case "same":
			p.SameUser = map[string]SameUser{"refuse": RefuseNew, "allow": AllowDevices}[value]
		case "devices":
			p.Devices, err = strconv.Atoi(value)
		case "host":
			p.Host = value
		case "then":
			p.HostGone = map[string]HostGone{"hand": HandOver, "end": EndRoom}[value]
		default:
			if timers[name] == nil {
				return fmt.Errorf("no rule is called %q", name)
			}
			*timers[name], err = time.ParseDuration(value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// event reads an event: a verb, who, and what.
func (s *story) event(words []string) (Event, error) {
	if words[0] == "policy" {
		return SetPolicy{Policy: s.policy}, nil
	}
	words = append(words, "", "", "", "")
	who, what := words[1], words[2]
	if e := quietEvent(words[0], who, what); e != nil {
		return e, nil
	}
	switch words[0] {
	case "enter":
		return enterEvent(who, what, words[3:])
	case "exit":
		e := Exit{Session: who, Why: why(what)}
		if words[3] != "" {
			e.Users = strings.Split(words[3], ",")
		}
		return e, nil
	case "remove":
		return Remove{Users: strings.Split(what, ","), Why: why(who)}, nil
	case "dismiss":
		return Dismiss{Why: why(who)}, nil
	case "wait":
		return Tick{}, nil
	case "lost":
		code, err := strconv.Atoi(what)
		return Lost{Session: who, Code: code}, err
	case "promise":
		d, err := time.ParseDuration(what)
		return Proof{Session: who, Promised: d}, err
	case "grant":
		n, err := strconv.Atoi(what)
		return Grant{Session: who, Rights: Rights(n)}, err
	case "publish":
		return Publish{Session: who, Stream: stream(what), Mid: words[3], Muted: words[4] == "muted"}, nil
	case "unpublish":
		return Unpublish{Session: who, Stream: stream(what)}, nil
	case "subscribe":
		return Subscribe{Session: who, User: what, Stream: stream(words[3])}, nil
	case "unsubscribe":
		return Unsubscribe{Session: who, User: what, Stream: stream(words[3])}, nil
	case "role":
		return SwitchRole{Session: who, Role: role(what)}, nil
	case "say":
		cmd, err := strconv.Atoi(what)
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(words[3])
		say := Say{Session: who, CmdID: uint32(cmd), Data: make([]byte, size)}
		for _, word := range words[4:] {
			say.Reliable, say.Ordered = say.Reliable || word == "reliable", say.Ordered || word == "ordered"
			if number, ok := strings.CutPrefix(word, "number="); ok {
				_, err = fmt.Sscan(number, &say.Number)
			}
		}
		return say, err
	default:
		return nil, fmt.Errorf("no event is called %q", words[0])
	}
}

// quietEvent reads an event that has no number in it; nil for another.
func quietEvent(verb, who, what string) Event {
	switch verb {
	case "proof":
		return Proof{Session: who}
	case "resume":
		return Resume{Session: who}
	case "deafen":
		return Deafen{Session: who}
	case "renew":
		return Renew{Session: who}
	case "nomedia":
		return MediaInterruption{Session: who}
	case "media":
		return MediaRecovery{Session: who}
	case "block":
		taken := Block{Audio: strings.Contains(what, "audio"), Video: strings.Contains(what, "video")}
		return SetBlock{User: who, Block: taken}
	case "open":
		return Open{}
	default:
		return nil
	}
}

func enterEvent(session, user string, settings []string) (Event, error) {
	e := Enter{Session: session, User: user, Role: Anchor, ReceiveAudio: true, ReceiveVideo: true, Rights: AllRights}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		switch name {
		case "":
		case "scene":
			n, err := strconv.Atoi(value)
			if err != nil {
				return nil, err
			}
			e.Scene = Scene(n)
		case "role":
			e.Role = role(value)
		case "unasked":
			e.ReceiveAudio, e.ReceiveVideo = strings.Contains(value, "audio"), strings.Contains(value, "video")
		case "resumes":
			e.Resumes = value
		case "device":
			e.Device = value
		case "rights":
			n, err := strconv.Atoi(value)
			if err != nil {
				return nil, err
			}
			e.Rights = Rights(n)
		default:
			return nil, fmt.Errorf("an entry has no %q", name)
		}
	}
	return e, nil
}

// why reads reason or reason:actor.
func why(word string) exit.Why {
	name, actor, _ := strings.Cut(word, ":")
	reason, _ := exit.Named(name)
	return exit.Why{Reason: reason, Actor: actor}
}

func role(word string) Role {
	switch word {
	case "anchor":
		return Anchor
	case "audience":
		return Audience
	default:
		return 22
	}
}

var streamNames = [...]string{Audio: "audio", Big: "big", Sub: "sub"}

func stream(word string) Stream {
	for s, name := range streamNames {
		if name == word {
			return Stream(s)
		}
	}
	return 9
}

func streamsOf(all []Published) string {
	var words []string
	for _, p := range all {
		word := streamNames[p.Stream]
		if p.Muted {
			word += ":muted"
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}

// tellEffect says an effect in one line.
func tellEffect(e Effect) string {
	switch e := e.(type) {
	case Admit:
		return fmt.Sprintf("admit %s #%d seeing [%s]", e.Session, e.Seq, tellSeen(e.Members))
	case Readmit:
		return fmt.Sprintf("readmit %s #%d seeing [%s], role %d, rights %d", e.Session, e.Seq, tellSeen(e.Members),
			e.Role, e.Rights)
	case Refuse:
		return fmt.Sprintf("refuse %s %d: %s", e.Session, e.Code, e.Message)
	case Drop:
		return "drop " + e.Session
	case Cut:
		return "cut " + tellRecord(e.Record)
	case Record:
		return "record " + tellRecord(e.Record)
	case Tell:
		return fmt.Sprintf("tell %s #%d: %s", strings.Join(e.To, ","), e.Seq, tellNotice(e.Notice))
	case Start:
		return fmt.Sprintf("start %s %s on %s", e.Session, streamNames[e.Stream], e.Mid)
	case Stop:
		return fmt.Sprintf("stop %s %s", e.Session, streamNames[e.Stream])
	case Connect:
		return fmt.Sprintf("connect %s %s -> %s", e.From, streamNames[e.Stream], e.To)
	case Disconnect:
		return fmt.Sprintf("disconnect %s %s -> %s", e.From, streamNames[e.Stream], e.To)
	case End:
		return strings.TrimSpace("end " + e.Rule)
	default:
		return fmt.Sprintf("%#v", e)
	}
}

func tellSeen(members []Seen) string {
	var seen []string
	for _, m := range members {
		word := m.User + "(" + streamsOf(m.Streams) + ")"
		if m.Unstable {
			word += "?"
		}
		for _, said := range m.Said {
			word += fmt.Sprintf("+%d reliable of cmd %d", said.Reliable, said.CmdID)
		}
		seen = append(seen, word)
	}
	return strings.Join(seen, " ")
}

func tellRecord(r exit.Record) string {
	said := fmt.Sprintf("%s (%s) #%d: %v", r.Session, r.User, r.Seq, r.Why.Reason)
	if r.Why.Actor != "" {
		said += " by " + r.Why.Actor
	}
	if r.Why.Rule != "" {
		said += " (" + r.Why.Rule + ")"
	}
	if r.Why.Text != "" {
		said += ", " + strconv.Quote(r.Why.Text)
	}
	return said
}

func tellNotice(n Notice) string {
	switch n := n.(type) {
	case MemberEntered:
		return n.User + " entered"
	case MemberLeft:
		if n.Record == nil {
			return fmt.Sprintf("%s left (%d) and stays as audience", n.User, n.Reason)
		}
		return fmt.Sprintf("%s left (%d): %v", n.User, n.Reason, n.Record.Why.Reason)
	case StreamChanged:
		if !n.Published {
			return fmt.Sprintf("%s has no %s", n.User, streamNames[n.Stream])
		}
		return fmt.Sprintf("%s has %s", n.User, streamsOf([]Published{{n.Stream, n.Muted}}))
	case MemberPresence:
		if !n.Unstable {
			return n.User + " is back"
		}
		return fmt.Sprintf("%s is unstable: %s, gone in %v", n.User, n.Cause, n.GoneIn)
	case RightsChanged:
		return fmt.Sprintf("your rights are %d, blocked %v", n.Rights, n.Block)
	case HostChanged:
		return n.User + " is host"
	case RoleSwitched:
		return strings.TrimSpace(fmt.Sprintf("your role is %d (%d) %s", n.Role, n.Code, n.Message))
	case MessageReceived:
		said := fmt.Sprintf("%s says %d bytes, cmd %d, number %d", n.User, len(n.Data), n.CmdID, n.Seq)
		if n.Reliable > 0 {
			said += fmt.Sprintf(", reliable %d", n.Reliable)
		}
		return said
	case MessageAck:
		return fmt.Sprintf("heard up to %d", n.Number)
	case Problem:
		return fmt.Sprintf("problem %d: %s", n.Code, n.Message)
	default:
		return fmt.Sprintf("%#v", n)
	}
}
