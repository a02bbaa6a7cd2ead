package network_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
)

// patience bounds waits whose length is not what a test is about.
const patience = 30 * time.Second

// report is an event of a member as one who watches notes it down; it crosses the border of a process as JSON.
type report struct {
	Event string
	User  string `json:",omitempty"`
	// Reason, Code and Actor are of an exit.
	Reason   int32  `json:",omitempty"`
	Code     string `json:",omitempty"`
	Actor    string `json:",omitempty"`
	Session  string `json:",omitempty"`
	Unstable bool   `json:",omitempty"`
	Cause    string `json:",omitempty"`
	Whole    bool   `json:",omitempty"`
	Text     string `json:",omitempty"`

	// at is when it came to the test.
	at time.Time
}

// The names of events that tests wait for.
const (
	entering  = "enter"
	leaving   = "leave"
	presence  = "presence"
	message   = "message"
	lost      = "lost"
	recovered = "recovered"
	exited    = "exited"
	// inside is the first report of a member: its entry succeeded.
	inside = "inside"
	// hearing says that the sound of a user arrives.
	hearing = "hearing"
)

// translate notes an event down.
func translate(event client.Event) (report, bool) {
	switch e := event.(type) {
	case client.RemoteUserEnter:
		return report{Event: entering, User: e.User}, true
	case client.RemoteUserLeave:
		return report{
			Event: leaving, User: e.User, Reason: e.Reason, Code: e.Detail.Code, Actor: e.Detail.Actor,
			Session: e.Detail.Session,
		}, true
	case client.MemberPresence:
		return report{Event: presence, User: e.User, Unstable: e.Unstable, Cause: e.Cause}, true
	case client.Message:
		return report{Event: message, User: e.User, Text: string(e.Data)}, true
	case client.ConnectionLost:
		return report{Event: lost, Text: e.Text}, true
	case client.ConnectionRecovered:
		return report{Event: recovered, Whole: e.Whole}, true
	case client.Exited:
		return report{
			Event: exited, Reason: e.Reason, Code: e.Detail.Code, Actor: e.Detail.Actor, Session: e.Detail.Session,
			Text: e.Detail.Text,
		}, true
	}
	return report{}, false
}

// witness is one whose reports a test reads: a member here, or in another process.
type witness struct {
	t       *testing.T
	name    string
	reports chan report
	// noted are those that were read.
	noted []report
}

// reportsMax is more than any member has to report in a test.
const reportsMax = 10_000

func newWitness(t *testing.T, name string) *witness {
	return &witness{t: t, name: name, reports: make(chan report, reportsMax)}
}

// note hands a report over.
func (w *witness) note(r report) {
	r.at = time.Now()
	w.reports <- r
}

// next reads until a report fits.
func (w *witness) next(within time.Duration, what string, fit func(report) bool) report {
	w.t.Helper()
	late := time.After(within)
	for {
		select {
		case r, open := <-w.reports:
			if !open {
				w.t.Fatalf("%s: no more reports, and none of %s; noted: %v", w.name, what, w.noted)
			}
			w.noted = append(w.noted, r)
			if fit(r) {
				return r
			}
		case <-late:
			w.t.Fatalf("%s: no report of %s within %v; noted: %v", w.name, what, within, w.noted)
		}
	}
}

// rest reads what is left until the reports end.
func (w *witness) rest() {
	w.t.Helper()
	late := time.After(patience)
	for {
		select {
		case r, open := <-w.reports:
			if !open {
				return
			}
			w.noted = append(w.noted, r)
		case <-late:
			w.t.Fatalf("%s: the reports do not end; noted: %v", w.name, w.noted)
		}
	}
}

// count counts what was noted.
func (w *witness) count(fit func(report) bool) int {
	n := 0
	for _, r := range w.noted {
		if fit(r) {
			n++
		}
	}
	return n
}

// about fits the events of one kind about one user.
func about(event, user string) func(report) bool {
	return func(r report) bool { return r.Event == event && r.User == user }
}

func shaky(user string) func(report) bool {
	return func(r report) bool { return r.Event == presence && r.User == user && r.Unstable }
}

func steady(user string) func(report) bool {
	return func(r report) bool { return r.Event == presence && r.User == user && !r.Unstable }
}

func of(event string) func(report) bool {
	return func(r report) bool { return r.Event == event }
}

// between fails when something took less or more than it may.
func between(t *testing.T, what string, took, atLeast, atMost time.Duration) {
	t.Helper()
	t.Logf("%s after %.2f s", what, took.Seconds())
	if took < atLeast || took > atMost {
		t.Errorf("%s after %v; want %v to %v", what, took, atLeast, atMost)
	}
}

func (r report) String() string {
	return fmt.Sprintf("%s(%s %s %s)", r.Event, r.User, r.Code, r.Cause)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
