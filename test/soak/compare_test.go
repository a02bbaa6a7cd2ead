package soak

import (
	"strings"
	"testing"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/test/rig"
)

// tale is a made-up room of one incarnation: ann, bob and cat entered, bob was removed, then cat and ann left.
type tale struct {
	entered       map[string]uint64
	ends          map[string][]rig.End
	ann, bob, cat *diary
}

func (t *tale) Entered() map[string]uint64    { return t.entered }
func (t *tale) Ends(session string) []rig.End { return t.ends[session] }

func record(session, user, why string, seq uint64) rig.End {
	return rig.End{Session: session, User: user, Why: why, Seq: seq}
}

// notice is how somebody is told of the end of a stay.
func notice(end rig.End) client.RemoteUserLeave {
	return client.RemoteUserLeave{
		User: end.User, Detail: client.Detail{Code: end.Why, Session: end.Session, Seq: end.Seq},
	}
}

func lastWord(end rig.End) client.Exited { return client.Exited{Detail: notice(end).Detail} }

func newTale() *tale {
	a, b, c := record("A", "ann", "left", 9), record("B", "bob", "removed", 5), record("C", "cat", "left", 7)
	return &tale{
		entered: map[string]uint64{"A": 1, "B": 2, "C": 3},
		ends:    map[string][]rig.End{"A": {a}, "B": {b}, "C": {c}},
		ann: &diary{
			session: "A", user: "ann", incarnation: "i", left: []client.RemoteUserLeave{notice(b), notice(c)},
			last: lastWord(a),
		},
		bob: &diary{session: "B", user: "bob", incarnation: "i", last: lastWord(b)},
		cat: &diary{
			session: "C", user: "cat", incarnation: "i", left: []client.RemoteUserLeave{notice(b)}, last: lastWord(c),
		},
	}
}

// A comparison that finds nothing proves something only if it finds what there is.
func TestCompareFindsPlantedFaults(t *testing.T) {
	twice := func(s *tale, e client.Event) {
		s.ann.note(e)
		s.ann.note(e)
	}
	for want, plant := range map[string]func(*tale){
		"":                       func(*tale) {},
		"told twice":             func(s *tale) { s.ann.left = append(s.ann.left, s.ann.left[0]) },
		"not told that bob left": func(s *tale) { s.cat.left = nil },
		"not told that cat left": func(s *tale) { s.ann.left = s.ann.left[:1] },
		"and the record says":    func(s *tale) { s.ann.left[0].Detail.Code = "left" },
		"the member was told":    func(s *tale) { s.bob.last.Detail.Code = "banned" },
		"has 0 exit records":     func(s *tale) { s.ends["B"] = nil },
		"has 2 exit records":     func(s *tale) { s.ends["B"] = append(s.ends["B"], s.ends["B"][0]) },
		"a notice is of no stay": func(s *tale) { s.ann.left[0].Detail.Session = "X" },
		"a stay in another room": func(s *tale) { s.bob.incarnation = "j" },
		"its network was whole":  func(s *tale) { s.ann.last.Detail.Code = lost },
		"the stay has no exit":   func(s *tale) { delete(s.entered, "C") },
		"entered, but was here":  func(s *tale) { twice(s, client.RemoteUserEnter{User: "e"}) },
		"left, but was not here": func(s *tale) { twice(s, client.RemoteUserLeave{User: "e", Reason: becameAudience}) },
	} {
		s := newTale()
		plant(s)
		v := compare(s, []*diary{s.ann, s.bob, s.cat})
		text := strings.Join(v.faults, "\n")
		if (want == "") != (text == "") || !strings.Contains(text, want) {
			t.Errorf("want %q; found %q", want, text)
		}
	}
	if v := compare(newTale(), nil); v.stays != 3 {
		t.Errorf("%d stays; want 3", v.stays)
	}
}

// What grows by more than it may is named.
func TestGrowthIsNamed(t *testing.T) {
	was := size{goroutines: 30, descriptors: 10, heap: 1e7}
	for want, now := range map[string]size{
		"":            {goroutines: 32, descriptors: 11, heap: 1.5e7},
		"goroutines":  {goroutines: 60, descriptors: 10, heap: 1e7},
		"descriptors": {goroutines: 30, descriptors: 30, heap: 1e7},
		"the heap":    {goroutines: 30, descriptors: 10, heap: 1e8},
	} {
		err := grown(was, now, 1000)
		if (want == "") != (err == nil) || (err != nil && !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%v: %v; want %q", now, err, want)
		}
	}
}
