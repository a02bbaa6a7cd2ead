package journal

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/exeunt/exeunt/server/metrics"
)

// hang makes the store take everything and answer nothing, as a disk that is stuck.
func hang(t *testing.T, j *Journal) {
	t.Helper()
	for _, stream := range []string{exitsStream, staysStream} {
		check(t, j.js.DeleteStream(t.Context(), stream))
	}
	for _, subject := range []string{exitsSubject + ">", staysSubject + ">"} {
		_, err := j.js.Conn().Subscribe(subject, func(*nats.Msg) {})
		check(t, err)
	}
	check(t, j.js.Conn().Flush())
}

// counted reads how often something was overdue.
func counted(m *metrics.Metrics, what string) string {
	reply := httptest.NewRecorder()
	m.Handler().ServeHTTP(reply, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(reply.Body.String()) {
		if n, found := strings.CutPrefix(line, fmt.Sprintf("exeunt_overdue_total{what=%q} ", what)); found {
			return strings.TrimSpace(n)
		}
	}
	return "0"
}

// TestA11_AStuckDiskHoldsNobodyLongerThanItMay: every caller gets its answer, once, in time, and it is counted.
func TestA11_AStuckDiskHoldsNobodyLongerThanItMay(t *testing.T) {
	j := newJournal(t)
	j.metrics, j.late = metrics.New(), 200*time.Millisecond
	hang(t, j)
	began := time.Now()
	answers := make(chan error, 100)
	for range 3 {
		j.Append(left(seven, "one", "s1"), func(err error) { answers <- err })
		j.Append(entered(seven, "one", "s2"), func(err error) { answers <- err })
	}
	for range 6 {
		if err := <-answers; !errors.Is(err, ErrLate) {
			t.Errorf("answer %v, want ErrLate", err)
		}
	}
	if took := time.Since(began); took < j.late || took > 10*j.late {
		t.Errorf("the answers took %v", took)
	}
	if counted(j.metrics, "journal") == "0" {
		t.Error("nobody counted that the disk is late")
	}
	check(t, j.Close(t.Context()))
	j.Append(left(seven, "one", "s1"), func(err error) { answers <- err })
	if err := <-answers; !errors.Is(err, ErrClosed) || len(answers) != 0 {
		t.Errorf("after Close: %v, and %d answers too many", err, len(answers))
	}
}

// TestK1_TheQueueHasAnEnd: behind a stuck disk it fills, without blocking anybody, and what finds no place is told so.
func TestK1_TheQueueHasAnEnd(t *testing.T) {
	const more = 1000
	j := newJournal(t)
	j.metrics = metrics.New()
	hang(t, j)
	answers := make(chan error, waitingMax+roundMax+more)
	for range cap(answers) {
		j.Append(left(seven, "one", "s1"), func(err error) { answers <- err })
	}
	full, late := 0, 0
	for range cap(answers) {
		switch err := <-answers; {
		case errors.Is(err, ErrFull):
			full++
		case errors.Is(err, ErrLate):
			late++
		default:
			t.Fatalf("answer %v", err)
		}
	}
	// On a slow machine some places become free again meanwhile, by answers that are late.
	if full == 0 || counted(j.metrics, "journal_full") != fmt.Sprint(full) {
		t.Errorf("%d found no place, %s counted; %d were late", full, counted(j.metrics, "journal_full"), late)
	}
}

// TestA11_AStuckDiskHoldsNoneOfAThousandRooms: nobody waits for the messages of others.
func TestA11_AStuckDiskHoldsNoneOfAThousandRooms(t *testing.T) {
	j := newJournal(t)
	j.late = 200 * time.Millisecond
	hang(t, j)
	began := time.Now()
	answers := make(chan error, 8*roundMax)
	for i := range cap(answers) {
		j.Append(left(seven, fmt.Sprint(i), "s1"), func(err error) { answers <- err })
	}
	for range cap(answers) {
		if err := <-answers; !errors.Is(err, ErrLate) {
			t.Fatalf("answer %v, want ErrLate", err)
		}
	}
	if took := time.Since(began); took > 20*j.late {
		t.Errorf("the answers took %v", took)
	}
}

func TestA11_CloseHasADeadline(t *testing.T) {
	j := newJournal(t)
	j.metrics, j.late = metrics.New(), 300*time.Millisecond
	hang(t, j)
	answer := make(chan error, 1)
	j.Append(left(seven, "one", "s1"), func(err error) { answer <- err })
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := j.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v, want the deadline", err)
	}
	if err := <-answer; !errors.Is(err, ErrLate) {
		t.Errorf("answer %v, want ErrLate", err)
	}
	if counted(j.metrics, "journal_close") != "1" {
		t.Error("nobody counted it")
	}
}

// TestA11_AStoreThatIsGoneSaysSo: an error is an answer too, and comes with its cause.
func TestA11_AStoreThatIsGoneSaysSo(t *testing.T) {
	j := newJournal(t)
	j.js.Conn().Close()
	for _, c := range []Change{left(seven, "one", "s1"), entered(seven, "one", "s1")} {
		answer := make(chan error, 1)
		j.Append(c, func(err error) { answer <- err })
		if err := <-answer; err == nil || !strings.Contains(err.Error(), "connection closed") {
			t.Errorf("answer %v, want that the connection is closed", err)
		}
	}
}
