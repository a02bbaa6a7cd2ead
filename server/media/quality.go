package media

import (
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/rtp"
)

// Loss is how many of some packets got lost on their way, before any repair. Of no packets nothing is known.
type Loss struct{ Lost, Sent uint32 }

// Network is how the way between a client and us was lately, as far as it is known.
type Network struct {
	// Uplink is what the client sent, Downlink what it was sent.
	Uplink, Downlink Loss
	// RTT is the time to the client and back; 0 when it is not known.
	RTT time.Duration
}

// Measured is the network of one session.
type Measured struct {
	Session string
	Network Network
}

// Reading is what a session may know: its own network, and those of whose streams it gets, as far as anything is known
// of them. It is never empty.
type Reading struct {
	To string
	Of []Measured
}

const (
	// measureTurns is how many groups of sessions take turns in being measured, one each feedbackTicks, so that the whole
	// crowd is told in the course of two seconds and not all at one moment.
	measureTurns = 20
	// measureStale is how long what a client has told holds, in nanoseconds: Chromium reports on sound each 2.5 to 7.5
	// seconds.
	measureStale = int64(12 * time.Second)
	// tripAsk is after how long without a measured round trip a publisher is asked for one, in nanoseconds: one that gets
	// something measures it anyhow.
	tripAsk = int64(2 * time.Second)
	// tripMax is the longest round trip that is believed, and tripShare how much of one that is measured is new.
	tripMax, tripShare = int64(time.Minute), 4
)

// quality is what is known of the network of a session.
type quality struct {
	// turn is when it is measured.
	turn int
	// network is as of the last measurement.
	network Network
	// reported is what the client has said since then of what it gets, and reportedAt when it last did.
	reported   Loss
	reportedAt int64
	// trip is the round trip in nanoseconds, and tripAt when it was last measured.
	trip, tripAt int64
}

func newQuality() quality { return quality{turn: mathrand.IntN(measureTurns)} }

// account is how much of what a slot sent had arrived by the last report on it. It counts on around 32 bits.
type account struct {
	begun          bool
	sent, received uint32
}

// hearReport takes what a client says of one of the streams that it gets (RFC 3550 §6.4.1).
func (s *session) hearReport(b rtp.Block, now int64) {
	slot := s.outs[b.SSRC]
	if slot == nil {
		return
	}
	if b.LastSR != 0 {
		s.tripped(b.LastSR, b.Delay, now)
	}
	// What is still on its way counts next time. The slot's numbers have gaps where the publisher's packets were lost, so
	// they do not say how many packets there were.
	flying := uint32(slot.number) - b.Highest
	if flying > slot.packets {
		return
	}
	before := slot.account
	slot.account = account{begun: true, sent: slot.packets - flying, received: b.Highest - uint32(b.Lost)}
	sent, received := slot.account.sent-before.sent, slot.account.received-before.received
	if !before.begun || sent == 0 || sent > slot.packets {
		return
	}
	s.reported.Sent += sent
	if received < sent {
		s.reported.Lost += sent - received
	}
	s.reportedAt = now
}

// hearReply takes what a client answers to our own time (RFC 3611 §4.5).
func (s *session) hearReply(r rtp.Reply, now int64) {
	if r.SSRC == s.ssrc && r.LastRR != 0 {
		s.tripped(r.LastRR, r.Delay, now)
	}
}

// tripped notes the round trip of a time of ours that came back after a delay at the other end, both in 65536ths of a
// second.
func (s *session) tripped(ours, delay uint32, now int64) {
	trip := int64(int32(middle(now)-ours-delay)) * int64(time.Second) >> 16
	if trip > tripMax || trip < -tripMax/60 {
		return
	}
	trip = max(trip, 1) // The two clocks tick in steps.
	if s.trip == 0 || now-s.tripAt > measureStale {
		s.trip = trip
	} else {
		s.trip += (trip - s.trip) / tripShare
	}
	s.tripAt = now
}

// read measures a session and notes what it is to be told; the caller holds mu.
func (e *Engine) read(s *session, now int64) {
	s.measure(now)
	if of := s.visible(); len(of) > 0 {
		e.readings = append(e.readings, Reading{To: s.id, Of: of})
	}
}

// measure draws the sum of what was counted since the last time.
func (s *session) measure(now int64) {
	n := &s.network
	n.Uplink = Loss{}
	for _, l := range s.lines {
		for _, one := range l.layers {
			one.draw(&n.Uplink)
		}
	}
	switch {
	case s.reported.Sent > 0:
		n.Downlink, s.reported = s.reported, Loss{}
	case now-s.reportedAt > measureStale:
		n.Downlink = Loss{}
	}
	n.RTT = time.Duration(s.trip)
	if now-s.tripAt > measureStale {
		n.RTT = 0
	}
}

// draw adds what came of a layer since the last time, and what should have come.
func (l *layer) draw(sum *Loss) {
	r := &l.reception
	if r.received == 0 {
		return
	}
	due, got := r.grown(&r.measured)
	sum.Sent += due
	// What came late was lost when it was last counted, and cannot be less than not lost now.
	if got < due {
		sum.Lost += due - got
	}
}

// visible lists the networks of which a session is told, its own first.
func (s *session) visible() []Measured {
	var of []Measured
	add := func(other *session) {
		known := other.network != Network{}
		if known && !slices.ContainsFunc(of, func(m Measured) bool { return m.Session == other.id }) {
			of = append(of, Measured{other.id, other.network})
		}
	}
	add(s)
	for _, slot := range s.slots {
		if slot.carries != nil {
			add(slot.carries.line.session)
		}
	}
	return of
}
