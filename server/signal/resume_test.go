package signal

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// TestH1_ABlipLateInACallThrowsNobodyOut: the UserSig has run out long ago. A connection that is lost comes back by the
// session's secret, from the same device, and nobody hears of a leave. Without the secret an old UserSig opens nothing.
func TestH1_ABlipLateInACallThrowsNobodyOut(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		e := entry("bob")
		e.Device = "phone"
		bob, entered := w.enterAs(e)
		beatFor(bob, 2*time.Hour)
		for range 3 {
			_ = bob.conn.CloseNow()
			synctest.Wait()
			bob = w.connect("bob")
			bob.send(resume(entered, "phone"))
			if bob.next().GetResumed() == nil {
				t.Fatal("bob is not back")
			}
		}
		for name, strange := range map[string]*wire.ClientFrame{
			"another device": resume(entered, "tablet"),
			"no secret":      resume(&wire.Entered{SessionId: entered.GetSessionId()}, "phone"),
		} {
			thief := w.connect("thief")
			thief.send(strange)
			if last, _ := thief.ended(); last.GetRefused().GetCode() != host.CodeNotYours {
				t.Errorf("D8, %s: %v", name, last)
			}
		}
		again := w.connect("bob")
		again.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: e}})
		if last, _ := again.ended(); last.GetRefused().GetCode() != codeUserSigCheck {
			t.Errorf("an old UserSig got %v", last)
		}
		bob.exit()
		bob.mustEnd(exit.Left)
	})
}

// resume is what a member sends to continue its stay in room 7.
func resume(entered *wire.Entered, device string) *wire.ClientFrame {
	return &wire.ClientFrame{Frame: &wire.ClientFrame_Resume{Resume: &wire.Resume{
		SdkAppId: app, Room: &wire.Resume_RoomId{RoomId: 7}, SessionId: entered.GetSessionId(),
		Secret: entered.GetSecret(), Device: device,
	}}}
}

// TestF2_WhoeverWasRemovedMeanwhileHearsIt: the connection was lost, and the stay was ended before it came back. The
// answer to the resume is how (D10).
func TestF2_WhoeverWasRemovedMeanwhileHearsIt(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		bob, entered := w.enter("bob")
		_ = bob.conn.CloseNow()
		synctest.Wait()
		why := exit.Why{Reason: exit.Dismissed, Actor: "api:AKID", Text: "over"}
		key := room.Key{App: app, Kind: room.Numeric, ID: "7"}
		if _, err := w.hall.Exit(t.Context(), key, host.Target{All: true}, why); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			again := w.connect("bob")
			again.send(resume(entered, ""))
			if d := again.mustEnd(exit.Dismissed); d.GetText() != "over" || d.GetActor() != "api:AKID" {
				t.Errorf("detail: %v", d)
			}
		}
		if w.leases.count() != 0 {
			t.Error("G9: a resume opened the room again")
		}
		never := w.connect("bob")
		never.send(resume(&wire.Entered{SessionId: "never"}, ""))
		never.mustEnd(exit.NodeLost)
	})
}

// TestD7_ALateSocketIsNobody: the member came back over a new socket while the server still believed in the old one.
// The old one closes without a word, and neither its end nor what it still says counts.
func TestD7_ALateSocketIsNobody(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		ann, _ := w.enter("ann")
		bob, entered := w.enter("bob")
		ann.mustMeet("bob")
		again := w.connect("bob")
		again.send(resume(entered, ""))
		if again.next().GetResumed() == nil {
			t.Fatal("bob is not back")
		}
		if last, closed := bob.ended(); last != nil || closed.Code != 4004 {
			t.Errorf("the old socket heard %v, %v", last, closed)
		}
		synctest.Wait()
		again.exit()
		again.mustEnd(exit.Left)
		ann.mustSee("bob", exit.Left)
	})
}

func TestWhoeverWasRemovedCannotResume(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		bob, entered := w.enter("bob")
		why := exit.Why{Reason: exit.Removed, Actor: "api:AKID", Text: "spam"}
		key := room.Key{App: app, Kind: room.Numeric, ID: "7"}
		if _, err := w.hall.Exit(t.Context(), key, host.Target{Users: []string{"bob"}}, why); err != nil {
			t.Fatal(err)
		}
		if d := bob.mustEnd(exit.Removed); d.GetText() != "spam" {
			t.Errorf("detail: %v", d)
		}
		e := entry("bob")
		e.ResumeSessionId = entered.GetSessionId()
		again := w.connect("bob")
		again.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: e}})
		if d := again.mustEnd(exit.Removed); d.GetText() != "spam" || d.GetSessionId() != entered.GetSessionId() {
			t.Errorf("detail: %v", d)
		}
		e.ResumeSessionId = ""
		deliberate, _ := w.enterAs(e)
		deliberate.exit()
	})
}
