package client

import (
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/wire"
)

// offers are the SDP exchanges of a peer: one is under way at a time.
type offers struct {
	// under is the offer that waits for its answer, 0 for none; last was the latest.
	under, last uint32
	// wanted are receive lines that came to be needed while an offer was under way.
	wanted []webrtc.RTPCodecType
}

// firstOffer is the number of the offer that the entry brings.
const firstOffer = 1

// kind says what an offer is for.
type kind uint8

const (
	// more has more receive lines.
	more kind = iota
	// restart looks for another way to the server (ICE restart, RFC 8445 §9).
	restart
	// fresh is of a new peer connection.
	fresh
)

// straightWait is how long the straight ways have before those through TURN are tried beside them.
const straightWait = 2 * time.Second

// mendWait is how long a mended transport may take to carry again before the next means is tried.
const mendWait = 4 * time.Second

// first makes the offer that the entry brings.
func (p *peer) first() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offer(nil)
}

// offer makes an offer; the caller holds mu. It carries no candidates: the server is ICE-lite, and learns our address
// from our checks.
func (p *peer) offer(options *webrtc.OfferOptions) (string, error) {
	offer, err := p.pc.CreateOffer(options)
	if err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("set the offer: %w", err)
	}
	p.last++
	p.under = p.last
	p.client.exchanges.Add(1)
	return offer.SDP, nil
}

// exchange makes an offer of a living stay and sends it.
func (p *peer) exchange(k kind) error {
	frame, err := p.prepare(k)
	if err != nil || frame == nil {
		return err
	}
	return p.client.say(p.client.ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Offer{Offer: frame}})
}

// prepare makes the offer; nil when one is under way that must be answered first.
func (p *peer) prepare(k kind) (*wire.Offer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client.ctx.Err() != nil {
		return nil, ErrExited
	}
	if k == restart && p.under == 0 && !p.configure() {
		k = fresh
	}
	if k == fresh {
		p.lines = append(p.lines, p.wanted...)
		p.wanted = nil
		if err := p.renew(); err != nil {
			return nil, err
		}
	} else if p.under != 0 {
		return nil, nil
	}
	if k == more {
		if err := addSlots(p.pc, p.wanted); err != nil {
			return nil, err
		}
		p.lines = append(p.lines, p.wanted...)
		p.wanted = nil
	}
	sdp, err := p.offer(&webrtc.OfferOptions{ICERestart: k == restart})
	if err != nil {
		return nil, err
	}
	return &wire.Offer{Id: p.under, Sdp: sdp, Fresh: k == fresh}, nil
}

// grow offers more receive lines. What is needed while an offer is under way comes after it.
func (p *peer) grow(audio, video int) error {
	p.mu.Lock()
	p.wanted = nil
	for range audio {
		p.wanted = append(p.wanted, webrtc.RTPCodecTypeAudio)
	}
	for range video {
		p.wanted = append(p.wanted, webrtc.RTPCodecTypeVideo)
	}
	p.mu.Unlock()
	return p.exchange(more)
}

// answered takes the answer to an offer. An answer to another one is late: a newer offer took the place of its own.
func (p *peer) answered(id uint32, sdp string) error {
	p.mu.Lock()
	if id != p.under {
		p.mu.Unlock()
		return nil
	}
	p.under = 0
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
	err := p.pc.SetRemoteDescription(answer)
	again := len(p.wanted) > 0
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("take the server's answer: %w", err)
	}
	if again {
		return p.exchange(more)
	}
	return nil
}

// reconnected takes what a resume says of the media. The goroutine that reads calls it.
func (p *peer) reconnected(r *wire.Resumed) {
	c := p.client
	p.relayBy(r.GetIceServers())
	now := map[string]bool{}
	for _, s := range r.GetSlots() {
		now[s.GetMid()] = true
		if p.carries(s.GetMid()) != (source{s.GetUserId(), Stream(s.GetStream())}) {
			c.bind(s)
		}
	}
	for _, mid := range p.boundLines() {
		if !now[mid] {
			c.unbind(mid)
		}
	}
	p.mu.Lock()
	lost := p.under != 0
	var again []*wire.Publish
	for _, stream := range sendLines {
		if publish := p.published[stream]; publish != nil {
			again = append(again, publish)
		}
	}
	p.mu.Unlock()
	// Whether these had reached the server over the old connection cannot be known; twice does no harm.
	for _, publish := range again {
		_ = c.say(c.ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Publish{Publish: publish}})
	}
	if r.GetMedia() && !lost {
		// What broke the connection may have changed our address too (E11). The server would go on sending to the old
		// one: it answers checks, and makes none.
		if err := p.exchange(restart); err != nil {
			c.emitMediaProblem(err)
		}
		return
	}
	// A server that lost the transport has another certificate, and Pion shakes hands once a peer connection.
	if err := p.exchange(fresh); err != nil {
		c.emitMediaProblem(err)
	}
}

// relayBy takes the ways through TURN that the stay has from now on.
func (p *peer) relayBy(servers []*wire.IceServer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.relays = nil
	p.known = false
	for _, s := range servers {
		p.relays = append(p.relays, webrtc.ICEServer{
			URLs: s.GetUrls(), Username: s.GetUsername(), Credential: s.GetCredential(),
		})
	}
}

// configure gives the peer connection the relays that the stay has; the caller holds mu. False says that it cannot take
// them now: Pion reads its own without a lock while it gathers.
func (p *peer) configure() bool {
	if p.known || len(p.relays) == 0 {
		return true
	}
	if p.pc.ICEGatheringState() != webrtc.ICEGatheringStateComplete {
		return false
	}
	err := p.pc.SetConfiguration(p.configuration())
	p.known = err == nil
	return p.known
}

func (p *peer) configuration() webrtc.Configuration {
	return webrtc.Configuration{ICEServers: p.relays, ICETransportPolicy: p.policy}
}

// detour looks for a way through TURN, beside the straight ones, if these get nowhere at first. The entry's own offer
// could not: only its answer brings the credentials. False says that the stay is over.
func (p *peer) detour() bool {
	p.mu.Lock()
	none, straight := len(p.relays) == 0, p.policy != webrtc.ICETransportPolicyRelay
	p.mu.Unlock()
	if none {
		return true
	}
	if straight && !p.await(straightWait) {
		return false
	}
	if p.carrying() {
		return true
	}
	if p.client.socket.Load() != nil {
		_ = p.exchange(restart)
	}
	return p.mend()
}

// tend mends the transport whenever it ceases to carry, until the stay is over.
func (p *peer) tend() {
	if !p.detour() {
		return
	}
	carried := false
	for {
		select {
		case <-p.changed:
		case <-p.client.ctx.Done():
			return
		}
		switch {
		case p.carrying():
			carried = true
		case !carried && !p.broken():
			// The first connection is under way.
		case !p.mend():
			return
		}
	}
}

// mend tries one means after another until the transport carries. False says that the stay is over.
func (p *peer) mend() bool {
	for means := restart; !p.carrying(); means = fresh {
		// A restart may be under way already: a resume makes one. When it gets nowhere, that looks the same for long.
		begun := means == restart && !p.broken()
		// Without a connection to the server there is nobody to ask; the resume brings what is needed.
		if !begun && p.client.socket.Load() != nil {
			_ = p.exchange(means)
		}
		if !p.await(mendWait) {
			return false
		}
	}
	return true
}

// carrying says whether the transport carries.
func (p *peer) carrying() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pc.ConnectionState() == webrtc.PeerConnectionStateConnected
}

// broken says whether the transport carried and does not any more.
func (p *peer) broken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := p.pc.ConnectionState()
	return state == webrtc.PeerConnectionStateDisconnected || state == webrtc.PeerConnectionStateFailed
}

// await waits until the transport carries, or for a while. False says that the stay is over.
func (p *peer) await(long time.Duration) bool {
	late := time.NewTimer(long)
	defer late.Stop()
	for {
		if p.carrying() {
			return true
		}
		select {
		case <-p.changed:
		case <-late.C:
			return true
		case <-p.client.ctx.Done():
			return false
		}
	}
}
