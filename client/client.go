// Package client is a member of a room without a browser: for bots, tests and load.
//
// [Enter] takes a user into a room and returns a [Client]. What happens there comes in order from [Client.Events], and
// the last event is always [Exited], after which the channel closes. [Client.Exit] leaves; after it has returned,
// nothing of the client runs any more.
//
// A client without media (Config.Media nil) is one WebSocket and two goroutines.
package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/exeunt/exeunt/server/wire"
)

// Stream is one of the three things that a member publishes.
type Stream uint32

const (
	// Audio is the microphone.
	Audio Stream = 1
	// Big is the camera (TRTCVideoStreamTypeBig).
	Big Stream = 2
	// Sub is the screen (TRTCVideoStreamTypeSub).
	Sub Stream = 3
)

// String names the stream as people do.
func (s Stream) String() string {
	switch s {
	case Audio:
		return "audio"
	case Big:
		return "video"
	case Sub:
		return "screen"
	default:
		return fmt.Sprintf("stream %d", uint32(s))
	}
}

// Config says who enters which room, and how.
type Config struct {
	// URL is the server's signalling address, such as ws://127.0.0.1:8080/signal.
	URL string
	// SdkAppID, UserID and UserSig are the credential, as for enterRoom of the TRTC SDK.
	SdkAppID uint32
	UserID   string
	UserSig  string
	// RoomID or StrRoomID names the room; number 7 and string "7" are different rooms. StrRoomID wins when it is set.
	RoomID    uint32
	StrRoomID string
	// Scene is a TRTCAppScene, 0 to 3; Role is 20 (anchor) or 21 (audience), ignored in call scenes.
	Scene, Role uint32
	// PrivateMapKey is needed where the app demands it.
	PrivateMapKey string
	// ReceiveAudio and ReceiveVideo say that sound and camera pictures of the others arrive unasked.
	ReceiveAudio, ReceiveVideo bool
	// Media says how media is sent and received; nil for a member without.
	Media *Media
	// EventsMax is how many events may wait to be read; 0 for [EventsMaxDefault]. When that many wait, the client
	// stops reading from the server, which in the end puts it out as too slow.
	EventsMax int
	// Name is what the server's log calls this client; empty for "exeunt-go".
	Name string
}

// EventsMaxDefault holds the arrival of a full call room, three events a member.
const EventsMaxDefault = 1024

// The waits of a client.
const (
	// enterWait is how long an entry may take.
	enterWait = 10 * time.Second
	// writeWait is how long one frame may take to leave.
	writeWait = 5 * time.Second
	// exitWait is how long Exit waits for the server's last word: leaving never depends on the server.
	exitWait = 500 * time.Millisecond
)

// readMax bounds a frame of the server in bytes: the list of a full live room's anchors, and an answer.
const readMax = 4 << 20

// ErrExited says that the stay is over.
var ErrExited = errors.New("the stay is over")

// Refusal is an entry that did not happen.
type Refusal struct {
	// Code is a TRTC error code, below zero.
	Code int32
	// Message is one sentence for the developer.
	Message string
}

func (r *Refusal) Error() string { return fmt.Sprintf("entry refused (%d): %s", r.Code, r.Message) }

// Client is one stay of one user. Its methods are safe for use by several goroutines.
type Client struct {
	cfg     Config
	conn    *websocket.Conn
	session string
	beat    time.Duration
	events  chan Event
	// done closes after the last event.
	done chan struct{}
	// ctx ends when the stay does.
	ctx     context.Context
	cancel  context.CancelFunc
	beating sync.WaitGroup
	// leaving says that Exit was called.
	leaving   atomic.Bool
	exchanges atomic.Int64
	// peer is the media; nil without.
	peer *peer
}

// Enter takes the user into the room. It returns once the server has let the user in. Errors: [*Refusal] with TRTC's
// code, and those of the connection.
func Enter(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.EventsMax <= 0 {
		cfg.EventsMax = EventsMaxDefault
	}
	entering, cancel := context.WithTimeout(ctx, enterWait)
	defer cancel()
	c := &Client{cfg: cfg, done: make(chan struct{}), events: make(chan Event, cfg.EventsMax)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	entered, err := c.knock(entering)
	if err != nil {
		c.abandon()
		return nil, err
	}
	c.session = entered.GetSessionId()
	c.beat = time.Duration(entered.GetHeartbeatMs()) * time.Millisecond
	c.beating.Go(c.heartbeat)
	go c.run(entered)
	return c, nil
}

// knock connects, asks to be let in and returns the server's welcome.
func (c *Client) knock(ctx context.Context) (*wire.Entered, error) {
	offer := ""
	if c.cfg.Media != nil {
		var err error
		if c.peer, err = newPeer(c, *c.cfg.Media); err != nil {
			return nil, err
		}
		if offer, err = c.peer.offer(); err != nil {
			return nil, err
		}
		c.exchanges.Add(1)
	}
	options := &websocket.DialOptions{Subprotocols: []string{"exeunt.v1"}}
	conn, response, err := websocket.Dial(ctx, c.cfg.URL, options)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.cfg.URL, err)
	}
	c.conn = conn
	conn.SetReadLimit(readMax)
	if err := c.write(ctx, c.request(offer)); err != nil {
		return nil, err
	}
	frame, err := c.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait to be let in: %w", err)
	}
	entered := frame.GetEntered()
	switch {
	case frame.GetRefused() != nil:
		return nil, &Refusal{Code: frame.GetRefused().GetCode(), Message: frame.GetRefused().GetMessage()}
	case entered == nil:
		return nil, fmt.Errorf("the server's first frame is no welcome but %T", frame.GetFrame())
	case c.peer != nil:
		if err := c.peer.accept(entered.GetAnswer()); err != nil {
			return nil, err
		}
	}
	return entered, nil
}

// request is the first frame.
func (c *Client) request(offer string) *wire.ClientFrame {
	enter := &wire.Enter{
		SdkAppId: c.cfg.SdkAppID, UserId: c.cfg.UserID, UserSig: c.cfg.UserSig,
		Scene: c.cfg.Scene, Role: c.cfg.Role, PrivateMapKey: c.cfg.PrivateMapKey, Offer: offer,
		ReceiveAudio: c.cfg.ReceiveAudio, ReceiveVideo: c.cfg.ReceiveVideo, Client: c.cfg.Name,
	}
	if enter.Client == "" {
		enter.Client = "exeunt-go"
	}
	if c.cfg.StrRoomID != "" {
		enter.Room = &wire.Enter_StrRoomId{StrRoomId: c.cfg.StrRoomID}
	} else {
		enter.Room = &wire.Enter_RoomId{RoomId: c.cfg.RoomID}
	}
	return &wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: enter}}
}

// abandon gives up an entry.
func (c *Client) abandon() {
	c.cancel()
	if c.conn != nil {
		_ = c.conn.CloseNow()
	}
	if c.peer != nil {
		c.peer.close()
	}
}

// Session is the server's id of this stay.
func (c *Client) Session() string { return c.session }

// Events returns what happens, in order. The last event is [Exited]; then the channel closes. When the stay ends while
// as many events wait as may wait, the oldest gives way to the last.
func (c *Client) Events() <-chan Event { return c.events }

// Done is closed when the stay is over and nothing of it runs any more.
func (c *Client) Done() <-chan struct{} { return c.done }

// Exchanges counts the SDP offers made so far. Somebody's coming or going makes none.
func (c *Client) Exchanges() int { return int(c.exchanges.Load()) }

// Exit leaves the room. It returns when nothing of the client runs any more; a server that does not answer delays it by
// half a second at most. Calling it again, or after the stay has ended otherwise, does nothing.
func (c *Client) Exit(ctx context.Context) error {
	if c.leaving.CompareAndSwap(false, true) {
		goodbye := time.AfterFunc(exitWait, c.cancel)
		defer goodbye.Stop()
		// A goodbye that cannot be said does not keep anybody inside.
		sending, stop := context.WithTimeout(ctx, exitWait)
		_ = c.write(sending, &wire.ClientFrame{Frame: &wire.ClientFrame_Exit{Exit: &wire.Exit{}}})
		stop()
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		c.cancel()
		return fmt.Errorf("exit: %w", ctx.Err())
	}
}
