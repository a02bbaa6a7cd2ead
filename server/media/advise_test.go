package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/exeunt/exeunt/server/room"
)

// What a publisher is told follows what is lost: down at once to less than what comes, up slowly and only while it is
// made use of, and never out of bounds.
func TestAdviceFollowsTheLoss(t *testing.T) {
	for _, one := range []struct {
		what             string
		before, arriving int
		due, got         uint32
		want             int
	}{
		{"at first", 0, 100_000, 100, 100, rateStart},
		{"nothing lost, and made use of", 1_000_000, 900_000, 100, 100, 1_050_000},
		{"nothing lost, but not made use of", 1_000_000, 400_000, 100, 100, 1_000_000},
		{"some lost", 1_000_000, 900_000, 100, 95, 1_000_000},
		{"much lost", 5_000_000, 1_000_000, 100, 60, 800_000},
		{"all but lost", 100_000, 1000, 100, 1, rateLeast},
		{"more came than was due", 1_000_000, 900_000, 100, 120, 1_050_000},
		{"the most", rateMost, rateMost, 100, 100, rateMost},
	} {
		if got := advice(one.before, one.arriving, one.due, one.got); got != one.want {
			t.Errorf("%s: %d; want %d", one.what, got, one.want)
		}
	}
}

// A publisher without transport feedback is told to send less when a third of its packets does not arrive.
func TestAPublisherWithoutTransportFeedbackIsAdvised(t *testing.T) {
	engine := newEngine(t)
	p := join(t, engine, "a", shape{})
	check(t, engine.Publish("a", room.Big, videoMid))
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for n := uint16(1); ; n++ {
			if n%3 != 0 { // The third packet gets lost.
				_ = p.video.WriteRTP(&rtp.Packet{
					Header:  rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 450, Marker: true},
					Payload: make([]byte, 500),
				})
			}
			select {
			case <-ticker.C:
			case <-quit:
				return
			}
		}
	}()
	defer func() { close(quit); <-done }()
	ssrc := uint32(p.videoSender.GetParameters().Encodings[0].SSRC)
	for {
		check(t, p.videoSender.SetReadDeadline(time.Now().Add(patience)))
		packets, _, err := p.videoSender.ReadRTCP()
		check(t, err)
		for _, packet := range packets {
			remb, is := packet.(*rtcp.ReceiverEstimatedMaximumBitrate)
			if !is {
				continue
			}
			if len(remb.SSRCs) != 1 || remb.SSRCs[0] != ssrc {
				t.Fatalf("it is about %v; want %d", remb.SSRCs, ssrc)
			}
			// Of 800,000 two thirds come, and a sixth of that is too much.
			if remb.Bitrate > 300_000 && remb.Bitrate < 600_000 {
				return
			}
		}
	}
}

// One with transport feedback finds out more by itself, and is told nothing.
func TestAPublisherWithTransportFeedbackIsNotAdvised(t *testing.T) {
	m := newMill(t, 1)
	m.line.session.streams[room.Big] = m.line
	m.line.codecs[0].Feedback = []string{"goog-remb"}
	m.picture()
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	s := m.line.session
	m.engine.advise(s)
	if s.advice != 0 {
		t.Errorf("it was told %d", s.advice)
	}
	s.arrivals = nil
	m.line.layers[0].received, m.line.layers[0].highest = 1, 1
	m.engine.advise(s)
	if s.advice == 0 {
		t.Error("without the feedback it is told nothing either")
	}
}
