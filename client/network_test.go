package client

import (
	"maps"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// The latest word on the networks can be asked for, and takes the place of the one before; none of them is an event.
func TestNetworksCanBeAskedFor(t *testing.T) {
	word := func(members ...*wire.MemberNetwork) *wire.ServerFrame {
		return &wire.ServerFrame{Frame: &wire.ServerFrame_NetworkQuality{
			NetworkQuality: &wire.NetworkQuality{Members: members},
		}}
	}
	url := serve(t, func(l *line) {
		l.welcome()
		l.say(word(&wire.MemberNetwork{UserId: "gone"}), word(
			&wire.MemberNetwork{UserId: "ann", UplinkLossPermille: proto.Uint32(25), RttMs: 31},
			&wire.MemberNetwork{UserId: "ben", UplinkLossPermille: proto.Uint32(0), DownlinkLossPermille: proto.Uint32(1000)},
		), exited(1, "removed"))
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	if last, ok := next(t, c).(Exited); !ok {
		t.Errorf("got %#v", last)
	}
	want := map[string]NetworkQuality{
		"ann": {UplinkLoss: 0.025, DownlinkLoss: Unknown, RTT: 31 * time.Millisecond},
		"ben": {UplinkLoss: 0, DownlinkLoss: 1},
	}
	if got := c.Networks(); !maps.Equal(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}

// Before the server has spoken of them, no network is known.
func TestNoNetworkIsKnownAtFirst(t *testing.T) {
	url := serve(t, func(l *line) {
		l.welcome()
		l.until(func(f *wire.ClientFrame) bool { return f.GetExit() != nil })
	})
	c := enter(t, Config{URL: url, RoomID: 7})
	if got := c.Networks(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}
