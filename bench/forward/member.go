//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// member is one who sends, receives or both.
type member struct {
	seat
	// port receives.
	port *port
	// track is where the speaker's packets go in; nil for listeners. The extension numberID numbers them; with 0 the
	// server wants no numbers.
	track    *webrtc.TrackLocalStaticRTP
	sender   *webrtc.RTPSender
	numberID uint8
	// leave ends the signalling.
	leave func()

	mu  sync.Mutex
	pcs []*webrtc.PeerConnection
}

// The times of a member's transport. A browser checks about as often that the server is there (RFC 7675 §5.1).
const (
	iceDisconnected = 20 * time.Second
	iceFailed       = 40 * time.Second
	iceKeepalive    = 4 * time.Second
)

// connect makes a peer connection, over the member's port or, without one, over a socket of Pion's.
func (m *member) connect(over *port) (*webrtc.PeerConnection, error) {
	codecs, err := newCodecs()
	if err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIPFilter(net.IP.IsLoopback)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	// Hundreds of transports that close say so, each with a line.
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	settings.LoggerFactory = quiet
	// As Chromium offers them, which also keeps a server from paying for a longer key than another.
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	if over != nil {
		settings.SetICEUDPMux(ice.NewUDPMuxDefault(ice.UDPMuxParams{
			UDPConn: over, Logger: quiet.NewLogger("ice"),
		}))
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		// Encrypted header extensions could not be read without Pion, and browsers have none.
		RTPHeaderEncryptionPolicy: webrtc.RTPHeaderEncryptionPolicyDisable,
	})
	if err != nil {
		return nil, fmt.Errorf("make a peer connection: %w", err)
	}
	pc.OnTrack(m.look)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pcs = append(m.pcs, pc)
	return pc, nil
}

// extensions are the header extensions that Chromium offers and that a server may fill in. All members number them in
// this order: a server that forwards them as they are, as plain Pion does, relies on that.
var extensions = []struct {
	uri   string
	kinds []webrtc.RTPCodecType
}{
	{"urn:ietf:params:rtp-hdrext:toffset", []webrtc.RTPCodecType{picture}},
	{"urn:ietf:params:rtp-hdrext:ssrc-audio-level", []webrtc.RTPCodecType{sound}},
	{"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", []webrtc.RTPCodecType{picture, sound}},
	{numbers, []webrtc.RTPCodecType{picture, sound}},
	{"urn:ietf:params:rtp-hdrext:sdes:mid", []webrtc.RTPCodecType{picture, sound}},
}

// newCodecs is what Chromium offers of VP8 and Opus: repair by retransmission, and feedback of all kinds.
func newCodecs() (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	transport := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	vp8 := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{
			{Type: "goog-remb"},
			transport,
			{Type: "ccm", Parameter: "fir"},
			{Type: "nack"},
			{Type: "nack", Parameter: "pli"},
		},
	}
	rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"}
	opus := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		RTCPFeedback: []webrtc.RTCPFeedback{transport},
	}
	for _, one := range []struct {
		kind  webrtc.RTPCodecType
		codec webrtc.RTPCodecCapability
		id    webrtc.PayloadType
	}{{picture, vp8, 96}, {picture, rtx, 97}, {sound, opus, 111}} {
		codec := webrtc.RTPCodecParameters{RTPCodecCapability: one.codec, PayloadType: one.id}
		if err := engine.RegisterCodec(codec, one.kind); err != nil {
			return nil, fmt.Errorf("register codecs: %w", err)
		}
	}
	for _, one := range extensions {
		for _, kind := range one.kinds {
			extension := webrtc.RTPHeaderExtensionCapability{URI: one.uri}
			if err := engine.RegisterHeaderExtension(extension, kind); err != nil {
				return nil, fmt.Errorf("register header extensions: %w", err)
			}
		}
	}
	return engine, nil
}

// look hands what Pion decrypted to the port's checker. The port gives Pion no media when it has none.
func (m *member) look(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if m.port.checker != nil {
			m.port.checker.see(packet)
		}
	}
}

// speak gives a peer connection what the member sends.
func (m *member) speak(pc *webrtc.PeerConnection) (*webrtc.RTPTransceiver, error) {
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	if m.kind == sound {
		codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec, m.name, m.name)
	if err != nil {
		return nil, fmt.Errorf("make a track: %w", err)
	}
	line, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionSendonly,
	})
	if err != nil {
		return nil, err
	}
	m.track, m.sender = track, line.Sender()
	return line, nil
}

// offer gives a peer connection its one line, to speak or to listen, and returns the offer with all candidates.
func (m *member) offer(pc *webrtc.PeerConnection) (*webrtc.RTPTransceiver, string, error) {
	var line *webrtc.RTPTransceiver
	var err error
	if m.listens {
		line, err = pc.AddTransceiverFromKind(m.kind, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		})
	} else {
		line, err = m.speak(pc)
	}
	if err != nil {
		return nil, "", fmt.Errorf("add a line: %w", err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return nil, "", fmt.Errorf("make an offer: %w", err)
	}
	sdp, err := describe(pc, offer)
	return line, sdp, err
}

// established returns a channel that closes when the transport stands.
func established(pc *webrtc.PeerConnection) <-chan struct{} {
	done := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(done) })
		}
	})
	return done
}

// await waits for the transport.
func (m *member) await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s waits for the transport: %w", m.name, ctx.Err())
	}
}

// ready notes how the speaker numbers packets, and lets the port report.
func (m *member) ready(receiving *webrtc.PeerConnection) {
	if m.sender != nil {
		for _, e := range m.sender.GetParameters().HeaderExtensions {
			if e.URI == numbers {
				m.numberID = uint8(e.ID)
			}
		}
	}
	m.port.pc.Store(receiving)
}

// describe sets our own description and returns it with all candidates.
func describe(pc *webrtc.PeerConnection, own webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(own); err != nil {
		return "", fmt.Errorf("set our description: %w", err)
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// take sets the server's description.
func take(pc *webrtc.PeerConnection, kind webrtc.SDPType, sdp string) error {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil {
		return fmt.Errorf("take the server's %v: %w", kind, err)
	}
	return nil
}

// close ends the signalling and the transports.
func (m *member) close() {
	m.port.pc.Store(nil)
	if m.leave != nil {
		m.leave()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, pc := range m.pcs {
		_ = pc.Close()
	}
}
