package metrics

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/exit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func page(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestB8_EveryReasonHasItsOwnNumber: an operator sees each way of leaving from the first scrape, even at zero.
func TestB8_EveryReasonHasItsOwnNumber(t *testing.T) {
	text := page(t, New())
	for _, reason := range exit.Reasons() {
		want := `exeunt_exits_total{reason="` + reason.String() + `"} 0`
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// TestI6_SessionsAreEntriesLessExits: the gauge follows the two counters.
func TestI6_SessionsAreEntriesLessExits(t *testing.T) {
	m := New()
	m.RoomOpened()
	for range 3 {
		m.Entered()
	}
	m.Exited(exit.Removed)
	m.ExitTold(time.Millisecond)
	m.Refused(-100018)
	text := page(t, m)
	for _, want := range []string{
		"exeunt_sessions 2", "exeunt_rooms 1", "exeunt_entries_total 3",
		`exeunt_exits_total{reason="removed"} 1`, `exeunt_refusals_total{code="-100018"} 1`,
		"exeunt_exit_fanout_seconds_count 1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// TestTheMediaPathHasItsNumbers: what the kernel took, how, and what the packets were secured with.
func TestTheMediaPathHasItsNumbers(t *testing.T) {
	m := New()
	m.DatagramsLost(3)
	m.Secured("SRTP_AEAD_AES_128_GCM")
	m.Bursts(true)
	text := page(t, m)
	for _, want := range []string{
		"exeunt_datagrams_lost_total 3", "exeunt_bursts 1",
		`exeunt_media_sessions_total{profile="SRTP_AEAD_AES_128_GCM"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	m.Bursts(false)
	if text := page(t, m); !strings.Contains(text, "exeunt_bursts 0") {
		t.Error("bursts are still on")
	}
}

// TestNilMetricsCountNothing: a part under test needs no numbers.
func TestNilMetricsCountNothing(t *testing.T) {
	var m *Metrics
	m.RoomOpened()
	m.Entered()
	m.Exited(exit.Left)
	m.ExitTold(0)
	m.Refused(-1)
	m.PacketsReceived(1)
	m.PacketsForwarded(1)
	m.DatagramsLost(1)
	m.Bursts(true)
	m.Secured("x")
	m.Overdue("x")
	m.ControlCall("RemoveUser", "OK")
	m.RoomClosed()
	if w := httptest.NewRecorder(); m.Handler() == nil || w == nil {
		t.Fatal("a nil Metrics has no handler")
	}
}
