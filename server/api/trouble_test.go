package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
)

// newScriptedWorld is the API before a hall that does as it is told.
func newScriptedWorld(t *testing.T, hall Hall) *world {
	w := &world{t: t, log: &logbook{}, now: time.Unix(1700000000, 0)}
	w.handler = New(Config{Apps: apps(), Now: w.time}, hall, slog.New(slog.NewTextHandler(w.log, nil)), metrics.New())
	return w
}

// TestTroubleInsideIsToldByCodeOnly: the caller gets a code, the operator the cause.
func TestTroubleInsideIsToldByCodeOnly(t *testing.T) {
	cases := map[string]struct {
		fail func() error
		code string
	}{
		"no room":       {func() error { return fmt.Errorf("ask: %w", host.ErrNoRoom) }, "FailedOperation.RoomNotExist"},
		"too late":      {func() error { return context.DeadlineExceeded }, "InternalError.GetRoomCacheIpError"},
		"hung up":       {func() error { return context.Canceled }, "InternalError"},
		"anything else": {func() error { return errors.New("disk 7 is on fire") }, "InternalError"},
		"a panic":       {func() error { panic("disk 7 is on fire") }, "InternalError"},
	}
	for name, c := range cases {
		hall := scripted{
			ask:   func(context.Context, host.Command) (host.Reply, error) { return host.Reply{}, c.fail() },
			rooms: func(context.Context, uint32) ([]host.RoomInfo, error) { return nil, c.fail() },
			open:  func(room.Key, room.Policy) (*host.RoomInfo, error) { return nil, c.fail() },
			ban:   func(b ban.Ban, _ string) (ban.Ban, host.Reply, error) { return b, host.Reply{}, c.fail() },
			bans:  func(uint32) ([]ban.Ban, error) { return nil, c.fail() },
			lift:  func(uint32, string) (ban.Ban, error) { return ban.Ban{}, c.fail() },
		}
		w := newScriptedWorld(t, hall)
		for action, body := range bodies {
			a := w.call(action, body)
			if a.code() != c.code || strings.Contains(a.Response.Error.Message, "fire") {
				t.Errorf("%s in %s: %+v", name, action, a.Response.Error)
			}
			fault := strings.Contains(w.log.String(), "level=ERROR") && strings.Contains(w.log.String(), "disk 7")
			if wanted := name == "anything else" || name == "a panic"; fault != wanted {
				t.Errorf("%s in %s: the log says\n%s", name, action, w.log)
			}
		}
	}
}

// TestADeedHasADeadline: a hall that never answers does not hold the caller for ever.
func TestADeedHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newScriptedWorld(t, scripted{ask: func(ctx context.Context, _ host.Command) (host.Reply, error) {
			<-ctx.Done()
			return host.Reply{}, ctx.Err()
		}})
		for _, action := range []string{"DismissRoom", "DescribeRoom"} {
			began := time.Now()
			a := w.call(action, `{"SdkAppId":1400000000,"RoomId":1234}`)
			if a.code() != codeRoomUnreachable || time.Since(began) != askWait {
				t.Errorf("%s: %s after %s", action, a.code(), time.Since(began))
			}
		}
	})
}

// TestCallsUnderWayAreBounded: one call too many is refused at once, and the place is free again afterwards.
func TestCallsUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		w := newScriptedWorld(t, scripted{rooms: func(context.Context, uint32) ([]host.RoomInfo, error) {
			<-open
			return nil, nil
		}})
		// The clock moves, so that it is not the rate that refuses.
		for range callsMax {
			w.pass(time.Second)
			r := w.request("ListRooms", `{"SdkAppId":1400000000}`)
			go w.send(r)
			synctest.Wait()
		}
		if a := w.call("ListRooms", `{"SdkAppId":1400000000}`); a.code() != codeRequestLimitExceeded {
			t.Errorf("one more: %s", a.code())
		}
		close(open)
		synctest.Wait()
		if a := w.call("ListRooms", `{"SdkAppId":1400000000}`); a.code() != codeOK {
			t.Errorf("afterwards: %s", a.code())
		}
	})
}

// TestOverARealConnection: a server, a socket and Go's own client.
func TestOverARealConnection(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2")
	server := httptest.NewServer(w.handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(removal))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = w.request("RemoveUser", removal).Header
	SignTC3(r, []byte(removal), secretID, secretKey, w.time())
	reply, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Errorf("status %s", reply.Status)
	}
	w.expect(numeric1234, "u2")
}
