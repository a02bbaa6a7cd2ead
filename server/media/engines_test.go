package media

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/room"
)

// newEngines starts n engines on loopback and closes them with the test.
func newEngines(t testing.TB, n int) *Engines {
	t.Helper()
	all, err := NewEngines(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Shards: n, ShardsMin: n},
		slog.New(slog.DiscardHandler), nil)
	check(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		check(t, all.Close(ctx))
		check(t, all.Close(ctx)) // Once more changes nothing.
	})
	return all
}

// opens has a session of a room opened, and says where.
func (s *Engines) opens(t *testing.T, room, session string) *Engine {
	t.Helper()
	_, err := s.Open(context.Background(), room, session, offerOf(t, shape{}))
	check(t, err)
	return s.of(session)
}

// enters is join for a member of a room.
func (s *Engines) enters(t *testing.T, room, id string, how shape) *peer {
	t.Helper()
	p := newPeer(t, nil, id, how)
	p.negotiate(func(offer string) (string, error) { return s.Open(context.Background(), room, id, offer) })
	wait(t, p.connected, "connection of "+id)
	return p
}

// isEmpty fails when anything is left of anybody.
func (s *Engines) isEmpty(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.homes) > 0 || len(s.places) > 0 || fmt.Sprint(s.loads) != fmt.Sprint(make([]int, len(s.loads))) {
		t.Errorf("%d rooms, %d sessions and loads of %v are left", len(s.homes), len(s.places), s.loads)
	}
	for _, e := range s.engines {
		if n := len(e.sessions); n > 0 {
			t.Errorf("engine %d has %d sessions", e.number, n)
		}
	}
}

// Rooms go where the fewest sessions are, and all of a room are in one engine, whoever comes and goes.
func TestRoomsSpreadAndStayWhole(t *testing.T) {
	s := newEngines(t, 3)
	at := map[string]*Engine{}
	for i := range 9 {
		name := fmt.Sprint("room", i)
		at[name] = s.opens(t, name, name+"/first")
	}
	if got := fmt.Sprint(s.loads); got != "[3 3 3]" {
		t.Errorf("nine rooms of one are spread as %s", got)
	}
	for i := range 6 {
		if e := s.opens(t, "room4", fmt.Sprint("room4/", i)); e != at["room4"] {
			t.Errorf("member %d of a room is in engine %d; the others in %d", i, e.number, at["room4"].number)
		}
	}
	full := at["room4"]
	for i := range 4 {
		if e := s.opens(t, fmt.Sprint("late", i), fmt.Sprint("late", i)); e == full {
			t.Errorf("a room came to the engine that has most sessions already: %v", s.loads)
		}
	}
	s.Drop("room4/first")
	if e := s.opens(t, "room4", "room4/first"); e != full {
		t.Error("a session that opened anew is not where its room is")
	}
}

// Who leaves gives back the place, and the last of a room the room's; so does who never came in.
func TestNothingIsLeftOfWhoWasThere(t *testing.T) {
	s := newEngines(t, 2)
	for round := range 3 {
		for i := range 4 {
			s.opens(t, fmt.Sprint(i/2), fmt.Sprint(i))
		}
		if _, err := s.Open(context.Background(), "x", "bad", "no offer"); err == nil {
			t.Error("what is no offer was answered")
		}
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Open(gone, "x", "gone", offerOf(t, shape{})); !errors.Is(err, context.Canceled) {
			t.Errorf("of a caller who is gone: %v", err)
		}
		if _, err := s.Open(context.Background(), "other", "0", offerOf(t, shape{})); err == nil {
			t.Error("a session was opened twice")
		}
		if len(s.homes) != 2 || len(s.places) != 4 || fmt.Sprint(s.loads) != "[2 2]" {
			t.Errorf("round %d: %d rooms, %d sessions, loads %v", round, len(s.homes), len(s.places), s.loads)
		}
		for i := range 4 {
			s.Drop(fmt.Sprint(i))
			s.Drop(fmt.Sprint(i))
		}
		s.isEmpty(t)
	}
	if _, err := s.Reoffer(context.Background(), "0", offerOf(t, shape{})); !errors.Is(err, ErrNoSession) {
		t.Errorf("a reoffer after the drop: %v", err)
	}
}

// A drop that comes while a session opens is not lost: either the session is gone, or it never was.
func TestADropDuringAnOpenHolds(t *testing.T) {
	s := newEngines(t, 2)
	offer := offerOf(t, shape{})
	for i := range 200 {
		var both sync.WaitGroup
		id := fmt.Sprint(i)
		both.Go(func() { _, _ = s.Open(context.Background(), "room", id, offer) })
		both.Go(func() { s.Drop(id) })
		both.Wait()
		s.Drop(id)
	}
	s.isEmpty(t)
	// The same, in the order that a race seldom has: the drop comes when the engine does not know the session yet.
	p, err := s.enter("room", "late")
	check(t, err)
	s.Drop("late")
	if s.places["late"] != p || !s.wasDropped(p) {
		t.Error("who opens does not hear of the drop")
	}
	s.leavePlace("late", p)
	s.isEmpty(t)
}

// The limit is for all engines together, and a closed house takes nobody.
func TestTheLimitIsForAllEngines(t *testing.T) {
	s := newEngines(t, 2)
	s.sessionsMax = 3
	for i := range 3 {
		s.opens(t, fmt.Sprint(i), fmt.Sprint(i))
	}
	_, err := s.Open(context.Background(), "3", "3", offerOf(t, shape{}))
	if !errors.Is(err, ErrFull) {
		t.Errorf("the fourth of three: %v", err)
	}
	check(t, s.Close(context.Background()))
	if _, err := s.Open(context.Background(), "4", "4", offerOf(t, shape{})); !errors.Is(err, ErrClosed) {
		t.Errorf("after the close: %v", err)
	}
}

// Rooms in two engines forward at once, each by its own port, to members who come over UDP or over the one TCP port.
// Nothing can be forwarded from one room to the other.
func TestTwoRoomsForwardAtOnce(t *testing.T) {
	s := newEngines(t, 2)
	if ports := s.Ports(); len(ports) != 2 || ports[0] == ports[1] || ports[0] != s.Bound().Port() {
		t.Fatalf("the ports are %v, the first is bound at %s", ports, s.Bound())
	}
	tcp := []webrtc.NetworkType{webrtc.NetworkTypeTCP4}
	rooms := map[string][]webrtc.NetworkType{"first": nil, "second": nil, "third": tcp, "fourth": tcp}
	seen, tracks := map[*Engine]int{}, map[string]*webrtc.TrackRemote{}
	for _, name := range []string{"first", "second", "third", "fourth"} {
		from := s.enters(t, name, name+"/from", shape{networks: rooms[name]})
		to := s.enters(t, name, name+"/to", shape{videoSlots: 1, networks: rooms[name]})
		check(t, s.Publish(name+"/from", room.Big, videoMid))
		mid, err := s.Forward(name+"/from", room.Big, name+"/to")
		check(t, err)
		if slots := s.Slots(name + "/to"); len(slots) != 1 || slots[0].From != name+"/from" || slots[0].Mid != mid {
			t.Errorf("the slots are %v", slots)
		}
		defer stream(from.video, named(name))()
		track := to.track().track
		until(t, track, name)
		tracks[name] = track
		e := s.of(name + "/to")
		seen[e]++
		e.mu.Lock()
		way := e.sessions[name+"/to"].path
		e.mu.Unlock()
		if (way.tcp != nil) != (rooms[name] != nil) {
			t.Errorf("%s came by %v", name, way)
		}
	}
	for name, track := range tracks {
		until(t, track, name) // All still come, now that all flow.
	}
	if len(seen) != 2 || seen[s.engines[1]] != 2 {
		t.Errorf("four rooms are in %d engines", len(seen))
	}
	if _, err := s.Forward("first/from", room.Big, "second/to"); !errors.Is(err, ErrNoSession) {
		t.Errorf("from one room to another: %v", err)
	}
	if mid := s.Unforward("third/from", room.Big, "third/to"); mid == "" {
		t.Error("what was forwarded is not")
	}
	s.Unpublish("second/from", room.Big)
	if slots := s.Slots("second/to"); len(slots) != 0 {
		t.Errorf("after the end of the stream: %v", slots)
	}
	s.Drop("fourth/to")
	if slots := s.Slots("fourth/to"); slots != nil {
		t.Errorf("after the drop: %v", slots)
	}
}

// A connection belongs to the session that its first check proves, whatever it says later: nobody can reach from one
// engine into another.
func TestAConnectionFindsItsEngine(t *testing.T) {
	s := newEngines(t, 3)
	for i := range 3 {
		s.opens(t, fmt.Sprint(i), fmt.Sprint(i))
	}
	for i, e := range s.engines {
		c := e.sessions[fmt.Sprint(i)].current()
		if meant := s.tcp.meant(checkFor(c.ufrag+":them", c.pwd)); meant != e {
			t.Errorf("a check for engine %d comes to %d", i, meant.number)
		}
	}
	for _, stranger := range [][]byte{nil, {1}, checkFor("z", "x"), checkFor(":", "x"), checkFor("f", "x")} {
		if meant := s.tcp.meant(stranger); meant != s.engines[0] {
			t.Errorf("%q comes to %d", stranger, meant.number)
		}
	}
	conn, err := net.Dial("tcp", s.tcp.addr().String())
	check(t, err)
	defer conn.Close()
	const success, refusal = 0x0101, 0x0111 // RFC 8489 §5
	for _, step := range []struct {
		of   int
		want uint16
	}{{1, success}, {2, refusal}, {1, success}} {
		c := s.engines[step.of].sessions[fmt.Sprint(step.of)].current()
		if got := asks(t, conn, checkFor(c.ufrag+":them", c.pwd)); got != step.want {
			t.Errorf("a check for engine %d is answered with %#x; want %#x", step.of, got, step.want)
		}
	}
	s.engines[2].mu.Lock()
	defer s.engines[2].mu.Unlock()
	if n := len(s.engines[2].addresses); n != 0 {
		t.Errorf("the connection is one of two engines")
	}
}

// asks sends a check over TCP and returns the type of the answer.
func asks(t *testing.T, conn net.Conn, request []byte) uint16 {
	t.Helper()
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(request))), request...))
	check(t, err)
	check(t, conn.SetReadDeadline(time.Now().Add(patience)))
	head := make([]byte, 2)
	_, err = io.ReadFull(conn, head)
	check(t, err)
	answer := make([]byte, binary.BigEndian.Uint16(head))
	_, err = io.ReadFull(conn, answer)
	check(t, err)
	return binary.BigEndian.Uint16(answer)
}

// Where a further port is taken there are fewer engines, or none where all are needed.
func TestATakenPortMakesFewerShards(t *testing.T) {
	first, second := twoPorts(t)
	check(t, first.Close())
	cfg := Config{UDPAddr: first.LocalAddr().String(), TCPAddr: "127.0.0.1:0", Shards: 2, ShardsMin: 2}
	_, err := NewEngines(cfg, slog.New(slog.DiscardHandler), nil)
	var shard *ShardError
	if !errors.As(err, &shard) || shard.Address != second.LocalAddr().String() || shard.Shards != 2 {
		t.Fatalf("with the second port taken: %v", err)
	}
	var said strings.Builder
	cfg.ShardsMin = 0
	s, err := NewEngines(cfg, slog.New(slog.NewTextHandler(&said, nil)), nil)
	check(t, err)
	if n := len(s.engines); n != 1 || strings.Count(said.String(), "level=WARN") != 1 {
		t.Errorf("%d engines, and the log says %q", n, &said)
	}
	check(t, s.Close(context.Background()))
	check(t, second.Close())
	s, err = NewEngines(cfg, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	if ports := s.Ports(); len(ports) != 2 || ports[1] != ports[0]+1 {
		t.Errorf("the ports are %v", ports)
	}
	check(t, s.Close(context.Background()))
}

// twoPorts binds two UDP ports of which the second is one higher.
func twoPorts(t *testing.T) (first, second net.PacketConn) {
	t.Helper()
	for range 100 {
		first, err := net.ListenPacket("udp", "127.0.0.1:0")
		check(t, err)
		if second, err := net.ListenPacket("udp", above(first.LocalAddr().String(), 1)); err == nil {
			return first, second
		}
		check(t, first.Close())
	}
	t.Fatal("no two ports in a row are free")
	return nil, nil
}
