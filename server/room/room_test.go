package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// TestKeysKeepRoomsApart: number 7 and string "7", and rooms of two tenants, are different rooms.
func TestKeysKeepRoomsApart(t *testing.T) {
	keys := map[Key]bool{}
	names := map[string]bool{}
	for _, k := range []Key{{1, Numeric, "7"}, {1, Str, "7"}, {2, Numeric, "7"}, {2, Str, "7"}} {
		keys[k], names[k.String()] = true, true
	}
	if len(keys) != 4 || len(names) != 4 {
		t.Errorf("some rooms share a key or a name: %v", names)
	}
}

// TestI1_AMemberSpeaksForItself: whatever session stands in an event, it is the speaker's that counts.
func TestI1_AMemberSpeaksForItself(t *testing.T) {
	for _, e := range []Event{
		Proof{Session: "other"},
		Publish{Session: "other"},
		Unpublish{Session: "other"},
		Subscribe{Session: "other"},
		Unsubscribe{Session: "other"},
		SwitchRole{Session: "other"},
		Say{Session: "other"},
		Grant{Session: "other"},
	} {
		said, ok := By("mine", e)
		if !ok || said.(own).speaker() != "mine" {
			t.Errorf("%T became %+v, %v", e, said, ok)
		}
	}
	for _, e := range []Event{
		Enter{},
		Exit{},
		Remove{},
		Dismiss{},
		Tick{},
		Lost{},
		Resume{},
		Deafen{},
		Renew{},
		SetBlock{},
		SetPolicy{},
		Open{},
		nil,
	} {
		if said, ok := By("mine", e); ok {
			t.Errorf("a member may bring %T: %+v", e, said)
		}
	}
}

// TestMessagesASecond: the thirty-first message of one second is refused, whatever its size.
func TestMessagesASecond(t *testing.T) {
	r := New("i", DefaultLimits(), DefaultPolicy(), storyTime)
	r.Step(storyTime, Enter{Session: "a", User: "alice", Rights: AllRights})
	r.Step(storyTime, Enter{Session: "b", User: "bob"})
	say := Say{Session: "a", CmdID: 1}
	for n := range 30 {
		now := storyTime.Add(time.Duration(n) * 33 * time.Millisecond)
		want := fmt.Sprintf("tell b #0: alice says 0 bytes, cmd 1, number %d", n+1)
		if got := tellEffect(r.Step(now, say)[0]); got != want {
			t.Fatalf("message %d: %s", n+1, got)
		}
	}
	got := tellEffect(r.Step(storyTime.Add(999*time.Millisecond), say)[0])
	if got != "tell a #0: problem -3: at most 30 messages a second" {
		t.Errorf("message 31: %s", got)
	}
}

// full is a live room with n audience, all of whom entered at storyTime.
func full(n int) *Room {
	r := New("i", DefaultLimits(), DefaultPolicy(), storyTime)
	for i := range n {
		r.Step(storyTime, Enter{Session: fmt.Sprint("s", i), User: fmt.Sprint("u", i), Scene: Live, Role: Audience})
	}
	return r
}

// TestK11_LeaveStormIsLinear: the end of 50 000 stays at once, by dismissal or by silence, costs a few effects each.
func TestK11_LeaveStormIsLinear(t *testing.T) {
	const members = 50_000
	for name, storm := range map[string]Event{
		"dismissed": Dismiss{Why: exit.Why{Reason: exit.Dismissed}},
		"timed out": Tick{},
	} {
		r := full(members)
		r.Step(storyTime.Add(time.Millisecond), Enter{Session: "a", User: "anchor", Scene: Live, Role: Anchor})
		effects := r.Step(storyTime.Add(time.Hour), storm)
		if want := 3*(members+1) + 1; len(effects) != want {
			t.Errorf("%s: %d effects, want %d", name, len(effects), want)
		}
		for _, e := range effects {
			if told, ok := e.(Tell); ok {
				t.Fatalf("%s: somebody was told of a fellow victim: %v", name, told.Notice)
			}
		}
	}
}

// TestSnapshotShowsEverybody: whoever asks from outside sees hidden members too.
func TestSnapshotShowsEverybody(t *testing.T) {
	r := full(1)
	r.Step(storyTime, Enter{Session: "a", User: "anchor", Scene: Live, Role: Anchor, Client: "sdk/1", Rights: AllRights})
	r.Step(storyTime, Publish{Session: "a", Stream: Big, Mid: "0", Muted: true})
	s := r.Snapshot()
	if s.Incarnation != "i" || s.Scene != Live || !s.OpenedAt.Equal(storyTime) || s.Seq != 3 || len(s.Members) != 2 {
		t.Fatalf("%+v", s)
	}
	audience, anchor := s.Members[0], s.Members[1]
	if audience.User != "u0" || audience.Role != Audience || len(audience.Streams) != 0 {
		t.Errorf("audience: %+v", audience)
	}
	if anchor.Client != "sdk/1" || anchor.Session != "a" || anchor.Streams[0] != (Published{Big, true}) {
		t.Errorf("anchor: %+v", anchor)
	}
}

// TestTimeNeverRunsBackwards: a clock that was set back neither ends nor prolongs a stay.
func TestTimeNeverRunsBackwards(t *testing.T) {
	r := New("i", DefaultLimits(), DefaultPolicy(), storyTime)
	r.Step(storyTime, Enter{Session: "a", User: "alice", Rights: AllRights})
	r.Step(storyTime.Add(-time.Hour), Proof{Session: "a"})
	if got := r.Deadline(); !got.Equal(storyTime.Add(2 * time.Second)) {
		t.Errorf("the deadline is %v", got)
	}
}

// TestACrowdThatLivesIsLookedAtTogether: a hundred hearts that each beat once a second make the room look about once a
// second, and not at each by itself; whoever falls silent is noticed in time all the same.
func TestACrowdThatLivesIsLookedAtTogether(t *testing.T) {
	const members, beats = 100, 10
	r := full(members)
	at := func(beat, member int) time.Time {
		return storyTime.Add(time.Duration(beat)*time.Second + time.Duration(member)*time.Second/members)
	}
	looks := 0
	for n := range beats * members {
		now := at(n/members, n%members)
		for due := r.Deadline(); !due.After(now); due = r.Deadline() {
			r.Step(due, Tick{})
			looks++
		}
		r.Step(now, Proof{Session: fmt.Sprint("s", n%members)})
	}
	if looks > beats {
		t.Errorf("the room looked %d times in %d seconds", looks, beats)
	}
	r.Step(r.Deadline(), Tick{})
	if want := at(beats-1, 0).Add(2 * time.Second); r.Deadline().After(want) {
		t.Errorf("the room looks again at %v; the first may be silent at %v", r.Deadline(), want)
	}
}
