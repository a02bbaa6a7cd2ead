package network_test

import (
	"syscall"
	"testing"
	"time"
)

// TestA1_E2_KilledMemberIsToldTwice: the kernel closes the sockets of a process that is killed, so the others are told
// at once that something is wrong, and of the exit within the bound.
func TestA1_E2_KilledMemberIsToldTwice(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.member.kill()
	told := m.watcher.next(patience, "an unstable member", shaky("ann"))
	between(t, "unstable was told", told.at.Sub(fault), 0, time.Second)
	m.server.listed("ann", true)
	m.isGone(fault, "timed_out")
	m.toldOnce()
}

// TestA3_E7_FrozenMemberIsToldTwice: a stopped process keeps its sockets open, and its kernel goes on acknowledging. It
// times out, and learns so when it goes on: it never comes back by itself (E7).
func TestA3_E7_FrozenMemberIsToldTwice(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.member.signal(syscall.SIGSTOP)
	m.goes(fault)
	m.member.signal(syscall.SIGCONT)
	last := m.member.next(patience, "its end", of(exited))
	if last.Reason != 3 {
		t.Errorf("the member's last word is %+v; want reason 3", last)
	}
	m.member.rest()
	m.server.unlisted("ann")
	m.toldOnce()
}

// TestB2_E6_FrozenForFourSecondsIsNoExit: a process that goes on in time was only unstable.
func TestB2_E6_FrozenForFourSecondsIsNoExit(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.member.signal(syscall.SIGSTOP)
	m.wavers(fault)
	faultLasts(fault, 4*time.Second)
	m.member.signal(syscall.SIGCONT)
	m.steadies(patience)
	m.hearEachOther(patience)
	m.stays()
}

// TestE6_FrozenServerEndsNobody: a server that was stopped for six seconds finds their heartbeats in its sockets. Its
// timers, which ran out meanwhile, put nobody out.
func TestE6_FrozenServerEndsNobody(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.server.signal(syscall.SIGSTOP)
	faultLasts(fault, 6*time.Second)
	m.server.signal(syscall.SIGCONT)
	// Both took the silence for a lost connection, and come back while their media goes on.
	for _, w := range []*witness{m.member.witness, m.watcher.witness} {
		w.next(patience, "its recovery", of(recovered))
	}
	m.hearEachOther(patience)
	m.stays()
}

// TestB8_ServerStopIsToldToEverybody: a graceful stop is every member's own last word.
func TestB8_ServerStopIsToldToEverybody(t *testing.T) {
	t.Parallel()
	m := meet(t)
	m.server.end(syscall.SIGTERM)
	for _, w := range []*witness{m.member.witness, m.watcher.witness} {
		last := w.next(patience, "its end", of(exited))
		if last.Reason != 3 || last.Code != "drained" {
			t.Errorf("%s was told %+v; want drained", w.name, last)
		}
		if record := m.server.log.next(patience, "an exit", of(exited)); record.Code != "drained" {
			t.Errorf("the server's log says %+v; want drained", record)
		}
	}
}

// TestJ13_KilledServerLosesNobody: a server that keeps its records is killed and started again. Both members stay, in
// the same sessions; a third that does not come back ends once.
func TestJ13_KilledServerLosesNobody(t *testing.T) {
	t.Parallel()
	f := newField(t)
	m := f.meet(serve(t, f.near, "--data-dir="+t.TempDir()))
	third := f.join("cid")
	m.watcher.next(patience, "a third", about(entering, "cid"))
	fault := time.Now()
	m.server.end(syscall.SIGKILL)
	third.kill()
	m.server.start()
	for _, w := range []*witness{m.member.witness, m.watcher.witness} {
		w.next(patience, "its recovery", of(recovered))
	}
	m.hearEachOther(patience)
	left := m.watcher.next(patience, "the third's exit", about(leaving, "cid"))
	between(t, "the exit was told", left.at.Sub(fault), goneMin, goneMax+2*time.Second)
	if left.Code != "node_lost" || left.Session != third.session {
		t.Errorf("the watcher was told %+v; want that session %s was lost", left, third.session)
	}
	if record := m.server.log.next(patience, "an exit", of(exited)); record.User != "cid" || record.Code != "node_lost" {
		t.Errorf("the server's log says %+v; want that cid was lost", record)
	}
	m.stays()
	if n := m.watcher.count(about(leaving, "cid")); n != 1 {
		t.Errorf("the watcher was told %d times that the third left", n)
	}
}

// TestJ13_WithoutRecordsTheServersEndIsTold: a server without a directory forgets everybody when it is killed. Members
// hear that their stay is lost; none of them waits for ever.
func TestJ13_WithoutRecordsTheServersEndIsTold(t *testing.T) {
	t.Parallel()
	m := meet(t)
	m.server.end(syscall.SIGKILL)
	m.server.start()
	for _, w := range []*witness{m.member.witness, m.watcher.witness} {
		last := w.next(patience, "its end", of(exited))
		if last.Reason != 3 || last.Code != "node_lost" {
			t.Errorf("%s was told %+v; want that the node was lost", w.name, last)
		}
	}
}
