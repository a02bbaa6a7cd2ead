package media

import (
	"net/netip"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/stun"
)

// path is one way to a client: an address over UDP, or a TCP connection.
type path struct {
	addr netip.AddrPort
	tcp  *tcpConn
}

func (p path) valid() bool { return p.addr.IsValid() }

// route is which of its ways a session takes.
type route struct {
	path path
	// generation, rank and checked are of the check that chose the path, and of the latest on it.
	generation int
	rank       uint64
	checked    int64
	// known are all ways that checks have proven, the latest last.
	known []path
}

const (
	// pathsMax bounds the ways of a session: every address of its own with each of ours.
	pathsMax = 16
	// pathStale is when a path on which no check comes gives way to a worse one, in nanoseconds. Chromium checks each
	// 2.5 s at least, Pion each 2 s.
	pathStale = int64(5 * time.Second)
	// silence is when a session counts as cut off, in nanoseconds.
	silence = int64(5 * time.Second)
)

// rank orders the ways of a client: UDP before TCP, and then by the priority that the client gave (RFC 8445 §5.1.2).
func rank(p path, priority uint32) uint64 {
	if p.tcp != nil {
		return uint64(priority)
	}
	return 1<<32 | uint64(priority)
}

// check answers a connectivity check. What a check with the right password says of its sender is believed.
func (e *Engine) check(b []byte, from path, now int64) {
	request, err := stun.Read(b)
	if err == stun.ErrIncomplete {
		e.reply(stun.AppendError(e.out.scratch[:0], &request, stun.BadRequest, "Bad Request", nil), from)
		return
	}
	if err != nil {
		return
	}
	fragment, _ := request.Ufrag()
	c := e.fragments[string(fragment)]
	if c == nil || !request.Authentic(c.key) {
		e.reply(stun.AppendError(e.out.scratch[:0], &request, stun.Unauthenticated, "Unauthenticated", nil), from)
		return
	}
	if len(request.Unknown()) > 0 {
		e.reply(stun.AppendError(e.out.scratch[:0], &request, stun.UnknownAttribute, "Unknown Attribute", c.key), from)
		return
	}
	if request.Controlled {
		// We are lite and so controlled ourselves (RFC 8445 §6.1.1).
		e.reply(stun.AppendError(e.out.scratch[:0], &request, stun.RoleConflict, "Role Conflict", c.key), from)
		return
	}
	s := c.session
	if !e.learn(s, from) {
		return
	}
	e.reply(stun.AppendSuccess(e.out.scratch[:0], &request, from.addr, c.key), from)
	s.hear(now)
	s.choose(from, c.generation, rank(from, request.Priority), request.UseCandidate, now)
	if c == s.current() && len(s.ours) > 1 {
		e.forget(s.ours[:len(s.ours)-1])
		s.ours = s.ours[len(s.ours)-1:]
	}
}

// learn notes that a way leads to a session. False says that it leads to another: a TCP connection is one session's.
func (e *Engine) learn(s *session, from path) bool {
	if e.addresses[from] == s {
		return true
	}
	if other := e.addresses[from]; other != nil {
		if from.tcp != nil {
			return false
		}
		other.known = slices.DeleteFunc(other.known, func(p path) bool { return p == from })
	}
	if len(s.known) == pathsMax {
		oldest := slices.IndexFunc(s.known, func(p path) bool { return p != s.path })
		e.unlearn(s.known[oldest])
		s.known = slices.Delete(s.known, oldest, oldest+1)
	}
	s.known = append(s.known, from)
	e.addresses[from] = s
	return true
}

// unlearn forgets a way; a TCP connection ends with it.
func (e *Engine) unlearn(p path) {
	delete(e.addresses, p)
	if p.tcp != nil {
		p.tcp.cut()
	}
}

// lose forgets a TCP connection that has ended.
func (e *Engine) lose(p path) {
	s := e.addresses[p]
	if s == nil {
		return
	}
	delete(e.addresses, p)
	s.known = slices.DeleteFunc(s.known, func(other path) bool { return other == p })
	if s.path == p {
		s.path = path{}
	}
}

// choose decides whether a session's media takes a way from now on. The client nominates (RFC 8445 §8.1); one that
// nominates several gets the best of them, and one whose nominated way has fallen silent the next that it nominates.
func (s *session) choose(way path, generation int, rank uint64, nominated bool, now int64) {
	if way == s.path {
		s.checked = now
		if generation > s.generation {
			s.generation, s.rank = generation, rank
		}
		return
	}
	switch {
	case !s.path.valid():
	case !nominated, generation < s.generation:
		return
	case generation == s.generation && rank < s.rank && now-s.checked < pathStale:
		return
	}
	s.path, s.generation, s.rank, s.checked = way, generation, rank, now
}

// hear notes that an authentic packet came.
func (s *session) hear(now int64) {
	s.heard = now
	if s.sealer != nil {
		s.flows = true
	}
}

// watch notes who has fallen silent; the caller holds mu.
func (e *Engine) watch(now int64) {
	for _, s := range e.sessions {
		if s.flows && now-s.heard > silence {
			s.flows = false
		}
	}
}
