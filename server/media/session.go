package media

import (
	"fmt"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/room"
)

// feedbackEvery is how often a publisher hears when its packets arrived. Chromium's own pace is 50 to 250 ms.
const feedbackEvery = 100 * time.Millisecond

// session is one member's transport. The engine's mu guards all fields but gate and wire.
type session struct {
	id   string
	pc   *webrtc.PeerConnection
	gate gate
	wire wire
	// negotiating holds one token: whoever has it may change the descriptions.
	negotiating chan struct{}
	// lines are what it can send, by mid; streams are the lines that carry something, by what they carry.
	lines   map[string]*line
	streams map[room.Stream]*line
	// slots are what it can receive, in the offer's order.
	slots []*slot
	// made counts the slots ever made, for their names.
	made int
	// tcp is the client's address when its media comes by TCP; empty otherwise.
	tcp string
}

// newSession makes a peer connection that is connected to nothing yet.
func (e *Engine) newSession(id string) (*session, error) {
	s := &session{
		id: id, negotiating: make(chan struct{}, 1),
		lines: map[string]*line{}, streams: map[room.Stream]*line{},
	}
	s.wire.gate = &s.gate
	codecs, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	registry, err := s.interceptors()
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(codecs),
		webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(e.network.settings),
	)
	s.pc, err = api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{e.network.certificate},
		// We read and write header extensions of packets that were encrypted for somebody else (RFC 9335).
		RTPHeaderEncryptionPolicy: webrtc.RTPHeaderEncryptionPolicyDisable,
	})
	if err != nil {
		return nil, fmt.Errorf("make a peer connection: %w", err)
	}
	s.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) { e.arrived(s, track, receiver) })
	s.pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(func(pair *webrtc.ICECandidatePair) {
		e.routed(s, pair)
	})
	s.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			e.connected(s)
			e.flows(s, true)
		case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
			e.flows(s, false)
		}
	})
	return s, nil
}

// flows passes on whether the session's packets arrive; one that was dropped or replaced is nobody's business.
func (e *Engine) flows(s *session, flow bool) {
	if e.find(s.id) == s {
		e.cfg.Changed(s.id, flow)
	}
}

// interceptors lists what looks at every packet, from the wire inwards. Retransmission to listeners is not among them:
// the line keeps one copy for all, and a slot changes its codec with what it carries.
func (s *session) interceptors() (*interceptor.Registry, error) {
	receiverReports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("make receiver reports: %w", err)
	}
	senderReports, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("make sender reports: %w", err)
	}
	asks, err := nack.NewGeneratorInterceptor(nack.GeneratorMaxNacksPerPacket(asksMax))
	if err != nil {
		return nil, fmt.Errorf("make the generator of NACKs: %w", err)
	}
	feedback, err := twcc.NewSenderInterceptor(twcc.SendInterval(feedbackEvery))
	if err != nil {
		return nil, fmt.Errorf("make transport feedback: %w", err)
	}
	registry := &interceptor.Registry{}
	for _, factory := range []interceptor.Factory{&s.wire, receiverReports, senderReports, asks, feedback} {
		registry.Add(factory)
	}
	return registry, nil
}

// asksMax is how often a publisher is asked for the same lost packet: a second of asking, at ten times a second.
const asksMax = 10
