package media

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// receiveMax is the longest RTP packet taken, in bytes: an Ethernet frame holds no more.
const receiveMax = 1500

// line is one send line of a session, and who gets its packets.
type line struct {
	engine  *Engine
	session *session
	mid     string
	kind    webrtc.RTPCodecType
	codecs  []webrtc.RTPCodecParameters
	// levelID is the header extension with the loudness of audio; 0 for none.
	levelID uint8
	// published says that the line carries a stream; the engine's mu guards it.
	published bool
	// heard says that a track reads already; a second one (simulcast) is left unread.
	heard atomic.Bool
	// ssrc and payloadType are the latest packet's; 0 before the first.
	ssrc, payloadType atomic.Uint32
	forwards          atomic.Pointer[[]*forward]
	recent            *history
	keyframes         keyframes
}

func newLine(e *Engine, s *session, t *webrtc.RTPTransceiver) *line {
	parameters := t.Receiver().GetParameters()
	l := &line{
		engine: e, session: s, mid: t.Mid(), kind: t.Kind(), codecs: parameters.Codecs,
		levelID: extensionID(parameters.HeaderExtensions, extAudioLevel), recent: &history{},
	}
	l.forwards.Store(&[]*forward{})
	l.keyframes.send = l.sendPLI
	return l
}

// arrived starts to read a track: Pion calls it, in a goroutine of its own, at the first packet.
func (e *Engine) arrived(s *session, track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	e.mu.Lock()
	l := s.lines[receiver.RTPTransceiver().Mid()]
	live := e.sessions[s.id] == s
	if live {
		e.closing.Add(2)
	}
	e.mu.Unlock()
	if !live {
		return
	}
	go func() {
		defer e.closing.Done()
		drain(receiver)
	}()
	defer e.closing.Done()
	if l != nil && l.heard.CompareAndSwap(false, true) {
		l.read(track)
	}
}

// drain reads a publisher's reports, because the receiver reports are made from what is read.
func drain(receiver *webrtc.RTPReceiver) {
	buffer := make([]byte, receiveMax)
	for {
		if _, _, err := receiver.Read(buffer); err != nil {
			return
		}
	}
}

// failuresMax is how many packets in a row may be unreadable before the track counts as broken.
const failuresMax = 1000

// read passes on the packets of a track until it ends.
func (l *line) read(track *webrtc.TrackRemote) {
	buffer := make([]byte, receiveMax)
	failures := 0
	for failures < failuresMax {
		n, _, err := track.Read(buffer)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			return
		}
		packet := &rtp.Packet{}
		if err != nil || packet.Unmarshal(slices.Clone(buffer[:n])) != nil {
			// A packet of an unknown type, or one that is too long, is that packet's loss.
			failures++
			continue
		}
		failures = 0
		if !l.session.gate.enter() {
			return
		}
		l.pass(packet)
		l.session.gate.leave()
	}
	l.engine.log.Warn("a track cannot be read", "session", l.session.id, "why", "too many broken packets")
}

// pass sends one packet to all who listen. Nobody changes the packet after this.
func (l *line) pass(packet *rtp.Packet) {
	l.engine.metrics.PacketsReceived(1)
	l.ssrc.Store(packet.SSRC)
	l.payloadType.Store(uint32(packet.PayloadType))
	forwards := *l.forwards.Load()
	if len(forwards) == 0 {
		return
	}
	if l.kind == webrtc.RTPCodecTypeVideo {
		l.recent.put(packet)
	}
	sent := 0
	for _, f := range forwards {
		if f.slot.send(f, packet) {
			sent++
		}
	}
	l.engine.metrics.PacketsForwarded(sent)
}

// add and remove replace the list of listeners; the caller holds the engine's mu.
func (l *line) add(f *forward) {
	list := append(slices.Clone(*l.forwards.Load()), f)
	l.forwards.Store(&list)
}

func (l *line) remove(f *forward) {
	list := slices.DeleteFunc(slices.Clone(*l.forwards.Load()), func(other *forward) bool { return other == f })
	l.forwards.Store(&list)
}
