package host

import (
	"slices"

	"github.com/exeunt/exeunt/server/room"
)

const (
	// backlogMax is how many happenings are kept for a member that has not said yet that it heard them. A member says
	// so with every heartbeat, so a connection that is well keeps those of about a second.
	backlogMax = 512
	// leavesMax is how many leaves are kept beyond that before all but the last of the same user are thrown away.
	leavesMax = 4096
)

// happening is one notice with a place in the room's order.
type happening struct {
	seq    uint64
	notice room.Notice
	frame  []byte
}

// backlog is what a member may have missed. When that is too much to be said again, only leaves are kept: together with
// the list of who is inside now they tell the whole truth, and there are never many more of them than members (B1).
type backlog struct {
	happenings []happening
	// partial says that only leaves are kept, up to the place until.
	partial bool
	until   uint64
}

// add keeps one happening.
func (b *backlog) add(h happening) {
	b.until = h.seq
	if !b.partial || isLeave(h) {
		b.happenings = append(b.happenings, h)
	}
	switch {
	case !b.partial && len(b.happenings) > backlogMax:
		b.partial = true
		b.happenings = slices.DeleteFunc(b.happenings, func(h happening) bool { return !isLeave(h) })
	case b.partial && len(b.happenings) > leavesMax:
		b.happenings = lastLeaves(b.happenings)
	}
}

// heard forgets what the member has heard.
func (b *backlog) heard(seq uint64) {
	b.partial = b.partial && seq < b.until
	first := slices.IndexFunc(b.happenings, func(h happening) bool { return h.seq > seq })
	switch {
	case first < 0:
		b.happenings = nil
	case first > 0:
		b.happenings = slices.Clone(b.happenings[first:])
	}
}

// leaves are the first leaves of each user.
func (b *backlog) leaves() []room.MemberLeft {
	var all []room.MemberLeft
	for _, h := range firstLeaves(b.happenings) {
		all = append(all, h.notice.(room.MemberLeft))
	}
	return all
}

func isLeave(h happening) bool {
	_, leave := h.notice.(room.MemberLeft)
	return leave
}

// firstLeaves keeps the first leave of each user: that of the stay which the member knew.
func firstLeaves(leaves []happening) []happening {
	known := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(leaves), func(h happening) bool {
		left, ok := h.notice.(room.MemberLeft)
		again := !ok || known[left.User]
		known[left.User] = true
		return again
	})
}

// lastLeaves keeps the last leave of each user: whatever the member has heard by the time it comes back, it is told
// that a user left who did so after it.
func lastLeaves(leaves []happening) []happening {
	last := map[string]uint64{}
	for _, h := range leaves {
		last[h.notice.(room.MemberLeft).User] = h.seq
	}
	return slices.DeleteFunc(slices.Clone(leaves), func(h happening) bool {
		return last[h.notice.(room.MemberLeft).User] != h.seq
	})
}
