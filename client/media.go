package client

import (
	"fmt"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
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

// peer is the media of a client: three send lines, a pool of receive lines, and the peer connection that has them now.
type peer struct {
	client *Client
	api    *webrtc.API
	senders
	// loops read what the server reports about the send lines, and close what is out of use.
	loops sync.WaitGroup
	// changed tells that the transport's state is another.
	changed chan struct{}

	mu sync.Mutex
	pc *webrtc.PeerConnection
	// lines are the kinds of the receive lines, in the order of the SDP: a new peer connection has the same ones.
	lines []webrtc.RTPCodecType
	// bound says what each receive line carries; inlets are what was or can be read.
	bound  map[string]source
	inlets map[source]*Inlet
	offers
}

// mdnsDisabled is Pion's number for no multicast DNS: loopback tests and servers have no use for it.
const mdnsDisabled = 1

// closeMax is how long the transport may take to close before it is left to itself.
const closeMax = 3 * time.Second

// How soon a transport that carries nothing any more is noticed: media dies sooner than signalling (L4).
const (
	iceDisconnected = 3 * time.Second
	iceFailed       = 5 * time.Second
	iceKeepalive    = time.Second
)

// newPeer makes the media of a client. After an error too, a peer that was made must be closed.
func newPeer(c *Client, m Media) (*peer, error) {
	api, err := newAPI(m)
	if err != nil {
		return nil, err
	}
	p := &peer{
		client: c, api: api, changed: make(chan struct{}, 1), bound: map[string]source{}, inlets: map[source]*Inlet{},
	}
	for range m.AudioSlots {
		p.lines = append(p.lines, webrtc.RTPCodecTypeAudio)
	}
	for range m.VideoSlots {
		p.lines = append(p.lines, webrtc.RTPCodecTypeVideo)
	}
	if err := p.makeOutlets(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p, p.renew()
}

// renew makes a peer connection with all the lines, in place of the one that was; the caller holds mu.
func (p *peer) renew() error {
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return fmt.Errorf("make a peer connection: %w", err)
	}
	if old := p.pc; old != nil {
		p.loops.Go(func() { _ = old.GracefulClose() })
	}
	p.pc = pc
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.receive(pc, receiver.RTPTransceiver().Mid(), track)
	})
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	})
	if err := p.addSenders(pc); err != nil {
		return err
	}
	return addSlots(pc, p.lines)
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
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
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

func addSlots(pc *webrtc.PeerConnection, lines []webrtc.RTPCodecType) error {
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	for _, kind := range lines {
		if _, err := pc.AddTransceiverFromKind(kind, init); err != nil {
			return fmt.Errorf("add a receive line: %w", err)
		}
	}
	return nil
}

// close ends the transport and everything that reads from it.
func (p *peer) close() {
	closed := make(chan struct{})
	p.mu.Lock()
	pc := p.pc
	p.mu.Unlock()
	go func() {
		_ = pc.GracefulClose()
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
