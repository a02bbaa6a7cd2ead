package room

import (
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/exit"
)

// outcome is what an event must bring about.
type outcome struct {
	leavers  []leaver
	newcomer *witness
	// refused is the code of a refused entry, problem that of another refused wish.
	refused, problem int32
	// acked says that the one who spoke is told that it was heard.
	acked bool
	ended bool
	rule  string
}

// leaver is a stay that must end. Its text is the room's own affair.
type leaver struct {
	w   *witness
	why exit.Why
}

// model lets an event happen as it should.
func (s *stage) model(e Event) (x outcome) {
	switch e := e.(type) {
	case Enter:
		s.modelEnter(e, &x)
	case Exit:
		if w := s.find(e.Session); w != nil && (len(e.Users) == 0 || slices.Contains(e.Users, w.user)) {
			s.depart(&x, leaver{w, e.Why})
		}
	case Remove:
		s.depart(&x, s.all(e.Why, func(w *witness) bool { return slices.Contains(e.Users, w.user) })...)
	case Dismiss:
		s.modelDismiss(e.Why, &x)
	case SetBlock:
		if who := number(e.User); who >= 0 {
			s.blocks[who] = e.Block
		}
	case SetPolicy:
		s.modelPolicy(e.Policy)
	case Open:
		s.modelOpen()
	case Tick:
		s.expire(&x)
		s.modelRules(&x)
	case own:
		if w := s.find(e.speaker()); w != nil {
			s.modelOwn(w, e, &x)
		}
	}
	s.look(ending{reason: exit.BecameAudience})
	return x
}

// leaver finds who must end; a stay that ends against the model breaks I-1.
func (x outcome) leaver(session string) leaver {
	for _, l := range x.leavers {
		if l.w.session == session {
			return l
		}
	}
	panic("I-1: " + session + " ended and should not have")
}

// all are the stays that something chooses.
func (s *stage) all(why exit.Why, chosen func(*witness) bool) []leaver {
	var leavers []leaver
	for _, w := range s.inside {
		if chosen(w) {
			leavers = append(leavers, leaver{w, why})
		}
	}
	return leavers
}

// depart ends stays.
func (s *stage) depart(x *outcome, leavers ...leaver) {
	for _, l := range leavers {
		s.clock.active = s.clock.now
		s.inside = slices.DeleteFunc(s.inside, func(w *witness) bool { return w == l.w })
	}
	for _, l := range leavers {
		if s.seen.current[l.w.who] != 0 && !s.visible(l.w.who) && l.w.shown > 0 {
			s.hide(l.w.who, ending{session: l.w.session, reason: l.why.Reason.Row().Peer})
		}
	}
	x.leavers = append(x.leavers, leavers...)
}

func (s *stage) visible(who int) bool {
	return slices.ContainsFunc(s.inside, func(w *witness) bool { return w.who == who && w.shown > 0 })
}

// look begins and ends the episodes of users whose visibility changed without the end of a stay.
func (s *stage) look(how ending) {
	for _, w := range s.inside {
		switch announced := s.announces(w); {
		case announced && w.shown == 0:
			s.seen.shows++
			w.shown = s.seen.shows
		case !announced:
			w.shown = 0
		}
	}
	for who := range cast {
		switch visible := s.visible(who); {
		case visible && s.seen.current[who] == 0:
			s.seen.current[who] = len(s.seen.endings)
			s.seen.endings = append(s.seen.endings, ending{})
		case !visible && s.seen.current[who] != 0:
			s.hide(who, how)
		}
	}
}

// hide ends an episode, and with it all that anybody wished of the user.
func (s *stage) hide(who int, how ending) {
	how.over = true
	s.seen.endings[s.seen.current[who]] = how
	s.seen.closed[who], s.seen.current[who] = s.seen.current[who], 0
	for _, w := range s.inside {
		w.wishes[who] = [Sub + 1]int8{}
	}
}

func (s *stage) modelEnter(e Enter, x *outcome) {
	replaced, code := s.admission(e)
	if x.refused = code; code != 0 {
		return
	}
	if !s.clock.entered {
		s.scene = e.Scene
	}
	s.depart(x, replaced...)
	w := &witness{
		session: e.Session, user: e.User, device: e.Device, who: number(e.User), role: e.Role, rights: e.Rights,
		enteredAt: s.clock.now,
	}
	w.unasked[Audio], w.unasked[Big] = e.ReceiveAudio, e.ReceiveVideo
	w.pulse.proof = s.clock.now
	if !s.scene.Live() {
		w.role = Anchor
	}
	w.said.tally = s.tallyOf(w.who)
	s.inside = append(s.inside, w)
	s.clock.entered, s.clock.opening, s.clock.closes, s.clock.active = true, false, time.Time{}, s.clock.now
	x.newcomer = w
}

// admission is who must make way for an entry, or the code of its refusal (A9, A12, H6).
func (s *stage) admission(e Enter) ([]leaver, int32) {
	if e.Scene > 3 || s.clock.entered && e.Scene != s.scene {
		return nil, CodeBadSceneOrRole
	}
	limit := s.limits.CallMembers
	if e.Scene.Live() {
		if limit = s.limits.LiveMembers; e.Role != 20 && e.Role != 21 {
			return nil, CodeBadSceneOrRole
		}
	}
	replaced := s.all(exit.Why{Reason: exit.Replaced, Actor: e.User}, func(w *witness) bool {
		same := w.session == e.Resumes || w.device != "" && w.device == e.Device
		return w.user == e.User && (same || s.policy.SameUser == Replace)
	})
	for i := range replaced {
		if replaced[i].w.session == e.Resumes {
			replaced[i].why = exit.Why{Reason: exit.TimedOut, Actor: "server"}
		}
	}
	others := s.devices(number(e.User)) - len(replaced)
	switch {
	case s.policy.SameUser == RefuseNew && others >= 1, s.policy.SameUser == AllowDevices && others >= s.policy.Devices:
		return nil, CodeEnterRefused
	case len(s.inside)-len(replaced)+1 > limit:
		return nil, CodeRoomFull
	}
	return replaced, 0
}

func (s *stage) modelOwn(w *witness, e own, x *outcome) {
	p := &w.pulse
	switch e := e.(type) {
	case Lost:
		p.closed, p.code = s.clock.now, e.Code
		s.judge(w)
		s.expire(x)
		return
	case MediaInterruption:
		p.noMedia = true
		s.judge(w)
		return
	case MediaRecovery:
		p.noMedia = false
		s.judge(w)
		return
	case Deafen:
		p.deaf = true
		return
	case Resume:
		p.closed, p.code, p.isRestarted, p.promised = time.Time{}, 0, false, 0
	case Proof:
		p.promised = max(0, e.Promised)
	case Renew:
		p.deaf, p.noMedia = false, false
	}
	p.proof = s.clock.now
	s.judge(w)
	say, _ := e.(Say)
	x.acked = say.Number > 0
	x.problem = s.modelWish(w, e)
}
