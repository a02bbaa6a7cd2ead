package picture

import "encoding/binary"

// Targets is a set of decode targets: of the pictures that one can choose to get of a scalable stream. They have the
// numbers 0 to 31.
type Targets uint32

// Has says whether a target is in the set.
func (t Targets) Has(target uint8) bool { return t>>target&1 != 0 }

// Dependency is what the dependency descriptor of a packet says of its frame: one layer in space of a picture (AV1 RTP
// payload format, appendix A). The zero value is that of a packet without one.
type Dependency struct {
	// Described says that the packet has a descriptor.
	Described bool
	// Start and End say that the packet is the first and the last of its frame.
	Start, End bool
	// Attached says that the packet brings a structure, and so that a coded video sequence begins with it.
	Attached bool
	// Number counts frames.
	Number uint16
	// Resolved says that the rest is known: without the structure it is not.
	Resolved bool
	// Spatial, 0 to 3, and Temporal, 0 to 7, are the frame's layers.
	Spatial, Temporal uint8
	// Present are the targets that the frame belongs to. Switch are those of them that one can go over to with it: once
	// it can be decoded, so can all that follows of the target.
	Present, Switch Targets
}

// mandatoryLen is what each descriptor has, in bytes.
const mandatoryLen = 3

// Attaches says whether a descriptor brings a structure.
func Attaches(descriptor []byte) bool {
	return len(descriptor) > mandatoryLen && descriptor[mandatoryLen]&0x80 != 0
}

// Read reads a descriptor, and adopts the structure that it brings: those after it are read by it. What is not whole
// changes nothing, and of it only what stands in the first three bytes is returned; of less, nothing.
func (s *Structure) Read(descriptor []byte) Dependency {
	if !Attaches(descriptor) {
		return s.parse(descriptor)
	}
	var fresh Structure
	d := fresh.parse(descriptor)
	if d.Resolved {
		*s, d.Attached = fresh, true
	}
	return d
}

// parse reads a descriptor by the structure, or the structure with it.
func (s *Structure) parse(descriptor []byte) Dependency {
	if len(descriptor) < mandatoryLen {
		return Dependency{}
	}
	first := descriptor[0]
	d := Dependency{
		Described: true, Start: first&0x80 != 0, End: first&0x40 != 0, Number: binary.BigEndian.Uint16(descriptor[1:]),
	}
	r := bits{data: descriptor[mandatoryLen:]}
	var flags uint32
	if len(descriptor) > mandatoryLen {
		flags = r.take(5)
	}
	if flags&hasStructure != 0 {
		s.read(&r)
	}
	active, told := s.active, flags&hasActive != 0
	if told {
		active = Targets(r.take(int(s.targets)))
	}
	known := d
	if !s.resolve(&known, first&0x3f, flags, &r) || r.short {
		return d
	}
	s.note(active, told, d.Number)
	return known
}

// The flags before the optional parts of a descriptor; of the others, custom distances and chains, only what stands
// before them is read.
const (
	hasStructure  = 1 << 4
	hasActive     = 1 << 3
	hasIndicators = 1 << 2
)

// resolve finds what a template says of the frame; indicators of its own take the place of the template's.
func (s *Structure) resolve(d *Dependency, id uint8, flags uint32, r *bits) bool {
	at := (id - s.offset) & 0x3f
	if at >= s.count {
		return false
	}
	t := s.templates[at]
	if flags&hasIndicators != 0 {
		t.present, t.change = r.indicators(s.targets)
	}
	d.Resolved, d.Spatial, d.Temporal, d.Present, d.Switch = true, t.spatial, t.temporal, t.present, t.change
	return true
}

// bits reads a row of bits; short says that it ended too early, and then all that was read is worth nothing.
type bits struct {
	data  []byte
	at    int
	short bool
}

// take reads up to 32 bits.
func (r *bits) take(n int) (v uint32) {
	if r.at+n > 8*len(r.data) {
		r.short = true
		return 0
	}
	for range n {
		v = v<<1 | uint32(r.data[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return v
}

// below reads a number less than n, in as few bits as that takes (ns(n) in A.8.2).
func (r *bits) below(n uint32) uint32 {
	width := 0
	for x := n; x != 0; x >>= 1 {
		width++
	}
	least := uint32(1)<<width - n
	v := r.take(width - 1)
	if v < least {
		return v
	}
	return v<<1 - least + r.take(1)
}

// indicators reads what a frame is to each target: nothing, discardable, a switch, or required.
func (r *bits) indicators(targets uint8) (present, change Targets) {
	for t := range targets {
		switch r.take(2) {
		case 1, 3:
			present |= 1 << t
		case 2:
			present |= 1 << t
			change |= 1 << t
		}
	}
	return present, change
}
