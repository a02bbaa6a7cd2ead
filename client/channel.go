package client

import (
	"context"
	"fmt"
	"sync"

	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// The streams of the two data channels, which both ends know beforehand (docs/protocol.md, Messages).
const (
	reliableStream uint16 = 0
	lossyStream    uint16 = 1
)

const (
	// heldMax is how many reliable messages may wait for their turn; the oldest give way.
	heldMax = 1024
	// lossyMax is how many bytes may wait to leave by the lossy channel; what is more is lost.
	lossyMax = 16 << 10
)

// channels are the data channels of the present peer connection; messages says whether there are to be any.
type channels struct {
	messages        bool
	reliable, lossy *webrtc.DataChannel
}

// addChannels gives a new peer connection its data channels; the caller holds the peer's mu.
func (p *peer) addChannels(pc *webrtc.PeerConnection) error {
	if !p.messages {
		return nil
	}
	unordered, once := false, uint16(0)
	reliable, err := negotiated(pc, reliableStream, webrtc.DataChannelInit{})
	if err != nil {
		return err
	}
	lossy, err := negotiated(pc, lossyStream, webrtc.DataChannelInit{Ordered: &unordered, MaxRetransmits: &once})
	if err != nil {
		return err
	}
	mail := &p.client.mail
	reliable.OnMessage(func(m webrtc.DataChannelMessage) { mail.take(reliable, m.Data) })
	reliable.OnOpen(mail.outbox.stir)
	reliable.OnClose(mail.outbox.stir)
	lossy.OnMessage(func(m webrtc.DataChannelMessage) { mail.takeLossy(m.Data) })
	p.channels.reliable, p.channels.lossy = reliable, lossy
	return nil
}

func negotiated(pc *webrtc.PeerConnection, id uint16, init webrtc.DataChannelInit) (*webrtc.DataChannel, error) {
	yes := true
	init.Negotiated, init.ID = &yes, &id
	channel, err := pc.CreateDataChannel("messages", &init)
	if err != nil {
		return nil, fmt.Errorf("make a data channel: %w", err)
	}
	return channel, nil
}

// saysLossy sends over the lossy channel. False says that there is none.
func (p *peer) saysLossy(message []byte) bool {
	p.mu.Lock()
	lossy := p.channels.lossy
	p.mu.Unlock()
	if lossy == nil || lossy.ReadyState() != webrtc.DataChannelStateOpen {
		return false
	}
	if lossy.BufferedAmount()+uint64(len(message)) > lossyMax {
		return true
	}
	return lossy.Send(message) == nil
}

// SendLossy sends a custom message that may be lost, and is then not sent again: cmdID 1 to 10, at most 1024 bytes, 30
// a second together with [Client.SendMessage]. It goes over the data channel, where there is one.
func (c *Client) SendLossy(ctx context.Context, cmdID uint32, data []byte) error {
	frame := &wire.ClientFrame{Frame: &wire.ClientFrame_SendMessage{SendMessage: &wire.SendMessage{
		CmdId: cmdID, Data: data,
	}}}
	if c.ctx.Err() != nil {
		return ErrExited
	}
	if c.peer != nil && c.peer.messages && len(data) <= messageMax {
		message, err := proto.Marshal(frame)
		if err != nil {
			return fmt.Errorf("encode a message: %w", err)
		}
		if c.peer.saysLossy(message) {
			return nil
		}
	}
	return c.say(ctx, frame)
}

// messageMax is the longest message that a data channel takes, in bytes; longer ones are for the server to refuse.
const messageMax = 1024

// way is by which way the server says reliable messages.
type way uint8

const (
	// waiting: whatever comes by the channel waits until the server has said on the connection that it may come.
	waiting way = iota
	byChannel
	// bySocket: the channel has ended, and what it still brings was said again or is lost.
	bySocket
)

// mail puts what comes over the data channels in order with what comes over the connection. Whoever brings something
// tells it, while holding mu, so that of two who do one comes after the other.
type mail struct {
	mu     sync.Mutex
	client *Client
	from   *webrtc.DataChannel
	way    way
	held   []*wire.ServerFrame
	over   bool
	// outbox is what goes the other way; it keeps itself.
	outbox outbox
}

// look notices that another channel has taken the place of the one before; the caller holds mu. Whoever makes the
// other one holds the peer's mu, under which nobody may wait for an event to be read.
func (m *mail) look() {
	if now := m.client.peer.reliableNow(); now != m.from {
		m.from, m.way, m.held = now, waiting, nil
	}
}

// reliableNow is the channel of the present peer connection; nil where there is none.
func (p *peer) reliableNow() *webrtc.DataChannel {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.channels.reliable
}

// take takes a reliable message, or the answer to one.
func (m *mail) take(from *webrtc.DataChannel, message []byte) {
	frame := messageIn(message)
	if ack := frame.GetMessageAck(); ack != nil {
		m.outbox.acknowledge(ack.GetNumber())
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look()
	if frame == nil || from != m.from || m.way == bySocket {
		return
	}
	if m.held = append(m.held, frame); len(m.held) > heldMax {
		m.held = m.held[1:]
	}
	m.pump()
}

// takeLossy takes a message that keeps no order.
func (m *mail) takeLossy(message []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if frame := messageIn(message); frame.GetMessageReceived() != nil {
		m.tell(frame)
	}
}

// stir tells what can be told now that more was heard.
func (m *mail) stir() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pump()
}

// turn takes the server's word on which way it is.
func (m *mail) turn(open bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look()
	switch {
	case open:
		m.way = byChannel
		m.pump()
	case m.way == byChannel:
		// What is held came in order, and before all that the connection brings from now on.
		for _, frame := range m.held {
			m.tell(frame)
		}
		m.way, m.held = bySocket, nil
	}
}

// resumed notes that the server will say again which way it is.
func (m *mail) resumed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.way == byChannel {
		m.way = waiting
	}
}

// end lets nothing be told any more.
func (m *mail) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over, m.held = true, nil
}

// pump tells what is held and needs not wait any more: each message for the event that its sender's room told before.
func (m *mail) pump() {
	for m.way == byChannel && len(m.held) > 0 && m.held[0].GetSeq() <= m.client.heard.Load() {
		frame := m.held[0]
		m.held = m.held[1:]
		m.tell(frame)
	}
}

func (m *mail) tell(frame *wire.ServerFrame) {
	if !m.over {
		m.client.emit(messageOf(frame.GetMessageReceived()))
	}
}

// messageIn reads what came over a channel; nil for what is neither a message nor the answer to one.
func messageIn(b []byte) *wire.ServerFrame {
	frame := &wire.ServerFrame{}
	if proto.Unmarshal(b, frame) != nil || frame.GetMessageReceived() == nil && frame.GetMessageAck() == nil {
		return nil
	}
	return frame
}

func messageOf(m *wire.MessageReceived) Message {
	return Message{User: m.GetUserId(), CmdID: m.GetCmdId(), Seq: m.GetSeq(), Data: m.GetData()}
}
