package network_test

import (
	"testing"
	"time"
)

// The bounds of the default presence: unstable after 2 s of silence, gone after 10. Silence counts from the last
// heartbeat, which comes each second, so it begins up to a second before the fault.
const (
	unstableMin, unstableMax = 900 * time.Millisecond, 4 * time.Second
	goneMin, goneMax         = 8500 * time.Millisecond, 12 * time.Second
)

// timedOut is onRemoteUserLeaveRoom's number for whoever was lost.
const timedOut = 1

// faultLasts waits until a fault has lasted that long. Its length is what such a test is about.
func faultLasts(fault time.Time, long time.Duration) { <-time.After(time.Until(fault.Add(long))) }

// meeting is a member behind a network that can break, and a watcher behind one that cannot.
type meeting struct {
	*field
	server  *server
	watcher *watcher
	member  *member
}

// meet lets both in, over a plain link, and waits until they hear each other.
func meet(t *testing.T, flags ...string) *meeting {
	t.Helper()
	f := newField(t)
	return f.meet(serve(t, f.near, flags...))
}

// meet lets both in, and waits until they hear each other.
func (f *field) meet(s *server) *meeting {
	f.t.Helper()
	m := &meeting{field: f, server: s}
	m.watcher = watch(m.server, "bob")
	m.member = f.join("ann")
	m.watcher.next(patience, "the entry", about(entering, "ann"))
	m.hearEachOther(patience)
	m.server.listed("ann", false)
	return m
}

// goes waits until the member is told to be unstable and then to have timed out, and asks all observers.
func (m *meeting) goes(fault time.Time) {
	m.t.Helper()
	m.wavers(fault)
	m.isGone(fault, "timed_out")
}

// hearEachOther waits until new sound arrives both ways.
func (m *meeting) hearEachOther(within time.Duration) {
	m.t.Helper()
	m.watcher.hears("ann", within)
	m.member.hears("bob", within)
}

// steadies waits until the member is told to be stable again.
func (m *meeting) steadies(within time.Duration) report {
	m.t.Helper()
	return m.watcher.next(within, "a stable member", steady("ann"))
}

// wavers waits until the member is told to be unstable.
func (m *meeting) wavers(fault time.Time) {
	m.t.Helper()
	told := m.watcher.next(patience, "an unstable member", shaky("ann"))
	between(m.t, "unstable was told", told.at.Sub(fault), unstableMin, unstableMax)
	m.server.listed("ann", true)
}

// isGone waits until the member is told to have left, and asks all observers.
func (m *meeting) isGone(fault time.Time, why string) {
	m.t.Helper()
	left := m.watcher.next(patience, "a leave", about(leaving, "ann"))
	between(m.t, "the exit was told", left.at.Sub(fault), goneMin, goneMax)
	if left.Reason != timedOut || left.Code != why || left.Session != m.member.session {
		m.t.Errorf("the watcher was told %+v; want %s of session %s", left, why, m.member.session)
	}
	m.server.unlisted("ann")
	m.recordedOnce(why)
}

// recordedOnce waits for the server's record of the member's exit.
func (m *meeting) recordedOnce(why string) {
	m.t.Helper()
	record := m.server.log.next(patience, "an exit", about(exited, "ann"))
	if record.Code != why || record.Session != m.member.session {
		m.t.Errorf("the server's log says %+v; want %s of session %s", record, why, m.member.session)
	}
}

// stays ends the meeting by the wish of the member, and fails if anybody was told of an exit before.
func (m *meeting) stays() {
	m.t.Helper()
	m.server.listed("ann", false)
	m.member.exit()
	left := m.watcher.next(patience, "a leave", about(leaving, "ann"))
	if left.Code != "left" || left.Session != m.member.session {
		m.t.Errorf("the watcher was told %+v; want that session %s left by its own wish", left, m.member.session)
	}
	last := m.member.noted[len(m.member.noted)-1]
	if last.Event != exited || last.Reason != 0 {
		m.t.Errorf("the member's last word is %+v; want its own wish", last)
	}
	m.toldOnce()
	m.recordedOnce("left")
}

// toldOnce ends the meeting and fails unless the watcher was told of one entry and one exit of the member in all.
func (m *meeting) toldOnce() {
	m.t.Helper()
	m.watcher.leave()
	m.watcher.rest()
	entries, exits := m.watcher.count(about(entering, "ann")), m.watcher.count(about(leaving, "ann"))
	if entries != 1 || exits != 1 {
		m.t.Errorf("the watcher was told of %d entries and %d exits; want one of each", entries, exits)
	}
}
