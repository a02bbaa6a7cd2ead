package picture

import (
	"fmt"
	"strconv"
	"strings"
)

// description reads descriptors the slow way, as the syntax stands in A.8.2 of the AV1 RTP payload format: bit by bit
// out of a string, all of it, and with no limit but the string's end.
type description struct {
	bits string
	// The structure.
	offset, targets, chains int
	kinds                   []kind
	protected               []int
	active                  uint64
}

// kind is a template.
type kind struct {
	spatial, temporal int
	marks             []int
	distances, links  []int
}

// told is what one descriptor says.
type told struct {
	start, end, attached bool
	number               int
	kind
}

// ended is what a reader panics with that finds no more bits.
type ended struct{}

func (m *description) f(n int) int {
	if len(m.bits) < n {
		panic(ended{})
	}
	v := 0
	if n > 0 {
		parsed, err := strconv.ParseUint(m.bits[:n], 2, 64)
		if err != nil {
			panic(err)
		}
		v = int(parsed)
	}
	m.bits = m.bits[n:]
	return v
}

func (m *description) ns(n int) int {
	w := 0
	for x := n; x != 0; x >>= 1 {
		w++
	}
	least := 1<<w - n
	v := m.f(w - 1)
	if v < least {
		return v
	}
	return v<<1 - least + m.f(1)
}

// read reads a descriptor; ok is false for one that ends too early or names no template.
func (m *description) read(b []byte) (d told, ok bool) {
	before := *m
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(ended); !is {
				panic(r)
			}
			ok = false
		}
		if !ok {
			*m = before
		}
	}()
	var all strings.Builder
	for _, one := range b {
		fmt.Fprintf(&all, "%08b", one)
	}
	m.bits = all.String()
	d.start, d.end = m.f(1) == 1, m.f(1) == 1
	id := m.f(6)
	d.number = m.f(16)
	flags := [5]bool{}
	if len(b) > 3 {
		for i := range flags {
			flags[i] = m.f(1) == 1
		}
	}
	if flags[0] {
		m.structure()
		d.attached = true
	}
	if flags[1] {
		m.active = uint64(m.f(m.targets))
	}
	at := (id + 64 - m.offset) % 64
	if at >= len(m.kinds) {
		return d, false
	}
	d.kind = m.kinds[at]
	m.own(&d, flags)
	return d, true
}

// own reads what a frame says that its template does not.
func (m *description) own(d *told, flags [5]bool) {
	if flags[2] {
		d.marks = nil
		for range m.targets {
			d.marks = append(d.marks, m.f(2))
		}
	}
	if flags[3] {
		d.distances = nil
		for size := m.f(2); size > 0; size = m.f(2) {
			d.distances = append(d.distances, m.f(4*size)+1)
		}
	}
	if flags[4] {
		d.links = nil
		for range m.chains {
			d.links = append(d.links, m.f(8))
		}
	}
}

func (m *description) structure() {
	m.offset, m.targets = m.f(6), m.f(5)+1
	m.kinds, m.protected = nil, nil
	m.active = 1<<m.targets - 1
	at := kind{}
	for next := 0; next != 3; {
		m.kinds = append(m.kinds, at)
		switch next = m.f(2); next {
		case 1:
			at.temporal++
		case 2:
			at.temporal, at.spatial = 0, at.spatial+1
		}
		if at.spatial > 3 || at.temporal > 7 || len(m.kinds) == 64 && next != 3 {
			panic(ended{})
		}
	}
	for i := range m.kinds {
		for range m.targets {
			m.kinds[i].marks = append(m.kinds[i].marks, m.f(2))
		}
	}
	for i := range m.kinds {
		for m.f(1) == 1 {
			m.kinds[i].distances = append(m.kinds[i].distances, m.f(4)+1)
		}
	}
	if m.chains = m.ns(m.targets + 1); m.chains > 0 {
		for range m.targets {
			m.protected = append(m.protected, m.ns(m.chains))
		}
		for i := range m.kinds {
			for range m.chains {
				m.kinds[i].links = append(m.kinds[i].links, m.f(4))
			}
		}
	}
	if m.f(1) == 1 {
		for range at.spatial + 1 {
			m.f(32)
		}
	}
}
