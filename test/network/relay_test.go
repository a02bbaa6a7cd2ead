package network_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/test/certificate"
)

// rungs are networks that let less and less through, and how many relayed addresses it takes to get through each.
var rungs = []struct {
	name, relayed string
	// blocked are rules for what must not reach the server.
	blocked []string
}{
	{"nothing is blocked", "0", nil},
	{"no UDP", "0", []string{"-p udp"}},
	{"nothing to the media port", "1", []string{"-p udp --dport 8081:8112", "-p tcp --dport 8081"}},
	{"no UDP, and no TCP to the media port", "1", []string{"-p udp", "-p tcp --dport 8081"}},
	{"TLS alone", "1", []string{"-p udp", "-p tcp --dport 8081", "-p tcp --dport 3478"}},
}

// TestL1_L3_EachRungAlone: whatever a network blocks from the first moment on, as long as it lets signalling and one
// way of media through, members hear each other; nobody is told of a loss, and TURN is asked only where it is needed.
func TestL1_L3_EachRungAlone(t *testing.T) {
	for _, rung := range rungs {
		t.Run(rung.name, func(t *testing.T) {
			t.Parallel()
			f := newField(t)
			cert, key, err := certificate.Write(t.TempDir(), certificate.For(f.near))
			check(t, err)
			f.far.trust = cert
			s := serve(t, f.near, "--turn-udp="+f.near+":3478", "--turn-tcp="+f.near+":3478", "--turn-tls="+f.near+":443",
				"--turn-host="+f.near, "--turn-cert="+cert, "--turn-key="+key)
			for _, rule := range rung.blocked {
				f.cutOutward(rule)
			}
			begun := time.Now()
			m := f.meet(s)
			t.Logf("both hear each other after %.2f s", time.Since(begun).Seconds())
			if n := s.relayed(); (n == "0") != (rung.relayed == "0") {
				t.Errorf("%s addresses are relayed; want %s or more", n, rung.relayed)
			}
			m.stays()
			if n := s.relayed(); n != "0" {
				t.Errorf("%s addresses are relayed after the stay", n)
			}
		})
	}
}

// relayed reads how many relayed addresses there are, as a monitor does.
func (s *server) relayed() string {
	s.t.Helper()
	reply, err := http.Get("http://" + s.at + ":8082/metrics")
	check(s.t, err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	check(s.t, err)
	http.DefaultClient.CloseIdleConnections()
	_, rest, _ := strings.Cut(string(text), "\nexeunt_turn_allocations ")
	number, _, _ := strings.Cut(rest, "\n")
	return number
}
