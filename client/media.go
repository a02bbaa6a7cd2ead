package client

import (
	"fmt"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/wire"
)

// Network says which way media may take.
type Network uint8

const (
	// AnyNetwork tries UDP and TCP.
	AnyNetwork Network = iota
	// OnlyUDP tries UDP.
	OnlyUDP
	// OnlyTCP tries TCP, as a network that blocks UDP would force it to.
	OnlyTCP
)

// Media says how media is sent and received.
type Media struct {
	// AudioSlots and VideoSlots are how many receive lines the first offer has; more are added when they are needed.
	AudioSlots, VideoSlots int
	Network                Network
}

// source is what a receive line can carry.
type source struct {
	user   string
	stream Stream
}

// peer is the media of a client: one peer connection, three send lines, and a pool of receive lines.
type peer struct {
	client *Client
	pc     *webrtc.PeerConnection
	senders
	// loops read what the server reports about the send lines.
	loops sync.WaitGroup

	mu sync.Mutex
	// bound says what each receive line carries; inlets are what was or can be read.
	bound  map[string]source
	inlets map[source]*Inlet
	// offerID is the offer that waits for its answer, 0 for none; lastID was the latest.
	offerID, lastID uint32
	// want are receive lines that came to be needed while an offer was under way.
	wantAudio, wantVideo int
}

// mdnsDisabled is Pion's number for no multicast DNS: loopback tests and servers have no use for it.
const mdnsDisabled = 1

// closeMax is how long the transport may take to close before it is left to itself.
const closeMax = 3 * time.Second

// newPeer makes the media of a client. After an error too, a peer that was made must be closed.
func newPeer(c *Client, m Media) (*peer, error) {
	api, err := newAPI(m)
	if err != nil {
		return nil, err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("make a peer connection: %w", err)
	}
	p := &peer{client: c, pc: pc, bound: map[string]source{}, inlets: map[source]*Inlet{}}
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.receive(receiver.RTPTransceiver().Mid(), track)
	})
	if err := p.addSenders(); err != nil {
		return p, err
	}
	return p, p.addSlots(m.AudioSlots, m.VideoSlots)
}

// newAPI is Pion with its own codecs, reports and retransmission.
func newAPI(m Media) (*webrtc.API, error) {
	codecs := &webrtc.MediaEngine{}
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		return nil, fmt.Errorf("register codecs: %w", err)
	}
	registry := &interceptor.Registry{}
	if err := webrtc.ConfigureNack(codecs, registry); err != nil {
		return nil, fmt.Errorf("configure retransmission: %w", err)
	}
	if err := webrtc.ConfigureRTCPReports(registry); err != nil {
		return nil, fmt.Errorf("configure reports: %w", err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(mdnsDisabled)
	udp := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	tcp := []webrtc.NetworkType{webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6}
	switch m.Network {
	case OnlyUDP:
		settings.SetNetworkTypes(udp)
	case OnlyTCP:
		settings.SetNetworkTypes(tcp)
	case AnyNetwork:
		settings.SetNetworkTypes(append(udp, tcp...))
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings)), nil
}

func (p *peer) addSlots(audio, video int) error {
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	for kind, n := range map[webrtc.RTPCodecType]int{
		webrtc.RTPCodecTypeAudio: audio, webrtc.RTPCodecTypeVideo: video,
	} {
		for range n {
			if _, err := p.pc.AddTransceiverFromKind(kind, init); err != nil {
				return fmt.Errorf("add a receive line: %w", err)
			}
		}
	}
	return nil
}

// offer makes an offer. It carries no candidates: the server is ICE-lite, and learns our address from our checks.
func (p *peer) offer() (string, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("set the offer: %w", err)
	}
	return offer.SDP, nil
}

// accept takes an answer.
func (p *peer) accept(sdp string) error {
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
	if err := p.pc.SetRemoteDescription(answer); err != nil {
		return fmt.Errorf("take the server's answer: %w", err)
	}
	return nil
}

// grow offers more receive lines. One offer is under way at a time; what is needed meanwhile comes after it.
func (p *peer) grow(audio, video int) error {
	p.mu.Lock()
	if p.offerID != 0 {
		p.wantAudio, p.wantVideo = audio, video
		p.mu.Unlock()
		return nil
	}
	p.lastID++
	p.offerID = p.lastID
	id := p.offerID
	p.mu.Unlock()
	if err := p.addSlots(audio, video); err != nil {
		return err
	}
	sdp, err := p.offer()
	if err != nil {
		return err
	}
	p.client.exchanges.Add(1)
	frame := &wire.ClientFrame{Frame: &wire.ClientFrame_Offer{Offer: &wire.Offer{Id: id, Sdp: sdp}}}
	return p.client.say(p.client.ctx, frame)
}

// answered takes the answer to a later offer.
func (p *peer) answered(id uint32, sdp string) error {
	p.mu.Lock()
	if id != p.offerID {
		p.mu.Unlock()
		return fmt.Errorf("answer %d is for no offer that is under way", id)
	}
	p.offerID = 0
	audio, video := p.wantAudio, p.wantVideo
	p.wantAudio, p.wantVideo = 0, 0
	p.mu.Unlock()
	if err := p.accept(sdp); err != nil {
		return err
	}
	if audio+video > 0 {
		return p.grow(audio, video)
	}
	return nil
}

// close ends the transport and everything that reads from it.
func (p *peer) close() {
	closed := make(chan struct{})
	go func() {
		_ = p.pc.GracefulClose()
		p.loops.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(closeMax):
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, inlet := range p.inlets {
		inlet.end()
	}
}
