package signal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	app     = config.DevelopmentSdkAppID
	strict  = app + 1
	secret  = config.DevelopmentSecret
	goneFor = 10 * time.Second
)

// leases is a registry in memory, for bubbles of virtual time.
type leases struct {
	mu      sync.Mutex
	held    map[room.Key]uint64
	next    uint64
	handler func(context.Context, []byte) []byte
}

func (l *leases) Claim(_ context.Context, key room.Key) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] != 0 {
		return 0, registry.ErrOwned
	}
	l.next++
	l.held[key] = l.next
	return l.next, nil
}

func (l *leases) Release(key room.Key, token uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] == token {
		delete(l.held, key)
	}
}

func (l *leases) Ask(ctx context.Context, key room.Key, request []byte) ([]byte, error) {
	l.mu.Lock()
	_, owned := l.held[key]
	l.mu.Unlock()
	if !owned {
		return nil, registry.ErrNoRoom
	}
	return l.handler(ctx, request), nil
}

func (l *leases) Rooms(context.Context, uint32) ([]room.Key, error) { return nil, nil }

func (l *leases) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}

// media answers every offer, except that "hang" waits for the caller to give up, and "bad" is refused.
type media struct {
	opening chan struct{}
	mu      sync.Mutex
	open    map[string]bool
	// preferred is the layer that was wished for last.
	preferred int
}

func (m *media) Open(ctx context.Context, _, session, offer string) (string, error) {
	switch offer {
	case "hang":
		m.opening <- struct{}{}
		<-ctx.Done()
		return "", ctx.Err()
	case "bad":
		return "", errors.New("no SDP")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[session] = true
	return "answer to " + offer, nil
}

func (m *media) Reoffer(ctx context.Context, session, offer string) (string, error) {
	return m.Open(ctx, "", session, offer)
}
func (*media) Publish(string, room.Stream, string) error { return nil }
func (*media) Unpublish(string, room.Stream)             {}
func (*media) Forward(string, room.Stream, string) (string, error) {
	return "9", nil
}
func (*media) Unforward(string, room.Stream, string) string { return "9" }
func (*media) Slots(string) []room.Slot                     { return nil }
func (*media) Volumes(sessions []string) []uint8            { return make([]uint8, len(sessions)) }

func (m *media) Prefer(_ string, _ room.Stream, _ string, quality int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.preferred = quality
}

func (m *media) Drop(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, session)
}

func (m *media) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.open)
}

// pipes is a listener whose connections are net.Pipe, so that everything lives in one bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// world is a door with a hall behind it.
type world struct {
	t      *testing.T
	hall   *host.Hall
	door   *Door
	leases *leases
	media  *media
	client *http.Client
	url    string
}

func tenants() config.Apps {
	controlled := config.DevelopmentApp()
	controlled.SdkAppID, controlled.PermissionControl = strict, true
	return config.Apps{config.DevelopmentApp(), controlled}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newWorld makes a world in memory; it ends with the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	l := &leases{held: map[room.Key]uint64{}}
	m := &media{opening: make(chan struct{}), open: map[string]bool{}}
	hall := host.New(host.Config{Server: "test"}, m, m, l, events.NewRing(100), quiet(), nil)
	l.handler = hall.Answer
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	w := &world{t: t, hall: hall, leases: l, media: m, url: "ws://localhost:8080" + Path}
	transport := &http.Transport{DialContext: p.dial}
	w.client = &http.Client{Transport: transport}
	w.door = New(Config{Apps: tenants(), Development: true}, hall, quiet(), nil)
	server := &http.Server{Handler: w.door}
	go func() { _ = server.Serve(p) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(hall.Close(ctx), w.door.Close(ctx), server.Close()); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
		if m.count() != 0 || l.count() != 0 {
			t.Errorf("left behind: %d transports, %d leases", m.count(), l.count())
		}
	})
	return w
}

// member is a client: what a page would be.
type member struct {
	t    *testing.T
	conn *websocket.Conn
	user string
	// unpacked are the frames of a batch that were not read yet.
	unpacked []*wire.ServerFrame
}

func (w *world) connect(user string) *member {
	w.t.Helper()
	conn, _, err := websocket.Dial(w.t.Context(), w.url, &websocket.DialOptions{
		HTTPClient: w.client, Subprotocols: []string{Subprotocol},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	return &member{t: w.t, conn: conn, user: user}
}

func sig(user string) string { return usersig.Sign(app, user, secret, time.Hour, time.Now()) }

// entry is what user sends to enter room 7 as anchor; change it before it is sent.
func entry(user string) *wire.Enter {
	return &wire.Enter{
		SdkAppId: app, UserId: user, UserSig: sig(user), Room: &wire.Enter_RoomId{RoomId: 7}, Role: 20, Client: "test/1",
	}
}

func (w *world) enter(user string) (*member, *wire.Entered) {
	w.t.Helper()
	return w.enterAs(entry(user))
}

func (w *world) enterAs(e *wire.Enter) (*member, *wire.Entered) {
	w.t.Helper()
	m := w.connect(e.GetUserId())
	m.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: e}})
	entered := m.next().GetEntered()
	if entered == nil {
		w.t.Fatalf("%s was not let in", e.GetUserId())
	}
	return m, entered
}

func (m *member) send(f *wire.ClientFrame) {
	m.t.Helper()
	message, err := proto.Marshal(f)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := m.conn.Write(m.t.Context(), websocket.MessageBinary, message); err != nil {
		m.t.Fatalf("%s: %v", m.user, err)
	}
}

func (m *member) exit() {
	m.t.Helper()
	m.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Exit{Exit: &wire.Exit{}}})
}

func (m *member) beat(n uint32) {
	m.t.Helper()
	m.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Heartbeat{Heartbeat: &wire.Heartbeat{N: n}}})
}

// read returns the next frame, or how the connection ended.
func (m *member) read() (*wire.ServerFrame, error) {
	if len(m.unpacked) > 0 {
		frame := m.unpacked[0]
		m.unpacked = m.unpacked[1:]
		return frame, nil
	}
	_, message, err := m.conn.Read(m.t.Context())
	if err != nil {
		return nil, err
	}
	frame := new(wire.ServerFrame)
	if err := proto.Unmarshal(message, frame); err != nil {
		return nil, fmt.Errorf("a frame that is none: %w", err)
	}
	if batch := frame.GetBatch(); batch != nil {
		m.unpacked = batch.GetFrames()
		return m.read()
	}
	return frame, nil
}

func (m *member) next() *wire.ServerFrame {
	m.t.Helper()
	frame, err := m.read()
	if err != nil {
		m.t.Fatalf("%s: %v", m.user, err)
	}
	return frame
}

// ended reads to the end of the connection: the last word, and the close code with its text.
func (m *member) ended() (*wire.ServerFrame, websocket.CloseError) {
	m.t.Helper()
	var last *wire.ServerFrame
	for {
		frame, err := m.read()
		if err == nil {
			last = frame
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) {
			m.t.Fatalf("%s: no close frame: %v", m.user, err)
		}
		return last, closed
	}
}

// mustEnd proves that the stay ended for this reason: by the last word, and again by the close code.
func (m *member) mustEnd(reason exit.Reason) *wire.ExitDetail {
	m.t.Helper()
	last, closed := m.ended()
	detail := last.GetExited().GetDetail()
	if detail.GetCode() != reason.String() || uint16(closed.Code) != reason.Row().Close {
		m.t.Errorf("%s: last word %v, close code %d; want %v", m.user, last, closed.Code, reason)
	}
	return detail
}

// mustMiss proves that the next thing told is that nothing is heard of user.
func (m *member) mustMiss(user string, cause room.Cause) {
	m.t.Helper()
	p := m.next().GetMemberPresence()
	if p.GetUserId() != user || !p.GetUnstable() || p.GetCause() != string(cause) {
		m.t.Errorf("%s was told %v; want that %s is unstable: %s", m.user, p, user, cause)
	}
}

// mustSee proves that the next thing told is that user left, for this reason.
func (m *member) mustSee(user string, reason exit.Reason) {
	m.t.Helper()
	frame := m.next()
	for frame.GetHeartbeatAck() != nil {
		frame = m.next()
	}
	left := frame.GetMemberLeft()
	if left.GetUserId() != user || left.GetDetail().GetCode() != reason.String() {
		m.t.Errorf("%s was told %v; want that %s left: %v", m.user, frame, user, reason)
	}
}

func (m *member) mustMeet(user string) {
	m.t.Helper()
	if frame := m.next(); frame.GetMemberEntered().GetUserId() != user {
		m.t.Errorf("%s was told %v; want that %s entered", m.user, frame, user)
	}
}
