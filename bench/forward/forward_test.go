//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
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
	if n, told, err := parseMetric(strings.NewReader(text), metricGoroutines); err != nil || !told || n != 1500 {
		t.Errorf("got %g, %v, %v", n, told, err)
	}
	if _, told, err := parseMetric(strings.NewReader("other 2\n"), metricGoroutines); err != nil || told {
		t.Errorf("metrics without the number: %v, %v", told, err)
	}
	if _, _, err := parseMetric(strings.NewReader("go_goroutines many\n"), metricGoroutines); err == nil {
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
	from, err := openPort(nil, plainly, loopback)
	if err != nil {
		t.Fatal(err)
	}
	for name, looks := range map[string]*checker{"without a checker": nil, "with one": {}} {
		to, err := openPort(looks, plainly, loopback)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := from.WriteToAddrPort([]byte("now"), to.address); err != nil {
			t.Fatal(err)
		}
		end, later := time.Now(), time.Now().Add(time.Hour)
		in := newInbox(4, datagramMax)
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
		c := newCheckers(scenarios[0])[0]
		c.begin()
		packet, sealed := received(7, change)
		c.note(sealed, time.Unix(100, 0))
		c.see(packet)
		_, err := contentOf([]*checker{c})
		if wrong := (*wrongContent)(nil); !errors.As(err, &wrong) {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

func TestTheCheckerSumsUpWhatCameWhileItMeasured(t *testing.T) {
	c := newCheckers(scenarios[0])[0]
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
	got, err := contentOf([]*checker{c})
	if err != nil {
		t.Fatal(err)
	}
	size := 12 + 200 + gcmTag
	want := content{Read: 0.99, SizeMin: size, SizeMax: size, Padded: 0.01, Tag: gcmTag}
	for _, one := range []struct {
		name string
		got  micros
		us   float64
	}{{"p50", got.P50, 51}, {"p99", got.P99, 100}, {"p50 of the last", got.Last50, 44}} {
		if us := one.got.float(); us < one.us || us > one.us*(1+1.0/64) {
			t.Errorf("%s is %g µs; want %g", one.name, us, one.us)
		}
	}
	got.P50, got.P99, got.Last50 = 0, 0, 0
	if *got != want {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
}

func TestAServerThatHidesADropByNewNumbersIsFound(t *testing.T) {
	c := newCheckers(scenarios[0])[0]
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
	got, err := contentOf([]*checker{c})
	if err != nil || got.Shifts != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAFigureOfWhatWasNotDeliveredIsInvalid(t *testing.T) {
	fine := content{Read: 1, Tag: gcmTag}
	for want, f := range map[string]figure{
		"": {Delivery: 1, Paced: 1, Content: &fine}, "1 packets lost": {Delivery: 1, Paced: 1, Lost: 1},
		"99.4 % delivered": {Delivery: 0.994, Paced: 1}, "106.1 % delivered": {Delivery: 1.061, Paced: 1},
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

func TestServersTakeTurnsAndAnotherBeginsEachRound(t *testing.T) {
	var order []string
	for _, one := range plan(2, []scenario{scenarios[4], named(t, idle)}, contenders[:2]) {
		order = append(order, one.scenario.name+" "+one.contender.name)
	}
	want := "inbound exeunt, inbound floor, idle exeunt, inbound floor, inbound exeunt, idle exeunt"
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// named is a scenario by its name.
func named(t *testing.T, name string) scenario {
	t.Helper()
	at := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if at < 0 {
		t.Fatalf("there is no scenario %s", name)
	}
	return scenarios[at]
}

func TestTheSpeakerEntersBeforeTheListeners(t *testing.T) {
	all := scenarios[0].seats()
	if len(all) != 101 || !all[0].speaks || all[0].listens || !all[1].listens || !all[100].listens {
		t.Errorf("%d seats: %+v", len(all), all[:2])
	}
	silent := named(t, idle).seats()
	if len(silent) != 100 || !silent[0].listens {
		t.Errorf("%d seats where nobody speaks", len(silent))
	}
}

func TestInARoomOfManySpeakersTheLoudOnesFillEverybodysSlots(t *testing.T) {
	s := named(t, rooms1)
	all := s.seats()
	if len(all) != 300 || s.speakers() != 300 || s.copies() != 3 || !s.mixes() {
		t.Fatalf("%d seats, %d speakers, %g copies", len(all), s.speakers(), s.copies())
	}
	loud := 0
	for _, one := range all {
		if !one.speaks || !one.listens || one.lineCount() != 3 {
			t.Errorf("%s speaks: %v, listens: %v, %d lines", one.name, one.speaks, one.listens, one.lineCount())
		}
		if one.loud() != s.isLoud(one.name) {
			t.Errorf("%s is loud: %v; by its name %v", one.name, one.loud(), s.isLoud(one.name))
		}
		if level := one.level() &^ speech; one.loud() {
			loud++
		} else if level != quietTalk {
			t.Errorf("%s talks at -%d dBov", one.name, level)
		}
	}
	// A loud one does not hear itself.
	if loud != 4 || all[0].level() >= all[3].level() {
		t.Errorf("%d are loud, the first at %d, the last at %d", loud, all[0].level(), all[3].level())
	}
	if s := named(t, rooms10); s.mixes() || s.copies() != 9 || s.speakers() != 100 || len(s.seats()) != 100 {
		t.Errorf("%v: %g copies of %d speakers", s, s.copies(), s.speakers())
	}
	if s.isLoud("speaker") {
		t.Error("another name is loud")
	}
}

func TestTheListenersWhoLookStandEvenlyAmongTheOthers(t *testing.T) {
	s := named(t, wide)
	c := &crowd{scenario: s, checkers: newCheckers(s)}
	var at []int
	for n, one := range s.seats() {
		if c.look(one) != nil {
			at = append(at, n-1)
		}
	}
	if want := []int{0, 25, 50, 75, 100, 125, 150, 175}; !slices.Equal(at, want) {
		t.Errorf("they stand at %v; want %v", at, want)
	}
}

func TestAFlagThatNamesNothingIsRefused(t *testing.T) {
	if got, err := choose("T10,join"); err != nil || len(got) != 2 || got[1].name != join {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := choose(latency); err != nil || len(got) != 4 {
		t.Errorf("the group has %v, %v", got, err)
	}
	if _, err := choose("T11"); err == nil || !strings.Contains(err.Error(), `there is no "T11"`) {
		t.Errorf("got %v", err)
	}
	if got, err := pick(contenders, contender.flag, "only", "floor,pion"); err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	_, err := pick(contenders, contender.flag, "only", "mediasoup")
	if err == nil || !strings.Contains(err.Error(), `-only: there is no "mediasoup"; want some of exeunt,floor`) {
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
