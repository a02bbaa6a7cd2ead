package media

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

	pionrtp "github.com/pion/rtp"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/stun"
	"github.com/exeunt/exeunt/server/udp"
)

// feed gives a packet to the plumbing's publisher.
func (p *plumbing) feed(sequence uint16, payload []byte, marker bool, now int64) {
	h := rtp.Header{Type: lineType, SSRC: 5, Sequence: sequence, Timestamp: 7, Marker: marker}
	p.engine.pass(p.line.layers[0], &h, payload, now)
	p.engine.flush(now)
}

// A burst of packets of about one length leaves as packets of one length, the last excepted, and what arrives without
// the padding is what was sent.
func TestABurstLeavesAsEqualPackets(t *testing.T) {
	p := newPlumbing(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	lengths := []int{1180, 1181, 1179, 1170, 900}
	var sent [][]byte
	for i, n := range lengths {
		payload := bytes.Repeat([]byte{byte(i + 1)}, n)
		sent = append(sent, bytes.Clone(payload))
		p.feed(uint16(65533+i), payload, i == len(lengths)-1, 1)
	}
	if runs := p.engine.out.runs; len(runs) != 1 {
		t.Errorf("the burst was cut into %v", runs)
	}
	frames := map[int]int{}
	for b := p.queue.queue; len(b) > 0; {
		n := int(binary.BigEndian.Uint16(b))
		frames[n]++
		b = b[2+n:]
	}
	if len(frames) != 2 || frames[1181+p.slot.shape.Len()+16] != 4 {
		t.Errorf("lengths on the wire: %v; want four of one, and a shorter one", frames)
	}
	for i, packet := range p.sent(t) {
		if !bytes.Equal(packet.Payload, sent[i]) {
			t.Errorf("packet %d has %d bytes; %d were sent", i, len(packet.Payload), len(sent[i]))
		}
	}
}

// Packets whose lengths differ much are not padded up: that would cost the listeners more than it spares us.
func TestPaddingIsBounded(t *testing.T) {
	p := newPlumbing(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	random := rand.New(rand.NewPCG(1, 2))
	sum, padded := 0, 0
	for i := range 400 {
		n := 1 + random.IntN(payloadMax)
		sum += n
		p.feed(uint16(i), make([]byte, n), i%20 == 19, int64(i))
	}
	for _, packet := range p.sent(t) {
		padded += int(packet.PaddingSize)
	}
	if padded > sum/paddingShare {
		t.Errorf("%d bytes of padding for %d of payload", padded, sum)
	}
}

// Without padding every packet leaves as long as it came, and those of one length still leave as one.
func TestNothingIsPaddedWhereThatIsTurnedOff(t *testing.T) {
	p := plumbingOf(t, Config{NoPadding: true})
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	lengths := []int{1181, 1181, 1181, 1180, 1181, 1181, 300, 300}
	for i, n := range lengths {
		p.feed(uint16(i), make([]byte, n), i == len(lengths)-1, 1)
	}
	if want := []run{{0, 4, 4 * 1245}, {4, 7, 3 * 1245}, {7, 8, 364}}; !slices.Equal(p.engine.out.runs, want) {
		t.Errorf("the burst was cut into %v; want %v", p.engine.out.runs, want)
	}
	for i, packet := range p.sent(t) {
		if packet.PaddingSize != 0 || len(packet.Payload) != lengths[i] {
			t.Errorf("packet %d has %d bytes and %d of padding; %d were sent",
				i, len(packet.Payload), packet.PaddingSize, lengths[i])
		}
	}
}

// Through loss, reorder, duplicates, wrap-around, restarts of the publisher and repairs, whatever arrives is what was
// sent, under one number each; and no number of a stream is ever sealed twice with other bytes (RFC 7714 §10.1).
func TestForwardedPacketsAreRightThroughLossAndReorder(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { forwardAtRandom(t, seed) })
	}
}

func forwardAtRandom(t *testing.T, seed uint64) {
	p := newPlumbing(t)
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	random := rand.New(rand.NewPCG(seed, 7))
	layer := p.line.layers[0]
	payload := func(ssrc uint32, n uint16) []byte {
		return fmt.Appendf(make([]byte, 0, 64), "%d of %d, %d bytes more: %*s", n, ssrc, n%40, n%40, "")
	}
	ssrc, sequence, now := uint32(5), uint16(random.Uint32()), int64(1)
	type sent struct {
		ssrc     uint32
		sequence uint16
	}
	arrived, numbers := map[sent]bool{}, map[uint16]uint16{}
	var late []uint16
	give := func(n uint16) {
		h := rtp.Header{Type: lineType, SSRC: ssrc, Sequence: n, Timestamp: uint32(n), Marker: random.IntN(4) == 0}
		p.engine.pass(layer, &h, payload(ssrc, n), now)
		arrived[sent{ssrc, n}] = true
	}
	for range 3000 {
		now += int64(random.IntN(3_000_000))
		sequence++
		switch random.IntN(20) {
		case 0: // Lost, for now.
			late = append(late, sequence)
		case 1: // Lost, and asked for by the listener.
			give(sequence)
			p.engine.flush(now + burstTime)
			p.engine.resend(p.slot, uint16(p.slot.number), now)
		case 2: // Twice.
			give(sequence)
			give(sequence)
		case 3: // What was lost comes late, twice.
			for _, n := range late {
				give(n)
				give(n)
			}
			late = late[:0]
		case 4:
			if random.IntN(20) == 0 { // The publisher starts anew.
				p.engine.flush(now + burstTime)
				ssrc, sequence, late = ssrc+1, uint16(random.Uint32()), nil
				layer.restart(ssrc)
			}
		default:
			give(sequence)
		}
		p.engine.flush(now)
		for _, got := range p.sent(t) {
			holdTo(t, got, numbers, p.slot)
		}
	}
	if len(numbers) < 2000 {
		t.Errorf("%d packets arrived of %d", len(numbers), len(arrived))
	}
}

// holdTo checks one packet: what it says of itself, and that its number carried nothing else before. Opening it has
// shown already that no number came twice.
func holdTo(t *testing.T, got *pionrtp.Packet, numbers map[uint16]uint16, s *slot) {
	t.Helper()
	text, number := got.Payload, got.SequenceNumber
	if got.SSRC == s.repairSSRC {
		number, text = binary.BigEndian.Uint16(text), text[2:]
	}
	var n uint16
	var ssrc uint32
	var more int
	if _, err := fmt.Sscanf(string(text), "%d of %d, %d bytes more", &n, &ssrc, &more); err != nil {
		t.Fatalf("%q arrived: %v", text, err)
	}
	if before, known := numbers[number]; known && before != n && got.SSRC == s.repairSSRC {
		t.Fatalf("number %d carried packet %d, and is repaired with packet %d", number, before, n)
	}
	numbers[number] = n
}

// A check with a wrong password is refused, and its sender's address stays nobody's.
func TestAStrangersCheckIsRefused(t *testing.T) {
	engine := newEngine(t)
	_, err := engine.Open(context.Background(), "a", offerOf(t, shape{}))
	check(t, err)
	engine.mu.Lock()
	fragment := engine.sessions["a"].current().ufrag
	engine.mu.Unlock()
	conn, err := net.Dial("udp", engine.socket.Addr().String())
	check(t, err)
	defer conn.Close()
	request := checkFor(fragment+":them", "not the password at all")
	_, err = conn.Write(request)
	check(t, err)
	answer := make([]byte, udp.PacketMax)
	n, err := conn.Read(answer)
	check(t, err)
	if !stun.Is(answer[:n]) || binary.BigEndian.Uint16(answer) != 0x0111 {
		t.Errorf("the answer is % x; want an error", answer[:n])
	}
	engine.mu.Lock()
	defer engine.mu.Unlock()
	if len(engine.addresses) != 0 || engine.sessions["a"].path.valid() {
		t.Error("the stranger's address was believed")
	}
}

// checkFor makes a connectivity check (RFC 8445 §7.1).
func checkFor(username, password string) []byte {
	attribute := func(b []byte, kind uint16, value []byte) []byte {
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
		b = append(b, value...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		return b
	}
	b := []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	b = attribute(b, 0x0006, []byte(username))
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20+24))
	mac := hmac.New(sha1.New, []byte(password))
	mac.Write(b)
	b = attribute(b, 0x0008, mac.Sum(nil))
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20+8))
	return attribute(b, 0x8028, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)^0x5354554e))
}

// M2: what has come in and has not left yet reaches nobody who is dropped meanwhile, and nothing of whoever is dropped
// reaches the others; nor does a retransmission or a report.
func TestM2_WhatIsUnderWayEndsWithTheDrop(t *testing.T) {
	for _, leaver := range []string{"from", "to"} {
		p := newPlumbing(t)
		e := p.engine
		e.mu.Lock()
		e.sessions["from"], e.sessions["to"] = p.line.session, p.slot.session
		e.mu.Unlock()
		p.line.session.streams[room.Big] = p.line
		p.slot.session.slots = []*slot{p.slot}
		p.feed(1, []byte("gone"), true, 1)
		if n := len(p.sent(t)); n != 1 {
			t.Fatalf("%d packets were sent; want 1: the test would prove nothing", n)
		}
		p.feed(2, []byte("under way"), false, 1)
		e.Drop(leaver)
		e.mu.Lock()
		e.flush(1 + burstTime)
		e.resend(p.slot, uint16(p.slot.number), 1+burstTime)
		e.control(p.slot.session, rtp.AppendGoodbye(nil, 1))
		if n := len(p.queue.queue); n > 0 && leaver == "to" {
			t.Errorf("%d bytes were sent after the drop of the listener", n)
		}
		if n := len(p.sentMedia(t)); n > 0 {
			t.Errorf("%d packets were sent after the drop of %s", n, leaver)
		}
		e.mu.Unlock()
	}
}

// sentMedia is what the slot's client was sent but for reports.
func (p *plumbing) sentMedia(t *testing.T) []*pionrtp.Packet {
	t.Helper()
	var media []byte
	for b := p.queue.queue; len(b) > 0; {
		n := 2 + int(binary.BigEndian.Uint16(b))
		if !rtp.IsRTCP(b[2:n]) {
			media = append(media, b[:n]...)
		}
		b = b[n:]
	}
	p.queue.queue = media
	return p.sent(t)
}
