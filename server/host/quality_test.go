package host

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// reading is what one session is told of all of these, each with a network of its own.
func reading(to *Stay, of ...*Stay) []media.Reading {
	r := media.Reading{To: to.Session()}
	for i, s := range of {
		r.Of = append(r.Of, media.Measured{Session: s.Session(), Network: media.Network{
			Uplink: media.Loss{Lost: uint32(i), Sent: 3}, RTT: time.Duration(i) * 1_500 * time.Microsecond,
		}})
	}
	return []media.Reading{r}
}

// TestEachHearsOfTheNetworksThatTheyMayKnow: by the names of users, as no event of the room, and without those who have
// left meanwhile.
func TestEachHearsOfTheNetworksThatTheyMayKnow(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, first := h.enter("alice")
	bob, second := h.enter("bob")
	carol, third := h.enter("carol")
	h.leave(carol)
	h.Measured(append(reading(alice, alice, bob, carol), reading(carol, carol)...))
	h.flush(lesson)
	h.Measured(reading(bob, carol))
	h.flush(lesson)
	expect(t, "alice hears", first.since(1), []string{"+bob", "+carol", "-carol(0)", "networks[alice bob]"})
	expect(t, "bob hears", second.since(1), []string{"+carol", "-carol(0)"})
	expect(t, "carol hears", third.since(1), []string{"exited(0 left)"})
	frame := first.frame(4)
	want := &wire.NetworkQuality{Members: []*wire.MemberNetwork{
		{UserId: "alice", UplinkLossPermille: proto.Uint32(0)},
		{UserId: "bob", UplinkLossPermille: proto.Uint32(333), RttMs: 2},
	}}
	if frame.GetSeq() != 0 || !proto.Equal(frame.GetNetworkQuality(), want) {
		t.Errorf("alice heard %v; want %v", frame, want)
	}
}

// TestNetworksAreNotKeptForThoseWhoAreAway: what they were is old news by then.
func TestNetworksAreNotKeptForThoseWhoAreAway(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	bob, first := h.enter("bob")
	h.lose(bob, 1006)
	h.Measured(reading(bob, bob, alice))
	h.flush(lesson)
	_, again := h.resume(bob, first, 2)
	expect(t, "bob hears", again.heard(), []string{"resumed"})
	h.Measured(reading(bob, alice))
	h.flush(lesson)
	expect(t, "bob hears", again.since(1), []string{"networks[alice]"})
}

// TestNoStayEndsForTheNetworks: a room without time goes without them.
func TestNoStayEndsForTheNetworks(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, first := h.enter("alice")
	gate := h.hold("publish")
	h.postSoon(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	for range mailboxMax + 2 {
		h.Measured(reading(alice, alice))
	}
	close(gate)
	h.flush(lesson)
	heard := len(first.since(1))
	if heard == 0 || heard > mailboxMax+1 {
		t.Errorf("alice heard %d networks", heard)
	}
	if last := first.last(); len(last) > 0 {
		t.Errorf("alice was put out: %v", last)
	}
}

func (h *house) postSoon(s *Stay, e room.Event) {
	h.t.Helper()
	if err := s.Post(h.t.Context(), e); err != nil {
		h.t.Fatal(err)
	}
}
