//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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
	// track is where the speaker's packets go in; nil for listeners.
	track  *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender
	// The extension numberID numbers packets and levelID says how loud they are; with 0 the server wants neither.
	numberID, levelID uint8
	// ciphers are what the member offers of SRTP; nil for what Chromium offers.
	ciphers []dtls.SRTPProtectionProfile
	// made is what was made before the member enters.
	made *prepared
	// exit says goodbye, where a server wants that, and leave ends the signalling.
	exit, leave func()

	mu  sync.Mutex
	pcs []*webrtc.PeerConnection
}

// prepared is what a member does before it asks to enter: a page makes its peer connection while the door opens.
type prepared struct {
	pc    *webrtc.PeerConnection
	line  *webrtc.RTPTransceiver
	offer string
}

// prepare makes the peer connection that receives, and the offer of a member that offers first.
func (m *member) prepare(offers offering) (*prepared, error) {
	if m.made != nil {
		return m.made, nil
	}
	pc, err := m.connect(m.port)
	if err != nil {
		return nil, err
	}
	p := &prepared{pc: pc}
	if offers == offersFirst {
		if p.line, p.offer, err = m.offer(pc); err != nil {
			return nil, err
		}
	}
	m.made = p
	return p, nil
}

// offering says who begins.
type offering int

const (
	offersFirst offering = iota
	answersOnly
)

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
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() || ip.Equal(m.port.address.Addr().AsSlice()) })
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	// Hundreds of transports that close say so, each with a line.
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	settings.LoggerFactory = quiet
	// As Chromium offers them, which also keeps a server from paying for a longer key than another.
	ciphers := m.ciphers
	if ciphers == nil {
		ciphers = []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}
	}
	settings.SetSRTPProtectionProfiles(ciphers...)
	if over != nil {
		settings.SetICEUDPMux(ice.NewUDPMuxDefault(ice.UDPMuxParams{
			UDPConn: over, Logger: quiet.NewLogger("ice"),
		}))
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	certificate, err := ownCertificate()
	if err != nil {
		return nil, err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{certificate},
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

// ownCertificate is every member's: a key for each would be the load's cost and no server's.
var ownCertificate = sync.OnceValues(func() (webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	return *certificate, nil
})

// extensions are the header extensions that Chromium offers and that a server may fill in. All members number them in
// this order: a server that forwards them as they are, as plain Pion does, relies on that.
var extensions = []struct {
	uri   string
	kinds []webrtc.RTPCodecType
}{
	{"urn:ietf:params:rtp-hdrext:toffset", []webrtc.RTPCodecType{picture}},
	{levels, []webrtc.RTPCodecType{sound}},
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

// offer gives a peer connection its lines, one to speak and the others to listen, and returns the offer with all
// candidates, and the line of what the member says.
func (m *member) offer(pc *webrtc.PeerConnection) (*webrtc.RTPTransceiver, string, error) {
	var line *webrtc.RTPTransceiver
	var err error
	if m.speaks {
		if line, err = m.speak(pc); err != nil {
			return nil, "", fmt.Errorf("add a line to speak: %w", err)
		}
	}
	for range m.lineCount() {
		if _, err = pc.AddTransceiverFromKind(m.kind, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		}); err != nil {
			return nil, "", fmt.Errorf("add a line to listen: %w", err)
		}
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
	answered := m.port.answered
	for {
		select {
		case <-done:
			return nil
		case <-answered:
			answered = nil
			m.hasten()
		case <-ctx.Done():
			return fmt.Errorf("%s waits for the transport: %w", m.name, ctx.Err())
		}
	}
}

// nowhere is a candidate that is never chosen.
const nowhere = "candidate:1 1 udp 1 127.0.0.1 9 typ host"

// hasten has Pion choose the path whose check was answered. Chromium chooses with its first check when the server is
// ICE-lite; Pion would wait for its next look, 200 ms later, which it also takes when a candidate comes.
func (m *member) hasten() {
	if m.made != nil {
		// Where it does not help, the transport comes to stand at Pion's own pace.
		_ = m.made.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: nowhere})
	}
}

// begin notes what the speaker's packets carry, and lets the port report.
func (m *member) begin(receiving *webrtc.PeerConnection) {
	if m.sender != nil {
		for _, e := range m.sender.GetParameters().HeaderExtensions {
			switch e.URI {
			case numbers:
				m.numberID = uint8(e.ID)
			case levels:
				m.levelID = uint8(e.ID)
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

// answerOf answers the offer that was taken, with all candidates.
func answerOf(pc *webrtc.PeerConnection) (string, error) {
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	return describe(pc, answer)
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
