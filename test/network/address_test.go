package network_test

import (
	"strings"
	"testing"
	"time"
)

// TestE11_AddressChangeKeepsTheStay: a machine that gets another address in the middle of a call, as from Wi-Fi to
// cellular, stays in the room: one session, and both hear each other again.
func TestE11_AddressChangeKeepsTheStay(t *testing.T) {
	t.Parallel()
	m := meet(t)
	fault := time.Now()
	m.far.run("ip", "addr", "del", m.remote+"/24", "dev", m.link)
	m.far.run("ip", "addr", "add", strings.TrimSuffix(m.remote, ".2")+".3/24", "dev", m.link)
	m.member.next(goneMin, "its recovery", of(recovered))
	m.hearEachOther(patience)
	t.Logf("both hear each other again after %.2f s", time.Since(fault).Seconds())
	m.stays()
}

// TestE11_NATRebindingKeepsTheStay: a router that forgets its translations gives the member another port for media and
// breaks its signalling. The stay goes on, and both hear each other again.
func TestE11_NATRebindingKeepsTheStay(t *testing.T) {
	t.Parallel()
	f := newField(t)
	router := f.behindNAT()
	m := f.meet(serve(t, f.near))
	fault := time.Now()
	router.run("conntrack", "-F")
	m.hearEachOther(patience)
	t.Logf("both hear each other again after %.2f s", time.Since(fault).Seconds())
	m.stays()
}
