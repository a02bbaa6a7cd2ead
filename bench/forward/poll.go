//go:build linux

package main

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A reader that waits would be woken by the sender, at its cost: the sockets are looked at every so often. For a look
// at each of very many, the load's processor needs some time.
const (
	pollEvery = 2 * time.Millisecond
	pollEach  = 10 * time.Microsecond
)

// poller empties the members' sockets, counts what came and reports it back.
type poller struct {
	inbox    *inbox
	kind     socketKind
	feedback time.Duration
	// at is where its sockets are.
	at netip.Addr
	// every is how often it looks.
	every time.Duration
	quit  chan struct{}
	loops sync.WaitGroup

	mu    sync.Mutex
	ports []*port
}

// startPoller polls the sockets of a scenario; with a feedback of 0 nobody reports.
func startPoller(s scenario, feedback time.Duration) *poller {
	size := datagramMax
	if s.sockets == coalescing {
		size = coalescedMax
	}
	members := time.Duration(max(1, s.rooms) * s.listeners)
	p := &poller{
		inbox: newInbox(32, size), kind: s.sockets, feedback: feedback, quit: make(chan struct{}),
		at:    loopback,
		every: max(pollEvery, members*pollEach),
	}
	p.loops.Go(p.run)
	return p
}

// open makes a port that is polled from now on.
func (p *poller) open(looks *checker) (*port, error) {
	one, err := openPort(looks, p.kind, p.at)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ports = append(p.ports, one)
	return one, nil
}

// drop closes a port before the others.
func (p *poller) drop(one *port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ports = slices.DeleteFunc(p.ports, func(other *port) bool { return other == one })
	_ = one.Close()
	_ = unix.Close(one.fd)
}

// close ends polling and closes the sockets.
func (p *poller) close() {
	close(p.quit)
	p.loops.Wait()
	for _, one := range p.ports {
		_ = one.Close()
		_ = unix.Close(one.fd)
	}
}

func (p *poller) run() {
	// The thread sleeps in the kernel: Go's own timers would have another thread wake this one.
	runtime.LockOSThread()
	// A thread that ended locked would take along the servers that it started: they die with their parent.
	defer runtime.UnlockOSThread()
	pause := unix.NsecToTimespec(int64(p.every))
	for {
		select {
		case <-p.quit:
			return
		default:
		}
		p.mu.Lock()
		for _, one := range p.ports {
			p.drain(one)
			if p.feedback > 0 {
				one.report(p.feedback)
			}
		}
		p.mu.Unlock()
		_ = unix.Nanosleep(&pause, nil)
	}
}

// drain takes everything that waits at a port.
func (p *poller) drain(one *port) {
	for {
		n := p.inbox.receive(one.fd)
		if n == 0 {
			return
		}
		now := time.Now()
		for i := range n {
			from, at, size := p.inbox.sender(i), p.inbox.arrived(i, now), p.inbox.segment(i)
			for data := range slices.Chunk(p.inbox.datagram(i), size) {
				p.sort(one, data, arrivedFrom{from, at, now})
			}
		}
		if n < len(p.inbox.headers) {
			return
		}
	}
}

// arrivedFrom is from where a datagram came, when the kernel had it, and when we.
type arrivedFrom struct {
	address   netip.AddrPort
	at, taken time.Time
}

// sort counts a datagram of media, and hands on what Pion must see.
func (p *poller) sort(one *port, data []byte, from arrivedFrom) {
	if !isMedia(data) {
		if len(data) >= stunSize && binary.BigEndian.Uint16(data) == bindingSuccess {
			one.answering.Do(func() { close(one.answered) })
		}
		one.pass(data, from.address)
		return
	}
	if one.first.Load() == 0 {
		one.first.Store(from.at.UnixNano())
	}
	repair := one.take(data)
	if p.feedback > 0 {
		one.record(data, from.taken)
	}
	if one.checker == nil {
		return
	}
	if !repair {
		one.checker.note(data, from.at)
	}
	one.pass(data, from.address)
}

// take counts a media packet and says whether it is one of a repair stream.
func (p *port) take(data []byte) bool {
	if p.terms.Load().repair[data[1]&0x7f] {
		p.extra.Add(1)
		return true
	}
	missing, fresh := p.count(binary.BigEndian.Uint32(data[8:]), binary.BigEndian.Uint16(data[2:]))
	if !fresh {
		p.extra.Add(1)
		return false
	}
	p.packets.Add(1)
	p.missing.Add(missing)
	return false
}

// record keeps what feedback needs: when each number of the transport came. A server that numbers no packets gets
// numbers that count them, so that all servers have as much to read.
func (p *port) record(data []byte, now time.Time) {
	number, ok := transportNumber(data, p.terms.Load().numberID)
	if !ok {
		number = uint16(p.packets.Load())
	}
	p.recorder.Record(binary.BigEndian.Uint32(data[8:]), number, now.UnixMicro())
}

// What begins an answer to a check, and the least size of one (RFC 8489 §5).
const (
	bindingSuccess = 0x0101
	stunSize       = 20
)

// isMedia tells RTP from STUN, DTLS (RFC 7983) and RTCP (RFC 5761 §4).
func isMedia(data []byte) bool {
	return len(data) >= 12 && data[0]>>6 == 2 && (data[1] < 192 || data[1] > 223)
}

// stream is one SSRC that arrives.
type stream struct {
	ssrc uint32
	// highest is the extended sequence number (RFC 3550 §6.4.1).
	highest uint32
	// seen has the latest extended numbers, so that a packet that comes twice does not pass for one that was missing.
	seen *[seenMax]uint32
}

// seenMax is how many packets late one may be and still count.
const seenMax = 1 << 10

// count notes a packet and returns how many are missing before it, or -1 when it is itself one of those; false when it
// came already, or too late to tell.
func (r *reception) count(ssrc uint32, number uint16) (int64, bool) {
	for i := range r.streams {
		s := &r.streams[i]
		if s.ssrc != ssrc {
			continue
		}
		ahead := int32(int16(number - uint16(s.highest)))
		extended := s.highest + uint32(ahead)
		if ahead <= -seenMax || s.seen[extended%seenMax] == extended {
			return 0, false
		}
		s.seen[extended%seenMax] = extended
		if ahead < 0 {
			return -1, true
		}
		s.highest = extended
		return int64(ahead) - 1, true
	}
	// Begin a turn of the numbers later, so that one from before the first packet is not below 0.
	first := 1<<16 + uint32(number)
	s := stream{ssrc, first, &[seenMax]uint32{}}
	s.seen[first%seenMax] = first
	r.streams = append(r.streams, s)
	return 0, true
}

// transportNumber reads the transport's own number of a packet from its header extensions of one byte (RFC 8285 §4.2).
// SRTP leaves those readable.
func transportNumber(data []byte, id uint8) (uint16, bool) {
	if len(data) < 12 {
		return 0, false
	}
	begin := 12 + 4*int(data[0]&0x0f)
	if id == 0 || data[0]&0x10 == 0 || len(data) < begin+4 || binary.BigEndian.Uint16(data[begin:]) != 0xbede {
		return 0, false
	}
	end := begin + 4 + 4*int(binary.BigEndian.Uint16(data[begin+2:]))
	for at := begin + 4; at < min(end, len(data)); {
		if data[at] == 0 {
			at++
			continue
		}
		size := int(data[at]&0x0f) + 1
		if data[at]>>4 == id && size == 2 && at+3 <= len(data) {
			return binary.BigEndian.Uint16(data[at+1:]), true
		}
		at += 1 + size
	}
	return 0, false
}
