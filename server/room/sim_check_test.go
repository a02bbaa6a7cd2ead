package room

import (
	"slices"

	"github.com/exeunt/exeunt/server/exit"
)

// checkStale: an event of a session that is not inside has no effect at all (A6, I-1). Time may end an empty room.
func (w *world) checkStale(speaker *witness, effects []Effect) {
	session := actorOf(w.event)
	if session == "" {
		return
	}
	if speaker == nil {
		effects = slices.DeleteFunc(slices.Clone(effects), func(e Effect) bool { return e == End{} })
		must(len(effects) == 0, "A6: %s is not inside and caused %+v", session, effects)
		return
	}
	for _, e := range effects {
		if r, ok := e.(Record); ok {
			must(r.Record.Session == session, "A6: %s put out %s", session, r.Record.Session)
		}
	}
}

// checkOrder: for everybody who leaves, drop comes before cut, cut before tell, tell before record; all four are about
// the same stays; and the replaced one is gone before the newcomer is let in (B3).
func (w *world) checkOrder(effects []Effect) {
	var dropped, cut, recorded []string
	told := map[uint64]bool{}
	for i, e := range effects {
		switch e := e.(type) {
		case Drop:
			must(len(cut) == 0, "I-7: a drop after a cut: %+v", effects)
			dropped = append(dropped, e.Session)
		case Cut:
			must(len(told) == 0 && len(recorded) == 0, "a cut after a notice or a record: %+v", effects)
			cut = append(cut, e.Record.Session)
		case Tell:
			if left, ok := e.Notice.(MemberLeft); ok && left.Record != nil {
				must(len(recorded) == 0, "a notice after a record: %+v", effects)
				must(left.Record.Seq == e.Seq, "the notice has seq %d, the record %d", e.Seq, left.Record.Seq)
				must(left.Reason == left.Record.Why.Reason.Row().Peer, "%+v has another number than the table", left)
				told[e.Seq] = true
			}
		case Record:
			recorded = append(recorded, e.Record.Session)
		case Admit:
			must(len(dropped) == len(recorded), "B3: let in before the old stay was written down")
		case End:
			must(i == len(effects)-1, "something after the end: %+v", effects[i:])
		}
	}
	must(slices.Equal(dropped, cut) && slices.Equal(cut, recorded), "drop %v, cut %v, record %v", dropped, cut, recorded)
}

// checkDismissal: a dismissal ends every stay, tells nobody of the others, and costs three effects a member (K11).
func (w *world) checkDismissal(before int, effects []Effect) {
	if _, ok := w.event.(Dismiss); !ok {
		return
	}
	must(len(effects) == 3*before+1, "K11: %d effects for the dismissal of %d", len(effects), before)
	for _, e := range effects {
		_, told := e.(Tell)
		must(!told, "a victim of a dismissal was told of another: %+v", e)
	}
}

// checkState compares what the effects made with what must be.
func (w *world) checkState() {
	w.checkRoster()
	publishers, subs := 0, 0
	for _, m := range w.inside {
		w.checkSight(m)
		w.checkHearing(m)
		if len(m.mine) > 0 {
			publishers++
			must(!w.scene.Live() || m.role == Anchor, "%s is audience and publishes", m.session)
		}
		if m.mine[Sub] {
			subs++
		}
		if _, ticked := w.event.(Tick); ticked {
			must(w.now.Sub(m.alive) < w.limits.GoneAfter, "%s is gone for %v and inside", m.session, w.now.Sub(m.alive))
		}
	}
	must(publishers <= w.limits.Publishers && subs <= w.limits.SubStreams, "%d publish, %d share", publishers, subs)
	if e, ok := w.event.(Remove); ok {
		for _, m := range w.inside {
			must(!slices.Contains(e.Users, m.user), "%s was removed and is inside", m.user)
		}
	}
}

// checkRoster: the room's lists agree with each other and with who was let in (A5).
func (w *world) checkRoster() {
	r := &w.room.roster
	must(len(w.inside) <= w.limits.CallMembers, "A9: %d are inside", len(w.inside))
	must(len(r.sessions) == len(w.inside), "A5: %d on the roster, %d inside", len(r.sessions), len(w.inside))
	must(len(r.users) == len(w.inside) && r.entered.Len() == len(w.inside) && r.proven.Len() == len(w.inside),
		"A5: %d users, %d entered, %d proven", len(r.users), r.entered.Len(), r.proven.Len())
	var last *member
	for m := range each(r.proven) {
		must(w.inside[m.session] != nil && r.users[m.user] == m, "A5: %s is on the roster", m.session)
		must(m.lastProof.Equal(w.inside[m.session].alive), "%s was alive at another time", m.session)
		must(last == nil || !last.lastProof.After(m.lastProof), "the proofs are not sorted")
		last = m
	}
	for m := range each(r.announced) {
		must(m.announced != nil && w.room.announces(m), "%s is announced", m.session)
	}
}

// checkSight: what a member was told is exactly what it may see (B10).
func (w *world) checkSight(m *witness) {
	visible := 0
	for _, other := range w.inside {
		if other == m || (w.scene.Live() && other.role != Anchor) {
			must(other == m || m.sees[other.user] == nil, "%s sees the hidden %s", m.session, other.user)
			continue
		}
		visible++
		seen := m.sees[other.user]
		must(seen != nil, "B10: %s does not see %s", m.session, other.user)
		for s := Audio; s <= Sub; s++ {
			must(seen[s] == other.mine[s], "B10: %s sees stream %d of %s: %v", m.session, s, other.user, seen[s])
		}
	}
	must(len(m.sees) == visible, "B10: %s sees %d of %d", m.session, len(m.sees), visible)
}

// checkHearing: a stream goes to a member exactly when it is published, and wished or sent unasked.
func (w *world) checkHearing(m *witness) {
	heard := 0
	for _, other := range w.inside {
		for s := Audio; s <= Sub; s++ {
			wanted, wished := m.wishes[other.user][s]
			if !wished {
				wanted = (s == Audio && m.audio) || (s == Big && m.video)
			}
			hears := other != m && other.mine[s] && wanted
			must(w.forwards[forwardKey{other.session, s, m.session}] == hears,
				"%s hears stream %d of %s: should be %v", m.session, s, other.session, hears)
			if hears {
				heard++
			}
		}
	}
	for f := range w.forwards {
		if f.to == m.session {
			heard--
		}
		must(w.inside[f.to] != nil && w.inside[f.from] != nil, "a forward of a stranger: %+v", f)
	}
	must(heard == 0, "%s hears strangers", m.session)
}

// checkOver: nothing wakes an incarnation that is over (I-9), and nobody is left in it.
func (w *world) checkOver() {
	must(len(w.inside) == 0, "the room is over with %d inside", len(w.inside))
	must(w.room.Deadline().IsZero(), "the room is over and waits")
	for _, e := range []Event{
		Tick{}, Dismiss{Why: exit.Why{Reason: exit.Dismissed}}, Exit{Session: w.session()}, Proof{Session: w.session()},
	} {
		effects := w.room.Step(w.now, e)
		must(len(effects) == 0, "I-9: %T after the end: %+v", e, effects)
	}
	effects := w.room.Step(w.now, Enter{Session: "late", User: "late", Scene: w.scene, Role: Anchor})
	_, refused := effects[0].(Refuse)
	must(len(effects) == 1 && refused, "I-9: an entry after the end: %+v", effects)
}
