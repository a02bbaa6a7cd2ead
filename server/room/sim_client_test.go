package room

import "slices"

// view is what a member knows of the room.
type view struct {
	users  [castSize]glimpse
	role   Role
	rights Rights
	host   string
}

// glimpse is what a member knows of a user.
type glimpse struct {
	// episode is 0 for a user whom the member does not see.
	episode int
	streams [Sub + 1]sight
	shaky   shakiness
}

// sight is what a member knows of a stream.
type sight uint8

const (
	absent sight = iota
	open
	muted
)

// frame is a notice on its way; episode is whose coming or going it tells.
type frame struct {
	seq     uint64
	notice  Notice
	episode int
	// switches says that it tells of another role than the member had.
	switches bool
}

func (f frame) isLeave() bool {
	_, leave := f.notice.(MemberLeft)
	return leave
}

// happens says whether a notice tells of a change that everybody must take in, so that it is told again to those who
// missed it. Rights are told anew to whoever comes back.
func (f frame) happens() bool {
	switch n := f.notice.(type) {
	case MemberEntered, MemberLeft, StreamChanged, MemberPresence, HostChanged:
		return true
	case RoleSwitched:
		return n.Code == 0 && f.switches
	default:
		return false
	}
}

// hear notes what a notice says. For each user, coming and going alternate (B1, B2, B3, B10).
func (v *view) hear(f frame) {
	switch n := f.notice.(type) {
	case MemberEntered:
		g := &v.users[number(n.User)]
		must(g.episode == 0, "B10: %s enters twice", n.User)
		*g = glimpse{episode: f.episode}
	case MemberLeft:
		g := &v.users[number(n.User)]
		must(g.episode != 0, "B10: %s leaves and was not there", n.User)
		must(g.episode == f.episode, "B1: %s leaves from time %d, not %d", n.User, f.episode, g.episode)
		*g = glimpse{}
	case StreamChanged:
		v.hearStream(n)
	case MemberPresence:
		g := &v.users[number(n.User)]
		must(g.episode != 0, "I-11: %s is said to be unstable and is not there", n.User)
		is := steady
		if n.Unstable {
			is = unheard
			if n.Cause == MediaInterrupted {
				is = noPackets
			}
		}
		must(g.shaky != is, "I-11: %s is said twice to be %+v", n.User, n)
		g.shaky = is
	case RoleSwitched:
		v.role = n.Role
	case RightsChanged:
		v.rights = n.Rights
	case HostChanged:
		v.host = n.User
	}
}

func (v *view) hearStream(n StreamChanged) {
	g := &v.users[number(n.User)]
	must(g.episode != 0, "B11: stream %d of %s, who is not there", n.Stream, n.User)
	is := &g.streams[n.Stream]
	switch {
	case !n.Published:
		must(*is != absent, "B10: the end of stream %d of %s, which was not there", n.Stream, n.User)
		*is = absent
	case n.Muted:
		*is = muted
	default:
		*is = open
	}
}

// meet notes a list of members. It says nothing of those who are not in it (B5, B6).
func (v *view) meet(s *stage, members []Seen) {
	for _, m := range members {
		g := glimpse{episode: s.seen.current[number(m.User)]}
		must(g.episode != 0, "B11: %s is listed and not there", m.User)
		must(slices.Equal(m.Said, s.tallyOf(number(m.User)).said()), "B10: %s has said %v", m.User, m.Said)
		for _, p := range m.Streams {
			must(g.streams[p.Stream] == absent, "B10: stream %d of %s is listed twice", p.Stream, m.User)
			g.streams[p.Stream] = open
			if p.Muted {
				g.streams[p.Stream] = muted
			}
		}
		if m.Unstable {
			g.shaky = unsure
		}
		v.users[number(m.User)] = g
	}
}

// same compares two views; a cause that a list did not say may be either.
func (v *view) same(other *view) bool {
	if v.role != other.role || v.rights != other.rights || v.host != other.host {
		return false
	}
	for i := range v.users {
		a, b := v.users[i], other.users[i]
		if (a.shaky == unsure && b.shaky != steady) || (b.shaky == unsure && a.shaky != steady) {
			a.shaky, b.shaky = unsure, unsure
		}
		if a != b {
			return false
		}
	}
	return true
}

const (
	// backlogSize is how many frames the model of the hall keeps for a member that did not say that it heard them.
	backlogSize = 8
	// queueSize is how many frames may be on the way.
	queueSize = 5
)

// client is the other end of a link, with what the hall keeps for it. Frames on the way may get lost with the link.
type client struct {
	view view
	// seq is the highest place that the client heard, until the highest that it was told.
	seq, until uint64
	queue      []frame
	// isCut says that nothing arrives any more.
	isCut bool
	// missed are what the client did not say that it heard; only the leaves when there are too many.
	missed  []frame
	partial bool
	// forgotten says that the hall that kept missed is dead.
	forgotten bool
}

// cut is the end of a link: the latest frames on the way are lost.
type cut struct {
	session string
	lost    int
}

func (s *stage) cut(do cut) {
	if w := s.find(do.session); w != nil {
		w.ears.client.cut(do.lost)
	}
}

func (c *client) cut(lost int) {
	c.deliver(len(c.queue) - lost)
	c.queue, c.isCut = nil, true
}

// told sends a frame to the client.
func (c *client) told(f frame) {
	if f.seq > 0 {
		c.until = f.seq
		if !c.partial || f.isLeave() {
			c.missed = append(c.missed, f)
		}
		if !c.partial && len(c.missed) > backlogSize {
			c.partial = true
			c.missed = slices.DeleteFunc(c.missed, func(f frame) bool { return !f.isLeave() })
		}
	}
	if c.isCut {
		return
	}
	c.queue = append(c.queue, f)
	if len(c.queue) > queueSize {
		c.deliver(1)
	}
}

// deliver lets the first frames arrive.
func (c *client) deliver(n int) {
	n = max(0, n)
	for _, f := range c.queue[:n] {
		c.view.hear(f)
		c.seq = max(c.seq, f.seq)
	}
	c.queue = slices.Delete(c.queue, 0, n)
}

// beat is a heartbeat: it says how far the client has heard.
func (c *client) beat() {
	if c.isCut {
		return
	}
	c.deliver((len(c.queue) + 1) / 2)
	c.heard()
}

// heard lets the hall forget what the client heard.
func (c *client) heard() {
	c.partial = c.partial && c.seq < c.until
	c.missed = slices.DeleteFunc(c.missed, func(f frame) bool { return f.seq <= c.seq })
}

// resume tells the client all that it missed, again word for word or as a whole; then it knows the truth (B1, B5).
func (c *client) resume(s *stage, w *witness, e Readmit) {
	c.cut(len(c.queue) / 2)
	c.heard()
	switch {
	case c.forgotten:
		c.learn(s, e)
	case c.partial:
		c.catchUp(s, e)
	default:
		for _, f := range c.missed {
			c.view.hear(f)
		}
	}
	c.seq, c.isCut, c.forgotten, c.partial, c.missed = e.Seq, false, false, false, nil
	c.view.role, c.view.rights, c.view.host = e.Role, e.Rights, e.Host
	must(c.view.same(&w.ears.view), "B1: %s came back and knows %+v, not %+v", w.session, c.view, w.ears.view)
}

// catchUp tells the first leave of each user, that of the time which the client knew, and then who is there.
func (c *client) catchUp(s *stage, e Readmit) {
	var known [castSize]bool
	for _, f := range c.missed {
		who := number(f.notice.(MemberLeft).User)
		if !known[who] && c.view.users[who].episode != 0 {
			c.view.hear(f)
		}
		known[who] = true
	}
	c.compare(s, e)
}

// compare: a list ends nobody's time in the room; what ended was said before (B5, B6).
func (c *client) compare(s *stage, e Readmit) {
	for who, g := range c.view.users {
		listed := slices.ContainsFunc(e.Members, func(m Seen) bool { return m.User == cast[who] })
		must(g.episode == 0 || listed, "B6: %s is not listed, and nobody said that it left", cast[who])
		must(g.episode == 0 || g.episode == s.seen.current[who], "B1: %s was away, and nobody said so", cast[who])
	}
	c.view.meet(s, e.Members)
}

// learn tells what the dead hall wrote down: the ends of stays. Who turned audience left no record.
func (c *client) learn(s *stage, e Readmit) {
	for who := range c.view.users {
		g := &c.view.users[who]
		if g.episode == 0 || g.episode == s.seen.current[who] {
			continue
		}
		how := s.seen.endings[g.episode]
		must(how.over, "B1: %s is away, and its time is not over", cast[who])
		if how.session != "" {
			must(s.records[how.session].Seq > c.seq, "B1: the end of %s was heard and not taken in", how.session)
		}
		*g = glimpse{}
	}
	c.compare(s, e)
}
