package client

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtp"
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
	// OnlyRelay tries the server's TURN addresses, as a network that lets nothing through to its media would force it to.
	OnlyRelay
)

// Media says how media is sent and received.
type Media struct {
	// AudioSlots and VideoSlots are how many receive lines the first offer has; more are added when they are needed.
	AudioSlots, VideoSlots int
	Network                Network
	// Messages opens data channels: custom messages then come over them, and so they do while the connection is lost.
	Messages bool
	// Sink says where the packets of a stream go: to the function that it returns, in the goroutine that reads them from
	// the network, so nothing waits and nothing gives way. It must not block. For a stream of which Sink returns nil, and
	// without Sink, they wait to be read from the stream's [Inlet]. Sink is asked once for each stream that begins, and
	// must not call the client.
	Sink func(user string, stream Stream) func(*rtp.Packet)
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
	sink   func(user string, stream Stream) func(*rtp.Packet)
	senders
	channels
	// loops read what the server reports about the send lines, and close what is out of use.
	loops sync.WaitGroup
	// changed tells that the transport's state is another.
	changed chan struct{}

	mu sync.Mutex
	pc *webrtc.PeerConnection
	ways
	// lines are the kinds of the receive lines, in the order of the SDP: a new peer connection has the same ones.
	lines []webrtc.RTPCodecType
	// bound says what each receive line carries; inlets are what was or can be read.
	bound  map[string]source
	inlets map[source]*Inlet
	offers
}

// ways are those that media may take.
type ways struct {
	// policy says which may be taken at all.
	policy webrtc.ICETransportPolicy
	// relays are the ways through TURN that the stay has, and known says that the peer connection has them.
	relays []webrtc.ICEServer
	known  bool
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
		client: c, api: api, sink: m.Sink, channels: channels{messages: m.Messages},
		changed: make(chan struct{}, 1), bound: map[string]source{}, inlets: map[source]*Inlet{},
	}
	if m.Network == OnlyRelay {
		p.policy = webrtc.ICETransportPolicyRelay
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
	pc, err := p.api.NewPeerConnection(p.configuration())
	if err != nil {
		return fmt.Errorf("make a peer connection: %w", err)
	}
	if old := p.pc; old != nil {
		p.loops.Go(func() { _ = old.GracefulClose() })
	}
	p.pc, p.known = pc, true
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
	if err := addSlots(pc, p.lines); err != nil {
		return err
	}
	return p.addChannels(pc)
}

// newAPI is Pion with its own codecs, reports and retransmission, and the loudness of voices (RFC 6464).
func newAPI(m Media) (*webrtc.API, error) {
	codecs := &webrtc.MediaEngine{}
	level := webrtc.RTPHeaderExtensionCapability{URI: levelURI}
	err := errors.Join(codecs.RegisterDefaultCodecs(), codecs.RegisterHeaderExtension(level, webrtc.RTPCodecTypeAudio))
	if err != nil {
		return nil, fmt.Errorf("name what media can be: %w", err)
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
	case OnlyRelay:
		settings.SetNetworkTypes(append(udp, tcp...))
		// Pion would connect to the server's TCP port whatever the policy says.
		settings.DisableActiveTCP(true)
		settings.SetRelayAcceptanceMinWait(0) // There is nothing better to wait for.
	case AnyNetwork:
		settings.SetNetworkTypes(append(udp, tcp...))
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(settings)), nil
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
