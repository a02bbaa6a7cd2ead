package media

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/rtp"
)

// farAway is how long a thin network keeps what a client sends.
const farAway = 40 * time.Millisecond

// thin is a client's socket on a network that loses every so-manyth first packet of a picture and nothing else, and
// that takes its time with what the client sends.
type thin struct {
	*net.UDPConn
	// up and down say that each so-manyth gets lost; 0 for none.
	up, down int
	sent     chan parcel
	quit     chan struct{}
	once     sync.Once
	out, in  int
}

// parcel is a packet on its way.
type parcel struct {
	content []byte
	to      net.Addr
	due     time.Time
}

func newThin(t *testing.T, up, down int) *thin {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	c := &thin{UDPConn: conn, up: up, down: down, sent: make(chan parcel, 10_000), quit: make(chan struct{})}
	go c.deliver()
	return c
}

// isPicture finds the packets of the picture by their payload type: repairs have another one.
func isPicture(b []byte) bool { return len(b) > 1 && b[0]>>6 == 2 && b[1]&0x7f == 96 }

// deliver brings out each packet in its time.
func (c *thin) deliver() {
	for {
		select {
		case p := <-c.sent:
			select {
			case <-time.After(time.Until(p.due)):
				_, _ = c.UDPConn.WriteTo(p.content, p.to)
			case <-c.quit:
				return
			}
		case <-c.quit:
			return
		}
	}
}

// WriteTo has one caller at a time for the pictures: the test's own stream.
func (c *thin) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.up > 0 && isPicture(b) {
		if c.out++; c.out%c.up == 0 {
			return len(b), nil
		}
	}
	select {
	case c.sent <- parcel{append([]byte(nil), b...), to, time.Now().Add(farAway)}:
	case <-c.quit:
	}
	return len(b), nil
}

func (c *thin) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err != nil || c.down == 0 || !isPicture(b[:n]) {
			return n, from, err
		}
		if c.in++; c.in%c.down != 0 {
			return n, from, nil
		}
	}
}

func (c *thin) Close() error {
	c.once.Do(func() { close(c.quit) })
	return c.UDPConn.Close()
}

// newMeasuringEngine is an engine that tells what it measures.
func newMeasuringEngine(t *testing.T) (*Engine, <-chan Reading) {
	t.Helper()
	told := make(chan Reading, 1000)
	engine, err := New(Config{
		UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0",
		Measured: func(all []Reading) {
			for _, r := range all {
				told <- r
			}
		},
	}, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	t.Cleanup(func() { check(t, engine.Close(context.Background())) })
	return engine, told
}

// untilTold waits for a reading to a session that says what is waited for of another; the readings before it must hold
// to always.
func untilTold(
	t *testing.T, told <-chan Reading, to, of string, enough func(Network) bool, always func(Reading),
) Network {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case r := <-told:
			always(r)
			for _, m := range r.Of {
				if r.To == to && m.Session == of && enough(m.Network) {
					return m.Network
				}
			}
		case <-late:
			t.Fatalf("%s was not told enough of %s", to, of)
		}
	}
}

// near holds a loss to what it must be in per cent.
func near(t *testing.T, what string, l Loss, percent, tolerance float64) {
	t.Helper()
	got := 100 * float64(l.Lost) / float64(l.Sent)
	if got < percent-tolerance || got > percent+tolerance {
		t.Errorf("%s: %d of %d lost, %.1f %%; want %.1f", what, l.Lost, l.Sent, got, percent)
	}
}

// plausible holds a round trip to the network's delay, and to what a busy machine may add.
func plausible(t *testing.T, what string, rtt time.Duration) {
	t.Helper()
	if rtt < farAway || rtt > farAway+patience/20 {
		t.Errorf("%s: a round trip of %v; the way there takes %v", what, rtt, farAway)
	}
}

// Who listens is told how much a publisher loses on its way to us and how far away it is, though every loss is
// repaired; and how much it loses itself, of which the publisher's losses are no part. Who sends and gets nothing is
// told nothing.
func TestWhoListensLearnsOfThePublishersNetwork(t *testing.T) {
	engine, told := newMeasuringEngine(t)
	a := join(t, engine, "a", shape{audioSlots: 1, udp: newThin(t, 10, 0), repairs: true})
	b := join(t, engine, "b", shape{videoSlots: 1, udp: newThin(t, 0, 8), repairs: true})
	join(t, engine, "idle", shape{audioSlots: 1, repairs: true})
	check(t, engine.Publish("a", room.Big, videoMid))
	check(t, engine.Publish("b", room.Audio, audioMid))
	_, err := engine.Forward("a", room.Big, "b")
	check(t, err)
	_, err = engine.Forward("b", room.Audio, "a")
	check(t, err)
	defer stream(a.video, named("a"))()
	defer stream(b.audio, named("b"))()
	go drainTrack(b.track())
	go drainTrack(a.track())

	idle := func(r Reading) {
		if r.To == "idle" || len(r.Of) == 0 || r.Of[0].Session != r.To && r.Of[0].Network == (Network{}) {
			t.Errorf("told: %+v", r)
		}
	}
	const enough = 150
	up := untilTold(t, told, "b", "a", func(n Network) bool { return n.Uplink.Sent > enough && n.RTT > 0 }, idle)
	near(t, "the publisher's way to us", up.Uplink, 10, 1)
	plausible(t, "the publisher", up.RTT)
	down := untilTold(t, told, "b", "b", func(n Network) bool { return n.Downlink.Sent > enough && n.RTT > 0 }, idle)
	near(t, "the listener's way from us", down.Downlink, 12.5, 3)
	near(t, "the listener's sound", down.Uplink, 0, 0)
	plausible(t, "the listener", down.RTT)
}

// drainTrack reads a track until it ends, since Pion reports on what is read.
func drainTrack(r received) {
	go func() {
		for {
			if _, _, err := r.receiver.ReadRTCP(); err != nil {
				return
			}
		}
	}()
	for {
		if _, _, err := r.track.ReadRTP(); err != nil {
			return
		}
	}
}

// How far away a publisher is who gets nothing from anybody is known all the same: it answers our own time, as browsers
// do. It is not asked while its reports say so anyhow.
func TestAPublisherWhoGetsNothingIsMeasuredToo(t *testing.T) {
	p := newPlumbing(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	a, now := p.line.session, time.Now().UnixNano()
	a.sealer, a.path, a.lines["0"] = p.slot.session.sealer, p.slot.session.path, p.line
	report := func() []rtcp.Packet {
		p.line.layers[0].receive(&rtp.Header{Sequence: 1}, 90000, now)
		p.queue.queue = nil
		p.engine.reportAll(a, now)
		raw := p.queue.queue[2:]
		n, err := p.opener.OpenRTCP(raw, raw)
		check(t, err)
		all, err := rtcp.Unmarshal(raw[:n])
		check(t, err)
		return all
	}
	all := report()
	if len(all) != 2 {
		t.Fatalf("told %v", all)
	}
	asked := all[1].(*rtcp.ExtendedReport).Reports[0].(*rtcp.ReceiverReferenceTimeReportBlock)
	const delay, trip = 30 * time.Millisecond, 50 * time.Millisecond
	now += int64(delay + trip)
	answer := func(to uint32) {
		reply := rtcp.DLRRReport{
			SSRC: to, LastRR: uint32(asked.NTPTimestamp >> 16), DLRR: uint32(delay * 65536 / time.Second),
		}
		p.engine.hear(a, marshalled(t, &rtcp.ExtendedReport{
			Reports: []rtcp.ReportBlock{&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{reply}}},
		}), now)
		a.measure(now)
	}
	answer(a.ssrc + 1)
	if got := a.network.RTT; got != 0 {
		t.Errorf("%v by an answer to somebody else", got)
	}
	answer(a.ssrc)
	if got := a.network.RTT; got < trip-time.Millisecond || got > trip+time.Millisecond {
		t.Errorf("a round trip of %v; want %v", got, trip)
	}
	if all := report(); len(all) != 1 {
		t.Errorf("asked again at once: %v", all)
	}
	now += measureStale + 1
	if a.measure(now); a.network.RTT != 0 {
		t.Errorf("%v is remembered for ever", a.network.RTT)
	}
}
