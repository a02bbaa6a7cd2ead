package room

import (
	"reflect"
	"slices"
	"time"
)

// shrink takes everything out of a script that its failure does not need. The failure stays the same one: the invariant
// that breaks has the same name.
func shrink(script []action, broken string, planted func(*stage)) ([]action, string) {
	name := invariant(broken)
	fails := func(script []action) bool {
		w := newWorld()
		w.planted, w.rarely = planted, 1
		for i, a := range script {
			if b := w.try(a); b != "" {
				if i == len(script)-1 && invariant(b) == name {
					broken = b
					return true
				}
				return false
			}
		}
		return false
	}
	room := script[len(script)-1].room
	small := slices.DeleteFunc(slices.Clone(script), func(a action) bool { return a.room != room })
	for i := range small {
		small[i].room = 0
	}
	if !fails(small) {
		return script, broken // Rooms depend on each other, which is worth to be seen.
	}
	for size := -1; size != len(small); {
		size = len(small)
		small = fewer(small, fails)
		small = sooner(small, fails)
		small = simpler(small, fails)
	}
	fails(small)
	return small, broken
}

// fewer leaves out runs of actions, the long ones first (delta debugging).
func fewer(script []action, fails func([]action) bool) []action {
	for run := len(script) / 2; run > 0; run /= 2 {
		for at := 0; at+run < len(script); { // The last one fails.
			if rest := slices.Delete(slices.Clone(script), at, at+run); fails(rest) {
				script = rest
			} else {
				at += run
			}
		}
	}
	return script
}

// sooner takes out the time that passes before an action, for all that follow too.
func sooner(script []action, fails func([]action) bool) []action {
	var before time.Duration
	for i := range script {
		try := slices.Clone(script)
		for j := i; j < len(try); j++ {
			try[j].at -= script[i].at - before
		}
		if fails(try) {
			script = try
		}
		before = script[i].at
	}
	return script
}

// simpler makes single actions plainer, one change after the other.
func simpler(script []action, fails func([]action) bool) []action {
	for i := range script {
		for _, change := range plainly {
			try := slices.Clone(script)
			if i > 0 {
				change(&try[i], try[i-1].at)
			} else {
				change(&try[i], 0)
			}
			if !reflect.DeepEqual(try[i], script[i]) && fails(try) {
				script = try
			}
		}
	}
	return script
}

// plainly are the ways in which an action can be plainer; before is when the one before it happens.
var plainly = []func(a *action, before time.Duration){
	func(a *action, before time.Duration) { a.at = before },
	func(a *action, before time.Duration) { a.at = max(before, a.at.Round(time.Second)) },
	func(a *action, _ time.Duration) { a.setup = nil },
	withSetup(func(s *setup) { s.limits = DefaultLimits() }),
	withSetup(func(s *setup) { s.policy = DefaultPolicy() }),
	withSetup(func(s *setup) { s.policy.Presence = DefaultPolicy().Presence }),
	withSetup(func(s *setup) { s.policy.SameUser, s.policy.Devices = Replace, DefaultPolicy().Devices }),
	withSetup(func(s *setup) { s.policy.Host, s.policy.HostGone, s.policy.Timers.HostAway = "", KeepRoom, 0 }),
	withSetup(func(s *setup) { s.policy.Timers.NeverEntered = 0 }),
	withSetup(func(s *setup) { s.policy.Timers.Empty = 0 }),
	withSetup(func(s *setup) { s.policy.Timers.Alone = 0 }),
	withSetup(func(s *setup) { s.policy.Timers.Idle = 0 }),
	withSetup(func(s *setup) { s.policy.Timers.MaxAge = 0 }),
	withSetup(func(s *setup) { s.policy.Timers.MaxStay = 0 }),
	withEnter(func(e *Enter) { e.Resumes = "" }),
	withEnter(func(e *Enter) { e.Device = "" }),
	withEnter(func(e *Enter) { e.Rights = AllRights }),
	withEnter(func(e *Enter) { e.ReceiveAudio, e.ReceiveVideo = true, true }),
	withEnter(func(e *Enter) { e.Role = Anchor }),
	func(a *action, _ time.Duration) {
		if e, ok := a.do.(Publish); ok {
			e.Muted = false
			a.do = e
		}
	},
	func(a *action, _ time.Duration) {
		if e, ok := a.do.(SetPolicy); ok {
			e.Policy.Timers = Timers{}
			a.do = e
		}
	},
}

// withSetup makes the setup of an action plainer.
func withSetup(change func(*setup)) func(*action, time.Duration) {
	return func(a *action, _ time.Duration) {
		if a.setup == nil {
			return
		}
		made := *a.setup
		change(&made)
		a.setup = &made
	}
}

// withEnter makes an entry plainer.
func withEnter(change func(*Enter)) func(*action, time.Duration) {
	return func(a *action, _ time.Duration) {
		if e, ok := a.do.(Enter); ok {
			change(&e)
			a.do = e
		}
	}
}
