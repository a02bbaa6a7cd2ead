package estimate

// historySize is how many packets are remembered: three seconds at 3 Mbit/s. It is a power of two.
const historySize = 1024

// packet is one that was sent.
type packet struct {
	at           int64
	size         int32
	number       uint16
	known, probe bool
}

// history is what was sent, and how fast it arrives.
type history struct {
	packets []packet // Made with the first one: most of those who are told nothing are sent nothing.
	sentAt  int64
	// answered says that feedback has come, and answeredAt when the latest did; halvedAt is for when it does not.
	answered             bool
	answeredAt, halvedAt int64
	// acked is the rate of what arrives, in bits per second; octets have arrived since from.
	acked        float64
	octets       int
	from, latest int64
}

// Sent notes a packet with its transport-wide number and its size on the wire in bytes. Packets that leave together
// have the same now.
func (e *Estimate) Sent(number uint16, size int, now int64) {
	if e.packets == nil {
		e.packets = make([]packet, historySize)
	}
	p := &e.packets[number%historySize]
	*p = packet{at: now, size: int32(size), number: number, probe: e.cluster.open}
	e.sentAt = now
	if e.cluster.open {
		e.cluster.sent += size
	}
}

// find returns a packet of which nothing has been told; nil for none.
func (h *history) find(number uint16) *packet {
	if h.packets == nil {
		return nil
	}
	p := &h.packets[number%historySize]
	if p.at == 0 || p.number != number || p.known {
		return nil
	}
	return p
}

const (
	// ackedTime is over how long the rate of what arrives is measured, in microseconds.
	ackedTime = 150_000
	// ackedShare is how much of the measured rate is new.
	ackedShare = 0.4
)

// acknowledge counts what has arrived. Its rate is by the far end's clock.
func (h *history) acknowledge(size int, at int64) {
	if h.from == 0 || at < h.from || at-h.latest > 5*ackedTime {
		h.from, h.latest, h.octets = at, at, 0 // The first packet begins the time and does not count.
		return
	}
	h.octets += size
	h.latest = max(h.latest, at)
	span := h.latest - h.from
	if span < ackedTime {
		return
	}
	rate := 8e6 * float64(h.octets) / float64(span)
	if h.acked == 0 {
		h.acked = rate
	}
	h.acked += (rate - h.acked) * ackedShare
	h.from, h.octets = h.latest, 0
}
