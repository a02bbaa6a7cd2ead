package relay

import (
	"errors"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/metrics"
)

// TestEachWayLeadsToTheEngineAndBack: over UDP, TCP and TLS, and the packets come back from the address that they went
// to.
func TestEachWayLeadsToTheEngineAndBack(t *testing.T) {
	w := newWorld(t, nil, nil)
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			relayed := w.member(way, "ann").asks()
			for _, text := range []string{"first", "second", strings.Repeat("x", 1200)} {
				w.echoes(relayed, text)
			}
		})
	}
}

// TestTheFirstPacketChoosesTheEngine: engines have ports of their own, and a member's session lives in one of them. A
// relayed address leads to the one that is written to first, over each way, and to no other, nor to any other port.
func TestTheFirstPacketChoosesTheEngine(t *testing.T) {
	second, stranger := newEngine(t, "127.0.0.1:0"), newEngine(t, "127.0.0.1:0")
	w := newWorld(t, func(c *Config) {
		c.Ports = []uint16{c.Bound.Port(), uint16(second.addr().Port)}
	}, nil)
	first, firstEngine := w.told, w.engine
	for _, way := range ways {
		for _, at := range []struct {
			mine, other *engine
			told        *net.UDPAddr
		}{{second, firstEngine, second.addr()}, {firstEngine, second, first}} {
			relayed := w.member(way, "ann").asks()
			if _, err := relayed.WriteTo([]byte("to a stranger"), stranger.addr()); err == nil {
				stranger.hearsNothing(t) // What the member sends the relay may refuse without a word.
			}
			w.told, w.engine = at.told, at.mine
			for _, text := range []string{"first", "second"} {
				w.echoes(relayed, text)
			}
			_, _ = relayed.WriteTo([]byte("to another"), at.other.addr())
			at.other.hearsNothing(t)
			w.echoes(relayed, "third")
			check(t, relayed.Close())
		}
	}
}

// hearsNothing fails when anything comes.
func (e *engine) hearsNothing(t *testing.T) {
	t.Helper()
	select {
	case got := <-e.got:
		t.Errorf("the engine at %s got %q", e.addr(), got)
	case <-time.After(silence):
	}
}

// TestBehindNATTheRelayNeedsNoWayRound: members know the engine by an address in front of a NAT, from which nothing may
// lead back inside. The relay sends to the engine itself.
func TestBehindNATTheRelayNeedsNoWayRound(t *testing.T) {
	outside := netip.MustParseAddr("203.0.113.7")
	w := newWorld(t, func(c *Config) {
		c.Told = []netip.AddrPort{netip.AddrPortFrom(outside, c.Bound.Port())}
		c.Host = "127.0.0.1"
	}, nil)
	w.echoes(w.member("turn:udp", "ann").asks(), "hello")
}

// TestAnEngineOnAllAddressesIsReached: members are told each of them; the relay takes one, and no other is permitted.
func TestAnEngineOnAllAddressesIsReached(t *testing.T) {
	for _, bound := range []string{"0.0.0.0:0", "[::]:0"} {
		w := newWorldAt(t, bound, func(c *Config) {
			c.Host = "127.0.0.1"
			port := c.Bound.Port()
			c.Told = []netip.AddrPort{netip.MustParseAddrPort("[::1]:1"), netip.MustParseAddrPort("127.0.0.1:1")}
			for i, one := range c.Told {
				c.Told[i] = netip.AddrPortFrom(one.Addr(), port)
			}
			for _, one := range interfaces(t) {
				c.Told = append(c.Told, netip.AddrPortFrom(one, port))
			}
		}, nil)
		chosen := w.relay.targets[0].told
		w.told = net.UDPAddrFromAddrPort(chosen)
		if others := interfaces(t); len(others) > 0 && chosen.Addr() != others[0] {
			t.Errorf("of %v and loopback, %s was chosen", others, chosen)
		}
		w.echoes(w.member("turn:udp", "ann").asks(), "hello")
	}
}

// interfaces lists the IPv4 addresses of this machine by which others may reach it.
func interfaces(t *testing.T) (all []netip.Addr) {
	t.Helper()
	found, err := net.InterfaceAddrs()
	check(t, err)
	for _, one := range found {
		ip, _ := netip.AddrFromSlice(one.(*net.IPNet).IP)
		if ip = ip.Unmap(); ip.Is4() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			all = append(all, ip)
		}
	}
	return all
}

// TestNothingPassesAfterTheStay: what was open is shut when Drop returns, and the credentials open nothing any more.
func TestNothingPassesAfterTheStay(t *testing.T) {
	w := newWorld(t, nil, nil)
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			ann, bob := w.member(way, "ann"), w.member(way, "bob")
			hers, his := ann.asks(), bob.asks()
			w.echoes(hers, "before")
			w.echoes(his, "before")
			_, user, password := w.at(way, "ann")
			address, _, _ := w.at(way, "bob")
			w.relay.Drop("ann")
			// Its write may fail or not; no packet may arrive.
			_, _ = hers.WriteTo([]byte("after"), w.told)
			w.quiet()
			if err := ann.CreatePermission(w.told); err == nil {
				t.Error("a permission was given after the stay")
			}
			if late, err := w.comes(w.dial(way, address), address, user, password).Allocate(); err == nil {
				_ = late.Close()
				t.Error("a relayed address was given after the stay")
			}
			w.echoes(his, "the others stay")
		})
	}
}

// TestAReturnFindsItsCredentials: a stay has the same ones until it ends, and no other stay has them.
func TestAReturnFindsItsCredentials(t *testing.T) {
	w := newWorld(t, nil, nil)
	first, again, other := w.relay.Admit("ann")[0], w.relay.Admit("ann")[0], w.relay.Admit("bob")[0]
	if first.GetUsername() != again.GetUsername() || first.GetCredential() != again.GetCredential() {
		t.Errorf("%v at first, %v at the return", first, again)
	}
	if first.GetUsername() == other.GetUsername() || first.GetCredential() == other.GetCredential() {
		t.Errorf("two stays have %v", first)
	}
	w.relay.Drop("ann")
	if later := w.relay.Admit("ann")[0]; later.GetUsername() == first.GetUsername() {
		t.Errorf("a name came back: %s", later.GetUsername())
	}
}

// TestNoOneElseIsReached: neither another address nor another port of the engine's own, and nobody but the engine gets
// through to a member.
func TestNoOneElseIsReached(t *testing.T) {
	w := newWorld(t, nil, nil)
	relayed := w.member("turn:udp", "ann").asks()
	w.echoes(relayed, "before")
	for _, peer := range []string{"127.0.0.2:53", "192.0.2.1:80", "169.254.169.254:80", "10.0.0.1:22"} {
		if _, err := relayed.WriteTo([]byte("GET /"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(peer))); err == nil {
			t.Errorf("a packet to %s was taken", peer)
		}
	}
	neighbour := newSocket(t)
	if _, err := relayed.WriteTo([]byte("psst"), neighbour.LocalAddr()); err != nil {
		t.Fatalf("the engine's address is refused: %v", err)
	}
	check(t, neighbour.SetReadDeadline(time.Now().Add(silence)))
	if n, _, err := neighbour.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("another port of the engine's host got %d bytes", n)
	}
	_, err := neighbour.WriteTo([]byte("psst"), relayed.LocalAddr())
	check(t, err)
	w.echoes(relayed, "after") // It would have come first.
}

// TestNoConnectionsAreRelayed: TCP to a third party would be a way into our network.
func TestNoConnectionsAreRelayed(t *testing.T) {
	w := newWorld(t, nil, nil)
	if listening, err := w.member("turn:tcp", "ann").AllocateTCP(); err == nil {
		_ = listening.Close()
		t.Error("a TCP address was relayed")
	}
}

// TestOnlyWhoKnowsThePasswordGetsIn: a name is not enough, and neither is another's.
func TestOnlyWhoKnowsThePasswordGetsIn(t *testing.T) {
	w := newWorld(t, nil, nil)
	address, ann, _ := w.at("turn:udp", "ann")
	_, bob, bobs := w.at("turn:udp", "bob")
	for _, try := range [][2]string{{ann, bobs}, {ann, ""}, {"", ""}, {"nobody", bobs}} {
		stranger := w.comes(newSocket(t), address, try[0], try[1])
		if relayed, err := stranger.Allocate(); err == nil {
			_ = relayed.Close()
			t.Errorf("%q got in with %q", try[0], try[1])
		}
	}
	w.echoes(w.comes(newSocket(t), address, bob, bobs).asks(), "bob is in")
}

// TestNobodyGetsAtTheAddressOfAnother: whoever stands where a member's packets come from, with credentials of its own,
// gets nothing of what that member has.
func TestNobodyGetsAtTheAddressOfAnother(t *testing.T) {
	w := newWorld(t, nil, nil)
	ann := w.member("turn:udp", "ann")
	relayed := ann.asks()
	w.echoes(relayed, "before")
	address, user, password := w.at("turn:udp", "bob")
	ann.Close()
	if taken, err := w.comes(ann.under, address, user, password).Allocate(); err == nil {
		_ = taken.Close()
		t.Error("bob got an address in ann's place")
	}
}

// TestOneStayHasItsShare: what one stay asks for is bounded, others do not feel it, and what is given back counts no
// more.
func TestOneStayHasItsShare(t *testing.T) {
	m := metrics.New()
	w := newWorld(t, nil, m)
	var all []net.PacketConn
	for range linesMax {
		all = append(all, w.member("turn:udp", "ann").asks())
	}
	if n := allocations(t, m); n != "16" {
		t.Errorf("%s addresses are counted; want 16", n)
	}
	if one, err := w.member("turn:udp", "ann").Allocate(); err == nil {
		_ = one.Close()
		t.Error("one more than the share was given")
	}
	w.echoes(w.member("turn:udp", "bob").asks(), "bob is in")
	check(t, all[0].Close())
	w.echoes(w.member("turn:udp", "ann").asks(), "ann is in")
	w.relay.Drop("ann")
	w.relay.Drop("bob")
	if n := allocations(t, m); n != "0" {
		t.Errorf("%s addresses are counted after both stays; want 0", n)
	}
}

// allocations reads the number as a monitor does.
func allocations(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	_, rest, _ := strings.Cut(w.Body.String(), "\nexeunt_turn_allocations ")
	number, _, _ := strings.Cut(rest, "\n")
	return number
}

// TestStrangersAreHungUpOn: a connection that shows no credentials ends, even one that goes on talking; one that has
// a relayed address stays.
func TestStrangersAreHungUpOn(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.strangerWait = time.Second }, nil)
	relayed := w.member("turn:tcp", "ann").asks()
	for _, way := range []string{"turn:tcp", "turns:tcp"} {
		address, _, _ := w.at(way, "ann")
		stranger, err := net.Dial("tcp", address)
		check(t, err)
		_, err = stranger.Write([]byte{0})
		check(t, err)
		check(t, stranger.SetReadDeadline(time.Now().Add(patience)))
		if _, err := stranger.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("%s: the stranger is still there: %v", way, err)
		}
		_ = stranger.Close()
	}
	w.echoes(relayed, "still here")
}

func isTimeout(err error) bool {
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

// TestATakenAddressNamesItsSetting: and nothing stays open of a start that failed.
func TestATakenAddressNamesItsSetting(t *testing.T) {
	w := newWorld(t, nil, nil)
	address, _, _ := w.at("turn:tcp", "ann")
	cfg := Config{
		UDPAddr: "127.0.0.1:0", TCPAddr: address,
		Told: []netip.AddrPort{w.told.AddrPort()}, Bound: w.told.AddrPort(),
	}
	_, err := New(cfg, slog.New(slog.DiscardHandler), nil)
	var wrong *AddressError
	if !errors.As(err, &wrong) || wrong.Field != "turn-tcp" {
		t.Errorf("got %v", err)
	}
}
