package client

import (
	"time"

	"github.com/exeunt/exeunt/server/wire"
)

// Unknown is a loss of which nothing is known.
const Unknown = -1

// NetworkQuality is how the way between a member and the server was lately, as the server measured it.
type NetworkQuality struct {
	// UplinkLoss is the share of what the member sent that was lost on its way, DownlinkLoss of what it was sent, 0 to 1
	// before any repair; [Unknown] where there was nothing to lose, or nothing was told.
	UplinkLoss, DownlinkLoss float64
	// RTT is the time from the server to the member and back, rounded up to a millisecond; 0 when it is not known.
	RTT time.Duration
}

// Networks returns how the networks were when the server last spoke of them: one's own, and those of the users whose
// streams arrive, each if anything is known of it. The server speaks of them every two seconds while anything is sent
// or received. The map is the caller's to read, not to change.
func (c *Client) Networks() map[string]NetworkQuality {
	if last := c.networks.Load(); last != nil {
		return *last
	}
	return nil
}

// measured takes the server's word.
func (c *Client) measured(q *wire.NetworkQuality) {
	all := make(map[string]NetworkQuality, len(q.GetMembers()))
	for _, m := range q.GetMembers() {
		all[m.GetUserId()] = NetworkQuality{
			UplinkLoss: share(m.UplinkLossPermille), DownlinkLoss: share(m.DownlinkLossPermille),
			RTT: time.Duration(m.GetRttMs()) * time.Millisecond,
		}
	}
	c.networks.Store(&all)
}

func share(permille *uint32) float64 {
	if permille == nil {
		return Unknown
	}
	return float64(*permille) / 1000
}
