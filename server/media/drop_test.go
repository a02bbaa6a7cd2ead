package media

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/exeunt/exeunt/server/room"
)

// tap is a client's socket. It counts SRTP and SRTCP between marks. A mark is a datagram of the test's own; on loopback
// what was sent before it is read before it, so the count is exact and needs no waiting time.
type tap struct {
	*net.UDPConn
	count atomic.Int64
	marks chan int64
}

func newTap(t *testing.T) *tap {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	return &tap{UDPConn: conn, marks: make(chan int64, 4)}
}

var markText = []byte("\xffmark")

func (c *tap) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		switch {
		case err != nil:
			return n, from, err
		case string(b[:n]) == string(markText):
			c.marks <- c.count.Swap(0)
			continue
		case n > 0 && b[0] >= 128 && b[0] < 192:
			// RTP and RTCP (RFC 7983 §7).
			c.count.Add(1)
		}
		return n, from, err
	}
}

// mark returns how many packets of media were sent to the socket since the mark before.
func (c *tap) mark(t *testing.T) int64 {
	t.Helper()
	from, err := net.DialUDP("udp4", nil, c.LocalAddr().(*net.UDPAddr))
	check(t, err)
	defer from.Close()
	_, err = from.Write(markText)
	check(t, err)
	select {
	case n := <-c.marks:
		return n
	case <-time.After(patience):
		t.Fatal("the mark did not arrive")
		return 0
	}
}

// A removed client that ignores its removal: its socket gets not one packet after Drop returned, whatever it asks for,
// and nobody gets one from it.
func TestF4_RemovedGetsNotOnePacketAfterDrop(t *testing.T) {
	engine := newEngine(t)
	socket := newTap(t)
	a := publishPicture(t, engine, "a")
	rude := join(t, engine, "rude", shape{videoSlots: 1, udp: socket})
	witness := join(t, engine, "witness", shape{videoSlots: 2})
	check(t, engine.Publish("rude", room.Big, videoMid))
	for _, way := range [][2]string{{"a", "rude"}, {"a", "witness"}, {"rude", "witness"}} {
		_, err := engine.Forward(way[0], room.Big, way[1])
		check(t, err)
	}
	defer stream(a.video, named("a"))()
	defer stream(rude.video, named("rude"))()
	track := rude.track().track
	lost := next(t, track)
	one, two := witness.track().track, witness.track().track
	fromA, fromRude := one, two
	if p := next(t, one); p.Payload[1] != 'a' {
		fromA, fromRude = two, one
	}
	until(t, fromRude, "rude")
	if socket.mark(t) == 0 {
		t.Fatal("the tap counts nothing")
	}

	removed := engine.find("rude")
	engine.Drop("rude")
	engine.mu.Lock()
	if removed.ready() {
		t.Error("the session has its keys: reports and packets under way may still be sent")
	}
	engine.mu.Unlock()
	socket.mark(t)
	defer stream(rude.video, named("late"))()
	for range 5 {
		_ = rude.pc.WriteRTCP([]rtcp.Packet{
			&rtcp.TransportLayerNack{MediaSSRC: lost.SSRC, Nacks: []rtcp.NackPair{{PacketID: lost.SequenceNumber}}},
			&rtcp.PictureLossIndication{MediaSSRC: lost.SSRC},
		})
		for range 20 {
			until(t, fromA, "a")
		}
	}
	if n := socket.mark(t); n != 0 {
		t.Errorf("%d packets of media reached the removed client; want 0", n)
	}
	check(t, fromRude.SetReadDeadline(time.Now()))
	for {
		p, _, err := fromRude.ReadRTP()
		if err != nil {
			break
		}
		if bytes.Contains(p.Payload, []byte("late:")) {
			t.Fatalf("%q was taken from the removed client", p.Payload)
		}
	}
	if engine.find("rude") != nil {
		t.Error("the session is still there")
	}
}

// A second Drop, a stranger's Drop and calls for the dropped do nothing.
func TestDropTwiceAndCallsAfterIt(t *testing.T) {
	engine := newEngine(t)
	publishPicture(t, engine, "a")
	join(t, engine, "b", shape{videoSlots: 1})
	_, err := engine.Forward("a", room.Big, "b")
	check(t, err)
	engine.Drop("b")
	engine.Drop("b")
	engine.Drop("nobody")
	engine.Unpublish("b", room.Big)
	if _, err := engine.Forward("a", room.Big, "b"); err != ErrNoSession {
		t.Errorf("Forward to the dropped: %v", err)
	}
	if err := engine.Publish("b", room.Audio, audioMid); err != ErrNoSession {
		t.Errorf("Publish of the dropped: %v", err)
	}
	if _, err := engine.Reoffer(context.Background(), "b", "v=0"); err == nil {
		t.Error("Reoffer of the dropped went well")
	}
	if mid := engine.Unforward("a", room.Big, "b"); mid != "" {
		t.Errorf("Unforward freed %q", mid)
	}
}

// Drops, forwards and packets in all directions at once neither hang nor race.
func TestDropsDuringTraffic(t *testing.T) {
	engine := newEngine(t)
	var peers []*peer
	names := []string{"a", "b", "c", "d"}
	for _, id := range names {
		p := join(t, engine, id, shape{videoSlots: 3})
		check(t, engine.Publish(id, room.Big, videoMid))
		defer stream(p.video, named(id))()
		peers = append(peers, p)
	}
	for _, from := range names {
		for _, to := range names {
			if from != to {
				_, err := engine.Forward(from, room.Big, to)
				check(t, err)
			}
		}
	}
	next(t, peers[0].track().track)
	done := make(chan struct{})
	for _, id := range names {
		go func() {
			engine.Drop(id)
			done <- struct{}{}
		}()
	}
	for range names {
		wait(t, done, "drop")
	}
}

// K5: a transport that does not close keeps nobody waiting beyond the deadline that the caller set.
func TestK5_CloseIsBounded(t *testing.T) {
	engine := newEngine(t)
	publishPicture(t, engine, "a")
	engine.closing.Add(1)
	defer engine.closing.Done()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := engine.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want the deadline's error", err)
	}
}

// TestK5_ASilentTCPClientDoesNotHoldTheClose: a browser opens TCP connections and never uses them once UDP works.
func TestK5_ASilentTCPClientDoesNotHoldTheClose(t *testing.T) {
	engine := newEngine(t)
	conn, err := net.Dial("tcp", engine.tcp.addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for engine.tcp.count() == 0 {
		runtime.Gosched() // Until the server has accepted it.
	}
	began := time.Now()
	if err := engine.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the close took %v", took)
	}
}
