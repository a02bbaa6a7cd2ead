package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// said is one message that came over a channel.
type said struct{ session, message string }

// talker is a peer with both data channels.
type talker struct {
	*peer
	reliable, lossy *webrtc.DataChannel
	// told is what came, by channel; opened and closed say how the reliable one fares.
	told           [2]chan string
	opened, closed chan struct{}
}

// hearingEngine is an engine that tells what clients say.
func hearingEngine(t *testing.T, heard func(session string, message []byte)) *Engine {
	t.Helper()
	if heard == nil {
		return pickyEngine(t, nil)
	}
	return pickyEngine(t, func(session string, message []byte) bool {
		heard(session, message)
		return true
	})
}

// pickyEngine is a hearingEngine whose listener does not take everything.
func pickyEngine(t *testing.T, heard func(session string, message []byte) bool) *Engine {
	t.Helper()
	cfg := Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Heard: heard}
	engine, err := New(cfg, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		check(t, engine.Close(ctx))
	})
	return engine
}

// talk opens a session with data channels and waits until they are open.
func talk(t *testing.T, engine *Engine, id string) *talker {
	t.Helper()
	return offerTalk(t, engine, id, nil, func(answer string) string { return answer })
}

// offerTalk is talk through a socket, nil for any, by what the peer is told of the answer.
func offerTalk(t *testing.T, engine *Engine, id string, udp net.PacketConn, told func(string) string) *talker {
	t.Helper()
	k := &talker{peer: newPeer(t, engine, id, shape{udp: udp}), opened: make(chan struct{}), closed: make(chan struct{})}
	k.reliable = k.channel(Reliable, reliableStream, &webrtc.DataChannelInit{})
	unordered, once := false, uint16(0)
	k.lossy = k.channel(Lossy, lossyStream, &webrtc.DataChannelInit{Ordered: &unordered, MaxRetransmits: &once})
	var both sync.WaitGroup
	both.Add(2)
	k.reliable.OnOpen(both.Done)
	k.lossy.OnOpen(both.Done)
	go func() {
		both.Wait()
		close(k.opened)
	}()
	k.reliable.OnClose(func() { close(k.closed) })
	k.negotiate(func(offer string) (string, error) {
		answer, err := engine.Open(context.Background(), id, offer)
		return told(answer), err
	})
	wait(t, k.opened, "channels of "+id)
	return k
}

func (k *talker) channel(how Delivery, stream uint16, init *webrtc.DataChannelInit) *webrtc.DataChannel {
	k.t.Helper()
	negotiated := true
	init.Negotiated, init.ID = &negotiated, &stream
	channel, err := k.pc.CreateDataChannel("messages", init)
	check(k.t, err)
	told := make(chan string, 4096)
	k.told[how] = told
	channel.OnMessage(func(m webrtc.DataChannelMessage) { told <- string(m.Data) })
	return channel
}

// says sends over the lossy channel.
func (k *talker) says(message string) {
	k.t.Helper()
	check(k.t, k.lossy.Send([]byte(message)))
}

// hears waits for the next message by a channel.
func (k *talker) hears(how Delivery) string {
	k.t.Helper()
	select {
	case message := <-k.told[how]:
		return message
	case <-time.After(patience):
		k.t.Fatalf("%s is told nothing", k.id)
		return ""
	}
}

// sayOnceOpen sends by the engine once its end of the channels is open, which may be a moment after the client's.
func sayOnceOpen(t *testing.T, engine *Engine, id string, how Delivery, message string) {
	t.Helper()
	late := time.Now().Add(patience)
	for {
		err := engine.Say(id, how, []byte(message))
		if err == nil {
			return
		}
		if !errors.Is(err, ErrNoChannel) || time.Now().After(late) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

// nextHeard waits for what the engine hears next.
func nextHeard(t *testing.T, heard <-chan said) said {
	t.Helper()
	select {
	case got := <-heard:
		return got
	case <-time.After(patience):
		t.Fatal("the engine hears nothing")
		return said{}
	}
}

// Messages go both ways, each by the channel that it was given to, and the reliable ones in order.
func TestMessagesGoBothWays(t *testing.T) {
	heard := make(chan said, 10)
	engine := hearingEngine(t, func(session string, message []byte) { heard <- said{session, string(message)} })
	ann := talk(t, engine, "ann")
	sayOnceOpen(t, engine, "ann", Lossy, "perhaps")
	if got := ann.hears(Lossy); got != "perhaps" {
		t.Errorf("the lossy channel brought %q", got)
	}
	for n := range 50 {
		check(t, engine.Say("ann", Reliable, fmt.Appendf(nil, "surely %d", n)))
	}
	for n := range 50 {
		if got, want := ann.hears(Reliable), fmt.Sprintf("surely %d", n); got != want {
			t.Fatalf("the reliable channel brought %q; want %q", got, want)
		}
	}
	ann.says("hello")
	if got := nextHeard(t, heard); got != (said{"ann", "hello"}) {
		t.Errorf("the engine heard %v", got)
	}
	for n := range 50 {
		check(t, ann.reliable.Send(fmt.Appendf(nil, "surely %d", n)))
	}
	for n := range 50 {
		if got, want := nextHeard(t, heard), (said{"ann", fmt.Sprintf("surely %d", n)}); got != want {
			t.Fatalf("the engine heard %v; want %v", got, want)
		}
	}
	if err := engine.Say("nobody", Lossy, nil); !errors.Is(err, ErrNoSession) {
		t.Errorf("to nobody: %v", err)
	}
}

// Who offers no channels has none, and what it sends in their place goes nowhere: it costs neither a goroutine nor a
// place in the queue of its handshake.
func TestWhoOffersNoChannelsHasNone(t *testing.T) {
	engine := newEngine(t)
	join(t, engine, "a", shape{})
	if err := engine.Say("a", Reliable, []byte("x")); !errors.Is(err, ErrNoChannel) {
		t.Errorf("to one without channels: %v", err)
	}
	s := engine.find("a")
	before := runtime.NumGoroutine()
	engine.mu.Lock()
	for range 2 * recordsMax {
		engine.shake(s, []byte{applicationData, 0xfe, 0xfd})
	}
	waiting := len(s.pipe.in)
	engine.mu.Unlock()
	if now := runtime.NumGoroutine(); waiting != 0 || now > before {
		t.Errorf("%d records wait, %d goroutines instead of %d", waiting, now, before)
	}
}

// The line may come with a later offer, too.
func TestChannelsCanBeOfferedLater(t *testing.T) {
	engine := newEngine(t)
	p := join(t, engine, "a", shape{})
	k := &talker{peer: p, opened: make(chan struct{}), closed: make(chan struct{})}
	k.reliable = k.channel(Reliable, reliableStream, &webrtc.DataChannelInit{})
	k.reliable.OnOpen(func() { close(k.opened) })
	k.negotiate(func(offer string) (string, error) { return engine.Reoffer(context.Background(), "a", offer) })
	wait(t, k.opened, "channel")
	sayOnceOpen(t, engine, "a", Reliable, "late")
	if got := k.hears(Reliable); got != "late" {
		t.Errorf("the channel brought %q", got)
	}
}

// After Drop nothing that a client says is handed out, nothing is said to it, and all goroutines end (I-7).
func TestDropEndsTheChannelsAtOnce(t *testing.T) {
	var dropped atomic.Bool
	var late atomic.Int64
	first := make(chan struct{})
	var once sync.Once
	engine := hearingEngine(t, func(string, []byte) {
		once.Do(func() { close(first) })
		if dropped.Load() {
			late.Add(1)
		}
	})
	ann := talk(t, engine, "ann")
	sayOnceOpen(t, engine, "ann", Reliable, "x")
	ann.hears(Reliable)
	for n := range 200 {
		ann.says(fmt.Sprint("message ", n))
	}
	wait(t, first, "first message")
	engine.Drop("ann")
	dropped.Store(true)
	if err := engine.Say("ann", Reliable, []byte("after")); !errors.Is(err, ErrNoSession) {
		t.Errorf("after Drop: %v", err)
	}
	wait(t, ann.closed, "end of the channels at the client")
	if n := late.Load(); n != 0 {
		t.Errorf("%d messages were handed out after Drop", n)
	}
	select {
	case got := <-ann.told[Reliable]:
		t.Errorf("after Drop the client was told %q", got)
	default:
	}
}

// What was given to the channels before Drop and had not left does not leave after it either.
func TestNothingLeavesAfterDrop(t *testing.T) {
	engine := hearingEngine(t, nil)
	network := newGate(t)
	ann := talkThrough(t, engine, "ann", network)
	sayOnceOpen(t, engine, "ann", Reliable, "before")
	ann.hears(Reliable)
	network.shut.Store(true)
	check(t, engine.Say("ann", Reliable, []byte("under way")))
	pipe := engine.find("ann").pipe
	engine.Drop("ann")
	network.count.Store(0)
	network.shut.Store(false)
	for range 10 {
		// As the association does when its turn comes only now.
		_, err := pipe.WriteTo([]byte{applicationData, 0xfe, 0xfd}, nil)
		check(t, err)
	}
	// What may still leave comes behind it.
	_, err := pipe.WriteTo([]byte{ownRecord}, nil)
	check(t, err)
	for late := time.Now().Add(patience); !network.marked.Load(); runtime.Gosched() {
		if time.Now().After(late) {
			t.Fatal("the mark does not come")
		}
	}
	if n := network.count.Load(); n != 0 {
		t.Errorf("%d records of data came after Drop", n)
	}
}

// gate is a client's socket that loses what comes while it is shut, and counts the data that comes while it is open.
type gate struct {
	net.PacketConn
	shut, marked atomic.Bool
	count        atomic.Int64
}

// ownRecord is the first byte of a datagram of our own: a handshake record that is none.
const ownRecord = 22

func newGate(t *testing.T) *gate {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	check(t, err)
	return &gate{PacketConn: conn}
}

func (g *gate) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := g.PacketConn.ReadFrom(b)
		if err == nil && g.shut.Load() {
			continue
		}
		if err == nil && n > 0 && b[0] == applicationData {
			g.count.Add(1)
		}
		if err == nil && n == 1 && b[0] == ownRecord {
			g.marked.Store(true)
		}
		return n, from, err
	}
}

func talkThrough(t *testing.T, engine *Engine, id string, through net.PacketConn) *talker {
	t.Helper()
	return offerTalk(t, engine, id, through, func(answer string) string { return answer })
}

// A client that takes nothing is left behind: lossy messages are dropped, the first reliable one too many ends the
// channels, and what waits for it is bounded. Its media goes on.
func TestAClientThatTakesNothingIsLeftBehind(t *testing.T) {
	engine := hearingEngine(t, nil)
	network := newGate(t)
	ann := talkThrough(t, engine, "ann", network)
	sayOnceOpen(t, engine, "ann", Reliable, "x")
	ann.hears(Reliable)
	network.shut.Store(true)
	message := bytes.Repeat([]byte("m"), 1024)
	for range 10 * lossyMax / len(message) {
		check(t, engine.Say("ann", Lossy, message))
	}
	channels := engine.find("ann").channels
	if n := channels.streams[Lossy].BufferedAmount(); n > lossyMax {
		t.Errorf("%d bytes wait in the lossy channel; the limit is %d", n, lossyMax)
	}
	taken := 0
	var err error
	for err == nil && taken < 1000 {
		if err = engine.Say("ann", Reliable, message); err == nil {
			taken++
		}
	}
	if !errors.Is(err, ErrBehind) || taken < reliableMax/len(message)-1 || taken > reliableMax/len(message) {
		t.Errorf("after %d reliable messages: %v", taken, err)
	}
	for _, how := range []Delivery{Lossy, Reliable} {
		if err := engine.Say("ann", how, message); !errors.Is(err, ErrNoChannel) {
			t.Errorf("afterwards: %v; want ErrNoChannel", err)
		}
	}
	network.shut.Store(false)
	wait(t, ann.connected, "connection")
	if s := engine.find("ann"); s == nil || s.opener == nil {
		t.Error("the media ended with the channels")
	}
}

// Whoever floods is read at a bounded pace, and holds a bounded amount of memory meanwhile.
func TestAFloodIsReadAtABoundedPace(t *testing.T) {
	var n atomic.Int64
	engine := hearingEngine(t, func(string, []byte) { n.Add(1) })
	ann := talk(t, engine, "ann")
	began := time.Now()
	flood := strings.Repeat("f", 1000)
	for n.Load() < messagesBurst+messagesPerSecond/2 {
		if ann.lossy.BufferedAmount() < 64<<10 {
			ann.says(flood)
		} else {
			runtime.Gosched()
		}
		if time.Since(began) > patience {
			t.Fatalf("only %d messages came", n.Load())
		}
	}
	most := messagesBurst + int64(messagesPerSecond*(time.Since(began).Seconds()+1))
	if took := time.Since(began); took < 400*time.Millisecond || n.Load() > most {
		t.Errorf("%d messages in %v", n.Load(), took)
	}
}

// What must not be lost and is not taken ends the channels, and the client is told, since it has to say it otherwise.
// Nothing that came after it is handed out.
func TestWhatIsNotTakenEndsTheChannels(t *testing.T) {
	heard := make(chan said, 100)
	engine := pickyEngine(t, func(session string, message []byte) bool {
		heard <- said{session, string(message)}
		return string(message) != "3"
	})
	ann := talk(t, engine, "ann")
	sayOnceOpen(t, engine, "ann", Reliable, "x")
	for n := range 10 {
		check(t, ann.reliable.Send(fmt.Append(nil, n)))
	}
	wait(t, ann.closed, "end of the channels at the client")
	for n := range 4 {
		if got, want := nextHeard(t, heard), (said{"ann", fmt.Sprint(n)}); got != want {
			t.Errorf("the engine heard %v; want %v", got, want)
		}
	}
	if len(heard) > 0 {
		t.Errorf("then it heard %v", <-heard)
	}
	if err := engine.Say("ann", Reliable, nil); !errors.Is(err, ErrNoChannel) {
		t.Errorf("afterwards: %v; want ErrNoChannel", err)
	}
	if s := engine.find("ann"); s == nil || s.opener == nil {
		t.Error("the session is gone")
	}
}

// Who says more at once than is allowed loses his channels and nothing else.
func TestAMessageThatIsTooLongEndsTheChannels(t *testing.T) {
	engine := hearingEngine(t, func(_ string, message []byte) {
		if len(message) > ChannelMessageMax {
			t.Errorf("a message of %d bytes came through", len(message))
		}
	})
	ann := offerTalk(t, engine, "ann", nil, func(answer string) string {
		limit := fmt.Sprint("a=max-message-size:", ChannelMessageMax)
		if !strings.Contains(answer, limit) {
			t.Error("the answer names no limit")
		}
		return strings.Replace(answer, limit, limit+"0", 1)
	})
	sayOnceOpen(t, engine, "ann", Reliable, "x")
	ann.says(strings.Repeat("x", ChannelMessageMax+1))
	late := time.Now().Add(patience)
	for !errors.Is(engine.Say("ann", Lossy, nil), ErrNoChannel) {
		if time.Now().After(late) {
			t.Fatal("the channels are still there")
		}
		runtime.Gosched()
	}
	wait(t, ann.closed, "end of the channels at the client")
	if s := engine.find("ann"); s == nil || s.opener == nil {
		t.Error("the session is gone")
	}
}
