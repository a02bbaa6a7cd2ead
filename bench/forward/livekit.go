//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	lk "github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/bench/servers"
)

// livekit is a LiveKit server.
type livekit struct{ *servers.Livekit }

func startLivekit(ctx context.Context, o options) (service, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	l, err := servers.StartLivekit(ctx, o.livekit, "127.0.0.1", port)
	if err != nil {
		return nil, err
	}
	return livekit{l}, nil
}

// guest is a member's signalling with LiveKit. It has one peer connection for each direction: up over a socket of
// Pion's, down over the member's port.
type guest struct {
	*member
	conn     *websocket.Conn
	up, down *webrtc.PeerConnection
	// answered is told that the server took our offer, or why not.
	answered chan error
	writing  sync.Mutex
	// early are candidates that came before the description that they belong to; the reading goroutine alone uses it.
	early map[lk.SignalTarget][]webrtc.ICECandidateInit
	// chosen are the tracks that it takes where it does not take all; the same goroutine's.
	chosen []string
}

func (l livekit) debug() string { return l.Metrics }

func (l livekit) enter(ctx context.Context, m *member) error {
	g := &guest{
		member: m, answered: make(chan error, 1), early: map[lk.SignalTarget][]webrtc.ICECandidateInit{},
	}
	p, err := m.prepare(answersOnly)
	if err != nil {
		return err
	}
	g.down = p.pc
	done := established(g.down)
	query := url.Values{
		"access_token": {servers.LivekitToken(m.name, servers.Grant{"room": m.room, "roomJoin": true})},
		"protocol":     {"16"}, "sdk": {"go"}, "version": {"2.10.0"}, "auto_subscribe": {"0"},
	}
	if m.listens && !m.mixes() {
		query.Set("auto_subscribe", "1")
	}
	conn, response, err := websocket.Dial(ctx, "ws://"+l.Address+"/rtc?"+query.Encode(), nil)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return fmt.Errorf("%s enters: %w", m.name, err)
	}
	conn.SetReadLimit(4 << 20)
	g.conn, m.leave = conn, func() { _ = conn.CloseNow() }
	m.exit = func() {
		// A member that the server does not hear say so stays for a while.
		_ = g.write(&lk.SignalRequest{Message: &lk.SignalRequest_Leave{Leave: &lk.LeaveRequest{}}})
	}
	first, err := g.read(ctx)
	if err != nil || first.GetJoin() == nil {
		return fmt.Errorf("%s is not let in: %v, %w", m.name, first, err)
	}
	if m.speaks {
		if g.up, err = m.connect(nil); err != nil {
			return err
		}
	}
	if err := g.choose(first.GetJoin().GetOtherParticipants()); err != nil {
		return err
	}
	go g.listen()
	go g.ping(time.Duration(first.GetJoin().GetPingInterval()) * time.Second)
	if err := m.await(ctx, done); err != nil {
		return err
	}
	if m.speaks {
		if err := g.publish(ctx); err != nil {
			return err
		}
	}
	m.begin(g.down)
	return nil
}

// choose subscribes to the loud others, as many as the member hears, where it does not hear all. LiveKit's server would
// send everybody to everybody; its clients choose.
func (g *guest) choose(others []*lk.ParticipantInfo) error {
	if !g.listens || !g.mixes() {
		return nil
	}
	var fresh []string
	for _, other := range others {
		for _, track := range other.GetTracks() {
			wanted := other.GetIdentity() != g.name && g.isLoud(other.GetIdentity())
			known := slices.Contains(g.chosen, track.GetSid())
			if wanted && !known && len(g.chosen) < g.heard() {
				g.chosen = append(g.chosen, track.GetSid())
				fresh = append(fresh, track.GetSid())
			}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return g.write(&lk.SignalRequest{Message: &lk.SignalRequest_Subscription{
		Subscription: &lk.UpdateSubscription{TrackSids: fresh, Subscribe: true},
	}})
}

// isLoud says whether a name is that of a loud speaker.
func (s scenario) isLoud(name string) bool {
	var in, order int
	_, err := fmt.Sscanf(name, memberName, &in, &order)
	return err == nil && (seat{scenario: s, order: order}).loud()
}

// publish sends the offer of what the member says, and waits for the transport.
func (g *guest) publish(ctx context.Context) error {
	done := established(g.up)
	if _, err := g.speak(g.up); err != nil {
		return err
	}
	add := &lk.AddTrackRequest{
		Cid: g.track.ID(), Name: "stream", Type: lk.TrackType_VIDEO, Source: lk.TrackSource_CAMERA,
		Width: 1280, Height: 720,
		Layers: []*lk.VideoLayer{{Quality: lk.VideoQuality_HIGH, Width: 1280, Height: 720, Bitrate: 3_000_000}},
	}
	if g.kind == sound {
		add = &lk.AddTrackRequest{
			Cid: g.track.ID(), Name: "stream", Type: lk.TrackType_AUDIO, Source: lk.TrackSource_MICROPHONE,
			DisableRed: true,
		}
	}
	if err := g.write(&lk.SignalRequest{Message: &lk.SignalRequest_AddTrack{AddTrack: add}}); err != nil {
		return err
	}
	offer, err := g.up.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("make an offer: %w", err)
	}
	sdp, err := describe(g.up, offer)
	if err != nil {
		return err
	}
	message := &lk.SessionDescription{Type: "offer", Sdp: sdp}
	if err := g.write(&lk.SignalRequest{Message: &lk.SignalRequest_Offer{Offer: message}}); err != nil {
		return err
	}
	select {
	case err = <-g.answered:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s publishes: %w", g.name, err)
	}
	return g.await(ctx, done)
}

func (g *guest) read(ctx context.Context) (*lk.SignalResponse, error) {
	_, data, err := g.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	frame := &lk.SignalResponse{}
	return frame, proto.Unmarshal(data, frame)
}

func (g *guest) write(message *lk.SignalRequest) error {
	data, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	g.writing.Lock()
	defer g.writing.Unlock()
	return g.conn.Write(context.Background(), websocket.MessageBinary, data)
}

// ping shows that the member lives, until the connection closes.
func (g *guest) ping(pace time.Duration) {
	every := time.NewTicker(max(pace, time.Second))
	defer every.Stop()
	for now := range every.C {
		message := &lk.Ping{Timestamp: now.UnixMilli()}
		if g.write(&lk.SignalRequest{Message: &lk.SignalRequest_PingReq{PingReq: message}}) != nil {
			return
		}
	}
}

// listen reads until the connection closes. What fails here shows as a transport that does not come to stand.
func (g *guest) listen() {
	for {
		frame, err := g.read(context.Background())
		if err != nil {
			return
		}
		switch m := frame.GetMessage().(type) {
		case *lk.SignalResponse_Offer:
			g.port.terms.Store(readTerms(m.Offer.GetSdp()))
			err = g.answer(m.Offer)
		case *lk.SignalResponse_Answer:
			err = g.describe(g.up, lk.SignalTarget_PUBLISHER, webrtc.SDPTypeAnswer, m.Answer.GetSdp())
			select {
			case g.answered <- err:
			default:
			}
		case *lk.SignalResponse_Trickle:
			err = g.trickle(m.Trickle)
		case *lk.SignalResponse_Update:
			err = g.choose(m.Update.GetParticipants())
		}
		if err != nil {
			_ = g.conn.CloseNow()
			return
		}
	}
}

func (g *guest) answer(offer *lk.SessionDescription) error {
	if err := g.describe(g.down, lk.SignalTarget_SUBSCRIBER, webrtc.SDPTypeOffer, offer.GetSdp()); err != nil {
		return err
	}
	sdp, err := answerOf(g.down)
	if err != nil {
		return err
	}
	return g.write(&lk.SignalRequest{Message: &lk.SignalRequest_Answer{
		Answer: &lk.SessionDescription{Type: "answer", Sdp: sdp, Id: offer.GetId()},
	}})
}

// describe takes a description of the server, and the candidates that came before it.
func (g *guest) describe(pc *webrtc.PeerConnection, of lk.SignalTarget, kind webrtc.SDPType, sdp string) error {
	if err := take(pc, kind, sdp); err != nil {
		return err
	}
	for _, c := range g.early[of] {
		if err := pc.AddICECandidate(c); err != nil {
			return fmt.Errorf("take a candidate: %w", err)
		}
	}
	g.early[of] = nil
	return nil
}

func (g *guest) trickle(t *lk.TrickleRequest) error {
	var c webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(t.GetCandidateInit()), &c); err != nil {
		return fmt.Errorf("read a candidate: %w", err)
	}
	pc := g.down
	if t.GetTarget() == lk.SignalTarget_PUBLISHER {
		pc = g.up
	}
	if pc == nil || pc.RemoteDescription() == nil {
		g.early[t.GetTarget()] = append(g.early[t.GetTarget()], c)
		return nil
	}
	return pc.AddICECandidate(c)
}
