package media

import (
	"encoding/binary"
	"errors"
	"net"
	"time"

	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/stun"
	"github.com/exeunt/exeunt/server/udp"
)

// burstPatience is how long the loop waits for the rest of a picture before it looks whether it is time to send what it
// has.
const burstPatience = 150 * time.Microsecond

// reportBatches bounds how many reports are taken at once: some thousand, whatever somebody floods us with.
const reportBatches = 16

// receive takes the datagrams that come, until the socket is closed.
func (e *Engine) receive() {
	batch := udp.NewBatch()
	take := func(n int) time.Duration {
		if e.takeAll(batch, n) {
			return burstPatience
		}
		return 0
	}
	for {
		err := e.socket.Receive(batch, take)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		e.log.Error("media cannot be received", "why", err)
	}
}

// takeAll takes a batch and sends what is complete. It says whether something still waits for its end.
func (e *Engine) takeAll(batch *udp.Batch, n int) (waiting bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock()
	e.takeBatch(batch, n, now)
	waiting = e.flush(now)
	e.count()
	if n > 0 {
		e.awake++
	}
	e.takeReports(now)
	return waiting
}

// takeReports takes the reports that the socket has put aside; the caller holds mu.
func (e *Engine) takeReports(now int64) {
	for range reportBatches {
		n := e.socket.Reports(e.reports)
		e.takeBatch(e.reports, n, now)
		if n < udp.BatchMax {
			break
		}
	}
}

// takeBatch takes n datagrams of a batch; the caller holds mu.
func (e *Engine) takeBatch(batch *udp.Batch, n int, now int64) {
	for i := range n {
		if b, from := batch.Packet(i); len(b) > 0 {
			e.take(b, path{addr: from}, now)
		}
	}
}

// take takes one datagram; the caller holds mu. What it is its first byte says (RFC 7983 §7). Only checks may come from
// anywhere: all else must come from where an authentic check came from.
func (e *Engine) take(b []byte, from path, now int64) {
	if stun.Is(b) {
		e.check(b, from, now)
		return
	}
	s := e.addresses[from]
	if s == nil {
		return
	}
	switch {
	case b[0] >= 20 && b[0] <= 63:
		e.shake(s, b)
	case b[0] < 128 || b[0] > 191 || s.opener == nil:
	case rtp.IsRTCP(b):
		if n, err := s.opener.OpenRTCP(b, b); err == nil {
			s.hear(now)
			e.hear(s, b[:n], now)
		}
	default:
		e.takeRTP(s, b, now)
	}
}

// takeRTP opens a packet of media and gives it to the layer that it belongs to.
func (e *Engine) takeRTP(s *session, b []byte, now int64) {
	header, err := rtp.ReadHeader(b)
	if err != nil {
		return
	}
	n, err := s.opener.Open(b[header.Len:], b, header.Len)
	if err != nil {
		return
	}
	s.hear(now)
	e.out.received++
	if number := header.Extension(s.ids.transport); len(number) >= 2 {
		e.arrive(s, binary.BigEndian.Uint16(number), now)
	}
	payload := b[header.Len : header.Len+n]
	if header.Padding {
		rest, ok := rtp.Trim(payload)
		if !ok {
			return
		}
		payload = rest
	}
	from, known := s.sources[header.SSRC]
	if !known {
		if from, known = s.place(&header); !known {
			return
		}
	}
	l := from.layer
	if l == nil || (from.repair && !l.unwrap(&header, &payload)) {
		return
	}
	if e.pass(l, &header, payload, now) && !from.repair {
		l.receive(&header, l.line.clock(header.Type), now)
	}
}

// place finds what a new SSRC belongs to, and remembers it. The packet is authentic, so the client says so itself: in
// its offer, or in the header (RFC 8843 §9.2, RFC 8852).
func (s *session) place(h *rtp.Header) (source, bool) {
	for _, l := range s.lines {
		if role, declared := l.declared[h.SSRC]; declared {
			return s.adopt(l, h.SSRC, role), true
		}
	}
	l := s.lines[string(h.Extension(s.ids.mid))]
	if l == nil {
		return source{}, false
	}
	role := ssrcRole{rid: string(h.Extension(s.ids.rid)), repair: l.primary[h.Type] != 0}
	if repaired := h.Extension(s.ids.repairedRID); len(repaired) > 0 {
		role = ssrcRole{rid: string(repaired), repair: true}
	}
	if l.layers[0].rid == "" {
		role.rid = "" // Layers were offered to the browser alone, and it names the one that is left.
	}
	if l.layer(role.rid) == nil {
		return source{}, false
	}
	return s.adopt(l, h.SSRC, role), true
}

// adopt makes an SSRC the one of a layer, or of its repairs. A publisher that starts anew has a new one; what comes
// late of the one before belongs to nothing.
func (s *session) adopt(l *line, ssrc uint32, role ssrcRole) source {
	from := source{l.layer(role.rid), role.repair}
	if !role.repair {
		if old := from.layer.ssrc; old != 0 {
			s.sources[old] = source{}
		}
		from.layer.restart(ssrc)
	}
	s.sources[ssrc] = from
	return from
}
