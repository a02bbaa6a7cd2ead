package sdp

import (
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// newPeer is a Pion client with sound, three layers of pictures, two slots and a data channel.
func newPeer(t testing.TB) (*webrtc.PeerConnection, string) {
	t.Helper()
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	check(t, err)
	t.Cleanup(func() { check(t, pc.GracefulClose()) })
	send := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	receive := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, send)
	check(t, err)
	var sender *webrtc.RTPSender
	for _, rid := range []string{"h", "m", "l"} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8},
			"track", "stream", webrtc.WithRTPStreamID(rid))
		check(t, err)
		if sender != nil {
			check(t, sender.AddEncoding(track))
			continue
		}
		transceiver, err := pc.AddTransceiverFromTrack(track, send)
		check(t, err)
		sender = transceiver.Sender()
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		_, err = pc.AddTransceiverFromKind(kind, receive)
		check(t, err)
	}
	_, err = pc.CreateDataChannel("x", nil)
	check(t, err)
	offer, err := pc.CreateOffer(nil)
	check(t, err)
	return pc, offer.SDP
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A Pion client's offer is read, and it takes our answer to it.
func TestPionTakesTheAnswerToItsOffer(t *testing.T) {
	pc, text := newPeer(t)
	check(t, pc.SetLocalDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}))
	offer := read(t, text)
	want := []string{
		"0 audio sendonly []", "1 video sendonly [h m l]", "2 audio recvonly []", "3 video recvonly []",
		"4 application sendrecv []",
	}
	for i, l := range offer.Lines {
		if got := shape(l); !strings.HasPrefix(got, want[i]) {
			t.Errorf("line %q; want %q", got, want[i])
		}
	}
	answer := agree(offer).String()
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatalf("%v\n%s", err, answer)
	}
	if pc.SCTP() == nil {
		t.Error("no data channels were agreed")
	}
	for _, transceiver := range pc.GetTransceivers() {
		if transceiver.Mid() == "1" && len(transceiver.Sender().GetParameters().Encodings) != 3 {
			t.Error("layers were lost")
		}
	}
}

// A Pion client takes an answer that rejects lines, and makes a good offer after it.
func TestPionTakesRejections(t *testing.T) {
	pc, text := newPeer(t)
	check(t, pc.SetLocalDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}))
	a := agree(read(t, text))
	a.Lines[3].Rejected, a.Lines[4].Rejected = true, true
	check(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.String()}))
	again, err := pc.CreateOffer(nil)
	check(t, err)
	offer := read(t, again.SDP)
	mids := []string{}
	for _, l := range offer.Lines {
		mids = append(mids, l.Mid)
	}
	if layers := offer.Lines[1].Layers; !slices.Equal(mids, strings.Fields("0 1 2 3 4")) || len(layers) != 3 {
		t.Errorf("mids %v, layers %v", mids, layers)
	}
	a = agree(offer)
	a.Version++
	check(t, pc.SetLocalDescription(again))
	check(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.String()}))
}
