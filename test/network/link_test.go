package network_test

import (
	"testing"
	"time"
)

// TestA1_E2_LinkDownIsToldTwice: a link that stays down is told as unstable within seconds and as an exit within the
// bound; the member learns of it when it hears of nothing any more.
func TestA1_E2_LinkDownIsToldTwice(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.far.run("ip", "link", "set", m.link, "down")
	m.goes(fault)
	last := m.member.next(patience, "its end", of(exited))
	if last.Reason != 3 {
		t.Errorf("the member's last word is %+v; want reason 3", last)
	}
	m.toldOnce()
}

// TestB1_B2_LinkDownForFourSecondsIsNoExit: who comes back in time was never away, and hears who left meanwhile, with
// the true reason.
func TestB1_B2_LinkDownForFourSecondsIsNoExit(t *testing.T) {
	t.Parallel()
	m := meet(t)
	third, fourth := watch(m.server, "cid"), watch(m.server, "eve")
	m.member.next(patience, "a third", about(entering, "cid"))
	m.member.next(patience, "a fourth", about(entering, "eve"))
	fault := time.Now()
	m.far.run("ip", "link", "set", m.link, "down")
	m.wavers(fault)
	third.leave()
	var answer struct{ Error struct{ Code string } }
	m.server.call("RemoveUser", map[string]any{"RoomId": room, "UserIds": []string{"eve"}}, &answer)
	fourth.next(patience, "its removal", of(exited))
	m.watcher.next(patience, "the third's exit", about(leaving, "cid"))
	faultLasts(fault, 4*time.Second)
	m.far.run("ip", "link", "set", m.link, "up")
	back := m.steadies(patience)
	between(t, "stable was told", back.at.Sub(fault), 4*time.Second, goneMax)
	if left := m.member.next(patience, "the third's exit", about(leaving, "cid")); left.Code != "left" {
		t.Errorf("the member was told %+v; want that the third left", left)
	}
	if left := m.member.next(patience, "the fourth's exit", about(leaving, "eve")); left.Code != "removed" {
		t.Errorf("the member was told %+v; want that the fourth was removed", left)
	}
	m.hearEachOther(patience)
	m.stays()
}

// TestD12_RecoveryAfterABlackholeIsQuick: a network that swallowed everything for five seconds costs at most seven
// more: no close handshake, and no retransmission timer, is waited for.
func TestD12_RecoveryAfterABlackholeIsQuick(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	cuts := m.cut("")
	m.wavers(fault)
	faultLasts(fault, 5*time.Second)
	mended := time.Now()
	lift(cuts)
	back := m.steadies(patience)
	between(t, "recovery", back.at.Sub(mended), 0, 7*time.Second)
	m.hearEachOther(patience)
	m.stays()
}
