// Package nodesdk lets Tencent's official SDK for Node call our control API, with a real hall behind it. An app that
// manages rooms with that SDK changes its endpoint and its keys, and nothing else.
package nodesdk

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/events"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/registry"
	"github.com/exeunt/exeunt/server/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const app = config.DevelopmentSdkAppID

var (
	numeric = room.Key{App: app, Kind: room.Numeric, ID: "1234"}
	str     = room.Key{App: app, Kind: room.Str, ID: "1234"}
)

// site is a server with its control API, and the official client before it.
type site struct {
	t      *testing.T
	hall   *host.Hall
	stdin  io.Writer
	stdout *bufio.Reader
}

func newSite(t *testing.T) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	rooms, err := registry.Open(registry.Config{StoreDir: t.TempDir()}, log)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := media.NewEngines(media.Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Shards: 2}, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	hall := host.New(host.Config{Server: "test"}, engine, engine, rooms, events.NewRing(100), log, nil)
	if err := rooms.Serve(hall.Answer); err != nil {
		t.Fatal(err)
	}
	apps := config.Apps{config.DevelopmentApp()}
	server := httptest.NewServer(api.New(api.Config{Apps: apps}, hall, log, nil))
	t.Cleanup(func() {
		server.Close()
		for _, closed := range []error{
			hall.Close(context.Background()), engine.Close(context.Background()), rooms.Close(context.Background()),
		} {
			if closed != nil {
				t.Error(closed)
			}
		}
	})
	s := &site{t: t, hall: hall}
	s.startClient(strings.TrimPrefix(server.URL, "http://"))
	return s
}

// startClient starts the official client. A machine without it fails the test, in one clear line.
func (s *site) startClient(endpoint string) {
	s.t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		s.t.Fatal("node is not installed: Tencent's official SDK needs Node.js 20 or later")
	}
	if _, err := os.Stat("node_modules/tencentcloud-sdk-nodejs"); err != nil {
		s.t.Fatal("tencentcloud-sdk-nodejs is not installed: run `make deps` first")
	}
	command := exec.CommandContext(s.t.Context(), node, "caller.mjs", endpoint)
	command.Stderr = s.t.Output()
	stdin, err := command.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		// The script ends with its input. The test's context has ended it before, which is no failure.
		stdin.Close()
		_ = command.Wait()
	})
	s.stdin, s.stdout = stdin, bufio.NewReader(stdout)
}

// call is one call of the official client.
type call struct {
	Action     string         `json:"action"`
	Params     map[string]any `json:"params"`
	SecretID   string         `json:"secretId"`
	SecretKey  string         `json:"secretKey"`
	Method     string         `json:"method,omitempty"`
	SignMethod string         `json:"signMethod,omitempty"`
	Options    map[string]any `json:"options,omitempty"`
}

// outcome is what the official client made of the answer: a reply, or the exception that it threw.
type outcome struct {
	Reply struct {
		RequestID string `json:"RequestId"`
	}
	Code      string
	Message   string
	RequestID string `json:"requestId"`
}

// send makes a call with the development key, unless it has one.
func (s *site) send(c call) outcome {
	s.t.Helper()
	if c.SecretID == "" {
		c.SecretID, c.SecretKey = config.DevelopmentSecretID, config.DevelopmentSecretKey
	}
	line, err := json.Marshal(c)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.stdin.Write(append(line, '\n')); err != nil {
		s.t.Fatalf("ask the official client: %v", err)
	}
	text, err := s.stdout.ReadBytes('\n')
	if err != nil {
		s.t.Fatalf("hear the official client: %v", err)
	}
	var o outcome
	if err := json.Unmarshal(text, &o); err != nil {
		s.t.Fatalf("the official client says %q: %v", text, err)
	}
	return o
}

// done makes a call that has to succeed.
func (s *site) done(c call) {
	s.t.Helper()
	if o := s.send(c); o.Code != "" || o.Message != "" || len(o.Reply.RequestID) != 36 {
		s.t.Fatalf("%s %v: %+v", c.Action, c.Params, o)
	}
}

// enter lets users in and returns the last one's link.
func (s *site) enter(key room.Key, users ...string) *link {
	s.t.Helper()
	var l *link
	for _, user := range users {
		l = &link{cut: make(chan exit.Record, 1)}
		entry := host.Entry{Key: key, User: user, Role: room.Anchor, Link: l}
		if _, err := s.hall.Enter(context.Background(), entry); err != nil {
			s.t.Fatalf("%s enters %s: %v", user, key, err)
		}
	}
	return l
}

// expect holds who is in a room against users. Nobody is in a room that does not exist.
func (s *site) expect(key room.Key, users ...string) {
	s.t.Helper()
	rooms, err := s.hall.Rooms(context.Background(), key.App)
	if err != nil {
		s.t.Fatal(err)
	}
	var inside []string
	for _, info := range rooms {
		for _, m := range info.Members {
			if info.Key == key {
				inside = append(inside, m.User)
			}
		}
	}
	if slices.Sort(inside); !slices.Equal(inside, users) {
		s.t.Errorf("in %s are %v; want %v", key, inside, users)
	}
}

// link is a member's end that keeps only how the stay ended.
type link struct{ cut chan exit.Record }

func (*link) Send([]byte) bool                   { return true }
func (*link) Leave(uint16)                       {}
func (*link) Enclose([]byte)                     {}
func (l *link) Cut(_ []byte, record exit.Record) { l.cut <- record }

// in is a call's parameters for a room of either kind, and whatever else.
func in(key room.Key, more ...any) map[string]any {
	params := map[string]any{"SdkAppId": app, "RoomId": key.ID}
	if key.Kind == room.Numeric {
		params["RoomId"] = json.Number(key.ID)
	}
	for i := 0; i < len(more); i += 2 {
		params[more[i].(string)] = more[i+1]
	}
	return params
}

var kinds = []struct {
	suffix string
	key    room.Key
}{{"", numeric}, {"ByStrRoomId", str}}

func TestS5_TheOfficialClientRemovesUsers(t *testing.T) {
	s := newSite(t)
	for _, kind := range kinds {
		victim := s.enter(kind.key, "u1", "u2", "u3")
		s.done(call{Action: "RemoveUser" + kind.suffix, Params: in(kind.key, "UserIds", []string{"u2", "u3", "gone"})})
		s.expect(kind.key, "u1")
		if why := (<-victim.cut).Why; why.Reason != exit.Removed || why.Actor != "api:"+config.DevelopmentSecretID {
			t.Errorf("the victim was told %+v", why)
		}
		s.enter(kind.key, "u2")
		s.expect(kind.key, "u1", "u2")
	}
}

func TestS6_TheOfficialClientDismissesRooms(t *testing.T) {
	s := newSite(t)
	for i, kind := range kinds {
		other := kinds[1-i].key
		s.enter(other, "bystander")
		victim := s.enter(kind.key, "u1", "u2")
		s.done(call{Action: "DismissRoom" + kind.suffix, Params: in(kind.key)})
		s.expect(kind.key)
		s.expect(other, "bystander")
		if why := (<-victim.cut).Why; why.Reason != exit.Dismissed {
			t.Errorf("the victim was told %+v", why)
		}
	}
}

// TestF11_TheOfficialClientBlocksUsers: SetUserBlocked is in the international edition's list only, so the domestic
// client calls it by name. The two editions spell the string room's id differently.
func TestF11_TheOfficialClientBlocksUsers(t *testing.T) {
	s := newSite(t)
	byName := map[string]any{"multipart": false}
	for _, kind := range kinds {
		s.enter(kind.key, "u1")
		params := in(kind.key, "UserId", "u1", "IsMute", 2)
		if kind.suffix != "" {
			delete(params, "RoomId")
			params["StrRoomId"] = kind.key.ID
		}
		s.done(call{Action: "SetUserBlocked" + kind.suffix, Params: params, Options: byName})
		rooms, err := s.hall.Rooms(t.Context(), app)
		if err != nil || len(rooms) != 1 || !rooms[0].Members[0].AudioBlocked || rooms[0].Members[0].VideoBlocked {
			t.Errorf("%+v, %v", rooms, err)
		}
		params["UserId"] = "nobody"
		o := s.send(call{Action: "SetUserBlocked" + kind.suffix, Params: params, Options: byName})
		if o.Code != "FailedOperation.UserNotExist" {
			t.Errorf("nobody: %+v", o)
		}
		s.done(call{Action: "DismissRoom" + kind.suffix, Params: in(kind.key)})
	}
}

// TestTheOfficialClientInItsOtherWays: GET, the older signature, and multipart, whose values are texts.
func TestTheOfficialClientInItsOtherWays(t *testing.T) {
	s := newSite(t)
	users := []string{"u1", "u2"}
	flat := map[string]any{"SdkAppId": "1400000000", "RoomId": "1234", "UserIds.0": "u1", "UserIds.1": "u2"}
	for name, c := range map[string]call{
		"GET":             {Method: "GET", Params: in(numeric, "UserIds", users)},
		"v1, POST":        {SignMethod: "HmacSHA1", Params: in(numeric, "UserIds", users)},
		"v1, GET":         {SignMethod: "HmacSHA256", Method: "GET", Params: in(numeric, "UserIds", users)},
		"v1, odd letters": {SignMethod: "HmacSHA256", Params: in(numeric, "UserIds", users, "Reason", "a&b = c+d 100% 房")},
		"multipart":       {Options: map[string]any{"multipart": true}, Params: flat},
	} {
		s.enter(numeric, "u1", "u2", "u3")
		c.Action = "RemoveUser"
		if o := s.send(c); o.Code != "" || o.Message != "" {
			t.Errorf("%s: %+v", name, o)
		}
		s.expect(numeric, "u3")
	}
}

// TestTheOfficialClientThrowsOurCodes: a refusal reaches the app as an exception with its code, and changes nothing.
func TestTheOfficialClientThrowsOurCodes(t *testing.T) {
	s := newSite(t)
	s.enter(numeric, "u1")
	s.enter(str, "u1")
	nowhere := room.Key{App: app, Kind: room.Numeric, ID: "4321"}
	nowhereStr := room.Key{App: app, Kind: room.Str, ID: "nowhere"}
	eleven := strings.Split("abcdefghijk", "")
	one := []string{"u1"}
	for code, calls := range map[string][]call{
		"FailedOperation.RoomNotExist": {
			{Action: "RemoveUser", Params: in(nowhere, "UserIds", one)},
			{Action: "RemoveUserByStrRoomId", Params: in(nowhereStr, "UserIds", one)},
			{Action: "DismissRoom", Params: in(nowhere)},
			{Action: "DismissRoomByStrRoomId", Params: in(nowhereStr)},
		},
		"InvalidParameter.UserIds": {
			{Action: "RemoveUser", Params: in(numeric, "UserIds", eleven)},
			{Action: "RemoveUserByStrRoomId", Params: in(str, "UserIds", eleven)},
		},
		"MissingParameter.UserIds": {{Action: "RemoveUser", Params: in(numeric)}},
		"InvalidParameter.RoomId": {
			{Action: "RemoveUser", Params: in(str, "UserIds", one)},
			{Action: "DismissRoomByStrRoomId", Params: in(numeric)},
		},
		"InvalidParameterValue.RoomId": {
			{Action: "DismissRoom", Params: map[string]any{"SdkAppId": app, "RoomId": 0}},
		},
		"UnauthorizedOperation.SdkAppId": {
			{Action: "DismissRoom", Params: map[string]any{"SdkAppId": 1, "RoomId": 1234}},
		},
		"AuthFailure.SignatureFailure": {
			{Action: "DismissRoom", Params: in(numeric), SecretID: config.DevelopmentSecretID, SecretKey: "wrong"},
		},
		"AuthFailure.SecretIdNotFound": {
			{Action: "DismissRoom", Params: in(numeric), SecretID: "AKIDnobody", SecretKey: "x"},
		},
		"AuthFailure.InvalidAuthorization": {
			{Action: "DismissRoom", Params: in(numeric), Options: map[string]any{"skipSign": true}},
		},
		"InvalidAction": {{Action: "StartMCUMixTranscode", Params: map[string]any{}}},
	} {
		for _, c := range calls {
			if o := s.send(c); o.Code != code || len(o.RequestID) != 36 || o.Message == "" {
				t.Errorf("%s %v: %+v; want %s", c.Action, c.Params, o, code)
			}
		}
	}
	s.expect(numeric, "u1")
	s.expect(str, "u1")
}
