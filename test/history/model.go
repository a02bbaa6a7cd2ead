// Package history checks that a room is linearizable: whatever many members and a back end do at the same time, what
// each of them is told must fit one order of steps, in which every step happens between its call and its answer. The
// model in this file is the room as it ought to be; everything else here makes histories and has them checked.
package history

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// users is how many users a history has. Two members often play the same one.
const users = 5

// Op is what somebody does.
type Op string

// The operations.
const (
	Enter    Op = "enter"
	Exit     Op = "exit"
	Resume   Op = "resume"
	Remove   Op = "remove"
	Dismiss  Op = "dismiss"
	Forbid   Op = "forbid"   // The first step of a ban: from now on the door is shut.
	Banish   Op = "banish"   // The second step of a ban: the user who is inside is out.
	Lift     Op = "lift"     // A ban ends.
	Describe Op = "describe" // A back end reads who is inside.
	Vanish   Op = "vanish"   // The server ends a stay by itself, as timed out or lost.
	Displace Op = "displace" // An entry that a kill broke off has ended the stay that it was to replace, and no more.
)

// Input is what is asked for.
type Input struct {
	Op   Op
	User int
	// Session is the stay that exit, resume and vanish are about, and that a removal demands ("" for any).
	Session string
	// Ban numbers the bans of a history, from 0.
	Ban int
}

// Output is what was answered.
type Output struct {
	// Unknown says that no answer came: the step may have happened, or not.
	Unknown bool
	// Why is the word of the answer: "" when it was done, else an error's or an exit's.
	Why string
	// Session and Incarnation are what an entry got; Incarnation is also what a description says.
	Session, Incarnation string
	// Inside are the sessions of a description, by user.
	Inside [users]string
	// Ended is how many stays a dismissal says that it ended.
	Ended int
}

// The words of answers.
const (
	noRoom = "no room"
	absent = "absent"
	banned = "banned"
	noBan  = "no ban"
)

// state is one room. In an empty one nobody is; whether it is open is not for the model to say, as an entry that is
// under way, or is refused in the end, opens it for a moment.
type state struct {
	// inside is the session of each user, "" for outside.
	inside [users]string
	// bans has a bit for each ban that holds, by user.
	bans [users]uint64
	// incarnation is the present one, or the last.
	incarnation string
}

// String is the room for a person.
func (s state) String() string {
	b := &strings.Builder{}
	for user, session := range s.inside {
		fmt.Fprintf(b, "user %d: %.6s, bans %b; ", user, session, s.bans[user])
	}
	fmt.Fprintf(b, "incarnation %.6s", s.incarnation)
	return b.String()
}

func (s state) empty() bool { return s.inside == [users]string{} }

// ends says how stays ended, as the members and the server's log tell; a stay that is missing may have ended anyhow.
type ends map[string]string

// fit says whether a stay may have ended so.
func (e ends) fit(session, why string) bool {
	known, ok := e[session]
	return !ok || known == why
}

// model is the room as it ought to be, beside what is known of how stays ended. A step without an answer may have
// happened or not.
func model(known ends) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{state{}} },
		Step: func(now, input, output any) []any {
			s, in, out := now.(state), input.(Input), output.(Output)
			if out.Unknown {
				return []any{s, known.guess(s, in)}
			}
			fits, next := known.step(s, in, out)
			if !fits {
				return nil
			}
			return []any{next}
		},
		DescribeOperation: describe,
		DescribeState:     func(s any) string { return s.(state).String() },
	}
	return m.ToModel()
}

// step says whether a step fits the room, and what the room is afterwards.
func (e ends) step(s state, in Input, out Output) (bool, state) {
	here := s.inside[in.User]
	switch in.Op {
	case Enter:
		return e.enter(s, in, out)
	case Exit:
		if out.Why != "left" {
			return here != in.Session, s // It had ended otherwise before.
		}
		return e.out(s, in, "left")
	case Resume:
		return (out.Why == "") == (here == in.Session), s
	case Vanish:
		return e.out(s, in, out.Why)
	case Remove:
		return e.remove(s, in, out, "removed")
	case Banish:
		fits, next := e.remove(s, in, out, banned)
		return fits && s.bans[in.User]&(1<<in.Ban) != 0, next
	case Dismiss:
		return e.dismiss(s, out)
	case Forbid:
		s.bans[in.User] |= 1 << in.Ban
		return true, s
	case Lift:
		held := s.bans[in.User]&(1<<in.Ban) != 0
		s.bans[in.User] &^= 1 << in.Ban
		return held == (out.Why == ""), s
	case Describe:
		if s.empty() {
			return out.Why == noRoom || out.Inside == s.inside, s
		}
		return s.shows(out), s
	default:
		return false, s
	}
}

// enter: nobody banned comes in, whoever comes again ends the own earlier stay, and an empty room is a new one (I-9).
func (e ends) enter(s state, in Input, out Output) (bool, state) {
	if s.bans[in.User] != 0 || out.Why != "" {
		return s.bans[in.User] != 0 && out.Why == banned, s
	}
	if (s.incarnation == out.Incarnation) == s.empty() && s.incarnation != unknown {
		return false, s
	}
	if here := s.inside[in.User]; here != "" && !e.fit(here, "replaced") {
		return false, s
	}
	s.inside[in.User], s.incarnation = out.Session, out.Incarnation
	return true, s
}

// remove: the answer says whether the user was inside.
func (e ends) remove(s state, in Input, out Output, why string) (bool, state) {
	here := s.inside[in.User]
	switch {
	case s.empty():
		return out.Why == noRoom || out.Why == absent, s
	case here == "" || (in.Session != "" && in.Session != here):
		return out.Why == absent, s
	}
	s.inside[in.User] = ""
	return out.Why == "" && e.fit(here, why), s
}

// dismiss: everybody is out at once.
func (e ends) dismiss(s state, out Output) (bool, state) {
	if s.empty() {
		return out.Why == noRoom || out.Ended == 0, s
	}
	ended := 0
	for _, session := range s.inside {
		if session == "" {
			continue
		}
		if ended++; !e.fit(session, "dismissed") {
			return false, s
		}
	}
	s.inside = [users]string{}
	return out.Why == "" && out.Ended == ended, s
}

// out ends the stay of an exit or a vanishing.
func (e ends) out(s state, in Input, why string) (bool, state) {
	if s.inside[in.User] != in.Session {
		return false, s
	}
	s.inside[in.User] = ""
	return e.fit(in.Session, why), s
}

// shows says whether a description fits. A session of which no answer told is known by its user only.
func (s state) shows(out Output) bool {
	for user, session := range s.inside {
		shown := out.Inside[user]
		if shown != session && (shown == "" || !strings.HasPrefix(session, unknown)) {
			return false
		}
	}
	return out.Why == "" && (s.incarnation == out.Incarnation || s.incarnation == unknown)
}

// unknown stands for what no answer told: an incarnation, or, with a number, a session.
const unknown = "?"

// guess is the room after a step whose answer never came, if it did happen.
func (e ends) guess(s state, in Input) state {
	here := s.inside[in.User]
	fits, next := true, s
	switch in.Op {
	case Enter:
		if s.bans[in.User] != 0 {
			return s
		}
		next.inside[in.User] = in.Session
		if s.empty() {
			next.incarnation = unknown
		}
		fits = here == "" || e.fit(here, "replaced")
	case Exit:
		fits, next = e.out(s, in, "left")
	case Vanish:
		fits = here == in.Session
		next.inside[in.User] = ""
	case Displace:
		fits = here != "" && e.fit(here, "replaced")
		next.inside[in.User] = ""
	case Remove, Banish:
		why := map[Op]string{Remove: "removed", Banish: banned}[in.Op]
		fits, next = e.remove(s, in, Output{}, why)
	case Dismiss:
		for _, session := range s.inside {
			fits = fits && (session == "" || e.fit(session, "dismissed"))
		}
		next.inside = [users]string{}
	case Forbid:
		next.bans[in.User] |= 1 << in.Ban
	case Lift:
		next.bans[in.User] &^= 1 << in.Ban
	}
	if !fits {
		return s
	}
	return next
}

// describe writes an operation for a person.
func describe(input, output any) string {
	in, out := input.(Input), output.(Output)
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s user %d", in.Op, in.User)
	if in.Session != "" {
		fmt.Fprintf(b, " session %.6s", in.Session)
	}
	if in.Op == Forbid || in.Op == Banish || in.Op == Lift {
		fmt.Fprintf(b, " ban %d", in.Ban)
	}
	switch {
	case out.Unknown:
		b.WriteString(" → ?")
	case out.Why != "":
		fmt.Fprintf(b, " → %s", out.Why)
	case in.Op == Enter:
		fmt.Fprintf(b, " → session %.6s in %.6s", out.Session, out.Incarnation)
	case in.Op == Describe:
		fmt.Fprintf(b, " → %.6s in %.6s", out.Inside, out.Incarnation)
	case in.Op == Dismiss:
		fmt.Fprintf(b, " → %d ended", out.Ended)
	default:
		b.WriteString(" → done")
	}
	return b.String()
}
