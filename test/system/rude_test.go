package system_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

// TestF4_ARudeMemberGetsNotOnePacketAfterTheAnswer: a member that ignores its removal, keeps its transport open, and
// asks for retransmissions gets no media packet at all once RemoveUser has answered. Its socket counts (F4, M2, I-7).
func TestF4_ARudeMemberGetsNotOnePacketAfterTheAnswer(t *testing.T) {
	w := serve(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	speaker := w.enter("speaker", func(c *client.Config) { c.Media = &client.Media{} })
	defer exit(t, speaker)
	witness := w.enter("witness", func(c *client.Config) {
		c.ReceiveAudio, c.Media = true, &client.Media{AudioSlots: 2}
	})
	defer exit(t, witness)
	outlet, err := speaker.Publish(ctx, client.Audio)
	check(t, err)
	speaking, quiet := context.WithCancel(ctx)
	spoken := make(chan struct{})
	go func() {
		defer close(spoken)
		speak(speaking, outlet)
	}()
	defer func() { quiet(); <-spoken }()

	rude := enterRudely(t, ctx, w)
	track := <-rude.tracks
	heard, _, err := track.ReadRTP()
	check(t, err)
	if rude.socket.mark(t) == 0 {
		t.Fatal("the socket counts nothing; the test would prove nothing")
	}
	if got := w.call("RemoveUser", map[string]any{"RoomId": 7, "UserIds": []string{"rude"}}); got.Error.Code != "" {
		t.Fatalf("remove: %+v", got)
	}
	// What was sent before the answer is on the socket already, so this mark divides before from after.
	rude.socket.mark(t)
	for range 5 {
		_ = rude.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
			MediaSSRC: heard.SSRC, Nacks: []rtcp.NackPair{{PacketID: heard.SequenceNumber}},
		}})
		hear(t, ctx, witness, "speaker", 20)
	}
	if n := rude.socket.mark(t); n != 0 {
		t.Errorf("%d media packets reached the removed member after the answer; want 0", n)
	}
	left := wait(t, witness, func(e client.RemoteUserLeave) bool { return e.User == "rude" })
	if left.Reason != 2 || left.Detail.Code != "removed" {
		t.Errorf("the witness was told %+v", left)
	}
}

// hear waits for n more packets of a user's sound.
func hear(t *testing.T, ctx context.Context, c *client.Client, user string, n int) {
	t.Helper()
	for range n {
		if _, err := c.Receive(user, client.Audio).ReadRTP(ctx); err != nil {
			t.Fatalf("hear %s: %v", user, err)
		}
	}
}

// rude is a member that does what no client of ours does: nothing, when it is told to go.
type rude struct {
	pc     *webrtc.PeerConnection
	socket *tap
	tracks chan *webrtc.TrackRemote
}

func enterRudely(t *testing.T, ctx context.Context, w *world) *rude {
	t.Helper()
	r := &rude{socket: newTap(t), tracks: make(chan *webrtc.TrackRemote, 1)}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEUDPMux(webrtc.NewICEUDPMux(nil, r.socket))
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	check(t, err)
	r.pc = pc
	t.Cleanup(func() { _ = pc.GracefulClose(); _ = r.socket.Close() })
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { r.tracks <- track })
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionRecvonly,
	})
	check(t, err)
	offer, err := pc.CreateOffer(nil)
	check(t, err)
	check(t, pc.SetLocalDescription(offer))

	conn, _, err := websocket.Dial(ctx, w.signal, &websocket.DialOptions{Subprotocols: []string{"exeunt.v1"}})
	check(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	enter, err := proto.Marshal(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: &wire.Enter{
		SdkAppId: config.DevelopmentSdkAppID, UserId: "rude", Room: &wire.Enter_RoomId{RoomId: 7}, Role: 20,
		UserSig:      usersig.Sign(config.DevelopmentSdkAppID, "rude", config.DevelopmentSecret, time.Hour, time.Now()),
		ReceiveAudio: true, Offer: offer.SDP,
	}}})
	check(t, err)
	check(t, conn.Write(ctx, websocket.MessageBinary, enter))
	_, reply, err := conn.Read(ctx)
	check(t, err)
	var welcome wire.ServerFrame
	check(t, proto.Unmarshal(reply, &welcome))
	check(t, pc.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.SDPTypeAnswer, SDP: welcome.GetEntered().GetAnswer(),
	}))
	return r
}

// tap is a UDP socket that counts media between marks. A mark is a datagram of the test's own: on loopback, what was
// sent before it is read before it, so the count is exact and no waiting time is needed.
type tap struct {
	*net.UDPConn
	count atomic.Int64
	marks chan int64
}

func newTap(t *testing.T) *tap {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	return &tap{UDPConn: conn, marks: make(chan int64, 1)}
}

const markText = "\xffmark"

// ReadFrom hides marks from the transport, and counts RTP and RTCP (RFC 7983 §7).
func (s *tap) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := s.UDPConn.ReadFrom(b)
		switch {
		case err == nil && string(b[:n]) == markText:
			s.marks <- s.count.Swap(0)
			continue
		case err == nil && n > 0 && b[0] >= 128 && b[0] < 192:
			s.count.Add(1)
		}
		return n, from, err
	}
}

// mark returns how many media packets were sent to the socket since the mark before.
func (s *tap) mark(t *testing.T) int64 {
	t.Helper()
	from, err := net.DialUDP("udp4", nil, s.LocalAddr().(*net.UDPAddr))
	check(t, err)
	defer from.Close()
	_, err = from.Write([]byte(markText))
	check(t, err)
	select {
	case n := <-s.marks:
		return n
	case <-time.After(patience):
		t.Fatal("the mark did not arrive")
		return 0
	}
}
