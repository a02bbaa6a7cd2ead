package host

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// fieldSeq is ServerFrame.seq.
const fieldSeq protowire.Number = 1

// SayOf is what a member says by a frame, by whichever way it came.
func SayOf(say *wire.SendMessage) room.Say {
	return room.Say{
		CmdID: say.GetCmdId(), Reliable: say.GetReliable(), Ordered: say.GetOrdered(), Number: say.GetNumber(),
		Data: say.GetData(),
	}
}

// Heard takes what a member said over its data channel. The media engine calls it; it never waits, and a room without
// time does without a message that could have been lost as well. So it is with what is no message of a member inside.
// It is false for one that must not be lost, and for which there was no time: the member has to say it by its link.
func (h *Hall) Heard(session string, message []byte) bool {
	frame := new(wire.ClientFrame)
	if proto.Unmarshal(message, frame) != nil || frame.GetSendMessage() == nil {
		return true
	}
	say := SayOf(frame.GetSendMessage())
	say.Session = session
	k := h.stayedIn(session)
	return k == nil || k.offer(func() { k.step(say) }) || !say.Reliable
}

// Talks says that a session's data channels are open, or not any more. The media engine calls it; it never waits. A
// room without time leaves the member with its link.
func (h *Hall) Talks(session string, open bool) {
	k := h.stayedIn(session)
	if k == nil {
		return
	}
	turn := k.pickUp
	if !open {
		turn = k.hangUp
	}
	if !k.offer(func() {
		if s := k.seats[session]; s != nil && !s.unplugged() {
			turn(s)
		}
	}) {
		h.metrics.Overdue("channel_changed")
	}
}

func (h *Hall) stayedIn(session string) *keeper {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stays[session]
}

// pickUp sends reliable messages over the channel from now on. The member hears of it on its link, and so takes nothing
// from the channel before all that the link still brings. While the link is lost it waits: the return says it again.
func (k *keeper) pickUp(s *seat) {
	if k.hall.cfg.Courier != nil && !s.lines.channel {
		s.lines.channel = true
		k.send(s, openFrame())
	}
}

// hangUp sends reliable messages over the link again. What the channel did not bring is lost, and the member knows it
// by the counts.
func (k *keeper) hangUp(s *seat) {
	if s.lines.channel {
		s.lines.channel = false
		k.send(s, channelFrame(&wire.MessageChannel{Said: said(k.room.Seen(s.user))}))
	}
}

// delivery says how a notice travels that may take the data channel: messages, and what answers them.
func delivery(n room.Notice) (how media.Delivery, ok bool) {
	switch n := n.(type) {
	case room.MessageReceived:
		if n.Reliable == 0 {
			return media.Lossy, true
		}
		return media.Reliable, true
	case room.MessageAck:
		return media.Reliable, true
	default:
		return 0, false
	}
}

// deliver gives a message to a member: over its data channel, if it has one, else over its link.
func (k *keeper) deliver(s *seat, how media.Delivery, frame []byte) {
	courier := k.hall.cfg.Courier
	if courier == nil || !s.media || s.unplugged() {
		k.send(s, frame)
		return
	}
	if how == media.Lossy {
		if courier.Say(s.session, media.Lossy, frame) != nil {
			k.send(s, frame)
		}
		return
	}
	if s.lines.channel && courier.Say(s.session, media.Reliable, placed(s.missed.until, frame)) == nil {
		return
	}
	k.hangUp(s)
	k.send(s, frame)
}

// placed puts a place in front of a frame that has none: the latest event that the member was told of. Two ways have no
// common order, so the member waits with the message until it has heard of that.
func placed(seq uint64, frame []byte) []byte {
	if seq == 0 {
		return frame
	}
	place := protowire.AppendTag(make([]byte, 0, len(frame)+protowire.SizeVarint(seq)+1), fieldSeq, protowire.VarintType)
	return append(protowire.AppendVarint(place, seq), frame...)
}

func openFrame() []byte { return channelFrame(&wire.MessageChannel{Open: true}) }

func channelFrame(c *wire.MessageChannel) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_MessageChannel{MessageChannel: c}})
}
