package media

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
	"github.com/exeunt/exeunt/server/srtp"
)

const redType = 63

// opusAs and redAs are the codecs under a listener's own payload types.
func opusAs(kind uint8) sdp.Codec {
	return sdp.Codec{Type: kind, Name: "opus", ClockRate: 48000, Channels: 2}
}

func redAs(kind, inner uint8) sdp.Codec {
	return sdp.Codec{Type: kind, Name: "red", ClockRate: 48000, Channels: 2, Params: fmt.Sprintf("%d/%d", inner, inner)}
}

// redundantMicrophone is a microphone whose packets repeat what was before.
func redundantMicrophone(t *testing.T, engine *Engine) *microphone {
	t.Helper()
	m := newMicrophone(t, engine, "speaker")
	m.line.describe(&sdp.Line{Mid: "0", Kind: sdp.Audio}, []sdp.Codec{opusAs(opusType), redAs(redType, opusType)})
	return m
}

// repeat sends packets of redundant sound; each has the text of the one before and its own.
func (m *microphone) repeat(t *testing.T, payloads ...[]byte) {
	t.Helper()
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	for _, payload := range payloads {
		m.number++
		m.now += int64(packetTime)
		b := []byte{0x80, redType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}
		binary.BigEndian.PutUint16(b[2:], m.number)
		binary.BigEndian.PutUint32(b[4:], 960*uint32(m.number))
		header, err := rtp.ReadHeader(b)
		check(t, err)
		m.engine.pass(m.line.layers[0], &header, payload, m.now)
		m.engine.flush(m.now)
	}
}

func redPayload(kind uint8, before, text string) []byte {
	return append([]byte{0x80 | kind, 960 >> 6, byte(len(before) >> 8), byte(len(before)), kind}, before+text...)
}

// hearer is somebody who listens with codecs of its own.
type hearer struct{ *plumbing }

func newHearer(t testing.TB, engine *Engine, id string, codecs ...sdp.Codec) hearer {
	t.Helper()
	p := &plumbing{engine: engine, queue: &tcpConn{more: make(chan struct{}, 1)}}
	to, master := newSession(id), srtp.Master{Key: make([]byte, 16), Salt: make([]byte, 12)}
	var err error
	to.sealer, err = srtp.NewSealer(srtp.AES128GCM, master)
	check(t, err)
	p.opener, err = srtp.NewOpener(srtp.AES128GCM, master)
	check(t, err)
	to.path = path{addr: engine.socket.Addr(), tcp: p.queue}
	p.slot = newSlot(to, &sdp.Line{Mid: "1", Kind: sdp.Audio}, codecs)
	p.slot.settle(&sdp.AnswerLine{Kind: sdp.Audio, Codecs: codecs})
	to.slots = append(to.slots, p.slot)
	to.outs[p.slot.ssrc] = p.slot
	engine.mu.Lock()
	engine.sessions[id] = to
	engine.mu.Unlock()
	t.Cleanup(func() { engine.Drop(id) })
	_, err = engine.Forward("speaker", room.Audio, id)
	check(t, err)
	return hearer{p}
}

// got lists what came: type and payload, each with the step from the number before it.
func (h hearer) got(t *testing.T) []string {
	t.Helper()
	var all []string
	before := uint16(0)
	for b := h.queue.queue; len(b) > 0; {
		n := int(binary.BigEndian.Uint16(b))
		raw := b[2 : 2+n]
		b = b[2+n:]
		header, err := rtp.ReadHeader(raw)
		check(t, err)
		n, err = h.opener.Open(raw[header.Len:], raw, header.Len)
		check(t, err)
		step := header.Sequence - before
		if before == 0 {
			step = 1
		}
		before = header.Sequence
		all = append(all, fmt.Sprintf("+%d %d %q", step, header.Type, raw[header.Len:header.Len+n]))
	}
	h.queue.queue = nil
	return all
}

// Redundant sound goes as it is to who has it, with the types that the listener has for it; others get what is new in
// it, under the same numbers. What is broken goes to nobody.
func TestRedundantSoundGoesToWhoHasIt(t *testing.T) {
	engine := newEngine(t)
	m := redundantMicrophone(t, engine)
	same := newHearer(t, engine, "same", opusAs(opusType), redAs(redType, opusType))
	other := newHearer(t, engine, "other", opusAs(96), redAs(97, 96))
	plain := newHearer(t, engine, "plain", opusAs(100))
	m.repeat(t,
		redPayload(opusType, "", "one"), redPayload(opusType, "one", "two"),
		[]byte{0x80 | opusType, 0, 0}, redPayload(99, "two", "three"), redPayload(redType, "two", "three"),
		redPayload(opusType, "three", "four"),
	)
	if m.line.layers[0].newest&0xffff != 6 {
		t.Fatalf("the newest number is %d", m.line.layers[0].newest)
	}
	for name, c := range map[string]struct {
		hearer hearer
		want   func(step int, before, text string) string
	}{
		"the same types": {same, func(step int, before, text string) string {
			return fmt.Sprintf("+%d %d %q", step, redType, redPayload(opusType, before, text))
		}},
		"other types": {other, func(step int, before, text string) string {
			return fmt.Sprintf("+%d %d %q", step, 97, redPayload(96, before, text))
		}},
		"no redundancy": {plain, func(step int, _, text string) string {
			return fmt.Sprintf("+%d %d %q", step, 100, text)
		}},
	} {
		want := []string{c.want(1, "", "one"), c.want(1, "one", "two"), c.want(4, "three", "four")}
		if got := c.hearer.got(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

// One who begins to listen while redundant sound comes gets it too, redundancy or not; who lacks Opus gets nothing.
func TestListenerWithoutRedundancyMayComeLater(t *testing.T) {
	engine := newEngine(t)
	m := redundantMicrophone(t, engine)
	m.repeat(t, redPayload(opusType, "", "one"))
	plain := newHearer(t, engine, "plain", opusAs(100))
	m.repeat(t, redPayload(opusType, "one", "two"))
	if got := plain.got(t); len(got) != 1 || got[0] != `+1 100 "two"` {
		t.Errorf("it gets %s", got)
	}
	f := &forward{}
	f.payloads[redType] = redType
	if kind := f.kind(&packet{kind: redType, red: rtp.RED{Type: opusType, Primary: 5}}); kind != 0 {
		t.Errorf("whoever lacks Opus gets it as %d", kind)
	}
}

// A microphone that changes between the two goes on: browsers send Opus as it is when they have little room.
func TestRedundancyMayComeAndGo(t *testing.T) {
	engine := newEngine(t)
	m := redundantMicrophone(t, engine)
	same := newHearer(t, engine, "same", opusAs(opusType), redAs(redType, opusType))
	plain := newHearer(t, engine, "plain", opusAs(100))
	m.repeat(t, redPayload(opusType, "", "one"))
	m.say(t, 1, 4, 20)
	m.repeat(t, redPayload(opusType, "\x00\x00\x00\x00", "two"))
	opus := fmt.Sprintf("%q", "\x00\x00\x00\x00")
	if got := same.got(t); len(got) != 3 || got[1] != fmt.Sprintf("+1 %d %s", opusType, opus) {
		t.Errorf("with redundancy: %s", got)
	}
	if got := plain.got(t); len(got) != 3 || got[1] != "+1 100 "+opus || got[2] != `+1 100 "two"` {
		t.Errorf("without: %s", got)
	}
}

// Nothing is allocated for a packet of redundant sound, whatever its listeners have.
func TestRedundantSoundAllocatesNothing(t *testing.T) {
	engine := newEngine(t)
	m := redundantMicrophone(t, engine)
	for i, codecs := range [][]sdp.Codec{
		{opusAs(opusType), redAs(redType, opusType)}, {opusAs(96), redAs(97, 96)}, {opusAs(100)},
	} {
		newHearer(t, engine, fmt.Sprint("hearer", i), codecs...)
	}
	for id := range 3 {
		// As over UDP, where nobody keeps what was sent.
		engine.sessions[fmt.Sprint("hearer", id)].path.tcp = nil
	}
	payload := redPayload(opusType, strings.Repeat("a", 80), strings.Repeat("b", 80))
	header := rtp.Header{Type: redType, SSRC: 7, Len: 12}
	send := func() {
		engine.mu.Lock()
		defer engine.mu.Unlock()
		m.number++
		m.now += int64(packetTime)
		header.Sequence = m.number
		engine.pass(m.line.layers[0], &header, payload, m.now)
		engine.flush(m.now)
	}
	for range 200 {
		send()
	}
	if n := testing.AllocsPerRun(200, send); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}

// What a microphone is sent with is between two ends: the answer has what the offer says of Opus, whatever it is
// (in-band repair, silence that is not sent), and of redundancy.
func TestAnswerKeepsWhatTheOfferSaysOfSound(t *testing.T) {
	const sound = "a=fmtp:111 minptime=10;useinbandfec=1"
	if !strings.Contains(chromium, sound) {
		t.Fatal("Chromium's offer has another text")
	}
	wish := sound + ";usedtx=1;stereo=1"
	answer, err := newEngine(t).Open(context.Background(), "a", strings.ReplaceAll(chromium, sound, wish))
	check(t, err)
	for _, want := range []string{wish, "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"} {
		if n := strings.Count(answer, want+"\r\n"); n != strings.Count(answer, "m=audio") {
			t.Errorf("%q stands in the answer %d times:\n%s", want, n, answer)
		}
	}
}
