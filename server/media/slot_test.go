package media

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/room"
)

// publishPicture makes a session whose camera is on the air.
func publishPicture(t *testing.T, engine *Engine, id string) *peer {
	t.Helper()
	p := join(t, engine, id, shape{})
	check(t, engine.Publish(id, room.Big, videoMid))
	return p
}

// watch lets a listener with one slot in, who sees a publisher's picture as soon as there is any.
func watch(t *testing.T, engine *Engine, publisher string) (listener *peer, track *webrtc.TrackRemote) {
	t.Helper()
	listener = join(t, engine, "listener", shape{videoSlots: 1})
	_, err := engine.Forward(publisher, room.Big, "listener")
	check(t, err)
	return listener, listener.track().track
}

// until reads a track up to the first packet of somebody.
func until(t *testing.T, track *webrtc.TrackRemote, who string) *rtp.Packet {
	t.Helper()
	for {
		if p := next(t, track); bytes.Contains(p.Payload, []byte(who+":")) {
			return p
		}
	}
}

// One slot carries a, then b: the stream in it goes on, and no SDP is exchanged.
func TestSlotIsUsedAgainAndItsNumbersGoOn(t *testing.T) {
	engine := newEngine(t)
	a, b := publishPicture(t, engine, "a"), publishPicture(t, engine, "b")
	listener := join(t, engine, "listener", shape{videoSlots: 1})
	defer stream(a.video, named("a"))()
	defer stream(b.video, named("b"))()

	mid, err := engine.Forward("a", room.Big, "listener")
	check(t, err)
	track := listener.track().track
	last := until(t, track, "a")
	for range 20 {
		p := next(t, track)
		if p.SequenceNumber != last.SequenceNumber+1 || int32(p.Timestamp-last.Timestamp) <= 0 {
			t.Fatalf("after %d at %d came %d at %d", last.SequenceNumber, last.Timestamp, p.SequenceNumber, p.Timestamp)
		}
		last = p
	}
	if again, err := engine.Forward("a", room.Big, "listener"); err != nil || again != mid {
		t.Fatalf("a second Forward of the same stream gave %q, %v; want %q", again, err, mid)
	}
	if freed := engine.Unforward("a", room.Big, "listener"); freed != mid {
		t.Fatalf("Unforward freed %q; want %q", freed, mid)
	}
	if freed := engine.Unforward("a", room.Big, "listener"); freed != "" {
		t.Fatalf("a second Unforward freed %q; want nothing", freed)
	}
	reused, err := engine.Forward("b", room.Big, "listener")
	check(t, err)
	if reused != mid {
		t.Fatalf("b came by %q; want the same slot %q", reused, mid)
	}
	for {
		p := next(t, track)
		if p.SequenceNumber != last.SequenceNumber+1 || int32(p.Timestamp-last.Timestamp) <= 0 {
			t.Fatalf("after %d at %d came %d at %d", last.SequenceNumber, last.Timestamp, p.SequenceNumber, p.Timestamp)
		}
		if p.SSRC != last.SSRC {
			t.Fatalf("the SSRC changed from %d to %d", last.SSRC, p.SSRC)
		}
		last = p
		if bytes.Contains(p.Payload, []byte("b:")) {
			break
		}
	}
	if listener.offers != 1 {
		t.Errorf("%d SDP exchanges; want 1", listener.offers)
	}
}

// The pool is too small: the next stream waits until the client offered a slot more; the others keep theirs.
func TestReofferAddsSlotsAndKeepsWhatIsBound(t *testing.T) {
	engine := newEngine(t)
	a, b := publishPicture(t, engine, "a"), publishPicture(t, engine, "b")
	listener := join(t, engine, "listener", shape{videoSlots: 1})
	defer stream(a.video, named("a"))()
	defer stream(b.video, named("b"))()
	first, err := engine.Forward("a", room.Big, "listener")
	check(t, err)
	if _, err := engine.Forward("b", room.Big, "listener"); !errors.Is(err, ErrNoSlot) {
		t.Fatalf("with all slots in use: %v; want ErrNoSlot", err)
	}
	track := listener.track().track
	until(t, track, "a")

	listener.addSlots(webrtc.RTPCodecTypeVideo, 1)
	listener.negotiate(func(offer string) (string, error) {
		return engine.Reoffer(context.Background(), "listener", offer)
	})
	second, err := engine.Forward("b", room.Big, "listener")
	check(t, err)
	if second == first {
		t.Fatalf("both streams came by slot %s", first)
	}
	if r := listener.track(); r.mid != second {
		t.Errorf("the new track came by %s; want %s", r.mid, second)
	} else {
		until(t, r.track, "b")
	}
	until(t, track, "a")
}

// A client that changed its network restarts ICE by an offer; what is bound arrives again, by the same slot.
func TestICERestartKeepsWhatIsBound(t *testing.T) {
	engine := newEngine(t)
	a := publishPicture(t, engine, "a")
	defer stream(a.video, named("a"))()
	listener, track := watch(t, engine, "a")
	before := until(t, track, "a")
	offer, err := listener.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	check(t, err)
	check(t, listener.pc.SetLocalDescription(offer))
	answer, err := engine.Reoffer(context.Background(), "listener", offer.SDP)
	check(t, err)
	check(t, listener.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	for range 200 {
		if p := until(t, track, "a"); p.SSRC != before.SSRC {
			t.Fatalf("the SSRC changed from %d to %d", before.SSRC, p.SSRC)
		}
	}
}

// A listener that lacks the codec is told so; its slot stays free.
func TestCodecThatTheListenerLacks(t *testing.T) {
	engine := newEngine(t)
	publishPicture(t, engine, "vp8")
	join(t, engine, "h264", shape{videoSlots: 1, videoCodec: webrtc.MimeTypeH264})
	if _, err := engine.Forward("vp8", room.Big, "h264"); !errors.Is(err, ErrNoCodec) {
		t.Fatalf("got %v; want ErrNoCodec", err)
	}
	join(t, engine, "other", shape{videoCodec: webrtc.MimeTypeH264})
	check(t, engine.Publish("other", room.Big, videoMid))
	if _, err := engine.Forward("other", room.Big, "h264"); err != nil {
		t.Fatalf("the slot is not free any more: %v", err)
	}
}

// A listener that sees nothing asks for a key frame, and the publisher hears it.
func TestWishForKeyFrameReachesThePublisher(t *testing.T) {
	engine := newEngine(t)
	a := publishPicture(t, engine, "a")
	defer stream(a.video, named("a"))()
	listener, track := watch(t, engine, "a")
	wishes := make(chan struct{}, 1)
	go func() {
		for {
			packets, _, err := a.videoSender.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if _, ok := p.(*rtcp.PictureLossIndication); ok {
					wishes <- struct{}{}
					return
				}
			}
		}
	}()
	check(t, listener.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}}))
	wait(t, wishes, "key frame wish")
}

// A lost packet comes again, as RTX, when the listener asks for it; and the same packet comes unchanged.
func TestLostPacketIsSentAgain(t *testing.T) {
	engine := newEngine(t)
	a := publishPicture(t, engine, "a")
	defer stream(a.video, named("a"))()
	listener, track := watch(t, engine, "a")
	lost := next(t, track)
	check(t, listener.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
		MediaSSRC: lost.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{lost.SequenceNumber}),
	}}))
	for range 500 {
		packet, attributes, err := track.ReadRTP()
		check(t, err)
		if attributes.Get(webrtc.AttributeRtxPayloadType) == nil {
			continue
		}
		if packet.SequenceNumber != lost.SequenceNumber || packet.Timestamp != lost.Timestamp ||
			packet.PayloadType != lost.PayloadType || !bytes.Equal(packet.Payload, lost.Payload) {
			t.Fatalf("sent again as %v; want %v", packet, lost)
		}
		return
	}
	t.Fatal("the packet was not sent again")
}
