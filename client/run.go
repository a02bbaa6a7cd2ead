package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// write sends one frame.
func (c *Client) write(ctx context.Context, frame *wire.ClientFrame) error {
	data, err := proto.Marshal(frame)
	if err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageBinary, data); err != nil {
		return fmt.Errorf("send a frame: %w", err)
	}
	return nil
}

// say sends one frame of a living stay.
func (c *Client) say(ctx context.Context, frame *wire.ClientFrame) error {
	if c.ctx.Err() != nil {
		return ErrExited
	}
	return c.write(ctx, frame)
}

// read waits for one frame.
func (c *Client) read(ctx context.Context) (*wire.ServerFrame, error) {
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	frame := &wire.ServerFrame{}
	if err := proto.Unmarshal(data, frame); err != nil {
		return nil, fmt.Errorf("decode a frame: %w", err)
	}
	return frame, nil
}

// heartbeat shows that the client lives, at the server's pace.
func (c *Client) heartbeat() {
	if c.beat <= 0 {
		return
	}
	ticker := time.NewTicker(c.beat)
	defer ticker.Stop()
	for n := uint32(1); ; n++ {
		select {
		case <-ticker.C:
		case <-c.ctx.Done():
			return
		}
		beat := &wire.ClientFrame{Frame: &wire.ClientFrame_Heartbeat{Heartbeat: &wire.Heartbeat{N: n}}}
		if c.write(c.ctx, beat) != nil {
			// The reader sees the same broken connection, and says so.
			return
		}
	}
}

// run reads until the stay is over, and then takes everything down. It alone sends events.
func (c *Client) run(entered *wire.Entered) {
	for _, m := range entered.GetMembers() {
		c.emit(RemoteUserEnter{User: m.GetUserId()})
		for _, s := range m.GetStreams() {
			c.emit(availability(source{m.GetUserId(), Stream(s.GetStream())}, state(!s.GetMuted())))
		}
	}
	last := c.listen()
	c.cancel()
	_ = c.conn.CloseNow()
	if c.peer != nil {
		c.peer.close()
	}
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

// listen handles frames until the last word, or until there will be none.
func (c *Client) listen() Exited {
	for {
		frame, err := c.read(c.ctx)
		if err != nil {
			return c.silence(err)
		}
		if last := frame.GetExited(); last != nil {
			return Exited{Reason: last.GetReason(), Detail: detail(last.GetDetail())}
		}
		if err := c.handle(frame); err != nil {
			c.emit(Problem{Code: codeMedia, Message: err.Error()})
		}
	}
}

// codeMedia is TRTC's ERR_UNKNOWN: media failed on this side of the wire, for which TRTC has no number.
const codeMedia int32 = -1

// silence is how a stay ends about which the server says nothing.
func (c *Client) silence(err error) Exited {
	if c.leaving.Load() {
		return Exited{Detail: Detail{
			Code: "no_answer", Actor: c.cfg.UserID, Session: c.session, Text: "You left; the server did not answer.",
		}}
	}
	text := "The connection to the server was lost."
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		text = fmt.Sprintf("The server closed the connection (%d): %s", closed.Code, closed.Reason)
	}
	return Exited{Reason: 3, Detail: Detail{Code: "connection_lost", Session: c.session, Text: text}}
}

// handle acts on one frame that is not the last.
func (c *Client) handle(frame *wire.ServerFrame) error {
	switch f := frame.GetFrame().(type) {
	case *wire.ServerFrame_MemberEntered:
		c.emit(RemoteUserEnter{User: f.MemberEntered.GetUserId()})
	case *wire.ServerFrame_MemberLeft:
		user := f.MemberLeft.GetUserId()
		c.unbind(func(s source) bool { return s.user == user })
		c.emit(RemoteUserLeave{User: user, Reason: f.MemberLeft.GetReason(), Detail: detail(f.MemberLeft.GetDetail())})
	case *wire.ServerFrame_StreamChanged:
		s := f.StreamChanged
		of := source{s.GetUserId(), Stream(s.GetStream())}
		if !s.GetPublished() {
			c.unbind(func(other source) bool { return other == of })
		}
		c.emit(availability(of, state(s.GetPublished() && !s.GetMuted())))
	case *wire.ServerFrame_RoleSwitched:
		r := f.RoleSwitched
		c.emit(RoleSwitched{Code: r.GetCode(), Message: r.GetMessage(), Role: r.GetRole()})
	case *wire.ServerFrame_MessageReceived:
		m := f.MessageReceived
		c.emit(Message{User: m.GetUserId(), CmdID: m.GetCmdId(), Seq: m.GetSeq(), Data: m.GetData()})
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
		b := f.SlotBound
		c.peer.bind(b.GetMid(), source{b.GetUserId(), Stream(b.GetStream())})
		c.emit(SlotBound{User: b.GetUserId(), Stream: Stream(b.GetStream()), Mid: b.GetMid()})
	case *wire.ServerFrame_SlotUnbound:
		mid := f.SlotUnbound.GetMid()
		if was, ok := c.peer.unbind(mid); ok {
			c.emit(SlotUnbound{User: was.user, Stream: was.stream, Mid: mid})
		}
	case *wire.ServerFrame_SlotsNeeded:
		return c.peer.grow(int(f.SlotsNeeded.GetAudio()), int(f.SlotsNeeded.GetVideo()))
	case *wire.ServerFrame_Answer:
		return c.peer.answered(f.Answer.GetId(), f.Answer.GetSdp())
	}
	return nil
}

// unbind frees the receive lines of streams that are no more.
func (c *Client) unbind(gone func(source) bool) {
	if c.peer != nil {
		c.peer.unbindAll(gone)
	}
}

// emit hands out an event. When nobody reads, it waits until somebody does or the stay ends.
func (c *Client) emit(e Event) {
	select {
	case c.events <- e:
	case <-c.ctx.Done():
	}
}
