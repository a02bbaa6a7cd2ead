package client

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// readMax bounds a frame of the server in bytes: the list of a full live room's anchors, and an answer.
const readMax = 4 << 20

// socket is one connection to the server. A stay may need several, one after another.
type socket struct{ conn *websocket.Conn }

// connect makes a connection, says the first frame and returns the reply.
func (c *Client) connect(ctx context.Context, first *wire.ClientFrame) (*wire.ServerFrame, error) {
	options := &websocket.DialOptions{Subprotocols: []string{"exeunt.v1"}}
	if c.cfg.Link.Dial != nil {
		transport := &http.Transport{DialContext: c.cfg.Link.Dial, DisableKeepAlives: true}
		options.HTTPClient = &http.Client{Transport: transport}
	}
	conn, response, err := websocket.Dial(ctx, c.cfg.URL, options)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.cfg.URL, err)
	}
	conn.SetReadLimit(readMax)
	s := &socket{conn}
	if err := s.write(ctx, first); err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	frame, err := s.read(ctx)
	if err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("wait for the server's reply: %w", err)
	}
	c.socket.Store(s)
	return frame, nil
}

// hangUp ends the connection, if there is one.
func (c *Client) hangUp() {
	if s := c.socket.Swap(nil); s != nil {
		_ = s.conn.CloseNow()
	}
}

func (s *socket) write(ctx context.Context, frame *wire.ClientFrame) error {
	data, err := proto.Marshal(frame)
	if err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageBinary, data); err != nil {
		return fmt.Errorf("send a frame: %w", err)
	}
	return nil
}

func (s *socket) read(ctx context.Context) (*wire.ServerFrame, error) {
	_, data, err := s.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	frame := &wire.ServerFrame{}
	if err := proto.Unmarshal(data, frame); err != nil {
		return nil, fmt.Errorf("decode a frame: %w", err)
	}
	return frame, nil
}

// write sends one frame over the connection that there is.
func (c *Client) write(ctx context.Context, frame *wire.ClientFrame) error {
	s := c.socket.Load()
	if s == nil {
		return ErrNoConnection
	}
	return s.write(ctx, frame)
}

// say sends one frame of a living stay.
func (c *Client) say(ctx context.Context, frame *wire.ClientFrame) error {
	if c.ctx.Err() != nil {
		return ErrExited
	}
	return c.write(ctx, frame)
}

// read waits for one frame. A server that is silent for too long is as good as gone: it answers every heartbeat.
func (c *Client) read() (*wire.ServerFrame, error) {
	s := c.socket.Load()
	if s == nil {
		return nil, ErrNoConnection
	}
	if c.pass.silence == 0 {
		return s.read(c.ctx)
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.pass.silence)
	defer cancel()
	return s.read(ctx)
}

// heartbeat shows that the client lives, and what it has heard: when the server would like to hear it, or else at its
// pace.
func (c *Client) heartbeat() {
	if c.pass.beat <= 0 {
		return
	}
	timer := time.NewTimer(c.pass.beat)
	defer timer.Stop()
	for n := uint32(1); ; {
		select {
		case next := <-c.beating.paced:
			timer.Reset(next)
			continue
		case <-timer.C:
			timer.Reset(c.pass.beat)
		case <-c.ctx.Done():
			return
		}
		beat := &wire.Heartbeat{N: n, Seq: c.heard.Load()}
		// The reader sees a broken connection too, and does what there is to do.
		_ = c.write(c.ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Heartbeat{Heartbeat: beat}})
		n++
	}
}

// pace takes what the answer to a heartbeat says of the next one, as far as it is near the usual pace.
func (c *Client) pace(ack *wire.HeartbeatAck) {
	next, usual := time.Duration(ack.GetNextMs())*time.Millisecond, c.pass.beat
	if next <= 0 {
		return
	}
	select {
	case c.beating.paced <- min(max(next, usual/10), usual*5/4):
	default:
		// The one before has not been taken yet, and comes to about the same.
	}
}
