package picture

// model numbers pictures as VP8Numbers must, the slow way: it is told which picture a packet is of, counts without ever
// wrapping around, and remembers every picture.
type model struct {
	// next and next0 are the numbers that the next picture and the next one of layer 0 get.
	next, next0 int
	begun       bool
	// The present source: its first and newest picture, what each picture got, and what turns its TL0 into ours.
	first, newest int
	given         map[int]*number
	shift0        int
}

// number is what became of a picture.
type number struct {
	picture, shift0 int
	sent, dropped   bool
}

// shown is a picture as its source numbers it, never wrapped around.
type shown struct {
	place, id, tl0 int
	temporal       uint8
}

// enter begins a source with the first of its pictures that comes.
func (m *model) enter(p shown) {
	m.shift0 = m.next0 - p.tl0
	switch {
	case !m.begun:
		m.next, m.next0, m.shift0, m.begun = p.id, p.tl0, 0, true
	case p.temporal > 0:
		m.shift0-- // It belongs to the newest of layer 0.
	}
	m.first, m.newest, m.given = p.place, p.place-1, map[int]*number{}
}

// pass gives numbers to all pictures up to this one; also to the missing ones, which may still come.
func (m *model) pass(p shown) {
	for m.newest < p.place {
		m.newest++
		m.given[m.newest] = &number{picture: m.next, shift0: m.shift0}
		m.next++
	}
}

func (m *model) number(p shown) (picture, tl0 int, ok bool) {
	if p.place < m.first {
		return 0, 0, false
	}
	m.pass(p)
	got := m.given[p.place]
	if got.dropped {
		return 0, 0, false
	}
	got.sent = true
	m.next0 = max(m.next0, p.tl0+got.shift0+1)
	return got.picture, p.tl0 + got.shift0, true
}

func (m *model) drop(p shown) {
	if p.place < m.first {
		return
	}
	fresh := p.place > m.newest
	m.pass(p)
	got := m.given[p.place]
	got.dropped = !got.sent
	if fresh {
		m.next--
		if p.temporal == 0 {
			m.shift0--
		}
	}
}
