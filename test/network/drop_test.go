package network_test

import (
	"fmt"
	"testing"
	"time"
)

// TestA1_L5_NothingReachesTheServer: a one-way network towards the member. The others are told in time, and the member,
// who still hears the server, learns why.
func TestA1_L5_NothingReachesTheServer(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.cutOutward("")
	m.goes(fault)
	last := m.member.next(patience, "its end", of(exited))
	if last.Reason != 3 {
		t.Errorf("the member's last word is %+v; want reason 3", last)
	}
	m.toldOnce()
}

// oneWayMore is how much longer it takes until a member is silent to whom no acknowledgement comes back: its TCP sends
// a few seconds' heartbeats before it stops to wait for them.
const oneWayMore = 3 * time.Second

// TestA1_L5_NothingReachesTheMember: a one-way network towards the server. The member's own watch notices, and the
// others are told in time.
func TestA1_L5_NothingReachesTheMember(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.cutInward("")
	told := m.watcher.next(patience, "an unstable member", shaky("ann"))
	between(t, "unstable was told", told.at.Sub(fault), 0, unstableMax+oneWayMore)
	left := m.watcher.next(patience, "a leave", about(leaving, "ann"))
	between(t, "the exit was told", left.at.Sub(fault), goneMin, goneMax+oneWayMore)
	if left.Code != "timed_out" || left.Session != m.member.session {
		t.Errorf("the watcher was told %+v; want that session %s timed out", left, m.member.session)
	}
	m.server.unlisted("ann")
	m.recordedOnce("timed_out")
	last := m.member.next(patience, "its end", of(exited))
	if last.Reason != 3 {
		t.Errorf("the member's last word is %+v; want reason 3", last)
	}
	m.toldOnce()
}

// TestB2_L4_ThirtyPercentLossIsNoExit: a bad network is bad, and nobody is told of a leave. What was on its way when a
// connection was given up may be lost, so not every message need arrive.
func TestB2_L4_ThirtyPercentLossIsNoExit(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	rules := m.cut("-m statistic --mode random --probability 0.3")
	for i := 0; time.Since(fault) < 8*time.Second; i++ {
		m.member.say(fmt.Sprintf("message %d", i))
		faultLasts(fault, time.Duration(i+1)*time.Second/2)
	}
	m.watcher.next(patience, "a message", func(r report) bool { return r.Event == message })
	m.watcher.hears("ann", patience)
	lift(rules)
	m.hearEachOther(patience)
	m.stays()
}

// TestL4_WithoutUDPMediaTakesAnotherWay: only UDP is dropped. The stay goes on, and media finds the way over TCP while
// UDP is still out.
func TestL4_WithoutUDPMediaTakesAnotherWay(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	rules := m.cut("-p udp")
	m.hearEachOther(patience)
	t.Logf("both hear each other over TCP after %.2f s", time.Since(fault).Seconds())
	lift(rules)
	m.stays()
}

// TestD11_L4_WithoutTCPForFiveSecondsTheStayGoesOn: only signalling is dropped, and media flows. The others may be told
// that the member is unstable, and of no exit.
func TestD11_L4_WithoutTCPForFiveSecondsTheStayGoesOn(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	rules := m.cut("-p tcp")
	m.wavers(fault)
	m.hearEachOther(2 * time.Second)
	faultLasts(fault, 5*time.Second)
	lift(rules)
	m.steadies(patience)
	m.hearEachOther(patience)
	m.stays()
}

// TestL4_L5_HalfOpenSignallingIsNoticedInTime: signalling stays dead, without an end that anybody could see, while
// media flows. Media keeps nobody inside whose page says nothing.
func TestL4_L5_HalfOpenSignallingIsNoticedInTime(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.cut("-p tcp")
	m.goes(fault)
	m.toldOnce()
}
