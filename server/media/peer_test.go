package media

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/metrics"
)

// patience is how long a test waits for what must happen. Nothing waits that long when all is well.
const patience = 20 * time.Second

// newEngine starts an engine on loopback and closes it with the test.
func newEngine(t *testing.T) *Engine {
	t.Helper()
	return countedEngine(t, nil)
}

// countedEngine is newEngine with numbers.
func countedEngine(t *testing.T, m *metrics.Metrics) *Engine {
	t.Helper()
	engine, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0"}, slog.New(slog.DiscardHandler), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return engine
}

// mdnsDisabled is Pion's number for no multicast DNS.
const mdnsDisabled = 1

// shape says what a peer's first offer has, and how it reaches the engine.
type shape struct {
	audioSlots, videoSlots int
	// videoCodec is a mime type; empty for VP8.
	videoCodec string
	networks   []webrtc.NetworkType
	udp        net.PacketConn
	// repairs says that the peer asks for lost packets and sends them again.
	repairs bool
}

// peer is a client without signalling.
type peer struct {
	t           *testing.T
	id          string
	engine      *Engine
	pc          *webrtc.PeerConnection
	audio       *webrtc.TrackLocalStaticRTP
	video       *webrtc.TrackLocalStaticRTP
	videoSender *webrtc.RTPSender
	connected   chan struct{}
	tracks      chan received
	offers      int
}

// received is a track that came in, with the line that it came by.
type received struct {
	mid      string
	track    *webrtc.TrackRemote
	receiver *webrtc.RTPReceiver
}

var vp8 = webrtc.RTPCodecCapability{
	MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
	RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "goog-remb"}},
}

var h264 = webrtc.RTPCodecCapability{
	MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
	SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
}

var opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}

// join makes a peer and opens its session.
func join(t *testing.T, engine *Engine, id string, s shape) *peer {
	t.Helper()
	p := newPeer(t, engine, id, s)
	p.negotiate(func(offer string) (string, error) { return engine.Open(context.Background(), id, offer) })
	wait(t, p.connected, "connection of "+id)
	return p
}

func newPeer(t *testing.T, engine *Engine, id string, s shape) *peer {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(mdnsDisabled)
	if s.networks == nil {
		s.networks = []webrtc.NetworkType{webrtc.NetworkTypeUDP4}
	}
	settings.SetNetworkTypes(s.networks)
	if s.udp != nil {
		mux := webrtc.NewICEUDPMux(nil, s.udp)
		t.Cleanup(func() { _ = mux.Close() })
		settings.SetICEUDPMux(mux)
	}
	video := vp8
	if s.videoCodec != "" {
		video = h264
	}
	codecs := &webrtc.MediaEngine{}
	rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"}
	for _, one := range []struct {
		codec  webrtc.RTPCodecCapability
		number webrtc.PayloadType
		kind   webrtc.RTPCodecType
	}{
		{opus, 111, webrtc.RTPCodecTypeAudio}, {video, 96, webrtc.RTPCodecTypeVideo}, {rtx, 97, webrtc.RTPCodecTypeVideo},
	} {
		parameters := webrtc.RTPCodecParameters{RTPCodecCapability: one.codec, PayloadType: one.number}
		check(t, codecs.RegisterCodec(parameters, one.kind))
	}
	check(t, webrtc.ConfigureSimulcastExtensionHeaders(codecs))
	options := []func(*webrtc.API){webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(settings)}
	if !s.repairs {
		options = append(options, webrtc.WithInterceptorRegistry(nil))
	}
	pc, err := webrtc.NewAPI(options...).NewPeerConnection(webrtc.Configuration{})
	check(t, err)
	p := &peer{
		t: t, id: id, engine: engine, pc: pc,
		connected: make(chan struct{}), tracks: make(chan received, 64),
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	var once sync.Once
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(p.connected) })
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.tracks <- received{receiver.RTPTransceiver().Mid(), track, receiver}
	})
	p.audio, err = webrtc.NewTrackLocalStaticRTP(opus, "audio", id)
	check(t, err)
	p.video, err = webrtc.NewTrackLocalStaticRTP(video, "video", id)
	check(t, err)
	send := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	_, err = pc.AddTransceiverFromTrack(p.audio, send)
	check(t, err)
	camera, err := pc.AddTransceiverFromTrack(p.video, send)
	check(t, err)
	p.videoSender = camera.Sender()
	if s.repairs {
		go drain(p.videoSender)
	}
	p.addSlots(webrtc.RTPCodecTypeAudio, s.audioSlots)
	p.addSlots(webrtc.RTPCodecTypeVideo, s.videoSlots)
	return p
}

// drain reads reports, since Pion acts on them as they are read.
func drain(sender *webrtc.RTPSender) {
	for {
		if _, _, err := sender.ReadRTCP(); err != nil {
			return
		}
	}
}

func (p *peer) addSlots(kind webrtc.RTPCodecType, n int) {
	p.t.Helper()
	for range n {
		init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		_, err := p.pc.AddTransceiverFromKind(kind, init)
		check(p.t, err)
	}
}

// negotiate makes an offer and takes the answer.
func (p *peer) negotiate(ask func(offer string) (string, error)) {
	p.t.Helper()
	p.offers++
	offer, err := p.pc.CreateOffer(nil)
	check(p.t, err)
	check(p.t, p.pc.SetLocalDescription(offer))
	answer, err := ask(offer.SDP)
	check(p.t, err)
	check(p.t, p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
}

// The mids that Pion gives to the send lines, in order.
const (
	audioMid = "0"
	videoMid = "1"
)

// stream writes packets until the returned func is called; it returns once the last is written.
func stream(track *webrtc.TrackLocalStaticRTP, payload func(n uint16) []byte) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for n := uint16(1); ; n++ {
			_ = track.WriteRTP(&rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 450, Marker: true},
				Payload: payload(n),
			})
			select {
			case <-ticker.C:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// named makes payloads that say who sent them and which one it is. The first byte is a VP8 descriptor.
func named(who string) func(uint16) []byte {
	return func(n uint16) []byte { return fmt.Appendf([]byte{0x10}, "%s:%d", who, n) }
}

// next reads one packet of a track.
func next(t *testing.T, track *webrtc.TrackRemote) *rtp.Packet {
	t.Helper()
	check(t, track.SetReadDeadline(time.Now().Add(patience)))
	packet, _, err := track.ReadRTP()
	check(t, err)
	return packet
}

// track waits for the next track to come in.
func (p *peer) track() received {
	p.t.Helper()
	select {
	case r := <-p.tracks:
		return r
	case <-time.After(patience):
		p.t.Fatalf("no track came to %s", p.id)
		return received{}
	}
}

func wait(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("waited too long for the %s", what)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
