package host

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
)

// TestB8_EveryReasonForEveryObserver: the leaver, the others, the record, the log and the metric say the same reason,
// with the numbers of the table.
func TestB8_EveryReasonForEveryObserver(t *testing.T) {
	for _, reason := range exit.Reasons() {
		t.Run(reason.String(), func(t *testing.T) {
			h := newHouse(t)
			h.metrics = metrics.New()
			defer h.shut()
			_, alice := h.enter("alice")
			stay, bob := h.enter("bob")
			row, why := reason.Row(), exit.Why{Reason: reason, Actor: "someone"}
			if err := stay.Exit(t.Context(), why); err != nil {
				t.Fatal(err)
			}
			f := bob.frame(1)
			last := f.GetExited()
			if last.GetReason() != row.Self || last.GetDetail().GetText() != row.Text || f.GetSeq() != 3 {
				t.Errorf("the leaver hears %v", f)
			}
			left := alice.frame(2).GetMemberLeft()
			if left.GetReason() != row.Peer || left.GetUserId() != "bob" || alice.frame(2).GetSeq() != 3 {
				t.Errorf("the others hear %v", left)
			}
			for who, d := range map[string]interface {
				GetCode() string
				GetActor() string
				GetSessionId() string
				GetSeq() uint64
			}{"leaver": last.GetDetail(), "others": left.GetDetail()} {
				if d.GetCode() != row.Name || d.GetActor() != "someone" || d.GetSessionId() != stay.Session() || d.GetSeq() != 3 {
					t.Errorf("the detail for the %s is %v", who, d)
				}
			}
			if record, _ := h.ring.Find(stay.Session()); record.Why != why || record.Seq != 3 || record.User != "bob" {
				t.Errorf("the record is %+v", record)
			}
			if h.logged.count("msg=exited", "user=bob", "session="+stay.Session(), "why="+row.Name) != 1 {
				t.Errorf("the log is %s", h.logged.text.String())
			}
			if page := numbers(h.metrics); !strings.Contains(page, fmt.Sprintf("exeunt_exits_total{reason=%q} 1\n", row.Name)) ||
				!strings.Contains(page, "exeunt_sessions 1\n") || !strings.Contains(page, "exeunt_entries_total 2\n") ||
				!strings.Contains(page, "exeunt_exit_fanout_seconds_count 1\n") {
				t.Errorf("the numbers are\n%s", page)
			}
		})
	}
}

// numbers reads the metrics page.
func numbers(m *metrics.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	page, err := io.ReadAll(w.Body)
	if err != nil {
		panic(err)
	}
	return string(page)
}

// TestB9_StrangeTextDoesNotBreakARoom: a text that is no UTF-8 reaches everybody, mended.
func TestB9_StrangeTextDoesNotBreakARoom(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, alice := h.enter("alice")
	stay, bob := h.enter("bob")
	why := exit.Why{Reason: exit.Removed, Actor: "\xff", Text: "half a \xe2\x82"}
	if err := stay.Exit(t.Context(), why); err != nil {
		t.Fatal(err)
	}
	if text := bob.frame(1).GetExited().GetDetail().GetText(); text != "half a ?" {
		t.Errorf("bob reads %q", text)
	}
	if actor := alice.frame(2).GetMemberLeft().GetDetail().GetActor(); actor != "?" {
		t.Errorf("alice reads %q", actor)
	}
	problem := decode(NoticeFrame(0, room.Problem{Code: room.CodeInvalidParameter, Message: "\xff"})).GetProblem()
	if problem.GetMessage() != "?" {
		t.Errorf("a problem reads %q", problem.GetMessage())
	}
}

// TestA9_TwoHundredForTwoSeats: two hundred want to enter a room of two at once. Exactly two are inside.
func TestA9_TwoHundredForTwoSeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := room.DefaultLimits()
		limits.CallMembers = 2
		h := newHouseWith(t, limits)
		defer h.shut()
		var doors sync.WaitGroup
		for i := range 200 {
			e, _ := h.entry(fmt.Sprint("user", i))
			doors.Go(func() {
				if _, err := h.Enter(t.Context(), e); err != nil && !strings.Contains(err.Error(), "the room is full") {
					t.Error(err)
				}
			})
		}
		doors.Wait()
		info, err := h.describe(t.Context(), lesson)
		if err != nil || info.Total != 2 || h.board.sessions() != 2 {
			t.Errorf("%+v, %v; %d transports", info, err, h.board.sessions())
		}
	})
}

// TestK2_RoomsLeaveNothing: a thousand rooms come and go, and the hall is as it was.
func TestK2_RoomsLeaveNothing(t *testing.T) {
	h := newHouse(t)
	h.metrics = metrics.New()
	for i := range 1000 {
		e, l := h.entry("alice")
		e.Key.ID, l.journal = fmt.Sprint(i), nil
		stay := h.enterAs(e)
		if err := stay.Exit(t.Context(), exit.Why{Reason: exit.Left, Actor: "alice"}); err != nil {
			t.Fatal(err)
		}
		<-stay.keeper.done
	}
	if len(h.rooms) != 0 || h.leases.count() != 0 || h.board.sessions() != 0 {
		t.Errorf("%d rooms, %d leases, %d transports", len(h.rooms), h.leases.count(), h.board.sessions())
	}
	page := numbers(h.metrics)
	if !strings.Contains(page, "exeunt_rooms 0\n") || !strings.Contains(page, "exeunt_sessions 0\n") {
		t.Errorf("the numbers are\n%s", page)
	}
	h.shut()
}
