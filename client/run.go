package client

import (
	"errors"
	"time"

	"github.com/exeunt/exeunt/server/wire"
)

// run reads until the stay is over, and then takes everything down. It sends all events but the messages that come over
// data channels, which end before it.
func (c *Client) run(entered *wire.Entered) {
	for _, m := range entered.GetMembers() {
		for _, e := range c.room.compare(m) {
			c.emit(e)
		}
	}
	last := c.stay()
	c.cancel()
	c.hangUp()
	if c.peer != nil {
		c.peer.close()
	}
	c.mail.end()
	c.mail.outbox.end()
	c.beating.Wait()
	for {
		select {
		case c.events <- last:
			close(c.events)
			close(c.done)
			return
		default:
		}
		select {
		case <-c.events:
		default:
		}
	}
}

// stay handles frames until the last word, over as many connections as it takes.
func (c *Client) stay() Exited {
	alive := time.Now()
	for {
		frame, err := c.read()
		var last *Exited
		switch {
		case err == nil:
			alive = time.Now()
			last = c.take(frame)
		case c.mayResume(err):
			last = c.resume(err, alive)
			alive = time.Now()
		default:
			return c.silence(err)
		}
		if last != nil {
			return *last
		}
	}
}

// take handles one frame, or each of a batch. It returns the last word, if that was one.
func (c *Client) take(frame *wire.ServerFrame) *Exited {
	if batch := frame.GetBatch(); batch != nil {
		for _, one := range batch.GetFrames() {
			if last := c.takeOne(one); last != nil {
				return last
			}
		}
		return nil
	}
	return c.takeOne(frame)
}

func (c *Client) takeOne(frame *wire.ServerFrame) *Exited {
	if exited := frame.GetExited(); exited != nil {
		last := lastWord(exited)
		return &last
	}
	if c.room.again(frame.GetSeq()) {
		return nil
	}
	if err := c.handle(frame); err != nil {
		c.emitMediaProblem(err)
	}
	// It counts as heard only now: what was not handled must come again.
	c.heard.Store(max(c.heard.Load(), frame.GetSeq()))
	if frame.GetSeq() > 0 {
		c.mail.stir()
	}
	return nil
}

// codeMedia is TRTC's ERR_UNKNOWN: media failed on this side of the wire, for which TRTC has no number.
const codeMedia int32 = -1

// emitMediaProblem tells of a fault on this side. A connection that broke meanwhile is no fault: it tells of itself.
func (c *Client) emitMediaProblem(err error) {
	if c.socket.Load() != nil && c.ctx.Err() == nil && !errors.Is(err, ErrNoConnection) {
		c.emit(Problem{Code: codeMedia, Message: err.Error()})
	}
}

// handle acts on one frame that is not the last.
func (c *Client) handle(frame *wire.ServerFrame) error {
	if e := c.room.apply(frame); e != nil {
		if c.peer != nil {
			c.peer.follow(frame)
		}
		c.emit(e)
		return nil
	}
	switch f := frame.GetFrame().(type) {
	case *wire.ServerFrame_RoleSwitched:
		r := f.RoleSwitched
		c.emit(RoleSwitched{Code: r.GetCode(), Message: r.GetMessage(), Role: r.GetRole()})
	case *wire.ServerFrame_Encode:
		c.emit(Encode{Stream: Stream(f.Encode.GetStream()), Layers: f.Encode.GetLayers()})
	case *wire.ServerFrame_NetworkQuality:
		c.measured(f.NetworkQuality)
	case *wire.ServerFrame_HeartbeatAck:
		c.pace(f.HeartbeatAck)
	case *wire.ServerFrame_MessageReceived:
		c.emit(messageOf(f.MessageReceived))
	case *wire.ServerFrame_MessageAck:
		c.mail.outbox.acknowledge(f.MessageAck.GetNumber())
	case *wire.ServerFrame_MessageChannel:
		c.mail.turn(f.MessageChannel.GetOpen())
	case *wire.ServerFrame_RightsChanged:
		r := f.RightsChanged
		c.emit(RightsChanged{
			Rights: r.GetRights(), AudioBlocked: r.GetAudioBlocked(), VideoBlocked: r.GetVideoBlocked(),
		})
	case *wire.ServerFrame_HostChanged:
		c.emit(HostChanged{User: f.HostChanged.GetUserId()})
	case *wire.ServerFrame_Problem:
		c.emit(Problem{Code: f.Problem.GetCode(), Message: f.Problem.GetMessage()})
	default:
		return c.handleMedia(frame)
	}
	return nil
}

// handleMedia acts on the frames that only a member with media gets.
func (c *Client) handleMedia(frame *wire.ServerFrame) error {
	if c.peer == nil {
		return nil
	}
	switch f := frame.GetFrame().(type) {
	case *wire.ServerFrame_SlotBound:
		c.bind(f.SlotBound)
	case *wire.ServerFrame_SlotUnbound:
		c.unbind(f.SlotUnbound.GetMid())
	case *wire.ServerFrame_SlotsNeeded:
		return c.peer.grow(int(f.SlotsNeeded.GetAudio()), int(f.SlotsNeeded.GetVideo()))
	case *wire.ServerFrame_Answer:
		return c.peer.answered(f.Answer.GetId(), f.Answer.GetSdp())
	}
	return nil
}

func (c *Client) bind(b *wire.SlotBound) {
	c.peer.bind(b.GetMid(), source{b.GetUserId(), Stream(b.GetStream())})
	c.emit(SlotBound{User: b.GetUserId(), Stream: Stream(b.GetStream()), Mid: b.GetMid()})
}

func (c *Client) unbind(mid string) {
	if was, ok := c.peer.unbind(mid); ok {
		c.emit(SlotUnbound{User: was.user, Stream: was.stream, Mid: mid})
	}
}

// emit hands out an event. When nobody reads, it waits until somebody does or the stay ends. While there is room
// nothing is lost, also at the end: whoever heard of a later event and not of an earlier one would believe what never
// was.
func (c *Client) emit(e Event) {
	select {
	case c.events <- e:
		return
	default:
	}
	select {
	case c.events <- e:
	case <-c.ctx.Done():
	}
}
