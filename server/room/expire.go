package room

import (
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// Deadline returns when time alone will change something, to be answered by a [Tick]; zero for never. It costs the
// same in a room of any size.
func (r *Room) Deadline() time.Time {
	if r.over {
		return time.Time{}
	}
	if first := r.roster.proven.Front(); first != nil && r.limits.GoneAfter > 0 {
		return first.Value.(*member).lastProof.Add(r.limits.GoneAfter)
	}
	return r.closesAt
}

// expire ends the stays of all who gave no sign of life for too long. The list is sorted by silence, so any threshold,
// and a second one beside it, reads from its front.
func (r *Room) expire() {
	if r.limits.GoneAfter <= 0 {
		return
	}
	var gone []*member
	for m := range each(r.roster.proven) {
		if r.now.Sub(m.lastProof) < r.limits.GoneAfter {
			break
		}
		gone = append(gone, m)
	}
	text := fmt.Sprintf("There was no sign of life for %v.", r.limits.GoneAfter)
	r.exit(exit.Why{Reason: exit.TimedOut, Actor: server, Text: text}, gone...)
}

// settle decides how long an empty room stays (TRTC, concepts): a call room not at all; a live room not at all when its
// last leaver was an anchor, and for a while when it was audience.
func (r *Room) settle() {
	if r.over || len(r.roster.sessions) > 0 {
		return
	}
	if r.closesAt.IsZero() && r.scene.Live() && r.lastRole == Audience {
		r.closesAt = r.now.Add(r.limits.Linger)
	}
	if !r.now.Before(r.closesAt) {
		r.end()
	}
}
