package media

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// A burst for many is sent by several hands, as far as they are free, and every listener gets every packet of it, in
// order.
func TestManyHandsSendEachPacketOnce(t *testing.T) {
	t.Run("several hands", func(t *testing.T) {
		p := newPlumbing(t)
		p.engine.mu.Lock()
		defer p.engine.mu.Unlock()
		p.engine.crew.hire(3, p.engine.socket)
		sendsAll(t, p)
	})
	t.Run("none is free", func(t *testing.T) {
		e := newSleeper(t)
		e.crew.hands = 3
		sendsAll(t, plumbingAt(t, e))
	})
}

// sendsAll has 120 packets go to 201 listeners; nobody else may use the engine.
func sendsAll(t *testing.T, p *plumbing) {
	t.Helper()
	all := []*plumbing{p}
	for range 200 {
		all = append(all, p.another(t))
	}
	for n := range uint16(120) {
		p.feed(n, fmt.Appendf(nil, "packet %d", n), n%6 == 5, int64(n))
	}
	if n := p.engine.out.forwarded; n != 120*201 {
		t.Errorf("%d packets are counted", n)
	}
	for i, one := range all {
		got := one.sent(t)
		if len(got) != 120 {
			t.Fatalf("listener %d got %d packets; want 120", i, len(got))
		}
		for n, packet := range got {
			if string(packet.Payload) != fmt.Sprintf("packet %d", n) {
				t.Fatalf("listener %d got %q as packet %d", i, packet.Payload, n)
			}
		}
	}
}

// Whoever of the crew is free takes a part of a burst, of any engine, and sends it by the socket of that engine: from
// another one no client would take it.
func TestTheCrewHelpsEveryEngine(t *testing.T) {
	s := newEngines(t, 2)
	s.crew.hands++
	jobs, done := make(chan *Engine), make(chan struct{})
	hired := make(chan struct{})
	go func() { // A hand that says for whom it works, once for each.
		defer close(done)
		h := &hand{seat{sender: s.engines[0].socket.NewSender()}}
		told := map[*Engine]bool{}
		for {
			select {
			case j := <-s.crew.jobs:
				h.do(j)
				if !told[j.engine] {
					told[j.engine] = true
					jobs <- j.engine
				}
			case <-hired:
				return
			}
		}
	}()
	for _, e := range s.engines {
		m := millOf(t, plumbingAt(t, e), 40)
		ports := m.senders()
		for helped := false; !helped; {
			m.picture()
			select {
			case of := <-jobs:
				helped = of == e
			default:
			}
		}
		for port := range ports() {
			if port != int(e.Bound().Port()) {
				t.Errorf("packets of the engine at %s came from port %d", e.Bound(), port)
			}
		}
	}
	close(hired)
	<-done
}

// senders notes from which ports packets come, until the returned func asks for them.
func (m *mill) senders() (stop func() map[int]bool) {
	const end = "end"
	ports, all := map[int]bool{}, make(chan struct{})
	go func() {
		defer close(all)
		buffer := make([]byte, 2000)
		for {
			n, from, err := m.sink.ReadFrom(buffer)
			if err != nil || string(buffer[:n]) == end {
				return
			}
			ports[from.(*net.UDPAddr).Port] = true
		}
	}()
	return func() map[int]bool {
		for {
			_, _ = m.sink.WriteTo([]byte(end), m.sink.LocalAddr())
			select {
			case <-all:
				return ports
			case <-time.After(time.Millisecond): // The buffer was full of packets.
			}
		}
	}
}
