package members

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/relay"
	"github.com/exeunt/exeunt/test/certificate"
)

// trust has the certificate for 127.0.0.1 that this process trusts. Go looks for those once, so there is one for all
// tests.
var trust struct{ cert, key string }

// trusted writes the certificate before any test runs.
func trusted(dir string) (err error) {
	if trust.cert, trust.key, err = certificate.Write(dir, certificate.For("127.0.0.1")); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", trust.cert)
}

// L3: a member to whose network the server's media port does not exist hears and is heard, over each way of TURN alone.
// When it is removed, its way is shut: nothing is relayed any more.
func TestL1_L3_MemberBehindAStrictFirewall(t *testing.T) {
	for name, ways := range map[string]relay.Config{
		"UDP": {UDPAddr: "127.0.0.1:0"},
		"TCP": {TCPAddr: "127.0.0.1:0"},
		"TLS": {TLSAddr: "127.0.0.1:0", CertFile: trust.cert, KeyFile: trust.key},
	} {
		t.Run(name, func(t *testing.T) {
			w := newRelayedWorld(t, ways)
			ann, bob := w.enter("ann"), w.enterAs(w.behind("bob"))
			defer publish(t, ann, client.Big, "ann's face")()
			defer publish(t, bob, client.Audio, "bob's voice")()
			hears(t, bob, "ann", client.Big, "ann's face")
			hears(t, ann, "bob", client.Audio, "bob's voice")
			if n := w.relayed(); n != "1" {
				t.Errorf("%s addresses are relayed; want bob's alone", n)
			}
			w.remove("bob")
			if n := w.relayed(); n != "0" {
				t.Errorf("%s addresses are relayed after the removal", n)
			}
		})
	}
}

// behind is how a user enters whose network lets through nothing but TURN.
func (w *world) behind(user string) client.Config {
	cfg := w.config(user)
	cfg.Media.Network = client.OnlyRelay
	return cfg
}

// relayed reads how many relayed addresses there are, as a monitor does.
func (w *world) relayed() string {
	w.t.Helper()
	page := httptest.NewRecorder()
	w.numbers.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	_, rest, _ := strings.Cut(page.Body.String(), "\nexeunt_turn_allocations ")
	number, _, _ := strings.Cut(rest, "\n")
	return number
}

// A relay that members do not need is asked for nothing.
func TestAStraightWayNeedsNoRelay(t *testing.T) {
	w := newRelayedWorld(t, relay.Config{UDPAddr: "127.0.0.1:0"})
	ann, bob := w.enter("ann"), w.enter("bob")
	defer publish(t, ann, client.Audio, "ann's voice")()
	hears(t, bob, "ann", client.Audio, "ann's voice")
	if n := w.relayed(); n != "0" || bob.Exchanges() != 1 {
		t.Errorf("%s addresses are relayed, and bob made %d SDP exchanges", n, bob.Exchanges())
	}
}

// Two behind such firewalls meet, and who leaves gives back what it had.
func TestTwoBehindFirewallsMeet(t *testing.T) {
	w := newRelayedWorld(t, relay.Config{TCPAddr: "127.0.0.1:0"})
	bob := w.enterAs(w.behind("bob"))
	ann := w.enterAs(w.behind("ann"))
	defer publish(t, ann, client.Audio, "ann's voice")()
	hears(t, bob, "ann", client.Audio, "ann's voice")
	leave(t, bob)
	if n := w.relayed(); n != "1" {
		t.Errorf("%s addresses are relayed; want ann's alone", n)
	}
}

// The first room is in one shard of media, so the second is in another, with a UDP port of its own. Its members get
// there by each way: straight, over the one TCP port, and through TURN.
func TestASecondRoomIsReachedByEachWay(t *testing.T) {
	w := newRelayedWorld(t, relay.Config{UDPAddr: "127.0.0.1:0"})
	w.enter("first")
	for name, network := range map[string]client.Network{
		"udp": client.OnlyUDP, "tcp": client.OnlyTCP, "relay": client.OnlyRelay,
	} {
		ann, bob := w.config("ann of "+name), w.config("bob of "+name)
		for _, cfg := range []*client.Config{&ann, &bob} {
			cfg.RoomID, cfg.Media.Network = 8, network
		}
		speaker, listener := w.enterAs(ann), w.enterAs(bob)
		stop := publish(t, speaker, client.Audio, name)
		hears(t, listener, ann.UserID, client.Audio, name)
		stop()
		leave(t, listener)
		leave(t, speaker)
	}
}
