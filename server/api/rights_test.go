package api

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/config"
)

// bodies has a good body for each action, against a hall in which nothing is open.
var bodies = map[string]string{
	"RemoveUser":                `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["u1"]}`,
	"RemoveUserByStrRoomId":     `{"SdkAppId":1400000000,"RoomId":"1234","UserIds":["u1"]}`,
	"DismissRoom":               `{"SdkAppId":1400000000,"RoomId":1234}`,
	"DismissRoomByStrRoomId":    `{"SdkAppId":1400000000,"RoomId":"1234"}`,
	"SetUserBlocked":            `{"SdkAppId":1400000000,"RoomId":1234,"UserId":"u1","IsMute":1}`,
	"SetUserBlockedByStrRoomId": `{"SdkAppId":1400000000,"StrRoomId":"1234","UserId":"u1","IsMute":1}`,
	"ListRooms":                 `{"SdkAppId":1400000000}`,
	"DescribeRoom":              `{"SdkAppId":1400000000,"RoomId":1234}`,
	"DescribeRoomByStrRoomId":   `{"SdkAppId":1400000000,"RoomId":"1234"}`,
	"CreateRoom":                `{"SdkAppId":1400000000,"RoomId":1234}`,
	"CreateRoomByStrRoomId":     `{"SdkAppId":1400000000,"RoomId":"1234"}`,
	"SetRoomPolicy":             `{"SdkAppId":1400000000,"RoomId":1234,"Policy":{}}`,
	"SetRoomPolicyByStrRoomId":  `{"SdkAppId":1400000000,"RoomId":"1234","Policy":{}}`,
	"BanUsers":                  `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["u1"],"Scope":"room","BanSeconds":60}`,
	"BanUsersByStrRoomId":       `{"SdkAppId":1400000000,"RoomId":"1234","UserIds":["u1"],"Scope":"room","BanSeconds":60}`,
	"DescribeBans":              `{"SdkAppId":1400000000}`,
	"LiftBans":                  `{"SdkAppId":1400000000,"BanIds":["b1"]}`,
}

// groupsByName is the matrix: which right each action needs.
var groupsByName = map[string]string{
	"RemoveUser": "remove", "RemoveUserByStrRoomId": "remove",
	"DismissRoom": "dismiss", "DismissRoomByStrRoomId": "dismiss",
	"SetUserBlocked": "block", "SetUserBlockedByStrRoomId": "block",
	"ListRooms": "describe", "DescribeRoom": "describe", "DescribeRoomByStrRoomId": "describe", "DescribeBans": "describe",
	"CreateRoom": "policy", "CreateRoomByStrRoomId": "policy",
	"SetRoomPolicy": "policy", "SetRoomPolicyByStrRoomId": "policy",
	"BanUsers": "ban", "BanUsersByStrRoomId": "ban", "LiftBans": "ban",
}

// TestF15_PermissionMatrix: a key with one right signs the actions of that group, and is refused every other one before
// the hall is asked.
func TestF15_PermissionMatrix(t *testing.T) {
	if len(groupsByName) != len(actions) || len(bodies) != len(actions) {
		t.Fatalf("%d actions, %d in the matrix, %d bodies", len(actions), len(groupsByName), len(bodies))
	}
	for _, right := range config.Groups {
		asked := &asked{}
		w := &world{t: t, log: &logbook{}, now: time.Unix(1700000000, 0)}
		keys := []config.Key{{SecretID: secretID, SecretKey: secretKey, Allow: []string{right}}}
		w.handler = New(Config{Apps: config.Apps{{SdkAppID: app, Keys: keys}}, Now: w.time}, asked.hall(),
			slog.New(slog.NewTextHandler(w.log, nil)), nil)
		for name, group := range groupsByName {
			asked.count = 0
			a := w.call(name, bodies[name])
			if group == right {
				if asked.count == 0 || strings.HasPrefix(a.code(), "Unauthorized") {
					t.Errorf("%s with the right %s: %s, asked %d times", name, right, a.code(), asked.count)
				}
				continue
			}
			if a.code() != "UnauthorizedOperation" || asked.count > 0 {
				t.Errorf("%s with the right %s: %s, asked %d times", name, right, a.code(), asked.count)
			}
			if !strings.Contains(a.Response.Error.Message, group) {
				t.Errorf("%q does not name the right", a.Response.Error.Message)
			}
		}
	}
}

// TestTheRightIsAskedAfterTheSignature, so a stranger learns nothing of a key's rights.
func TestTheRightIsAskedAfterTheSignature(t *testing.T) {
	w := &world{t: t, log: &logbook{}, now: time.Unix(1700000000, 0)}
	keys := []config.Key{{SecretID: secretID, SecretKey: secretKey, Allow: []string{"describe"}}}
	w.handler = New(Config{Apps: config.Apps{{SdkAppID: app, Keys: keys}}, Now: w.time}, never,
		slog.New(slog.DiscardHandler), nil)
	if a := w.send(w.as(secretID, "secretkeyWRONG")); a.code() != codeSignatureFailure {
		t.Error(a.code())
	}
	if a := w.send(w.after(func(*http.Request) {})); a.code() != codeUnauthorizedOperation {
		t.Error(a.code())
	}
}

// TestEveryActionIsBounded: those that change something are remembered, each is of a group that a key may have.
func TestEveryActionIsBounded(t *testing.T) {
	changes := 0
	for name, a := range actions {
		if !slices.Contains(config.Groups, a.group) {
			t.Errorf("%s is of the group %q", name, a.group)
		}
		if a.changes {
			changes++
		}
		if reads := a.group == groupDescribe; reads == a.changes {
			t.Errorf("%s is of the group %s and changes %t", name, a.group, a.changes)
		}
	}
	if changes != changing {
		t.Errorf("%d actions change something; the memory is for %d", changes, changing)
	}
}
