package signal

import (
	"testing"
	"testing/synctest"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

func prefer(user string, stream wire.Stream, q wire.Quality) *wire.ClientFrame {
	return &wire.ClientFrame{Frame: &wire.ClientFrame_Prefer{Prefer: &wire.Prefer{
		UserId: user, Stream: stream, Quality: q,
	}}}
}

// TestPreferReachesTheMedia: what a member says of a user is how that user's picture comes.
func TestPreferReachesTheMedia(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		e := entry("ann")
		e.Offer, e.ReceiveVideo = "lines", true
		ann, _ := w.enterAs(e)
		e = entry("bob")
		e.Offer = "lines"
		bob, _ := w.enterAs(e)
		ann.mustMeet("bob")
		ann.send(prefer("bob", wire.Stream_STREAM_BIG, wire.Quality_QUALITY_LOW))
		synctest.Wait()
		bob.publish(wire.Stream_STREAM_BIG)
		synctest.Wait()
		w.media.mu.Lock()
		defer w.media.mu.Unlock()
		if w.media.preferred != 2 {
			t.Errorf("layer %d was asked for", w.media.preferred)
		}
	})
}

// TestPreferThatIsWrongEndsNoStay: it is a problem, and the next frame is heard.
func TestPreferThatIsWrongEndsNoStay(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		for name, frame := range map[string]*wire.ClientFrame{
			"sound":                       prefer("bob", wire.Stream_STREAM_AUDIO, wire.Quality_QUALITY_LOW),
			"no stream":                   prefer("bob", 0, wire.Quality_QUALITY_LOW),
			"a stream that does not fit":  prefer("bob", 258, wire.Quality_QUALITY_LOW),
			"a quality that is not there": prefer("bob", wire.Stream_STREAM_BIG, 3),
			"a quality below all":         prefer("bob", wire.Stream_STREAM_BIG, -1),
		} {
			ann.send(frame)
			if p := ann.next().GetProblem(); p.GetCode() != room.CodeInvalidParameter {
				t.Errorf("%s: %v", name, p)
			}
		}
		ann.beat(1)
		if ann.next().GetHeartbeatAck() == nil {
			t.Error("the stay has ended")
		}
	})
}

// TestEncodeReachesThePublisher: what the media engine tells the hall comes out at the publisher's door.
func TestEncodeReachesThePublisher(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, entered := w.enter("ann")
		w.hall.Wanted(entered.GetSessionId(), room.Big, []string{"h", "l"})
		e := ann.next().GetEncode()
		if e.GetStream() != wire.Stream_STREAM_BIG || len(e.GetLayers()) != 2 {
			t.Errorf("ann was told %v", e)
		}
	})
}

// TestHearAtMostReachesTheRoom: whoever asks for more users than voices is told so and stays; what can be is taken.
func TestHearAtMostReachesTheRoom(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		hear := func(voices uint32, always ...string) {
			ann.send(&wire.ClientFrame{Frame: &wire.ClientFrame_HearAtMost{
				HearAtMost: &wire.HearAtMost{Voices: voices, Always: always},
			}})
		}
		hear(2, "bob", "carol")
		if p := ann.next().GetProblem(); p.GetCode() != room.CodeInvalidParameter {
			t.Errorf("two users of two voices: %v", p)
		}
		hear(2, "bob")
		hear(1<<32 - 1)
		ann.beat(1)
		if ann.next().GetHeartbeatAck() == nil {
			t.Error("what can be was not taken")
		}
	})
}
