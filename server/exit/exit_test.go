package exit

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestB8_EveryReasonMeansOneThing: every reason has a whole row, and no two share a name or a close code.
func TestB8_EveryReasonMeansOneThing(t *testing.T) {
	names, codes := map[string]Reason{}, map[uint16]Reason{}
	for _, reason := range Reasons() {
		row := reason.Row()
		if row.Name == "" || row.Text == "" {
			t.Errorf("%d: the row has no name or no sentence: %+v", reason, row)
		}
		if other, taken := names[row.Name]; taken {
			t.Errorf("%v and %v share the name %q", reason, other, row.Name)
		}
		if other, taken := codes[row.Close]; taken {
			t.Errorf("%v and %v share the close code %d", reason, other, row.Close)
		}
		names[row.Name], codes[row.Close] = reason, reason
		if back, ok := Named(row.Name); !ok || back != reason {
			t.Errorf("Named(%q) = %v, %v", row.Name, back, ok)
		}
	}
	if _, ok := Named("no such reason"); ok {
		t.Error("a name that is no reason was found")
	}
}

// TestS3_NumbersStayTRTCs: an app that knows only TRTC's numbers never meets another.
func TestS3_NumbersStayTRTCs(t *testing.T) {
	for _, reason := range Reasons() {
		row := reason.Row()
		if row.Self < 0 || row.Self > 3 {
			t.Errorf("%v: onExitRoom(%d)", reason, row.Self)
		}
		if row.Peer < 0 || row.Peer > 2 {
			t.Errorf("%v: onRemoteUserLeaveRoom(…, %d)", reason, row.Peer)
		}
		if row.Callback < 1 || row.Callback > 3 {
			t.Errorf("%v: callback reason %d", reason, row.Callback)
		}
		if row.Close < 4000 || row.Close > 4999 {
			t.Errorf("%v: close code %d is not private (RFC 6455 §7.4.2)", reason, row.Close)
		}
	}
	for reason, self := range map[Reason]int32{Left: 0, Removed: 1, Dismissed: 2, TimedOut: 3} {
		if got := reason.Row().Self; got != self {
			t.Errorf("%v: onExitRoom(%d), want %d", reason, got, self)
		}
	}
}

// TestF3_TheRemovedStayAway: an SDK must not come back by itself after a decision about it, only after a fault.
func TestF3_TheRemovedStayAway(t *testing.T) {
	may := map[Reason]bool{TimedOut: true, TooSlow: true, Drained: true, NodeLost: true}
	for _, reason := range Reasons() {
		if reason.MayReturn() != may[reason] {
			t.Errorf("%v: may return by itself: %v", reason, reason.MayReturn())
		}
	}
}

// TestF8_TheActorsWordsWin: what the actor wrote is read; without it, the row's own sentence.
func TestF8_TheActorsWordsWin(t *testing.T) {
	if got := (Why{Reason: Removed, Text: "spam"}).Sentence(); got != "spam" {
		t.Errorf("got %q", got)
	}
	if got := (Why{Reason: Removed}).Sentence(); got != Removed.Row().Text {
		t.Errorf("got %q", got)
	}
}

// TestI2_NoStayEndsForNothing: the zero reason, and one past the table, are broken invariants.
func TestI2_NoStayEndsForNothing(t *testing.T) {
	for _, reason := range []Reason{0, Reason(len(table))} {
		if reason.String() == "" {
			t.Errorf("%d has no printable form", reason)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("reason %d has a row", uint8(reason))
				}
			}()
			reason.Row()
		}()
	}
}
