package room

import (
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// follower lets the effects of one step change the stage, and objects to what cannot be.
type follower struct {
	*stage
	x outcome
	// dropped, cut and recorded are the sessions of the present group of leavers, in order.
	dropped, cut, recorded []string
	// done are all leavers whose ends were written down.
	done     int
	told     bool
	admitted bool
	refused  int32
	problem  int32
	acked    bool
	ended    bool
}

// unplug forgets the transport that an event says is gone.
func (s *stage) unplug(e Event) {
	session := ""
	switch e := e.(type) {
	case Deafen:
		session = e.Session
	case Renew:
		session = e.Session
	}
	if w := s.find(session); w != nil {
		s.drop(w)
	}
}

// drop ends the media of w, both ways.
func (s *stage) drop(w *witness) {
	w.media = media{}
	for _, other := range s.inside {
		other.media.hears = slices.DeleteFunc(other.media.hears, func(f feed) bool { return f.from == w })
	}
}

func (s *stage) follow(effects []Effect, x outcome) {
	f := follower{stage: s, x: x}
	for _, e := range effects {
		must(!f.ended, "I-9: after the end of the room there is %T%+v", e, e)
		switch e := e.(type) {
		case Admit:
			f.admit(e)
		case Readmit:
			f.readmit(e)
		case Refuse:
			enter, ok := s.event.(Enter)
			must(ok && enter.Session == e.Session, "A12: refused %s, who did not enter", e.Session)
			f.refused = e.Code
		case Drop:
			f.dropOne(e)
		case Cut:
			f.cutOne(e.Record)
		case Tell:
			f.tell(e)
		case Record:
			f.record(e.Record)
		case End:
			f.ended = true
			must(e.Rule == x.rule, "G8: the room ended by rule %q, not %q", e.Rule, x.rule)
		default:
			f.media(e)
		}
	}
	f.compare(effects)
}

// compare: what had to happen happened.
func (f *follower) compare(effects []Effect) {
	must(len(f.dropped) == len(f.recorded), "I-2: dropped %v and recorded %v", f.dropped, f.recorded)
	must(f.done == len(f.x.leavers), "I-2: %d stays ended, not %d", f.done, len(f.x.leavers))
	must(f.refused == f.x.refused, "A12: refused with %d, not %d", f.refused, f.x.refused)
	must(f.admitted == (f.x.newcomer != nil), "A9: admitted is %v", f.admitted)
	must(f.acked == f.x.acked, "B10: acknowledged is %v for %+v", f.acked, f.event)
	must(f.problem == f.x.problem, "F12: problem %d, not %d", f.problem, f.x.problem)
	must(f.ended == f.x.ended, "G6: the room ended is %v", f.ended)
	switch e := f.event.(type) {
	case Dismiss:
		must(len(effects) == 3*len(f.x.leavers)+1, "K11: %d effects to dismiss %d", len(effects), len(f.x.leavers))
	case Enter:
		must(f.x.refused == 0 || len(effects) == 1 || f.ended && len(effects) == 2, "A12: a refused entry had %v", effects)
	case own:
		speaks := f.find(e.speaker()) != nil || len(f.x.leavers) > 0
		must(speaks || len(effects) == 0 || f.ended, "A6: %s is not inside and caused %v", e.speaker(), effects)
	}
}

func (f *follower) admit(e Admit) {
	w := f.x.newcomer
	must(w != nil && w.session == e.Session, "I-1: %s was let in", e.Session)
	must(!f.admitted, "I-1: %s was let in twice", e.Session)
	must(len(f.dropped) == len(f.recorded), "B3: %s was let in before the old stay was written down", e.Session)
	_, ended := f.records[e.Session]
	must(!ended, "I-4: %s was let in after its end", e.Session)
	must(e.Seq > f.seq, "I-3: let in at %d after %d", e.Seq, f.seq)
	f.seq, f.admitted = e.Seq, true
	must(e.Rights == w.rights && e.Host == f.host.user, "I-14: let in with rights %d and host %q", e.Rights, e.Host)
	w.ears.admitted, w.ears.seq = true, e.Seq
	w.ears.view = view{role: w.role, rights: e.Rights, host: e.Host}
	w.ears.view.meet(f.stage, e.Members)
	w.ears.client = client{view: w.ears.view, seq: e.Seq}
}

func (f *follower) readmit(e Readmit) {
	resume, ok := f.event.(Resume)
	must(ok && resume.Session == e.Session, "I-1: %s was let in again and did not ask", e.Session)
	w := f.find(e.Session)
	must(w != nil, "I-4: %s was let in again after its end", e.Session)
	must(e.Seq >= f.seq && e.Seq >= w.ears.seq, "I-3: let in again at %d after %d", e.Seq, f.seq)
	must(e.Role == w.role && e.Rights == w.rights && e.Host == f.host.user, "I-14: let in again as %+v", e)
	w.ears.client.resume(f.stage, w, e)
	w.ears.seq = e.Seq
}

func (f *follower) dropOne(e Drop) {
	w := f.x.leaver(e.Session).w
	must(!w.ears.dropped, "I-7: %s was dropped twice", e.Session)
	if len(f.recorded) > 0 { // The next group.
		must(len(f.dropped) == len(f.recorded), "I-7: %s was dropped after a record", e.Session)
		f.dropped, f.cut, f.recorded, f.told = nil, nil, nil, false
	}
	must(len(f.cut) == 0, "I-7: %s was dropped after a cut", e.Session)
	f.dropped = append(f.dropped, e.Session)
	w.ears.dropped = true
	f.drop(w)
}

func (f *follower) cutOne(r exit.Record) {
	w := f.x.leaver(r.Session).w
	must(w.ears.dropped, "I-7: %s was cut before its media", r.Session)
	must(!f.told && len(f.recorded) == 0, "I-7: %s was cut after a notice or a record", r.Session)
	f.cut = append(f.cut, r.Session)
	f.agree(r)
}

// agree: the end of a stay says what the model says.
func (f *follower) agree(r exit.Record) {
	l := f.x.leaver(r.Session)
	why := r.Why
	if l.why.Text == "" {
		why.Text = ""
	}
	must(why == l.why, "B8: %s ended for %+v, not %+v", r.Session, why, l.why)
	must(r.User == l.w.user && r.At.Equal(f.clock.now), "B8: the record %+v is of another user or time", r)
}

func (f *follower) record(r exit.Record) {
	f.agree(r)
	_, again := f.records[r.Session]
	must(!again, "I-2: %s has two records", r.Session)
	must(len(f.recorded) < len(f.cut) && f.cut[len(f.recorded)] == r.Session, "I-7: recorded %s, cut %v", r.Session, f.cut)
	f.records[r.Session] = r
	f.recorded = append(f.recorded, r.Session)
	f.done++
}

// media follows a change of who hears whom.
func (f *follower) media(e Effect) {
	switch e := e.(type) {
	case Start:
		w := f.find(e.Session)
		must(w != nil && !w.media.started[e.Stream], "A5: %+v of nobody, or twice", e)
		must(w.streams[e.Stream].mid == e.Mid, "A5: %+v on another line", e)
		w.media.started[e.Stream] = true
	case Stop:
		w := f.find(e.Session)
		must(w != nil && w.media.started[e.Stream], "A5: %+v of nobody, or of what did not start", e)
		w.media.started[e.Stream] = false
		for _, other := range f.inside {
			other.media.hears = slices.DeleteFunc(other.media.hears, func(h feed) bool {
				return h.from == w && h.stream == e.Stream
			})
		}
	case Connect:
		from, to := f.find(e.From), f.find(e.To)
		must(from != nil && to != nil && from.user == e.User, "B11: %+v of strangers", e)
		h := feed{from, e.Stream}
		must(from.media.started[e.Stream], "B11: %+v of what did not start", e)
		must(!slices.Contains(to.media.hears, h), "B11: %+v twice", e)
		to.media.hears = append(to.media.hears, h)
	case Disconnect:
		from, to := f.find(e.From), f.find(e.To)
		must(from != nil && to != nil, "B11: %+v of strangers", e)
		i := slices.Index(to.media.hears, feed{from, e.Stream})
		must(i >= 0, "B11: %+v was not connected", e)
		to.media.hears = slices.Delete(to.media.hears, i, i+1)
	}
}

// recipient finds who is told something: a leaver until its media is dropped, and a newcomer once it is let in.
func (f *follower) recipient(session string) *witness {
	w := f.find(session)
	for i := 0; w == nil && i < len(f.x.leavers); i++ {
		if f.x.leavers[i].w.session == session {
			w = f.x.leavers[i].w
		}
	}
	must(w != nil && !w.ears.dropped, "I-4: %s is told something after its end", session)
	must(w.ears.admitted, "B3: %s is told something before it is let in", session)
	return w
}

func (f *follower) tell(e Tell) {
	must(len(e.To) > 0, "B10: nobody was told %+v", e.Notice)
	heard := frame{seq: e.Seq, notice: e.Notice}
	switch n := e.Notice.(type) {
	case MemberEntered:
		heard.episode = f.seen.current[number(n.User)]
	case MemberLeft:
		heard.episode = f.seen.closed[number(n.User)]
		f.tellLeft(n, e.Seq)
	case MemberPresence:
		f.tellPresence(n)
	case MessageReceived:
		say, ok := f.event.(Say)
		must(ok && len(e.To) == len(f.inside)-f.devices(number(n.User)), "B10: %d heard %+v", len(e.To), f.event)
		sender := f.find(say.Session)
		must(n.User == sender.user && n.CmdID == say.CmdID && n.Seq == sender.said.tally[n.CmdID].all, "B10: heard %+v", n)
		reliable := sender.said.tally[n.CmdID].reliable
		must(n.Reliable == reliable && say.Reliable || n.Reliable == 0 && !say.Reliable, "B10: heard %+v", n)
	case MessageAck:
		say, ok := f.event.(Say)
		must(ok && f.speaks(e.To) && n.Number == f.find(say.Session).said.number, "B10: %v hear %+v", e.To, n)
		f.acked = true
	case Problem:
		f.problem = n.Code
		must(f.speaks(e.To), "F12: %v are told of a problem of %+v", e.To, f.event)
	case RoleSwitched:
		f.problem = n.Code
		must(f.speaks(e.To), "F13: %v are told of a role by %+v", e.To, f.event)
		heard.switches = f.recipient(e.To[0]).ears.view.role != n.Role
	case RightsChanged:
		w := f.recipient(e.To[0])
		must(n.Rights == w.rights && n.Block == f.blocks[w.who], "I-14: %s hears %+v", w.session, n)
	}
	must(e.Seq > 0 || !heard.happens(), "I-3: %+v has no place in the order", e)
	for _, session := range e.To {
		w := f.recipient(session)
		must(e.Seq == 0 || e.Seq > w.ears.seq, "I-3: %s hears place %d after %d", session, e.Seq, w.ears.seq)
		w.ears.seq = max(w.ears.seq, e.Seq)
		w.ears.view.hear(heard)
		w.ears.client.told(heard)
	}
	f.seq = max(f.seq, e.Seq)
}

// speaks: a member's own answer goes to it alone.
func (f *follower) speaks(to []string) bool {
	e, ok := f.event.(own)
	return ok && len(to) == 1 && to[0] == e.speaker()
}

// tellLeft: a leave is told between the cut and the record, with the true end of a stay of that user.
func (f *follower) tellLeft(n MemberLeft, seq uint64) {
	episode := f.seen.closed[number(n.User)]
	must(episode != 0, "B2: %s leaves and did not", n.User)
	how := &f.seen.endings[episode]
	if n.Record == nil {
		must(how.session == "" && n.Reason == exit.BecameAudience, "B8: %s left for %d, not as audience", n.User, n.Reason)
		return
	}
	f.told = true
	must(len(f.recorded) == 0 && slices.Contains(f.cut, n.Record.Session), "I-7: %s left out of order", n.User)
	f.agree(*n.Record)
	must(n.Record.User == n.User && n.Record.Seq == seq, "B8: %s left by %+v", n.User, n.Record)
	must(n.Reason == n.Record.Why.Reason.Row().Peer, "B8: %s left for %d", n.User, n.Reason)
	how.session, how.reason = n.Record.Session, n.Reason
}

// tellPresence: whoever is unstable is gone when it was said (I-11).
func (f *follower) tellPresence(n MemberPresence) {
	who := number(n.User)
	switch {
	case !n.Unstable:
		must(n.GoneIn == 0 && n.Cause == "", "I-11: %+v", n)
	case n.Cause == MediaInterrupted:
		must(n.GoneIn == 0, "I-11: %+v, and packets end no stay", n)
	case n.Cause != Silence && n.Cause != SocketClosed && n.Cause != Restarted:
		panic("I-11: " + n.User + " is unstable for " + string(n.Cause))
	case f.visible(who) && f.shaky(who) == unheard:
		must(n.GoneIn == max(0, f.goneIn(who)), "I-11: %+v, and it is gone in %v", n, max(0, f.goneIn(who)))
	}
	must(n.GoneIn >= 0 && n.GoneIn <= 20*time.Minute, "I-11: %+v", n)
}
