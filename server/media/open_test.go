package media

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/room"
)

// offerOf makes the offer of a peer that never connects.
func offerOf(t testing.TB, s shape) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	add := func(kind webrtc.RTPCodecType, direction webrtc.RTPTransceiverDirection, n int) {
		for range n {
			if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverDirectionSendonly, 1)
	add(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionSendonly, 2)
	add(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverDirectionRecvonly, s.audioSlots)
	add(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionRecvonly, s.videoSlots)
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

// chromium is an offer as Chromium 156 makes it: three send lines and two slots.
//
//go:embed testdata/chromium.sdp
var chromium string

// The answer to a browser is ICE-lite and passive, has every line, our own addresses over UDP and TCP, and no cryptex.
func TestAnswerSaysWhatWePromise(t *testing.T) {
	engine := newEngine(t)
	answer, err := engine.Open(context.Background(), "a", chromium)
	check(t, err)
	for text, n := range map[string]int{
		"a=ice-lite\r\n": 1, "a=setup:passive\r\n": 5, "\r\nm=": 5, "a=cryptex": 0,
		"a=recvonly\r\n": 3, "a=sendonly\r\n": 2, "a=inactive": 0, "a=rtcp-fb:* ": 0,
	} {
		if got := strings.Count(answer, text); got != n {
			t.Errorf("%q stands %d times in the answer; want %d", text, got, n)
		}
	}
	for _, text := range []string{
		" udp ", " tcp ", "tcptype passive", "127.0.0.1", "opus", "VP8", "H264", "nack pli",
		"ccm fir", "transport-cc", extMID, extAudioLevel, extTransportCC, "apt=",
	} {
		if !strings.Contains(answer, text) {
			t.Errorf("the answer lacks %q", text)
		}
	}
	if t.Failed() {
		t.Log(answer)
	}
}

// PublicIPs stand in the answer instead of the bind address.
func TestAnswerNamesThePublicAddress(t *testing.T) {
	engine, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", PublicIPs: []string{"203.0.113.7"}},
		slog.New(slog.DiscardHandler), nil)
	check(t, err)
	defer engine.Close(context.Background())
	answer, err := engine.Open(context.Background(), "a", offerOf(t, shape{}))
	check(t, err)
	if !strings.Contains(answer, "203.0.113.7") || strings.Contains(answer, " 127.0.0.1 ") {
		t.Error(answer)
	}
}

// What cannot be answered is refused by name, and leaves nothing behind.
func TestOfferThatCannotBeAnswered(t *testing.T) {
	engine := newEngine(t)
	good := offerOf(t, shape{videoSlots: 1})
	for name, offer := range map[string]string{
		"too long":        good + strings.Repeat("a=x\r\n", 256<<10),
		"no SDP":          "hello",
		"empty":           "",
		"no lines":        good[:strings.Index(good, "m=")],
		"too many lines":  good + strings.Repeat(good[strings.LastIndex(good, "m="):], 200),
		"no mid":          strings.Replace(good, "a=mid:0\r\n", "", 1),
		"a mid twice":     strings.Replace(good, "a=mid:0\r\n", "a=mid:1\r\n", 1),
		"a mid too long":  strings.Replace(good, "a=mid:0\r\n", "a=mid:"+strings.Repeat("9", 17)+"\r\n", 1),
		"both directions": strings.Replace(good, "a=sendonly", "a=sendrecv", 1),
		"no fingerprint":  strings.ReplaceAll(good, "a=fingerprint", "a=nothing"),
		"no ICE":          strings.ReplaceAll(good, "a=ice-ufrag", "a=nothing"),
	} {
		_, err := engine.Open(context.Background(), "a", offer)
		if problem := (*OfferError)(nil); !errors.As(err, &problem) || problem.Field == "" || len(err.Error()) > 500 {
			t.Errorf("%s: %v; want a short OfferError", name, err)
		}
		if engine.find("a") != nil {
			t.Fatalf("%s: the session is there", name)
		}
	}
	_, err := engine.Open(context.Background(), "a", good)
	check(t, err)
}

func TestSessionsAreBounded(t *testing.T) {
	engine := newEngine(t)
	engine.cfg.SessionsMax = 2
	offer := offerOf(t, shape{})
	for _, id := range []string{"a", "b"} {
		_, err := engine.Open(context.Background(), id, offer)
		check(t, err)
	}
	if _, err := engine.Open(context.Background(), "a", offer); err == nil {
		t.Error("the same session was opened twice")
	}
	if _, err := engine.Open(context.Background(), "c", offer); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v; want ErrFull", err)
	}
	engine.Drop("a")
	if _, err := engine.Open(context.Background(), "c", offer); err != nil {
		t.Errorf("a place became free, but: %v", err)
	}
	check(t, engine.Close(context.Background()))
	if _, err := engine.Open(context.Background(), "d", offer); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v; want ErrClosed", err)
	}
}

// A line can carry one stream of its kind.
func TestPublishNamesALineOfTheOffer(t *testing.T) {
	engine := newEngine(t)
	_, err := engine.Open(context.Background(), "a", offerOf(t, shape{videoSlots: 1}))
	check(t, err)
	for mid, stream := range map[string]room.Stream{"9": room.Big, "0": room.Big, "1": room.Audio, "3": room.Big} {
		if err := engine.Publish("a", stream, mid); err == nil {
			t.Errorf("stream %d was published on line %s", stream, mid)
		}
	}
	check(t, engine.Publish("a", room.Big, "1"))
	check(t, engine.Publish("a", room.Big, "1"))
	if engine.Publish("a", room.Sub, "1") == nil || engine.Publish("a", room.Big, "2") == nil {
		t.Error("a line or a stream is in use twice")
	}
	engine.Unpublish("a", room.Big)
	check(t, engine.Publish("a", room.Sub, "1"))
}

// L1, K4: a client that has TCP only is served, and dropping it ends its connection and its goroutines.
func TestL1_ClientWithoutUDP(t *testing.T) {
	engine := newEngine(t)
	tcp := shape{videoSlots: 1, networks: []webrtc.NetworkType{webrtc.NetworkTypeTCP4}}
	a, b := join(t, engine, "a", tcp), join(t, engine, "b", tcp)
	check(t, engine.Publish("a", room.Big, videoMid))
	_, err := engine.Forward("a", room.Big, "b")
	check(t, err)
	defer stream(a.video, named("a"))()
	track := b.track().track
	until(t, track, "a")
	// A client may open one connection from each of its addresses, and use one.
	both := engine.tcp.count()
	engine.Drop("b")
	if n := engine.tcp.count(); n >= both {
		t.Errorf("%d TCP connections after the drop; there were %d", n, both)
	}
	engine.Drop("a")
	engine.tcp.serving.Wait()
	if n := engine.tcp.count(); n != 0 {
		t.Errorf("%d TCP connections after both are closed; want 0", n)
	}
}

func (l *tcpListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// descriptors counts the open file descriptors of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	return len(entries)
}

// K1, K7: two hundred stays, and the process is as it was: one socket of each kind, no goroutine more.
func TestK1_ManyStaysLeaveNothing(t *testing.T) {
	engine := newEngine(t)
	offer := offerOf(t, shape{audioSlots: 4, videoSlots: 4})
	cycle := func(id string) {
		_, err := engine.Open(context.Background(), id, offer)
		check(t, err)
		engine.Drop(id)
	}
	cycle("warm up")
	engine.tcp.serving.Wait()
	before, files := goleak.IgnoreCurrent(), descriptors(t)
	for n := range 200 {
		cycle(fmt.Sprintf("session %d", n))
	}
	engine.tcp.serving.Wait()
	goleak.VerifyNone(t, before)
	if now := descriptors(t); now > files {
		t.Errorf("%d file descriptors; there were %d", now, files)
	}
}

// Whatever stands in an offer, answering it ends without a panic, and a drop takes back what it made.
func FuzzNegotiate(f *testing.F) {
	f.Add(chromium)
	f.Add(offerOf(f, shape{audioSlots: 1, videoSlots: 1}))
	engine, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0"}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = engine.Close(context.Background()) })
	f.Fuzz(func(t *testing.T, offer string) {
		if _, err := engine.Open(context.Background(), "a", offer); err == nil {
			_, _ = engine.Reoffer(context.Background(), "a", offer)
		}
		engine.Drop("a")
		engine.tcp.serving.Wait()
	})
}
