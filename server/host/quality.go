package host

import (
	"time"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/wire"
)

// Measured says how the networks of sessions are. The media engine calls it; it never waits. The next measurement comes
// in two seconds, so a room that has no time, or a member whose queue is full, goes without this one, and nothing is
// kept for those who are away.
func (h *Hall) Measured(readings []media.Reading) {
	due := map[*keeper][]media.Reading{}
	h.mu.Lock()
	for _, r := range readings {
		if k := h.stays[r.To]; k != nil {
			due[k] = append(due[k], r)
		}
	}
	h.mu.Unlock()
	for k, some := range due {
		k.offer(func() {
			for _, r := range some {
				k.tellNetworks(r)
			}
		})
	}
}

// tellNetworks tells one member of its own network and of those whose streams it gets.
func (k *keeper) tellNetworks(r media.Reading) {
	s := k.seats[r.To]
	if s == nil || !s.admitted || s.slow || s.last != nil {
		return
	}
	var known []*wire.MemberNetwork
	for _, m := range r.Of {
		if of := k.seats[m.Session]; of != nil && !of.dropped {
			known = append(known, memberNetwork(of.user, m.Network))
		}
	}
	if len(known) > 0 {
		// The next answer to a heartbeat takes it along.
		s.link.Enclose(encode(&wire.ServerFrame{Frame: &wire.ServerFrame_NetworkQuality{
			NetworkQuality: &wire.NetworkQuality{Members: known},
		}}))
	}
}

func memberNetwork(user string, n media.Network) *wire.MemberNetwork {
	m := &wire.MemberNetwork{
		UserId: user, UplinkLossPermille: permille(n.Uplink), DownlinkLossPermille: permille(n.Downlink),
	}
	if n.RTT > 0 {
		m.RttMs = uint32((n.RTT + time.Millisecond - 1).Milliseconds())
	}
	return m
}

// permille is a loss in thousandths, rounded; nil where nothing is known.
func permille(l media.Loss) *uint32 {
	if l.Sent == 0 {
		return nil
	}
	share := uint32((1000*uint64(l.Lost) + uint64(l.Sent)/2) / uint64(l.Sent))
	return &share
}
