// Package client is a member of a room without a browser: for bots, tests and load.
//
// [Enter] takes a user into a room and returns a [Client]. What happens there comes in order from [Client.Events], and
// the last event is always [Exited], after which the channel closes. [Client.Exit] leaves; after it has returned,
// nothing of the client runs any more.
//
// A connection that breaks is made anew by itself: [ConnectionLost] says that it broke, [ConnectionRecovered] that the
// stay goes on; then comes what was missed. A stay that ended meanwhile is over, for its true reason. So is one whose
// server could not be reached for as long as the server keeps a silent member.
//
// A client without media (Config.Media nil) is one WebSocket and two goroutines.
package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

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
	// Link says how the connection is made and kept; its zero value suits nearly everybody.
	Link Link
}

// Link says how the connection to the server is made and kept.
type Link struct {
	// Device names the installation of the app, at most 64 bytes: a device that enters twice replaces its own earlier
	// stay. Empty for a new name at each entry.
	Device string
	// NoResume makes the first break of the connection the end of the stay.
	NoResume bool
	// Dial makes the TCP connections; nil for the usual way. A test breaks them by it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
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

// The errors of a stay's methods.
var (
	// ErrExited says that the stay is over.
	ErrExited = errors.New("the stay is over")
	// ErrNoConnection says that the connection is being made anew; after [ConnectionRecovered] the same call can work.
	ErrNoConnection = errors.New("there is no connection at present")
)

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
	cfg    Config
	pass   pass
	events chan Event
	// done closes after the last event.
	done chan struct{}
	// ctx ends when the stay does.
	ctx     context.Context
	cancel  context.CancelFunc
	beating pulse
	// socket is the connection; nil while there is none.
	socket atomic.Pointer[socket]
	// heard is the highest place in the room's order that came.
	heard atomic.Uint64
	// leaving says that Exit was called.
	leaving   atomic.Bool
	exchanges atomic.Int64
	// networks is the server's latest word on them; nil before the first.
	networks atomic.Pointer[map[string]NetworkQuality]
	// room is what the client knows of the others; the goroutine that reads owns it.
	room view
	// peer is the media; nil without. mail is what comes over its data channels, and what is said reliably.
	peer *peer
	mail mail
}

// pulse is what beats beside the reader.
type pulse struct {
	sync.WaitGroup
	// paced is when the server would like to hear the next heartbeat.
	paced chan time.Duration
}

// pass is what the server gave with its welcome.
type pass struct {
	session, incarnation string
	// secret continues the stay over a new connection; empty when the server has no such thing.
	secret []byte
	// beat is the pace of heartbeats.
	beat time.Duration
	// silence is after how long without a frame the connection counts as broken; 0 for never. gone is for how long the
	// server keeps a silent member.
	silence, gone time.Duration
}

// Enter takes the user into the room. It returns once the server has let the user in. Errors: [*Refusal] with TRTC's
// code, and those of the connection.
func Enter(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.EventsMax <= 0 {
		cfg.EventsMax = EventsMaxDefault
	}
	entering, cancel := context.WithTimeout(ctx, enterWait)
	defer cancel()
	if cfg.Link.Device == "" {
		cfg.Link.Device = rand.Text()
	}
	c := &Client{
		cfg: cfg, done: make(chan struct{}), events: make(chan Event, cfg.EventsMax),
		beating: pulse{paced: make(chan time.Duration, 1)},
	}
	c.mail.client, c.mail.outbox.client = c, c
	c.ctx, c.cancel = context.WithCancel(context.Background())
	entered, err := c.knock(entering)
	if err != nil {
		c.abandon()
		return nil, err
	}
	c.pass = passOf(entered.GetEntered())
	c.heard.Store(entered.GetSeq())
	c.beating.Go(c.heartbeat)
	if c.peer != nil {
		c.beating.Go(c.peer.tend)
	}
	go c.run(entered.GetEntered())
	return c, nil
}

func passOf(e *wire.Entered) pass {
	ms := func(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }
	p := pass{
		session: e.GetSessionId(), incarnation: e.GetRoomIncarnation(), secret: e.GetSecret(), beat: ms(e.GetHeartbeatMs()),
		silence: ms(e.GetUnstableMs()), gone: ms(e.GetGoneMs()),
	}
	if p.silence > 0 {
		// Every heartbeat is answered, so two that were not are needed to know.
		p.silence = max(p.silence, 2*p.beat+p.beat/2)
	}
	return p
}

// knock connects, asks to be let in and returns the server's welcome.
func (c *Client) knock(ctx context.Context) (*wire.ServerFrame, error) {
	offer := ""
	if c.cfg.Media != nil {
		var err error
		if c.peer, err = newPeer(c, *c.cfg.Media); err != nil {
			return nil, err
		}
		if offer, err = c.peer.first(); err != nil {
			return nil, err
		}
	}
	frame, err := c.connect(ctx, c.request(offer))
	if err != nil {
		return nil, err
	}
	switch {
	case frame.GetRefused() != nil:
		return nil, &Refusal{Code: frame.GetRefused().GetCode(), Message: frame.GetRefused().GetMessage()}
	case frame.GetEntered() == nil:
		return nil, fmt.Errorf("the server's first frame is no welcome but %T", frame.GetFrame())
	case c.peer != nil:
		c.peer.relayBy(frame.GetEntered().GetIceServers())
		if err := c.peer.answered(firstOffer, frame.GetEntered().GetAnswer()); err != nil {
			return nil, err
		}
	}
	return frame, nil
}

// request is the first frame.
func (c *Client) request(offer string) *wire.ClientFrame {
	enter := &wire.Enter{
		SdkAppId: c.cfg.SdkAppID, UserId: c.cfg.UserID, UserSig: c.cfg.UserSig,
		Scene: c.cfg.Scene, Role: c.cfg.Role, PrivateMapKey: c.cfg.PrivateMapKey, Offer: offer,
		ReceiveAudio: c.cfg.ReceiveAudio, ReceiveVideo: c.cfg.ReceiveVideo,
		Client: c.name(), Device: c.cfg.Link.Device,
	}
	if c.cfg.StrRoomID != "" {
		enter.Room = &wire.Enter_StrRoomId{StrRoomId: c.cfg.StrRoomID}
	} else {
		enter.Room = &wire.Enter_RoomId{RoomId: c.cfg.RoomID}
	}
	return &wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: enter}}
}

func (c *Client) name() string {
	if c.cfg.Name == "" {
		return "exeunt-go"
	}
	return c.cfg.Name
}

// abandon gives up an entry.
func (c *Client) abandon() {
	c.cancel()
	c.hangUp()
	if c.peer != nil {
		c.peer.close()
	}
}

// Session is the server's id of this stay.
func (c *Client) Session() string { return c.pass.session }

// Incarnation is the server's id of the room as it was entered: a room that ended and is entered again has another.
func (c *Client) Incarnation() string { return c.pass.incarnation }

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
		enough := time.AfterFunc(exitWait, c.cancel)
		defer enough.Stop()
		// A goodbye that cannot be said does not keep anybody inside.
		sending, stop := context.WithTimeout(ctx, exitWait)
		_ = c.sayGoodbye(sending)
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

// sayGoodbye says what the server may not have heard, and then that this was all.
func (c *Client) sayGoodbye(ctx context.Context) error {
	if err := c.mail.outbox.empty(ctx); err != nil {
		return err
	}
	return c.write(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Exit{Exit: &wire.Exit{}}})
}
