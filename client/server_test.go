package client

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// line is the server's end of one connection, for a test that plays the server.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

// serve starts a server that plays one part for each connection and returns its address.
func serve(t *testing.T, part func(*line)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"exeunt.v1"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		part(&line{t, conn})
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// hear returns the next frame of the client; nil when it hung up.
func (l *line) hear() *wire.ClientFrame {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := l.conn.Read(ctx)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			l.t.Error("the client says nothing")
		}
		return nil
	}
	frame := &wire.ClientFrame{}
	if err := proto.Unmarshal(data, frame); err != nil {
		l.t.Error(err)
		return nil
	}
	return frame
}

// until returns the first frame that is one of those wanted.
func (l *line) until(wanted func(*wire.ClientFrame) bool) *wire.ClientFrame {
	for {
		frame := l.hear()
		if frame == nil || wanted(frame) {
			return frame
		}
	}
}

func (l *line) say(frames ...*wire.ServerFrame) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, frame := range frames {
		data, err := proto.Marshal(frame)
		if err != nil {
			l.t.Error(err)
		}
		if err := l.conn.Write(ctx, websocket.MessageBinary, data); err != nil {
			l.t.Logf("the client does not listen any more: %v", err)
		}
	}
}

// welcome lets the client in, to a room where somebody is.
func (l *line) welcome(others ...*wire.Member) *wire.Enter {
	enter := l.hear().GetEnter()
	if enter == nil {
		l.t.Error("the first frame is no enter")
	}
	l.say(&wire.ServerFrame{Seq: 1, Frame: &wire.ServerFrame_Entered{Entered: &wire.Entered{
		SessionId: "session", Members: others, HeartbeatMs: 20, GoneMs: 1000,
	}}})
	return enter
}

func exited(reason int32, code string) *wire.ServerFrame {
	return &wire.ServerFrame{Seq: 9, Frame: &wire.ServerFrame_Exited{Exited: &wire.Exited{
		Reason: reason, Detail: &wire.ExitDetail{Code: code, Actor: "api:key", Text: "spam", RejoinAfterMs: 1500, Seq: 9},
	}}}
}

func isExit(f *wire.ClientFrame) bool { return f.GetExit() != nil }

// enter takes a client in, and out with the test.
func enter(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := Enter(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leave(t, c) })
	return c
}

func leave(t *testing.T, c *Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Exit(ctx); err != nil {
		t.Error(err)
	}
}

// next returns the next event; nil after the last.
func next(t *testing.T, c *Client) Event {
	t.Helper()
	select {
	case e := <-c.Events():
		return e
	case <-time.After(patience):
		t.Fatal("no event came")
		return nil
	}
}
