package media

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	pionrtp "github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/room"
)

// wanted collects what a publisher is told of its layers.
type wanted struct{ news chan []string }

// newLayeredEngine is an engine that tells w which layers are taken.
func newLayeredEngine(t *testing.T) (*Engine, *wanted) {
	t.Helper()
	w := &wanted{news: make(chan []string, 64)}
	engine, err := New(Config{
		UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0",
		Wanted: func(_ string, _ room.Stream, layers []string) { w.news <- layers },
	}, slog.New(slog.DiscardHandler), nil)
	check(t, err)
	t.Cleanup(func() { check(t, engine.Close(context.Background())) })
	return engine, w
}

// until waits for a set of layers.
func (w *wanted) until(t *testing.T, want ...string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case got := <-w.news:
			if fmt.Sprint(got) == fmt.Sprint(want) {
				return
			}
		case <-late:
			t.Fatalf("nobody was told that %v are taken", want)
		}
	}
}

// layered is a publisher of three layers, and what it sends now.
type layered struct {
	*peer
	layers map[string]*webrtc.TrackLocalStaticRTP
	// every is how often it sends a picture of each layer.
	every  time.Duration
	mu     sync.Mutex
	active map[string]bool
}

// publishLayers makes a session whose camera has the layers h, m and l.
func publishLayers(t *testing.T, engine *Engine, id string) *layered {
	t.Helper()
	p := newPeer(t, engine, id, shape{})
	out := &layered{peer: p, layers: map[string]*webrtc.TrackLocalStaticRTP{}, every: 2 * time.Millisecond}
	out.active = map[string]bool{"h": true}
	var sender *webrtc.RTPSender
	for _, rid := range []string{"h", "m", "l"} {
		track, err := webrtc.NewTrackLocalStaticRTP(vp8, "layers", id, webrtc.WithRTPStreamID(rid))
		check(t, err)
		out.layers[rid] = track
		if sender != nil {
			check(t, sender.AddEncoding(track))
			continue
		}
		send := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
		transceiver, err := p.pc.AddTransceiverFromTrack(track, send)
		check(t, err)
		sender = transceiver.Sender()
	}
	p.negotiate(func(offer string) (string, error) { return engine.Open(context.Background(), id, offer) })
	wait(t, p.connected, "connection of "+id)
	check(t, engine.Publish(id, room.Big, layersMid))
	return out
}

// set says which layers are sent from now on.
func (l *layered) set(rids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.active)
	for _, rid := range rids {
		l.active[rid] = true
	}
}

// run sends the active layers, a key frame each tenth packet, until stop is called.
func (l *layered) run() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(l.every)
		defer ticker.Stop()
		for n := uint16(1); ; n++ {
			l.mu.Lock()
			for rid, track := range l.layers {
				if l.active[rid] {
					_ = track.WriteRTP(l.packet(rid, n))
				}
			}
			l.mu.Unlock()
			select {
			case <-ticker.C:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// packet is one picture of a layer: a VP8 descriptor without numbers, the key frame bit, and who it is of.
func (l *layered) packet(rid string, n uint16) *pionrtp.Packet {
	frame := byte(1)
	if n%10 == 0 {
		frame = 0
	}
	p := &pionrtp.Packet{
		Header:  pionrtp.Header{Version: 2, SequenceNumber: n + 100*uint16(rid[0]), Timestamp: uint32(n) * 450, Marker: true},
		Payload: fmt.Appendf([]byte{0x10, frame}, "%s:%d %*s", rid, n, weights[rid], ""),
	}
	check(l.t, p.SetExtension(midID, []byte(layersMid)))
	check(l.t, p.SetExtension(ridID, []byte(rid)))
	return p
}

// weights are how many bytes more a packet of each layer has.
var weights = map[string]int{"h": 1000, "m": 300, "l": 40}

// The mid that Pion gives to the layers, and the extensions that its offer has them in.
const (
	layersMid    = "2"
	midID, ridID = 1, 2
)

// gapMax is how many packets a busy machine may lose at once.
const gapMax = 500

// A listener gets the layer that it prefers, from a key frame on, in one stream of numbers without a gap; the publisher
// hears which layers are taken, and when it stops one, the listener gets the next.
func TestAListenerGetsTheLayerThatItPrefers(t *testing.T) {
	engine, told := newLayeredEngine(t)
	camera := publishLayers(t, engine, "camera")
	defer camera.run()()
	_, track := watch(t, engine, "camera")
	last := until(t, track, "h")
	follow := func(rid string) {
		t.Helper()
		for range 2000 {
			p := next(t, track)
			if p.SSRC != last.SSRC || int32(p.Timestamp-last.Timestamp) <= 0 {
				t.Fatalf("after %d of %d came %d of %d", last.Timestamp, last.SSRC, p.Timestamp, p.SSRC)
			}
			changed := !bytes.Equal(p.Payload[2:3], last.Payload[2:3])
			// A busy machine may lose a packet on its way to the test; what is not lost comes in one row.
			gap := int16(p.SequenceNumber - last.SequenceNumber)
			if gap < 1 || gap > gapMax {
				t.Fatalf("after %d came %d", last.SequenceNumber, p.SequenceNumber)
			}
			if changed && gap == 1 && p.Payload[1]&1 != 0 {
				t.Fatalf("the first packet of another layer is no key frame: %q", p.Payload)
			}
			last = p
			if string(p.Payload[2:4]) == rid+":" {
				return
			}
		}
		t.Fatalf("layer %s did not come", rid)
	}
	engine.Prefer("camera", room.Big, "listener", 2)
	told.until(t, "h", "l")
	camera.set("h", "l")
	follow("l")
	told.until(t, "l")
	camera.set("l")
	for range 50 {
		follow("l")
	}
	engine.Prefer("camera", room.Big, "listener", 0)
	told.until(t, "h", "l")
	camera.set("h", "l")
	follow("h")
	told.until(t, "h")
	camera.set("m")
	follow("m") // The best that is there.
}

// A listener whose path carries little gets the layer that fits, though it prefers a better one, and that one when the
// path carries it again.
func TestAPathThatCarriesLittleGetsASmallerPicture(t *testing.T) {
	engine, told := newLayeredEngine(t)
	camera := publishLayers(t, engine, "camera")
	camera.set("h", "m", "l")
	defer camera.run()()
	listener, track := watch(t, engine, "camera")
	until(t, track, "h")
	tell := func(rate float32) {
		check(t, listener.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{
			Bitrate: rate, SSRCs: []uint32{uint32(track.SSRC())},
		}}))
	}
	tell(400_000)
	until(t, track, "l")
	told.until(t, "l")
	tell(50_000_000)
	told.until(t, "h", "l")
	until(t, track, "h")
}

// Two hundred changes of layer leave a listener with one stream of ascending numbers.
func TestTwoHundredChangesOfLayer(t *testing.T) {
	engine, _ := newLayeredEngine(t)
	camera := publishLayers(t, engine, "camera")
	camera.set("h", "m", "l")
	defer camera.run()()
	_, track := watch(t, engine, "camera")
	last := until(t, track, "h")
	for n := range 200 {
		rid := []string{"l", "m", "h"}[n%3]
		engine.Prefer("camera", room.Big, "listener", []int{2, 1, 0}[n%3])
		for string(last.Payload[2:4]) != rid+":" {
			p := next(t, track)
			gap := int16(p.SequenceNumber - last.SequenceNumber)
			if gap < 1 || gap > gapMax || int32(p.Timestamp-last.Timestamp) <= 0 {
				t.Fatalf("after %d at %d came %d at %d: %q", last.SequenceNumber, last.Timestamp, p.SequenceNumber,
					p.Timestamp, p.Payload)
			}
			last = p
		}
	}
}
