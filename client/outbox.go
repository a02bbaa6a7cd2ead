package client

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

const (
	// keptMax is how many messages are kept that the server has not acknowledged, some seconds of what the rooms allow.
	// Of more the oldest are not said again.
	keptMax = 128
	// ackWait is how long a data channel may owe an answer before it counts as broken: the connection may be well.
	ackWait = 2 * time.Second
)

// outbox keeps what was said reliably until the server has heard it. A way that breaks may have swallowed what was
// under way, so the next one begins with all that was not acknowledged; the server tells each once, by its number.
type outbox struct {
	client *Client
	// acked is the highest number that the server has heard.
	acked atomic.Uint32

	mu   sync.Mutex
	last uint32
	kept []*wire.SendMessage
	// way is the data channel or the socket by which the first said of the kept went.
	way  any
	said int
	// mute is a channel that owed an answer for too long, and look the next look at the present one.
	mute *webrtc.DataChannel
	look *time.Timer
	over bool
}

// post says a message by the best way that there is. After an error it is not said later either.
func (o *outbox) post(ctx context.Context, m *wire.SendMessage) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(o.acked.Load())
	if len(o.kept) == keptMax {
		o.drop(o.kept[0].GetNumber())
	}
	o.last++
	m.Number = o.last
	o.kept = append(o.kept, m)
	err := o.forward(ctx)
	if err != nil {
		o.kept = o.kept[:len(o.kept)-1]
		o.said = min(o.said, len(o.kept))
	}
	return err
}

// stir says again, by the present way, what another one may not have brought.
func (o *outbox) stir() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(o.acked.Load())
	// What fails now is said by the next way.
	_ = o.forward(o.client.ctx)
}

// empty says over the connection what was not acknowledged: the goodbye comes behind it.
func (o *outbox) empty(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(o.acked.Load())
	return o.forwardBySocket(ctx)
}

// acknowledge notes what the server has heard. It never waits: whoever reads calls it.
func (o *outbox) acknowledge(number uint32) {
	for {
		before := o.acked.Load()
		if number <= before || o.acked.CompareAndSwap(before, number) {
			return
		}
	}
}

// end forgets everything.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept, o.said, o.over = nil, 0, true
	if o.look != nil {
		o.look.Stop()
	}
}

// drop forgets the messages up to a number; the caller holds mu.
func (o *outbox) drop(number uint32) {
	for len(o.kept) > 0 && o.kept[0].GetNumber() <= number {
		o.kept, o.said = o.kept[1:], max(0, o.said-1)
	}
}

// forward says what the present way has not said yet; the caller holds mu.
func (o *outbox) forward(ctx context.Context) error {
	if channel := o.channel(); channel != nil {
		defer o.watch(channel)
		return o.forwardBy(channel, func(frame *wire.ClientFrame) error {
			message, err := proto.Marshal(frame)
			if err != nil {
				return fmt.Errorf("encode a message: %w", err)
			}
			return channel.Send(message)
		})
	}
	return o.forwardBySocket(ctx)
}

func (o *outbox) forwardBySocket(ctx context.Context) error {
	s := o.client.socket.Load()
	if s == nil {
		return ErrNoConnection
	}
	return o.forwardBy(s, func(frame *wire.ClientFrame) error { return s.write(ctx, frame) })
}

func (o *outbox) forwardBy(way any, say func(*wire.ClientFrame) error) error {
	if way != o.way {
		o.way, o.said = way, 0
	}
	for ; o.said < len(o.kept); o.said++ {
		frame := &wire.ClientFrame{Frame: &wire.ClientFrame_SendMessage{SendMessage: o.kept[o.said]}}
		if err := say(frame); err != nil {
			return err
		}
	}
	return nil
}

// channel is the reliable channel, if messages can go by it.
func (o *outbox) channel() *webrtc.DataChannel {
	channel := o.client.peer.reliableNow()
	if channel == nil || channel == o.mute || channel.ReadyState() != webrtc.DataChannelStateOpen {
		return nil
	}
	return channel
}

// watch has a look at the channel when it should have been answered; the caller holds mu.
func (o *outbox) watch(channel *webrtc.DataChannel) {
	if o.look != nil || o.over || len(o.kept) == 0 {
		return
	}
	oldest := o.kept[0].GetNumber()
	o.look = time.AfterFunc(ackWait, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.look = nil
		o.drop(o.acked.Load())
		if len(o.kept) > 0 && o.kept[0].GetNumber() <= oldest {
			o.mute = channel
		}
		_ = o.forward(o.client.ctx)
	})
}
