//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/bench/servers"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

// exeunt is our own server.
type exeunt struct{ *servers.Exeunt }

// roomMax is more members than any room here has.
const roomMax = 2000

// exitsMax is how many ended stays the server keeps in mind: fewer than come and go before it is looked at first, so
// that it does not keep more and more of them while it is looked at.
const exitsMax = cyclesBefore / 2

// exitMax is how long a goodbye may take.
const exitMax = 5 * time.Second

func startExeunt(ctx context.Context, o options) (service, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	e, err := servers.StartExeunt(ctx, o.exeunt, fmt.Sprintf("--media-addr=127.0.0.1:%d", port),
		fmt.Sprintf("--call-members-max=%d", roomMax), fmt.Sprintf("--exits-remembered=%d", exitsMax))
	if err != nil {
		return nil, err
	}
	return exeunt{e}, nil
}

func (e exeunt) debug() string { return strings.TrimSuffix(e.Control, "/") }

// enter speaks the wire as package client does, which has no way to bring a socket of one's own.
func (e exeunt) enter(ctx context.Context, m *member) error {
	p, err := m.prepare(offersFirst)
	if err != nil {
		return err
	}
	pc, done := p.pc, established(p.pc)
	conn, answer, err := e.knock(ctx, m, p.offer)
	if err != nil {
		return err
	}
	m.leave = func() { _ = conn.CloseNow() }
	m.port.terms.Store(readTerms(answer))
	if err := take(pc, webrtc.SDPTypeAnswer, answer); err != nil {
		return err
	}
	if m.listens && m.rooms > 0 {
		most := &wire.HearAtMost{Voices: uint32(m.heard())}
		if err := say(ctx, conn, &wire.ClientFrame{Frame: &wire.ClientFrame_HearAtMost{HearAtMost: most}}); err != nil {
			return err
		}
	}
	if m.speaks {
		publish := &wire.Publish{Mid: p.line.Mid(), Stream: wire.Stream_STREAM_BIG}
		if m.kind == sound {
			publish.Stream = wire.Stream_STREAM_AUDIO
		}
		if err := say(ctx, conn, &wire.ClientFrame{Frame: &wire.ClientFrame_Publish{Publish: publish}}); err != nil {
			return err
		}
	}
	if err := m.await(ctx, done); err != nil {
		return err
	}
	m.begin(pc)
	return nil
}

// knock asks to be let in and returns the answer to our offer. The connection lives on.
func (e exeunt) knock(ctx context.Context, m *member, offer string) (*websocket.Conn, string, error) {
	conn, response, err := websocket.Dial(ctx, e.Signal, &websocket.DialOptions{Subprotocols: []string{"exeunt.v1"}})
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("connect to %s: %w", e.Signal, err)
	}
	conn.SetReadLimit(4 << 20)
	first := &wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: &wire.Enter{
		SdkAppId: config.DevelopmentSdkAppID, UserId: m.name, Role: 20, Offer: offer, Client: "bench",
		UserSig: usersig.Sign(config.DevelopmentSdkAppID, m.name, config.DevelopmentSecret, time.Hour, time.Now()),
		Room:    &wire.Enter_StrRoomId{StrRoomId: m.room}, Device: m.name,
		ReceiveAudio: m.listens, ReceiveVideo: m.listens,
	}}}
	if err := say(ctx, conn, first); err != nil {
		_ = conn.CloseNow()
		return nil, "", err
	}
	_, data, err := conn.Read(ctx)
	frame := &wire.ServerFrame{}
	if err == nil {
		err = proto.Unmarshal(data, frame)
	}
	if err == nil && frame.GetEntered() == nil {
		err = fmt.Errorf("%v", frame)
	}
	if err != nil {
		_ = conn.CloseNow()
		return nil, "", fmt.Errorf("%s is not let in: %w", m.name, err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		stay(conn, time.Duration(frame.GetEntered().GetHeartbeatMs())*time.Millisecond)
	}()
	m.exit = func() {
		// The server closes the connection when the member has left; one that is gone needs no goodbye.
		bounded, cancel := context.WithTimeout(context.Background(), exitMax)
		defer cancel()
		_ = say(bounded, conn, &wire.ClientFrame{Frame: &wire.ClientFrame_Exit{Exit: &wire.Exit{}}})
		select {
		case <-gone:
		case <-bounded.Done():
		}
	}
	return conn, frame.GetEntered().GetAnswer(), nil
}

// stay shows that the member lives, when the server would like to hear it, and reads what it is told, until the
// connection closes.
func stay(conn *websocket.Conn, beat time.Duration) {
	ctx, stop := context.WithCancel(context.Background())
	paced := make(chan time.Duration, 1)
	go func() {
		defer stop()
		for {
			_, data, err := conn.Read(ctx)
			if err != nil {
				return
			}
			if next := paceOf(data); next > 0 {
				select {
				case paced <- next:
				default: // The one before will do.
				}
			}
		}
	}()
	timer := time.NewTimer(beat)
	defer timer.Stop()
	for n := uint32(1); ; {
		select {
		case next := <-paced:
			timer.Reset(next)
			continue
		case <-timer.C:
			timer.Reset(beat)
		case <-ctx.Done():
			return
		}
		_ = say(ctx, conn, &wire.ClientFrame{Frame: &wire.ClientFrame_Heartbeat{Heartbeat: &wire.Heartbeat{N: n}}})
		n++
	}
}

// paceOf is when the next heartbeat is welcome, if what the server says has a word on that; 0 if not.
func paceOf(data []byte) (next time.Duration) {
	frame := &wire.ServerFrame{}
	if proto.Unmarshal(data, frame) != nil {
		return 0
	}
	for _, one := range append(frame.GetBatch().GetFrames(), frame) {
		next = max(next, time.Duration(one.GetHeartbeatAck().GetNextMs())*time.Millisecond)
	}
	return next
}

func say(ctx context.Context, conn *websocket.Conn, frame *wire.ClientFrame) error {
	data, err := proto.Marshal(frame)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageBinary, data)
}
