package room

import "fmt"

// keep writes down what the room keeps of itself.
func (s *story) keep() *kept {
	k := &kept{state: s.room.State()}
	for m := range each(s.room.roster.entered) {
		member, _ := s.room.Member(m.session)
		k.members = append(k.members, member)
	}
	return k
}

// tear makes the store what it is when the process dies before it has written an end: whoever was inside at the latest
// "keep" still is, beside those who are inside now.
func (s *story) tear() {
	s.kept = s.keep()
	for _, m := range s.earlier {
		if s.room.roster.sessions[m.Session] == nil {
			s.kept.members = append(s.kept.members, m)
		}
	}
}

// restart makes the room anew from what was kept, or from what it would keep now.
func (s *story) restart() []string {
	if s.kept == nil {
		s.kept = s.keep()
	}
	k := s.kept
	s.room, s.kept = Restore(k.state, k.members, s.limits, s.now), nil
	return []string{fmt.Sprintf("restored with %d inside", len(k.members))}
}
