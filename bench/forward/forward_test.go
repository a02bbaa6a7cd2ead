//go:build linux

package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestProcessorTimeIsTheFirstNumberOfSchedstat(t *testing.T) {
	if got, err := parseSchedstat("1500000 77 9\n"); err != nil || got != 1500*time.Microsecond {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "1 2", "x 2 3", "-1 2 3", "1.5 2 3"} {
		if got, err := parseSchedstat(bad); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
}

func TestMemoryIsReadFromTheStatusFile(t *testing.T) {
	if got, err := parseResident("Name:\tx\nVmRSS:\t  2048 kB\nThreads:\t3\n"); err != nil || got != 2<<20 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, bad := range []string{"", "VmRSS:\tmuch\n"} {
		if _, err := parseResident(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestForeignLoadCountsAllButIdleAndWaiting(t *testing.T) {
	busy, all, err := parseStat("cpu  10 2 3 400 50 6 7 8 99 99\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	if err != nil || busy != 360*time.Millisecond || all != 4860*time.Millisecond {
		t.Errorf("got %v of %v, %v", busy, all, err)
	}
	for _, bad := range []string{
		"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 x 5 6 7 8", "cpu 1 2 3 -4 5 6 7 8",
	} {
		if _, _, err := parseStat(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestGoroutinesAreReadFromMetrics(t *testing.T) {
	text := "# HELP go_goroutines Number.\n# TYPE go_goroutines gauge\ngo_goroutines 1.5e+03\nother 2\n"
	if n, told, err := parseGoroutines(strings.NewReader(text)); err != nil || !told || n != 1500 {
		t.Errorf("got %g, %v, %v", n, told, err)
	}
	if _, told, err := parseGoroutines(strings.NewReader("other 2\n")); err != nil || told {
		t.Errorf("metrics without the number: %v, %v", told, err)
	}
	if _, _, err := parseGoroutines(strings.NewReader("go_goroutines many\n")); err == nil {
		t.Error("a word was taken for a number")
	}
}

func TestGapsCountAsLossUntilTheLatePacketComes(t *testing.T) {
	var r reception
	var missing int64
	fresh := 0
	take := func(ssrc uint32, number uint16) {
		if m, ok := r.count(ssrc, number); ok {
			missing += m
			fresh++
		}
	}
	for _, number := range []uint16{65534, 65535, 2, 0, 3} {
		take(7, number)
	}
	take(8, 500)
	if missing != 1 || fresh != 6 {
		t.Errorf("%d missing, %d came; want 1, number 1 of stream 7, and 6", missing, fresh)
	}
	for _, twice := range []uint16{2, 3, 65534} {
		take(7, twice)
	}
	if missing != 1 || fresh != 6 {
		t.Errorf("%d missing, %d came after three that came twice", missing, fresh)
	}
	if got := r.streams[0].highest; got != 2*65536+3 {
		t.Errorf("highest is %d; want two turns and 3", got)
	}
	take(7, 2000)
	take(7, 1) // Too late to tell from one that comes twice.
	if missing != 1997 || fresh != 7 {
		t.Errorf("%d missing, %d came", missing, fresh)
	}
}

func TestTransportNumberIsFoundAmongOtherExtensions(t *testing.T) {
	header := rtp.Header{Version: 2, SSRC: 7, CSRC: []uint32{9}}
	for id, value := range map[uint8][]byte{3: {1}, 5: {0xab, 0xcd}, 6: {1, 2, 3}} {
		if err := header.SetExtension(id, value); err != nil {
			t.Fatal(err)
		}
	}
	packet := rtp.Packet{Header: header, Payload: []byte("sealed")}
	data, err := packet.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := transportNumber(data, 5); !ok || got != 0xabcd {
		t.Errorf("got %#x, %v", got, ok)
	}
	if _, ok := transportNumber(data, 4); ok {
		t.Error("an extension that is not there was found")
	}
	for end := range data {
		// A packet that was cut off must not be read beyond its end.
		transportNumber(append([]byte(nil), data[:end]...), 5)
	}
}

func TestMediaIsToldFromWhatPionMustSee(t *testing.T) {
	rtcp, stun, dtls := make([]byte, 12), make([]byte, 20), make([]byte, 20)
	rtcp[0], rtcp[1], dtls[0] = 0x80, 200, 22
	for name, data := range map[string][]byte{"RTCP": rtcp, "STUN": stun, "DTLS": dtls, "nothing": {}} {
		if isMedia(data) {
			t.Errorf("%s is taken for media", name)
		}
	}
	if media := append([]byte{0x90, 96}, make([]byte, 10)...); !isMedia(media) {
		t.Error("RTP is not taken for media")
	}
}

func TestRetransmissionsAreNotCountedAsPacketsThatWereDue(t *testing.T) {
	got := readTerms("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=extmap:4 " + numbers + "\r\na=extmap:9 " + numbers +
		"\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=rtpmap:300 rtx/90000\r\na=fmtp:97 apt=96\r\n")
	if got.numberID != 4 || !got.repair[97] || got.repair[96] {
		t.Fatalf("numbers are %d, 97 repairs: %v, 96 too: %v", got.numberID, got.repair[97], got.repair[96])
	}
	p := &port{}
	p.terms.Store(got)
	for number, kind := range []byte{96, 97, 97 | 0x80, 96} {
		data := make([]byte, 12)
		data[0], data[1], data[3] = 0x80, kind, byte(number/3)
		if repair := p.take(data); repair != (kind&0x7f == 97) {
			t.Errorf("payload type %d repairs: %v", kind, repair)
		}
	}
	if p.packets.Load() != 2 || p.extra.Load() != 2 || p.missing.Load() != 0 {
		t.Errorf("%d packets, %d extra, %d missing", p.packets.Load(), p.extra.Load(), p.missing.Load())
	}
}

func TestTheKernelSaysWhenADatagramCame(t *testing.T) {
	from, err := openPort(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, looks := range map[string]*checker{"without a checker": nil, "with one": {}} {
		to, err := openPort(looks)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := from.WriteToAddrPort([]byte("now"), to.address); err != nil {
			t.Fatal(err)
		}
		end, later := time.Now(), time.Now().Add(time.Hour)
		in := newInbox(4)
		if n := in.receive(to.fd); n != 1 || string(in.datagram(0)) != "now" || in.sender(0) != from.address {
			t.Fatalf("%s: %d datagrams", name, n)
		}
		at := in.arrived(0, later)
		if looks == nil && at != later {
			t.Errorf("%s: came at %v", name, at)
		}
		// The kernel reads the clock while it delivers; a clock that was set meanwhile would be far off.
		if early, late := begin.Sub(at), at.Sub(end); looks != nil && max(early, late) > time.Minute {
			t.Errorf("%s: came %v early, %v late", name, early, late)
		}
	}
}

func TestTheFloorSealsForEachListenerWithItsKey(t *testing.T) {
	s, err := newSealer(errand{Ports: []uint16{1000, 2000}, Burst: 2, Size: 1200})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.to {
		s.seal(l)
	}
	size := 1200 + gcmTag
	if s.used != 2*size {
		t.Fatalf("two packets have %d bytes", s.used)
	}
	for i, port := range []uint16{1000, 2000} {
		packet := s.slab[i*size : (i+1)*size]
		aead, err := newAEAD(port)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := aead.Open(nil, make([]byte, 12), packet[headerSize:], packet[:headerSize])
		if err != nil || string(plain) != string(s.plain[headerSize:]) {
			t.Errorf("the packet for %d: %v", port, err)
		}
	}
}

// received is a packet as a listener decrypts it, and as it came before.
func received(number uint16, change func(*rtp.Packet)) (*rtp.Packet, []byte) {
	p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: number}, Payload: filler(200)}
	stamp(p.Payload, uint64(number)+5, time.Unix(100, 0))
	change(p)
	sealed := make([]byte, p.MarshalSize()+gcmTag)
	binary.BigEndian.PutUint16(sealed[2:], p.SequenceNumber)
	return p, sealed
}

func intact(*rtp.Packet) {}

func TestAContentThatWasNotSentFailsTheRun(t *testing.T) {
	for name, change := range map[string]func(*rtp.Packet){
		"a byte": func(p *rtp.Packet) { p.Payload[50]++ }, "the number": func(p *rtp.Packet) { p.Payload[stampAt+7]++ },
		"the first byte": func(p *rtp.Packet) { p.Payload[0]++ }, "the end": func(p *rtp.Packet) { p.Payload[199]++ },
		"the length": func(p *rtp.Packet) { p.Payload = p.Payload[:199] },
		"nearly all": func(p *rtp.Packet) { p.Payload = p.Payload[:3] },
	} {
		c := &checker{}
		c.begin()
		packet, sealed := received(7, change)
		c.note(sealed, time.Unix(100, 0))
		c.see(packet)
		_, err := c.result()
		if wrong := (*wrongContent)(nil); !errors.As(err, &wrong) {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

func TestTheCheckerSumsUpWhatCameWhileItMeasured(t *testing.T) {
	c := &checker{}
	early, sealed := received(1, func(p *rtp.Packet) { p.Payload[50]++ })
	c.note(sealed, time.Unix(100, 0))
	c.begin()
	c.see(early)
	for number := uint16(2); number <= 101; number++ {
		packet, sealed := received(number, intact)
		if number == 2 {
			sealed[0] |= 0x20
		}
		c.note(sealed, time.Unix(100, int64(number)*1000))
		if number <= 100 {
			c.see(packet)
			c.see(packet) // What is read twice counts once.
		}
	}
	c.end()
	got, err := c.result()
	if err != nil {
		t.Fatal(err)
	}
	size := 12 + 200 + gcmTag
	want := content{
		Read: 0.99, SizeMin: size, SizeMax: size, Padded: 0.01, Tag: gcmTag,
		P50: micros(51 * time.Microsecond), P99: micros(100 * time.Microsecond),
	}
	if *got != want {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
}

func TestAServerThatHidesADropByNewNumbersIsFound(t *testing.T) {
	c := &checker{}
	c.begin()
	for number := range uint16(4) {
		packet, sealed := received(number, func(p *rtp.Packet) {
			if number >= 2 {
				p.SequenceNumber--
			}
		})
		if number != 2 {
			c.note(sealed, time.Unix(101, 0))
			c.see(packet)
		}
	}
	got, err := c.result()
	if err != nil || got.Shifts != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAFigureOfWhatWasNotDeliveredIsInvalid(t *testing.T) {
	fine := content{Read: 1, Tag: gcmTag}
	for want, f := range map[string]figure{
		"": {Delivery: 1, Paced: 1, Content: &fine}, "1 packets lost": {Delivery: 1, Paced: 1, Lost: 1},
		"99.4 % delivered": {Delivery: 0.994, Paced: 1}, "101.1 % delivered": {Delivery: 1.011, Paced: 1},
		"NaN % delivered":                            {Delivery: math.NaN(), Paced: 1},
		"the load sent 97.0 % of its packets":        {Delivery: 1, Paced: 0.97},
		"50.0 % of the sample decrypted":             {Delivery: 1, Paced: 1, Content: &content{Read: 0.5}},
		"renumbered 2 times":                         {Delivery: 1, Paced: 1, Content: &content{Read: 1, Shifts: 2}},
		"the cipher's tag has 10 bytes: not AES-GCM": {Delivery: 1, Paced: 1, Content: &content{Read: 1, Tag: 10}},
		"it did not start":                           {Invalid: "it did not start"},
	} {
		if got := f.judge(); got != want {
			t.Errorf("got %q; want %q", got, want)
		}
	}
	if got := (figure{Idle: &idleness{}}).judge(); got != "" {
		t.Errorf("nobody sends: %q", got)
	}
}

// found makes results with one figure for each cost in µs.
func found(server string, costs ...int) results {
	r := results{}
	for _, us := range costs {
		r.add(frames, server, figure{
			Cost: micros(time.Duration(us) * time.Microsecond), Delivery: 1,
			Content: &content{SizeMin: 1216, SizeMax: 1220},
		})
	}
	return r
}

func TestTheTablesHaveMediansAndNameWhatIsInvalid(t *testing.T) {
	r := found(nameExeunt, 30, 10, 20)
	for key, figures := range found(nameFloor, 5, 5, 16) {
		r[key] = figures
	}
	r.add(frames, nameExeunt, figure{Cost: 1, Delivery: 0.98, Invalid: "98.0 % delivered"})
	r.add(frames, namePion, figure{Cost: 1, Delivery: 0.9, Lost: 7, Invalid: "it said:\na|b"})
	r.add("idle", nameExeunt, figure{Idle: &idleness{RSS: 102400, Goroutines: 3, Cost: 0.125}})
	r.add("idle", namePion, figure{Idle: &idleness{RSS: 204800, Cost: 0.25}})
	tables := r.tables([]scenario{scenarios[0], scenarios[len(scenarios)-1]}, contenders)
	for _, want := range []string{
		"| `T10`: 1 → 100, 30/s × 10 × 1200 B | 20.00 (10.00–30.00), 1 of 4 rounds invalid: 98.0 % delivered " +
			"| 5.00 (5.00–16.00) | invalid: it said: a/b | – |\n",
		"| `T10` | floor | 4.00 | at most 1.70: FAIL |\n",
		"| 98.00 %; 0; 0 | 100.00 %; 0; 0; 1216–1220 B, 0 % | 90.00 %; 7; 0 | – |\n",
		"| `idle`: 100 members, nobody sends | 100 KiB, 3.0, 0.12 ms | 200 KiB, –, 0.25 ms | – |\n",
	} {
		if !strings.Contains(tables, want) {
			t.Errorf("no %q in\n%s", want, tables)
		}
	}
	if got := r.empty(); len(got) != 1 || got[0] != "T10 of pion" {
		t.Errorf("without a valid round: %q", got)
	}
	if got := r.spread(frames, nameExeunt); got != 1 {
		t.Errorf("spread is %g", got)
	}
}

func TestARatioIsHeldToItsTarget(t *testing.T) {
	r := found(nameExeunt, 17)
	for key, figures := range found(nameFloor, 10) {
		r[key] = figures
	}
	got := r.ratios(scenarios, contenders)
	if len(got) != 1 || got[0] != (ratio{frames, nameFloor, 1.7, 1.7, true}) {
		t.Errorf("got %+v", got)
	}
	for key := range targets {
		_, err := pick(scenarios, scenario.flag, "scenario", key.scenario)
		if _, also := pick(contenders, contender.flag, "only", key.server); err != nil || also != nil {
			t.Errorf("a target for %v: %v, %v", key, err, also)
		}
	}
}

// A target that is missed by more than the gate allows fails the run; one without a target does not, nor any without a
// gate.
func TestAGateFailsTheRun(t *testing.T) {
	r := record{Ratios: []ratio{
		{Scenario: frames, Against: nameFloor, Ratio: 2.1, Target: 1.7}, {Scenario: audio, Against: nameFloor, Ratio: 9},
	}}
	if err := r.judge(1.25); err != nil {
		t.Error(err)
	}
	if err := r.judge(1.2); err == nil || !strings.Contains(err.Error(), "T10 costs 2.10 of floor; the gate is 2.04") {
		t.Errorf("%v", err)
	}
	if err := r.judge(0); err != nil {
		t.Error(err)
	}
}

func TestTheRecordHasEveryRound(t *testing.T) {
	record, err := newRecord(options{rounds: 2, seconds: 3}, scenarios, contenders, found(nameExeunt, 30, 10))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"usPerPacket":30.000`, `"usPerPacket":10.000`, `"usPerPacketMedian":10`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}

func TestServersTakeTurnsAndAnotherBeginsEachRound(t *testing.T) {
	var order []string
	for _, one := range plan(2, scenarios[4:], contenders[:2]) {
		order = append(order, one.scenario.name+" "+one.contender.name)
	}
	want := "inbound exeunt, inbound floor, idle exeunt, inbound floor, inbound exeunt, idle exeunt"
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheSpeakerEntersBeforeTheListeners(t *testing.T) {
	all := scenarios[0].seats()
	if len(all) != 101 || all[0].listens || !all[1].listens || !all[100].listens {
		t.Errorf("%d seats: %+v", len(all), all[:2])
	}
	idle := scenarios[len(scenarios)-1].seats()
	if len(idle) != 100 || !idle[0].listens {
		t.Errorf("%d seats where nobody speaks", len(idle))
	}
}

func TestAFlagThatNamesNothingIsRefused(t *testing.T) {
	if got, err := pick(contenders, contender.flag, "only", "floor,pion"); err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	_, err := pick(contenders, contender.flag, "only", "janus")
	if err == nil || !strings.Contains(err.Error(), `-only: there is no "janus"; want some of exeunt,floor`) {
		t.Errorf("got %v", err)
	}
	good := options{rounds: 1, seconds: 1, loadCPU: 1}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*options){
		func(o *options) { o.loadCPU = 0 }, func(o *options) { o.rounds = 0 }, func(o *options) { o.seconds = 0 },
		func(o *options) { o.warm = -1 }, func(o *options) { o.feedback = -1 },
	} {
		o := good
		change(&o)
		if o.check() == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
