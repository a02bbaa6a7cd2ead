package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/coder/websocket"

	"github.com/exeunt/exeunt/server/wire"
)

// How a connection is made anew.
const (
	// tryWait bounds one try: a packet that a network swallowed must not cost the stay (D12).
	tryWait = 4 * time.Second
	// pauseMin and pauseMax are the pauses between tries; each is twice the one before, give or take a half, so that a
	// thousand members of a restarted server do not come at once (J9).
	pauseMin, pauseMax = 100 * time.Millisecond, 2 * time.Second
)

// closeForGood is the first close code after which nobody comes back by itself.
const closeForGood = 4500

// codeLost is the client's own word for an end about which the server says nothing.
const codeLost = "connection_lost"

// mayResume says whether a stay can go on after its connection broke.
func (c *Client) mayResume(broken error) bool {
	if c.cfg.Link.NoResume || len(c.pass.secret) == 0 || c.ctx.Err() != nil {
		return false
	}
	return websocket.CloseStatus(broken) < closeForGood
}

// resume makes the connection anew and takes what was missed. It returns nil when the stay goes on, else its end.
func (c *Client) resume(broken error, alive time.Time) *Exited {
	c.hangUp()
	c.emit(ConnectionLost{Text: broken.Error()})
	// The server ends the stay at that moment if nothing is heard, so trying on would only hear of the end.
	ctx, cancel := context.WithDeadline(c.ctx, alive.Add(c.pass.gone))
	defer cancel()
	for pause := pauseMin; ; pause = min(2*pause, pauseMax) {
		frame, err := c.tryAgain(ctx)
		if err == nil {
			return c.takeReply(frame)
		}
		wait := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			last := c.silence(broken)
			return &last
		}
	}
}

// tryAgain is one try.
func (c *Client) tryAgain(ctx context.Context) (*wire.ServerFrame, error) {
	ctx, cancel := context.WithTimeout(ctx, tryWait)
	defer cancel()
	resume := &wire.Resume{
		SdkAppId: c.cfg.SdkAppID, SessionId: c.pass.session, Secret: c.pass.secret, Device: c.cfg.Link.Device,
		Seq: c.heard.Load(), Client: c.name(),
	}
	if c.cfg.StrRoomID != "" {
		resume.Room = &wire.Resume_StrRoomId{StrRoomId: c.cfg.StrRoomID}
	} else {
		resume.Room = &wire.Resume_RoomId{RoomId: c.cfg.RoomID}
	}
	return c.connect(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Resume{Resume: resume}})
}

// takeReply takes the reply to a resume; what was missed may come with it in one batch.
func (c *Client) takeReply(frame *wire.ServerFrame) *Exited {
	batch := frame.GetBatch().GetFrames()
	if len(batch) == 0 {
		return c.resumed(frame)
	}
	if last := c.resumed(batch[0]); last != nil {
		return last
	}
	return c.take(&wire.ServerFrame{Frame: &wire.ServerFrame_Batch{Batch: &wire.Batch{Frames: batch[1:]}}})
}

// resumed takes the reply itself.
func (c *Client) resumed(frame *wire.ServerFrame) *Exited {
	switch {
	case frame.GetExited() != nil:
		last := lastWord(frame.GetExited())
		return &last
	case frame.GetRefused() != nil:
		r := frame.GetRefused()
		text := fmt.Sprintf("The server refused to continue the stay (%d): %s", r.GetCode(), r.GetMessage())
		return &Exited{Reason: 3, Detail: Detail{Code: codeLost, Session: c.pass.session, Text: text}}
	case frame.GetResumed() == nil:
		text := fmt.Sprintf("The server's reply to a resume is %T.", frame.GetFrame())
		return &Exited{Reason: 3, Detail: Detail{Code: codeLost, Session: c.pass.session, Text: text}}
	}
	if c.leaving.Load() {
		// Leaving wins over coming back (D2). The goodbye could not be said before.
		_ = c.sayGoodbye(c.ctx)
		return nil
	}
	c.mail.resumed()
	c.mail.outbox.stir()
	r := frame.GetResumed()
	c.emit(ConnectionRecovered{Whole: r.GetWhole()})
	if r.GetWhole() {
		for _, e := range c.room.replace(r.GetLeft(), r.GetMembers()) {
			c.emit(e)
		}
		c.heard.Store(max(c.heard.Load(), r.GetSeq()))
	}
	c.room.known = c.heard.Load()
	if c.peer != nil {
		c.peer.reconnected(r)
	}
	return nil
}

// silence is how a stay ends about which the server says nothing.
func (c *Client) silence(err error) Exited {
	if c.leaving.Load() {
		return Exited{Detail: Detail{
			Code: "no_answer", Actor: c.cfg.UserID, Session: c.pass.session, Text: "You left; the server did not answer.",
		}}
	}
	text := "The connection to the server was lost."
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		text = fmt.Sprintf("The server closed the connection (%d): %s", closed.Code, closed.Reason)
	}
	return Exited{Reason: 3, Detail: Detail{Code: codeLost, Session: c.pass.session, Text: text}}
}
