package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/rtp"
	"github.com/exeunt/exeunt/server/sdp"
)

// microphone is a session that publishes sound, without a client: its packets are given to the engine as if they had
// been opened.
type microphone struct {
	engine *Engine
	line   *line
	number uint16
	now    int64
}

const (
	opusType   = 111
	levelID    = 1
	packetTime = 20 * time.Millisecond
)

func newMicrophone(t *testing.T, engine *Engine, id string) *microphone {
	t.Helper()
	s := newSession(id)
	s.ids.level = levelID
	opus := sdp.Codec{Type: opusType, Name: "opus", ClockRate: 48000, Channels: 2}
	m := &microphone{engine: engine, line: newLine(s, &sdp.Line{Mid: "0", Kind: sdp.Audio}, []sdp.Codec{opus})}
	m.line.layers[0].restart(7)
	s.lines["0"] = m.line
	engine.mu.Lock()
	engine.sessions[id] = s
	m.now = engine.clock() - int64(time.Minute)
	engine.mu.Unlock()
	t.Cleanup(func() { engine.Drop(id) })
	check(t, engine.Publish(id, room.Audio, "0"))
	return m
}

// say sends n packets of a length; level is what their headers say, below zero for nothing.
func (m *microphone) say(t *testing.T, n, length, level int) {
	t.Helper()
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	for range n {
		m.number++
		m.now += int64(packetTime)
		b := []byte{0x80, opusType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}
		if level >= 0 {
			b[0] |= 0x10
			b = append(b, 0xbe, 0xde, 0, 1, levelID<<4, byte(level), 0, 0)
		}
		binary.BigEndian.PutUint16(b[2:], m.number)
		header, err := rtp.ReadHeader(b)
		check(t, err)
		m.engine.pass(m.line.layers[0], &header, make([]byte, length), m.now)
	}
}

// volume is how loud the voice is after a pause.
func (m *microphone) volume(pause time.Duration) int {
	return int(m.line.layers[0].loudness.now(m.now+int64(pause)) / 1000)
}

// A voice is as loud as its packets within a tenth of a second, a click is not; it stays so between words, and is over
// some seconds later. The bit for a voice is no loudness.
func TestVoiceIsAsLoudAsItsPackets(t *testing.T) {
	m := newMicrophone(t, newEngine(t), "a")
	m.say(t, 1, 60, 10)
	if v := m.volume(0); v > 40 {
		t.Errorf("a click is as loud as %d", v)
	}
	for _, voice := range []int{0, 0x80} {
		m.say(t, 10, 60, voice|20)
		if v := m.volume(0); v < 100 || v > 107 {
			t.Errorf("with voice bit %#x the volume is %d; want about 107", voice, v)
		}
		m.say(t, 2, pauseMax, 127)
		if v := m.volume(300 * time.Millisecond); v < 95 {
			t.Errorf("between two words it is %d", v)
		}
		if v := m.volume(10 * time.Second); v != 0 {
			t.Errorf("ten seconds later it is %d", v)
		}
	}
	m.say(t, 500, 60, 127)
	if v := m.volume(0); v != 0 {
		t.Errorf("packets of silence are as loud as %d", v)
	}
}

// A client that does not say how loud it is is heard as a quiet speaker, as long as it sends more than silence.
func TestVoiceThatTellsNoLevelIsAQuietSpeakers(t *testing.T) {
	m := newMicrophone(t, newEngine(t), "a")
	m.say(t, 50, 60, -1)
	if v := m.volume(0); v < untold-5 || v > untold {
		t.Errorf("it is as loud as %d; want %d", v, untold)
	}
	m.say(t, 500, pauseMax, -1)
	if v := m.volume(0); v != 0 {
		t.Errorf("ten seconds of pauses are as loud as %d", v)
	}
}

// Volumes come in the order in which they are asked for; who is not there, or not on the air, is silent.
func TestVolumesAreOfThoseOnTheAir(t *testing.T) {
	engine := newEngine(t)
	a, b := newMicrophone(t, engine, "a"), newMicrophone(t, engine, "b")
	now := engine.clock()
	for level, m := range map[int]*microphone{20: a, 60: b} {
		m.now = now - 20*int64(packetTime)
		m.say(t, 20, 60, level)
	}
	got := engine.Volumes([]string{"b", "nobody", "a"})
	if len(got) != 3 || got[0] < 50 || got[0] > 67 || got[1] != 0 || got[2] < 90 {
		t.Errorf("volumes %v", got)
	}
	engine.Unpublish("a", room.Audio)
	if got := engine.Volumes([]string{"a"}); got[0] != 0 {
		t.Errorf("off the air it is as loud as %d", got[0])
	}
}
