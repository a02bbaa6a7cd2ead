package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	lk "github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// leg is one peer connection of a member of LiveKit.
type leg struct {
	occupant  *occupant
	target    lk.SignalTarget
	pc        *webrtc.PeerConnection
	connected chan struct{}
	broken    chan error
	once      sync.Once
	quiet     chan struct{}
	loops     sync.WaitGroup

	mu sync.Mutex
	// early are candidates that came before the description that they belong to.
	early []webrtc.ICECandidateInit
}

func newLeg(o *occupant, target lk.SignalTarget) (*leg, error) {
	codecs := &webrtc.MediaEngine{}
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		return nil, fmt.Errorf("register codecs: %w", err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("make a peer connection: %w", err)
	}
	l := &leg{
		occupant: o, target: target, pc: pc,
		connected: make(chan struct{}), broken: make(chan error, 1), quiet: make(chan struct{}),
	}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			l.once.Do(func() { close(l.connected) })
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		buffer := make([]byte, 1500)
		for {
			if _, _, err := track.Read(buffer); err != nil {
				return
			}
		}
	})
	return l, nil
}

// wait returns when the transport stands.
func (l *leg) wait(ctx context.Context) error {
	select {
	case <-l.connected:
		return nil
	case err := <-l.broken:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the transport: %w", ctx.Err())
	}
}

func (l *leg) fail(err error) {
	select {
	case l.broken <- err:
	default:
	}
}

// answer answers an offer of the server.
func (l *leg) answer(offer *lk.SessionDescription) error {
	if err := l.describe(webrtc.SDPTypeOffer, offer.GetSdp()); err != nil {
		return err
	}
	answer, err := l.pc.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(l.pc)
	if err := l.pc.SetLocalDescription(answer); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	<-gathered
	return l.occupant.write(&lk.SignalRequest{Message: &lk.SignalRequest_Answer{
		Answer: &lk.SessionDescription{Type: "answer", Sdp: l.sdp(), Id: offer.GetId()},
	}})
}

// send publishes a sound and returns when the transport stands.
func (l *leg) send(ctx context.Context) error {
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	track, err := webrtc.NewTrackLocalStaticSample(opus, "sound", "bench")
	if err != nil {
		return fmt.Errorf("make a track: %w", err)
	}
	if _, err := l.pc.AddTrack(track); err != nil {
		return fmt.Errorf("add a track: %w", err)
	}
	if err := l.occupant.write(&lk.SignalRequest{Message: &lk.SignalRequest_AddTrack{
		AddTrack: &lk.AddTrackRequest{
			Cid: track.ID(), Name: "sound", Type: lk.TrackType_AUDIO, Source: lk.TrackSource_MICROPHONE,
			// Without this, silence is no sign of a bad connection to LiveKit.
			AudioFeatures: []lk.AudioTrackFeature{lk.AudioTrackFeature_TF_NO_DTX},
		},
	}}); err != nil {
		return err
	}
	offer, err := l.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(l.pc)
	if err := l.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	<-gathered
	if err := l.occupant.write(&lk.SignalRequest{Message: &lk.SignalRequest_Offer{
		Offer: &lk.SessionDescription{Type: "offer", Sdp: l.sdp()},
	}}); err != nil {
		return err
	}
	if err := l.wait(ctx); err != nil {
		return err
	}
	l.loops.Go(func() {
		speak(l.quiet, func(data []byte, lasts time.Duration) error {
			return track.WriteSample(media.Sample{Data: data, Duration: lasts})
		})
	})
	return nil
}

// accept takes the server's answer.
func (l *leg) accept(answer *lk.SessionDescription) error {
	return l.describe(webrtc.SDPTypeAnswer, answer.GetSdp())
}

func (l *leg) describe(kind webrtc.SDPType, sdp string) error {
	if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: l.relocate(sdp)}); err != nil {
		return fmt.Errorf("take the server's %v: %w", kind, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.early {
		if err := l.pc.AddICECandidate(c); err != nil {
			return fmt.Errorf("take a candidate: %w", err)
		}
	}
	l.early = nil
	return nil
}

// candidate takes a candidate of the server.
func (l *leg) candidate(text string) error {
	var c webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(l.relocate(text)), &c); err != nil {
		return fmt.Errorf("read a candidate: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pc.RemoteDescription() == nil {
		l.early = append(l.early, c)
		return nil
	}
	return l.pc.AddICECandidate(c)
}

// relocate puts the address at which this member looks for media in the place of those that the server tells.
func (l *leg) relocate(text string) string {
	if l.occupant.seat.mediaIP == "" {
		return text
	}
	return strings.NewReplacer("127.0.0.1", l.occupant.seat.mediaIP, relayIP, l.occupant.seat.mediaIP).Replace(text)
}

// candidateLine is a line of SDP that says where one end is.
var candidateLine = regexp.MustCompile(`(?m)^a=(candidate:.*|end-of-candidates)\r?\n`)

// sdp is our own description. A member behind a wire does not say where it is: the server would go around the wire.
func (l *leg) sdp() string {
	sdp := l.pc.LocalDescription().SDP
	if l.occupant.seat.mediaIP == relayIP {
		sdp = candidateLine.ReplaceAllString(sdp, "")
	}
	return sdp
}

func (l *leg) close() {
	select {
	case <-l.quiet:
	default:
		close(l.quiet)
	}
	l.loops.Wait()
	_ = l.pc.Close()
}
