package rtp

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/rtcp"
	pion "github.com/pion/rtp"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What Pion writes is read, with CSRCs, both forms of extensions, and padding.
func TestHeadersOfPionAreRead(t *testing.T) {
	for _, form := range []uint16{0, oneByteForm, twoByteForm} {
		want := pion.Packet{Header: pion.Header{
			Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 65535, Timestamp: 1 << 31, SSRC: 7,
			CSRC: []uint32{1, 2, 3}, Padding: true,
		}, Payload: []byte("payload"), PaddingSize: 9}
		if form != 0 {
			want.Header.Extension, want.Header.ExtensionProfile = true, form
			check(t, want.SetExtension(3, []byte{1, 2}))
			check(t, want.SetExtension(14, []byte{5}))
		}
		raw, err := want.Marshal()
		check(t, err)
		h, err := ReadHeader(raw)
		check(t, err)
		if !h.Marker || !h.Padding || h.Type != 96 || h.Sequence != 65535 || h.Timestamp != 1<<31 || h.SSRC != 7 {
			t.Errorf("%+v", h)
		}
		rest, ok := Trim(raw[h.Len:])
		if !ok || string(rest) != "payload" {
			t.Errorf("payload %q, %v", rest, ok)
		}
		if form != 0 && (!bytes.Equal(h.Extension(3), []byte{1, 2}) || !bytes.Equal(h.Extension(14), []byte{5})) {
			t.Errorf("form %x: % x, % x", form, h.Extension(3), h.Extension(14))
		}
		if h.Extension(4) != nil || h.Extension(0) != nil {
			t.Errorf("form %x: an extension that is not there", form)
		}
	}
}

// What a shape writes is as long as it says, and Pion reads it.
func TestHeadersThatWeWriteAreRead(t *testing.T) {
	for _, ids := range [][2]uint8{{0, 0}, {5, 0}, {0, 1}, {14, 2}} {
		shape := NewShape(ids[0], ids[1])
		raw := bytes.Repeat([]byte{0xee}, 40)
		shape.Write(raw, &Fields{
			Marker: true, Type: 111, Sequence: 9, Timestamp: 8, SSRC: 7, Transport: 0x1234, Level: 0x85,
		})
		var got pion.Header
		n, err := got.Unmarshal(raw)
		check(t, err)
		if n != shape.Len() || got.SequenceNumber != 9 || got.Timestamp != 8 || got.SSRC != 7 || got.PayloadType != 111 {
			t.Errorf("%v: %d bytes, %+v", ids, n, got)
		}
		if ids[0] != 0 && !bytes.Equal(got.GetExtension(ids[0]), []byte{0x12, 0x34}) {
			t.Errorf("%v: transport number % x", ids, got.GetExtension(ids[0]))
		}
		if ids[1] != 0 && !bytes.Equal(got.GetExtension(ids[1]), []byte{0x85}) {
			t.Errorf("%v: level % x", ids, got.GetExtension(ids[1]))
		}
		if raw[shape.Len()] != 0xee {
			t.Errorf("%v: more than the header was written", ids)
		}
	}
}

// A packet that lies about its lengths is refused.
func TestBrokenPacketsAreRefused(t *testing.T) {
	for _, raw := range [][]byte{
		nil, make([]byte, 11), append([]byte{0x40}, make([]byte, 20)...), append([]byte{0x81}, make([]byte, 11)...),
		append([]byte{0x90}, make([]byte, 13)...), append([]byte{0x90}, slices.Concat(make([]byte, 13), []byte{0, 1})...),
	} {
		if h, err := ReadHeader(raw); err == nil {
			t.Errorf("% x was read: %+v", raw, h)
		}
	}
	for _, payload := range [][]byte{nil, {0}, {3}} {
		if rest, ok := Trim(payload); ok {
			t.Errorf("% x was trimmed to % x", payload, rest)
		}
	}
}

// Reports that we write are what Pion reads.
func TestReportsThatWeWriteAreRead(t *testing.T) {
	block := Block{SSRC: 1, FractionLost: 2, Lost: -3, Highest: 4, Jitter: 5, LastSR: 6, Delay: 7}
	b := AppendSender(nil, Sender{SSRC: 9, NTP: 1 << 40, Timestamp: 3, Packets: 4, Octets: 5}, []Block{block})
	b = AppendReceiver(b, 9, []Block{block, block})
	b = AppendDescription(b, 9, "slot-12")
	b = AppendNack(b, 9, 10, []uint16{65530, 65535, 0, 10, 11, 27, 100})
	b = AppendKeyFrameWish(b, 9, 10)
	b = AppendGoodbye(b, 9)
	b = AppendReference(b, 9, 1<<40+5)
	all, err := rtcp.Unmarshal(b)
	check(t, err)
	sender, receiver := all[0].(*rtcp.SenderReport), all[1].(*rtcp.ReceiverReport)
	if sender.NTPTime != 1<<40 || sender.PacketCount != 4 || len(sender.Reports) != 1 || len(receiver.Reports) != 2 {
		t.Errorf("%+v, %+v", sender, receiver)
	}
	if got := receiver.Reports[1]; got.SSRC != 1 || got.FractionLost != 2 || got.TotalLost != 0xfffffd || got.Delay != 7 {
		t.Errorf("%+v", got)
	}
	if name := all[2].(*rtcp.SourceDescription).Chunks[0].Items[0].Text; name != "slot-12" {
		t.Errorf("name %q", name)
	}
	var lost []uint16
	for _, pair := range all[3].(*rtcp.TransportLayerNack).Nacks {
		lost = append(lost, pair.PacketList()...)
	}
	if !slices.Equal(lost, []uint16{65530, 65535, 0, 10, 11, 27, 100}) {
		t.Errorf("lost %v", lost)
	}
	if all[4].(*rtcp.PictureLossIndication).MediaSSRC != 10 || all[5].(*rtcp.Goodbye).Sources[0] != 9 {
		t.Errorf("%+v, %+v", all[4], all[5])
	}
	extended := all[6].(*rtcp.ExtendedReport)
	asked := extended.Reports[0].(*rtcp.ReceiverReferenceTimeReportBlock)
	if extended.SenderSSRC != 9 || asked.NTPTimestamp != 1<<40+5 {
		t.Errorf("%+v", extended)
	}
}

// Reports that Pion writes are what we read.
func TestReportsOfPionAreRead(t *testing.T) {
	raw, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: 1, NTPTime: 2, RTPTime: 3, PacketCount: 4, OctetCount: 5, Reports: []rtcp.ReceptionReport{
			{SSRC: 6, FractionLost: 7, TotalLost: 0xffffff, LastSequenceNumber: 8, Jitter: 9, LastSenderReport: 10, Delay: 11},
		}},
		&rtcp.TransportLayerNack{MediaSSRC: 12, Nacks: []rtcp.NackPair{{PacketID: 65535, LostPackets: 0x8001}}},
		&rtcp.PictureLossIndication{MediaSSRC: 13},
		&rtcp.FullIntraRequest{MediaSSRC: 14, FIR: []rtcp.FIREntry{{SSRC: 15}, {SSRC: 16}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1_500_000, SSRCs: []uint32{1}},
		&rtcp.ExtendedReport{SenderSSRC: 17, Reports: []rtcp.ReportBlock{
			&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 18},
			&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{SSRC: 19, LastRR: 20, DLRR: 21}, {SSRC: 22}}},
		}},
	})
	check(t, err)
	var lost []uint16
	var wishes []uint32
	var replies []Reply
	for len(raw) > 0 {
		var p Packet
		p, raw, err = Next(raw)
		check(t, err)
		if s, ok := p.Sender(); ok && s != (Sender{1, 2, 3, 4, 5}) {
			t.Errorf("%+v", s)
		}
		for b := range p.Blocks {
			if b != (Block{6, 7, -1, 8, 9, 10, 11}) {
				t.Errorf("%+v", b)
			}
		}
		for ssrc, sequence := range p.Nack {
			lost = append(lost, uint16(ssrc), sequence)
		}
		for ssrc := range p.KeyFrameWish {
			wishes = append(wishes, ssrc)
		}
		replies = slices.AppendSeq(replies, p.Replies)
		if rate, ok := p.Remb(); ok && (rate < 1_490_000 || rate > 1_500_000) {
			t.Errorf("REMB says %d", rate)
		}
	}
	if !slices.Equal(lost, []uint16{12, 65535, 12, 0, 12, 15}) || !slices.Equal(wishes, []uint32{13, 15, 16}) {
		t.Errorf("lost %v, wishes %v", lost, wishes)
	}
	if !slices.Equal(replies, []Reply{{19, 20, 21}, {SSRC: 22}}) {
		t.Errorf("replies %v", replies)
	}
}

// never stands for a packet that did not come.
const never = -1 << 62

// arrivalsOf reads all of a feedback packet: the times since the first, never for what did not come.
func arrivalsOf(t testing.TB, raw []byte) (numbers []uint16, times []int64) {
	t.Helper()
	p, _, err := Next(raw)
	check(t, err)
	for a := range p.Arrivals {
		numbers = append(numbers, a.Number)
		if !a.Received {
			a.At = never
		}
		times = append(times, a.At)
	}
	return numbers, times
}

// Feedback about arrivals says what happened, to a quarter of a millisecond, however long the row: rounding does not
// add up. Pion reads the same.
func TestArrivalsAreToldTruly(t *testing.T) {
	var times []int64
	at := int64(1<<24*referenceUnit - 5_000_000) // Just before the reference time wraps around.
	for i := range 300 {
		at += []int64{0, 333, 100_000, 7_777, -3_000, 1, 249}[i%7]
		times = append(times, at)
		if i%5 == 3 {
			times[i] = -1
		}
		if i > 100 && i < 150 {
			times[i] = -1
		}
	}
	raw, taken := AppendArrivals(nil, 1, 2, 65500, 77, times)
	if taken != len(times) {
		t.Fatalf("%d of %d were taken", taken, len(times))
	}
	numbers, got := arrivalsOf(t, raw)
	for i := range got {
		if numbers[i] != 65500+uint16(i) {
			t.Fatalf("number %d at %d", numbers[i], i)
		}
		if (got[i] == never) != (times[i] == -1) {
			t.Fatalf("packet %d: %d; want %d", i, got[i], times[i])
		}
		off := (got[i] - got[0]) - (times[i] - times[0])
		if got[i] != never && (off > deltaUnit || off < -deltaUnit) {
			t.Fatalf("packet %d is off by %d us", i, off)
		}
	}
	var pions rtcp.TransportLayerCC
	check(t, pions.Unmarshal(raw))
	if pions.PacketStatusCount != 300 || pions.FbPktCount != 77 || pions.BaseSequenceNumber != 65500 {
		t.Errorf("Pion read %+v", pions.Header)
	}
	if came := slices.DeleteFunc(got, func(at int64) bool { return at == never }); len(pions.RecvDeltas) != len(came) {
		t.Errorf("Pion read %d arrivals, we %d", len(pions.RecvDeltas), len(came))
	}
}

// Two packets that came ten seconds apart are told in two packets; none that came is told in none.
func TestArrivalsFarApart(t *testing.T) {
	times := []int64{-1, 0, 20_000_000, 20_000_100}
	raw, taken := AppendArrivals(nil, 1, 2, 10, 0, times)
	if _, got := arrivalsOf(t, raw); taken != 2 || !slices.Equal(got, []int64{never, 0}) {
		t.Errorf("%d taken, %v", taken, got)
	}
	if raw, taken := AppendArrivals(nil, 1, 2, 10, 0, []int64{-1, -1}); taken != 0 || raw != nil {
		t.Errorf("%d taken, % x", taken, raw)
	}
	if _, taken := AppendArrivals(nil, 1, 2, 0, 0, make([]int64, 1000)); taken != arrivalsMax {
		t.Errorf("%d taken of 1000", taken)
	}
}

// Whatever comes, reading a header ends within the packet, and agrees with Pion where Pion reads it.
func FuzzHeader(f *testing.F) {
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 5, 0, 0, 1})
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0, 0, 1, 7, 2, 1, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := ReadHeader(raw)
		if err != nil {
			return
		}
		if h.Len < fixedLen || h.Len > len(raw) {
			t.Fatalf("a header of %d bytes in %d", h.Len, len(raw))
		}
		var want pion.Header
		n, err := want.Unmarshal(raw)
		if err == nil && (n != h.Len || want.SSRC != h.SSRC || want.PayloadType != h.Type) {
			t.Errorf("%+v; Pion %d %+v", h, n, want)
		}
		for id := range 256 {
			if data := h.Extension(uint8(id)); len(data) > len(raw) {
				t.Fatal("an extension beyond the packet")
			}
		}
	})
}

// Whatever comes, reading a compound packet ends, within limits, and Pion finds the same lost packets.
func FuzzCompound(f *testing.F) {
	f.Add(AppendNack(AppendReceiver(nil, 1, make([]Block, 2)), 1, 2, []uint16{1, 2, 3}))
	arrivals, _ := AppendArrivals(nil, 1, 2, 3, 4, []int64{0, -1, 300_000, 5})
	f.Add(arrivals)
	f.Add([]byte{0x80, 207, 0, 5, 0, 0, 0, 1, 5, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4})
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for compound := raw; len(compound) > 0; {
			p, rest, err := Next(compound)
			if err != nil {
				return
			}
			n := 0
			for range p.Arrivals {
				n++
			}
			var lost []uint16
			for _, sequence := range p.Nack {
				lost = append(lost, sequence)
			}
			for range p.Blocks {
				n++
			}
			for range p.KeyFrameWish {
				n++
			}
			for range p.Replies {
				n++
			}
			if n > statusesMax+len(raw) || len(lost) > 17*len(raw) {
				t.Fatalf("%d and %d out of %d bytes", n, len(lost), len(raw))
			}
			holdToPion(t, compound[:len(compound)-len(rest)], lost)
			_, _ = p.Remb()
			compound = rest
		}
	})
}

func holdToPion(t *testing.T, raw []byte, lost []uint16) {
	t.Helper()
	var nack rtcp.TransportLayerNack
	if raw[0]&0x20 != 0 || nack.Unmarshal(raw) != nil {
		return
	}
	var want []uint16
	for _, pair := range nack.Nacks {
		want = append(want, pair.PacketList()...)
	}
	if !slices.Equal(lost, want) {
		t.Errorf("lost %v; Pion %v", lost, want)
	}
}
