package media

import (
	"encoding/binary"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// sink takes what a slot writes, and holds it to what a slot may write.
type sink struct {
	t *testing.T
	n int
}

func (s *sink) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	s.n++
	raw, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
	if err != nil {
		s.t.Fatalf("a packet that cannot be written: %v", err)
	}
	read := &rtp.Packet{}
	err = read.Unmarshal(raw)
	if err != nil || read.Padding || len(read.CSRC) > 0 || string(read.Payload) != string(payload) {
		s.t.Fatalf("%+v became %+v, %v", h, read.Header, err)
	}
	if h.SSRC != slotSSRC && h.SSRC != slotRTX {
		s.t.Fatalf("SSRC %d is not the slot's", h.SSRC)
	}
	if want := map[uint32]uint8{slotSSRC: slotType, slotRTX: slotRepair}[h.SSRC]; h.PayloadType != want {
		s.t.Fatalf("payload type %d for SSRC %d", h.PayloadType, h.SSRC)
	}
	return len(raw), nil
}

func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

const (
	slotSSRC, slotRTX              = 7, 8
	slotType, slotRepair, lineType = 96, 97, 100
)

// plumbing is a line and a slot that carries it, without transports around them.
func plumbing(t *testing.T) (*line, *slot, *sink) {
	out := &sink{t: t}
	from, to := &session{id: "from"}, &session{id: "to"}
	to.wire.gate = &to.gate
	to.wire.BindLocalStream(&interceptor.StreamInfo{SSRC: slotSSRC}, interceptor.RTPWriterFunc(
		func(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
			return out.WriteRTP(h, payload)
		}))
	l := &line{engine: &Engine{}, session: from, kind: webrtc.RTPCodecTypeVideo, levelID: 1, recent: &history{}}
	l.forwards.Store(&[]*forward{})
	l.keyframes.send = func() {}
	s := newSlot(to, webrtc.RTPCodecTypeVideo)
	s.out.writer, s.out.ssrc, s.out.rtxSSRC, s.out.levelID = out, slotSSRC, slotRTX, 3
	s.out.rtx[slotType] = slotRepair
	f := &forward{line: l, slot: s}
	f.payloads[lineType] = slotType
	l.add(f)
	s.carries = f
	s.carry(f)
	return l, s, out
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

// Whatever a publisher sends and a listener reports, what goes out are good packets of the slot, and no more of them
// than were sent and asked for.
func FuzzPackets(f *testing.F) {
	f.Add(framed(f, 65534, 65535, 0, 2, 1))
	f.Add(append(framed(f, 10, 11, 12), frameOf(marshalled(f, &rtcp.TransportLayerNack{
		MediaSSRC: slotSSRC, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}},
	}))...))
	f.Add(frameOf(marshalled(f, &rtcp.PictureLossIndication{MediaSSRC: slotSSRC})))
	f.Add(frameOf([]byte{0x90, 100, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 0x80, 0, 0, 1}))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, s, out := plumbing(t)
		may := 0
		for _, raw := range packets(data) {
			// RTP and RTCP share a port (RFC 5761 §4).
			if len(raw) > 1 && raw[1] >= 192 && raw[1] <= 223 {
				may += reported(s, raw)
				continue
			}
			p := &rtp.Packet{}
			if p.Unmarshal(raw) == nil {
				l.pass(p)
				may++
			}
		}
		if out.n > may {
			t.Errorf("%d packets went out; %d were sent or asked for", out.n, may)
		}
	})
}

// reported lets a slot hear a report, and returns how many packets that asks for.
func reported(s *slot, raw []byte) int {
	reports, err := rtcp.Unmarshal(raw)
	if err != nil {
		return 0
	}
	asked := 0
	for _, r := range reports {
		if lost, ok := r.(*rtcp.TransportLayerNack); ok {
			for _, pair := range lost.Nacks {
				asked += len(pair.PacketList())
			}
		}
		s.hear(r)
	}
	return asked
}

// framed makes packets with these sequence numbers.
func framed(t testing.TB, numbers ...uint16) []byte {
	t.Helper()
	var all []byte
	for _, n := range numbers {
		header := rtp.Header{Version: 2, PayloadType: lineType, SequenceNumber: n, SSRC: 5}
		raw, err := (&rtp.Packet{Header: header, Payload: []byte{1, 2}}).Marshal()
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
