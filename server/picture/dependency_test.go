package picture

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// captured are descriptors in the order in which Chromium 156 sent them, by codec and mode.
func captured(t testing.TB) map[string][][]byte {
	t.Helper()
	all := map[string][][]byte{}
	files, err := filepath.Glob("testdata/dependency/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			text := lines.Text()
			b, err := hex.DecodeString(text[strings.LastIndex(text, " ")+1:])
			if err != nil {
				t.Fatal(err)
			}
			key := strings.TrimSuffix(filepath.Base(name), ".txt")
			all[key] = append(all[key], b)
		}
		_ = file.Close()
	}
	return all
}

// sets are the targets that a frame belongs to, and those that one can go over to with it.
func (d told) sets() (present, change Targets) {
	for i, mark := range d.marks {
		if mark != 0 {
			present |= 1 << i
		}
		if mark == 2 {
			change |= 1 << i
		}
	}
	return present, change
}

// holdToModel reads a descriptor with both readers and compares what they say.
func holdToModel(t *testing.T, s *Structure, m *description, b []byte) Dependency {
	t.Helper()
	got := s.Read(b)
	want, ok := m.read(b)
	if !ok {
		return got
	}
	present, change := want.sets()
	expected := Dependency{
		Described: true, Start: want.start, End: want.end, Attached: want.attached, Number: uint16(want.number),
		Resolved: true, Spatial: uint8(want.spatial), Temporal: uint8(want.temporal), Present: present, Switch: change,
	}
	if got != expected {
		t.Fatalf("% x:\n got %+v\nwant %+v", b, got, expected)
	}
	return got
}

// What a real browser says of its layers is read as the specification has it.
func TestTheDescriptorsOfABrowserAreRead(t *testing.T) {
	offers := map[string]struct{ steps, places int }{
		"vp9-l3t3_key": {5, 3}, "vp9-l3t3": {5, 3}, "vp9-l2t2_key": {3, 2}, "av1-l1t3": {3, 1}, "av1-l1t2": {2, 1},
		"av1-l2t2": {3, 2}, "av1-l3t3_key": {5, 3},
	}
	files := captured(t)
	if len(files) != len(offers) {
		t.Fatalf("%d captures; want %d", len(files), len(offers))
	}
	for name, all := range files {
		t.Run(name, func(t *testing.T) {
			var s Structure
			m := &description{}
			highest, resolved := layers{}, 0
			for _, b := range all {
				d := holdToModel(t, &s, m, b)
				highest = layers{max(highest.spatial, d.Spatial), max(highest.temporal, d.Temporal)}
				if d.Resolved {
					resolved++
				}
				if s.active != Targets(m.active) {
					t.Fatalf("% x: active are %b; want %b", b, s.active, m.active)
				}
			}
			want := offers[name]
			if s.Steps() != want.steps || s.Places() != want.places || resolved != len(all) || len(all) < 50 {
				t.Errorf("%d steps, %d places, %d of %d resolved; want %+v", s.Steps(), s.Places(), resolved, len(all), want)
			}
			if int(highest.spatial) != want.places-1 || int(highest.temporal) != want.steps-want.places {
				t.Errorf("the highest layers are %+v; want %+v", highest, want)
			}
		})
	}
}

// The steps down are smaller pictures first, and of the smallest fewer.
func TestStepsGoDownFirstInSpaceThenInTime(t *testing.T) {
	var s Structure
	for _, b := range captured(t)["vp9-l3t3_key"] {
		s.Read(b)
	}
	var got []layers
	for step := range s.Steps() {
		got = append(got, s.layers[s.Target(step)])
	}
	want := []layers{{2, 2}, {1, 2}, {0, 2}, {0, 1}, {0, 0}}
	for i := range want {
		if len(got) != len(want) || got[i] != want[i] {
			t.Fatalf("the steps are %v; want %v", got, want)
		}
	}
	if beyond := s.Target(99); s.layers[beyond] != want[4] {
		t.Errorf("beyond the last step is %v", s.layers[beyond])
	}
	if thin := s.Thinnest(s.Target(1)); s.layers[thin] != (layers{1, 0}) {
		t.Errorf("the fewest pictures of the middle size are %v", s.layers[thin])
	}
}

// What ends too early, or speaks of what was never described, leaves the structure as it was.
func TestABrokenDescriptorChangesNothing(t *testing.T) {
	all := captured(t)["vp9-l3t3_key"]
	var s Structure
	if d := s.Read(all[1]); d.Resolved || !d.Described || s.count > 0 {
		t.Errorf("without a structure: %+v", d)
	}
	s.Read(all[0])
	before := s
	for n := range len(all[0]) - 12 - 1 { // The last bytes are resolutions and what is active.
		d := s.Read(all[0][:n])
		if (d.Described != (n >= 3)) || d.Attached || !s.Equal(&before) || s.active != before.active {
			t.Fatalf("%d bytes: %+v", n, d)
		}
	}
	unknown := []byte{0xc0 | 40, 0, 9}
	if d := s.Read(unknown); d != (Dependency{Described: true, Start: true, End: true, Number: 9}) {
		t.Errorf("of an unknown template: %+v", d)
	}
}

// A word on what is active that comes late does not undo a newer one.
func TestTheNewestFrameSaysWhatIsActive(t *testing.T) {
	var s Structure
	s.Read(captured(t)["vp9-l3t3_key"][0])
	say := func(number byte, active Targets) {
		// No structure, active targets, nothing else: 01000, nine bits.
		bits := uint16(0b01000)<<11 | uint16(active)<<2
		s.Read([]byte{0xc0, 1, number, byte(bits >> 8), byte(bits)})
	}
	say(5, 0b111111)
	say(4, 0b111)
	if s.Active() != 0b111111 {
		t.Errorf("active are %b", s.Active())
	}
	say(6, 0b111)
	if s.Active() != 0b111 {
		t.Errorf("active are %b", s.Active())
	}
}

// Whatever a network brings is read as the slow reader reads it, or not at all.
func FuzzDependency(f *testing.F) {
	for _, all := range captured(f) {
		for i := 0; i+1 < len(all); i += 5 {
			f.Add(all[0], all[i+1])
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if len(first) > 255 || len(second) > 255 {
			return
		}
		var s Structure
		m := &description{}
		for _, b := range [][]byte{first, second} {
			// The product does not read distances and chains of a single frame, so it may take what ends there.
			before := *m
			holdToModel(t, &s, m, b)
			if _, ok := before.read(b); !ok {
				return
			}
		}
		if s.count > 0 && (s.Places() < 1 || s.Steps() < s.Places() || s.Steps() > TargetsMax) {
			t.Fatalf("%d steps, %d places", s.Steps(), s.Places())
		}
		for step := range s.Steps() {
			if s.Target(step) >= s.targets {
				t.Fatalf("step %d is target %d of %d", step, s.Target(step), s.targets)
			}
		}
	})
}
