package media

import (
	"bytes"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/server/room"
)

// A's sound and picture arrive at B, byte for byte, by the slots that Forward named.
func TestSoundAndPictureArriveAsTheyWereSent(t *testing.T) {
	engine := newEngine(t)
	a := join(t, engine, "a", shape{})
	b := join(t, engine, "b", shape{audioSlots: 1, videoSlots: 1})
	check(t, engine.Publish("a", room.Audio, audioMid))
	check(t, engine.Publish("a", room.Big, videoMid))
	mids := map[string][]byte{}
	for stream, name := range map[room.Stream]string{room.Audio: "sound", room.Big: "picture"} {
		mid, err := engine.Forward("a", stream, "b")
		check(t, err)
		mids[mid] = []byte(name)
	}
	defer stream(a.audio, named("sound"))()
	defer stream(a.video, named("picture"))()
	for range mids {
		r := b.track()
		packet := next(t, r.track)
		if !bytes.HasPrefix(packet.Payload[1:], mids[r.mid]) {
			t.Errorf("slot %s carries %q; want %q", r.mid, packet.Payload, mids[r.mid])
		}
		if packet.SSRC != uint32(r.track.SSRC()) {
			t.Errorf("SSRC %d is not the slot's %d", packet.SSRC, r.track.SSRC())
		}
	}
	if b.offers != 1 {
		t.Errorf("%d SDP exchanges; want 1", b.offers)
	}
	if state := b.pc.ConnectionState(); state != webrtc.PeerConnectionStateConnected {
		t.Errorf("b is %v", state)
	}
}
