package system_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/registry"
)

// kept is an exit record as it stands on disk.
type kept struct{ Session, User, Reason string }

// records reads the exit records of a server that runs no more from a copy of its files, doubles included.
func records(t *testing.T, dir string) map[string][]kept {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "bus")
	check(t, os.CopyFS(copied, os.DirFS(filepath.Join(dir, "bus"))))
	r, err := registry.Open(registry.Config{StoreDir: copied}, slog.New(slog.DiscardHandler))
	check(t, err)
	defer func() { check(t, r.Close(t.Context())) }()
	stream, err := r.JetStream().Stream(t.Context(), "exits")
	check(t, err)
	info, err := stream.Info(t.Context())
	check(t, err)
	found := map[string][]kept{}
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		for _, record := range read(t, stream, seq) {
			found[record.Session] = append(found[record.Session], record)
		}
	}
	return found
}

func read(t *testing.T, stream jetstream.Stream, seq uint64) []kept {
	t.Helper()
	message, err := stream.GetMsg(t.Context(), seq)
	check(t, err)
	var entry struct{ Exits []kept }
	check(t, json.Unmarshal(message.Data, &entry))
	return entry.Exits
}

// judge holds what the clients were told against what is on disk.
func (c *company) judge(steady, deserted []*stay) {
	t := c.t
	t.Helper()
	c.kill()
	defer c.rise() // The end of the test stops a server that runs.
	found := records(t, filepath.Join(c.dir, "data"))
	for session, all := range found {
		if len(all) != 1 {
			t.Errorf("%d exit records of session %s: %+v", len(all), session, all)
		}
	}
	for _, s := range c.stays {
		<-s.over
		s.judge(t, found)
	}
	for _, s := range steady {
		if record := found[s.client.Session()]; len(record) == 1 && record[0].Reason != "left" {
			t.Errorf("%s ended as %s", s.user, record[0].Reason)
		}
	}
	for _, s := range deserted {
		if record := found[s.client.Session()]; len(record) == 1 && record[0].Reason != "node_lost" {
			t.Errorf("%s did not come back and ended as %s", s.user, record[0].Reason)
		}
	}
	t.Logf("%d stays that their clients know of, %d exit records", len(c.stays), len(found))
}

// unanswered are the client's own words for an end about which the server said nothing.
var unanswered = []string{"no_answer", "connection_lost"}

// judge checks one stay: it ended once, as its client was told, and the client was told of others what happened.
func (s *stay) judge(t *testing.T, found map[string][]kept) {
	t.Helper()
	own := found[s.client.Session()]
	switch {
	case len(own) == 0:
		t.Errorf("%s: the exit record of session %s is lost", s.user, s.client.Session())
	case own[0].User != s.user:
		t.Errorf("session %s is %s and stands as %s", s.client.Session(), s.user, own[0].User)
	case s.last == nil:
		t.Errorf("%s got no last word", s.user)
	case !slices.Contains(unanswered, s.last.Detail.Code) && s.last.Detail.Code != own[0].Reason:
		t.Errorf("%s was told %s; the record says %s", s.user, s.last.Detail.Code, own[0].Reason)
	}
	told := map[string]bool{}
	for _, leave := range s.leaves {
		session := leave.Detail.Session
		if told[session] {
			t.Errorf("%s was told twice that %s left (session %s)", s.user, leave.User, session)
		}
		told[session] = true
		if record := found[session]; len(record) == 0 || record[0].Reason != leave.Detail.Code {
			t.Errorf("%s was told that %s left, %s; the records say %+v", s.user, leave.User, leave.Detail.Code, record)
		}
	}
}
