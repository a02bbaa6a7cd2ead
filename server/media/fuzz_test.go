package media

import (
	"context"
	"encoding/binary"
	"log/slog"
	"testing"

	"github.com/pion/rtcp"
	pionrtp "github.com/pion/rtp"

	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
	"github.com/exeunt/exeunt/server/srtp"
)

const slotType, slotRepair, lineType = 96, 97, 100

// plumbing is an engine with a line and a slot that carries it, and keys of the slot's client.
type plumbing struct {
	engine *Engine
	line   *line
	slot   *slot
	queue  *tcpConn
	opener *srtp.Opener
}

func newPlumbing(t testing.TB) *plumbing {
	t.Helper()
	return plumbingOf(t, Config{})
}

// plumbingOf is newPlumbing for an engine with settings of its own.
func plumbingOf(t testing.TB, cfg Config) *plumbing {
	t.Helper()
	cfg.UDPAddr, cfg.TCPAddr = "127.0.0.1:0", "127.0.0.1:0"
	engine, err := New(cfg, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	t.Cleanup(func() { check(t, engine.Close(context.Background())) })
	return plumbingAt(t, engine)
}

// plumbingAt is newPlumbing for an engine that is there.
func plumbingAt(t testing.TB, engine *Engine) *plumbing {
	t.Helper()
	p := &plumbing{engine: engine, queue: &tcpConn{more: make(chan struct{}, 1)}}
	from := newSession("from")
	vp8 := sdp.Codec{Type: lineType, Name: "VP8", ClockRate: 90000}
	p.line = newLine(from, &sdp.Line{Mid: "0", Kind: sdp.Video}, []sdp.Codec{vp8})
	p.line.layers[0].restart(5)
	p.listen(t)
	return p
}

// another is one more listener of the same line.
func (p *plumbing) another(t testing.TB) *plumbing {
	t.Helper()
	other := &plumbing{engine: p.engine, line: p.line, queue: &tcpConn{more: make(chan struct{}, 1)}}
	other.listen(t)
	return other
}

// listen makes the session and the slot of the one who listens.
func (p *plumbing) listen(t testing.TB) {
	t.Helper()
	to, master := newSession("to"), srtp.Master{Key: make([]byte, 16), Salt: make([]byte, 12)}
	var err error
	to.sealer, err = srtp.NewSealer(srtp.AES128GCM, master)
	check(t, err)
	p.opener, err = srtp.NewOpener(srtp.AES128GCM, master)
	check(t, err)
	to.path = path{addr: p.engine.socket.Addr(), tcp: p.queue}
	vp8 := sdp.Codec{Type: slotType, Name: "VP8", ClockRate: 90000}
	rtx := sdp.Codec{Type: slotRepair, Name: "rtx", ClockRate: 90000, Params: "apt=96"}
	p.slot = newSlot(to, &sdp.Line{Mid: "1", Kind: sdp.Video}, []sdp.Codec{vp8, rtx})
	p.slot.settle(&sdp.AnswerLine{Kind: sdp.Video, Codecs: []sdp.Codec{vp8, rtx}})
	to.outs[p.slot.ssrc] = p.slot
	f := &forward{line: p.line, slot: p.slot, at: p.line.layers[0]}
	f.payloads[lineType] = slotType
	p.slot.carries, p.slot.clock = f, 90000
	p.line.forwards = append(p.line.forwards, f)
}

// sent takes what the slot's client was sent, opened, and holds it to what a slot may send.
func (p *plumbing) sent(t *testing.T) []*pionrtp.Packet {
	t.Helper()
	var all []*pionrtp.Packet
	for b := p.queue.queue; len(b) > 0; {
		n := int(binary.BigEndian.Uint16(b))
		raw := b[2 : 2+n]
		b = b[2+n:]
		header, err := rtp.ReadHeader(raw)
		check(t, err)
		n, err = p.opener.Open(raw[header.Len:], raw, header.Len)
		if err != nil {
			t.Fatalf("the client cannot open packet %d of %d: %v", header.Sequence, header.SSRC, err)
		}
		packet := &pionrtp.Packet{}
		check(t, packet.Unmarshal(raw[:header.Len+n]))
		if len(packet.CSRC) > 0 {
			t.Fatalf("%+v", packet.Header)
		}
		want := map[uint32]uint8{p.slot.ssrc: slotType, p.slot.repairSSRC: slotRepair}[packet.SSRC]
		if want == 0 || packet.PayloadType != want {
			t.Fatalf("payload type %d for SSRC %d", packet.PayloadType, packet.SSRC)
		}
		all = append(all, packet)
	}
	p.queue.queue = nil
	return all
}

// packets cuts data into pieces, each with its length in front, one byte.
func packets(data []byte) [][]byte {
	var all [][]byte
	for len(data) > 0 {
		n := min(int(data[0]), len(data)-1)
		all = append(all, data[1:1+n])
		data = data[1+n:]
	}
	return all
}

// Whatever a publisher sends and a listener reports, what goes out are good packets of the slot, each number at most
// once, and no more of them than were sent and asked for.
func FuzzPackets(f *testing.F) {
	f.Add(framed(f, 65534, 65535, 0, 2, 1))
	f.Add(append(framed(f, 10, 11, 12), frameOf(marshalled(f, &rtcp.TransportLayerNack{
		MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}},
	}))...))
	f.Add(frameOf(marshalled(f, &rtcp.PictureLossIndication{MediaSSRC: 7})))
	f.Add(frameOf([]byte{0x90, 100, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 0x80, 0, 0, 1}))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPlumbing(t)
		p.slot.ssrc = 7
		p.slot.session.outs[7] = p.slot
		p.engine.mu.Lock()
		defer p.engine.mu.Unlock()
		may, now := 0, int64(1)
		for _, raw := range packets(data) {
			now += burstTime
			if rtp.IsRTCP(raw) {
				may += asked(raw)
				p.engine.hear(p.slot.session, raw, now)
				continue
			}
			if h, err := rtp.ReadHeader(raw); err == nil {
				h.Type = lineType
				p.engine.pass(p.line.layers[0], &h, raw[h.Len:], now)
				may++
			}
			p.engine.flush(now)
		}
		if out := p.sent(t); len(out) > may {
			t.Errorf("%d packets went out; %d were sent or asked for", len(out), may)
		}
	})
}

// asked returns how many packets a report asks for.
func asked(raw []byte) int {
	n := 0
	for len(raw) > 0 {
		report, rest, err := rtp.Next(raw)
		if err != nil {
			break
		}
		for range report.Nack {
			n++
		}
		raw = rest
	}
	return n
}

// framed makes packets with these sequence numbers.
func framed(t testing.TB, numbers ...uint16) []byte {
	t.Helper()
	var all []byte
	for _, n := range numbers {
		header := pionrtp.Header{Version: 2, PayloadType: lineType, SequenceNumber: n, SSRC: 5}
		raw, err := (&pionrtp.Packet{Header: header, Payload: []byte{1, 2}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, frameOf(raw)...)
	}
	return all
}

func frameOf(raw []byte) []byte { return append([]byte{byte(len(raw))}, raw...) }

func marshalled(t testing.TB, p rtcp.Packet) []byte {
	t.Helper()
	raw, err := p.Marshal()
	if err != nil || binary.BigEndian.Uint16(raw[2:]) == 0 {
		t.Fatal(err)
	}
	return raw
}
