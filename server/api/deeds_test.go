package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestF8_TheRemovedHearWhoAndWhy: the text and the name of who acts reach the victim, and the media is cut first.
func TestF8_TheRemovedHearWhoAndWhy(t *testing.T) {
	w := newWorld(t)
	victim := w.enter(numeric1234, "u1", "u2")
	a := w.call("RemoveUser",
		`{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["u1"],"Reason":"spam & 广告","Operator":"host Ann"}`)
	if a.code() != codeOK {
		t.Fatal(a.Response.Error)
	}
	record := victim.record()
	want := exit.Why{Reason: exit.Removed, Actor: "host Ann", Text: "spam & 广告"}
	if record.Why != want || !w.media.cut(record.Session) {
		t.Errorf("the victim was told %+v, media cut %v", record.Why, w.media.cut(record.Session))
	}
	w.expect(numeric1234, "u2")
}

// TestG11_WithoutAnOperatorTheKeyIsNamed, in the event; the log has the request's id too.
func TestG11_WithoutAnOperatorTheKeyIsNamed(t *testing.T) {
	w := newWorld(t)
	for _, key := range []struct{ id, secret string }{{secretID, secretKey}, {"AKIDsecond", "secretkeySECOND"}} {
		victim := w.enter(numeric1234, "u1")
		body := []byte(`{"SdkAppId":1400000000,"RoomId":1234}`)
		r := w.request("DismissRoom", string(body))
		SignTC3(r, body, key.id, key.secret, w.time())
		a := w.send(r)
		if got := victim.record().Why; got.Actor != "api:"+key.id || got.Reason != exit.Dismissed {
			t.Errorf("the victim was told %+v", got)
		}
		line := fmt.Sprintf("action=DismissRoom app=%d key=%s request=%s code=OK", app, key.id, a.Response.RequestID)
		if strings.Count(w.log.String(), line) != 1 {
			t.Errorf("no single line %q in\n%s", line, w.log)
		}
	}
}

func TestLogHasOneLineForEachCallAndNoSecret(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	w.call("RemoveUser", removal)
	w.call("Forged", removal)
	w.send(w.as(secretID, "secretkeyWRONG"))
	w.send(v1Request("POST", "SecretId=AKIDEXAMPLE&Signature=AAAA&Timestamp=1&x=secretly"))
	log := w.log.String()
	if strings.Count(log, "\n") != 4 || strings.Count(log, "level=INFO") != 4 {
		t.Errorf("four calls:\n%s", log)
	}
	for _, secret := range []string{secretKey, "WRONG", "secretly", "Signature=", "192.0.2.1"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q in the log:\n%s", secret, log)
		}
	}
}

// TestF9_RemovingSomeoneWhoIsGoneSucceeds, and says so.
func TestF9_RemovingSomeoneWhoIsGoneSucceeds(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2", "u3")
	a := w.call("RemoveUser", `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["u1","gone","u2","u1"]}`)
	if a.code() != codeOK || !slices.Equal(a.Response.Removed, []string{"u1", "u2"}) ||
		!slices.Equal(a.Response.Absent, []string{"gone"}) {
		t.Errorf("answer %+v", a.Response)
	}
	a = w.call("RemoveUser", `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["u1"]}`)
	if a.code() != codeOK || len(a.Response.Removed) != 0 || !slices.Equal(a.Response.Absent, []string{"u1"}) {
		t.Errorf("the same again: %+v", a.Response)
	}
	w.expect(numeric1234, "u3")
	w.enter(numeric1234, "u1")
	w.expect(numeric1234, "u1", "u3")
}

func TestTenUsersAreRemovedAtOnce(t *testing.T) {
	w := newWorld(t)
	users := strings.Split("abcdefghij", "")
	w.enter(str1234, users...)
	w.enter(str1234, "last")
	a := w.call("RemoveUserByStrRoomId",
		`{"SdkAppId":1400000000,"RoomId":"1234","UserIds":["`+strings.Join(users, `","`)+`"]}`)
	if a.code() != codeOK || len(a.Response.Removed) != 10 {
		t.Errorf("answer %+v", a.Response)
	}
	w.expect(str1234, "last")
}

// TestG3_DismissedMeansNobodyIsLeft: all are out before the answer, a second call finds no room, and the id is free.
func TestG3_DismissedMeansNobodyIsLeft(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		key        room.Key
		action, id string
	}{{numeric1234, "DismissRoom", "1234"}, {str1234, "DismissRoomByStrRoomId", `"1234"`}} {
		first := w.enter(c.key, "u1", "u2", "u3")
		body := `{"SdkAppId":1400000000,"RoomId":` + c.id + `,"Reason":"closing time"}`
		a := w.call(c.action, body)
		if a.code() != codeOK || a.Response.Total != 3 || first.record().Why.Text != "closing time" {
			t.Errorf("%s: %+v; the first was told %+v", c.action, a.Response, first.record().Why)
		}
		w.expect(c.key)
		if a := w.call(c.action, body); a.code() != codeRoomNotExist {
			t.Errorf("%s again: %s", c.action, a.code())
		}
		w.enter(c.key, "u1")
		w.expect(c.key, "u1")
	}
}

// TestKindsAndAppsNeverMeet: a call for the number does not reach the string, nor another app's room.
func TestKindsAndAppsNeverMeet(t *testing.T) {
	w := newWorld(t)
	foreign := room.Key{App: app + 1, Kind: room.Numeric, ID: "1234"}
	w.enter(str1234, "u1")
	w.enter(foreign, "u1")
	for _, action := range []string{"DismissRoom", "DescribeRoom"} {
		if a := w.call(action, `{"SdkAppId":1400000000,"RoomId":1234}`); a.code() != codeRoomNotExist {
			t.Errorf("%s: %s", action, a.code())
		}
	}
	if a := w.call("RemoveUser", removal); a.code() != codeRoomNotExist {
		t.Errorf("RemoveUser: %s", a.code())
	}
	w.expect(str1234, "u1")
	w.expect(foreign, "u1")
}

func TestListAndDescribe(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2")
	w.enter(str1234, "u3")
	w.enter(room.Key{App: app + 1, Kind: room.Numeric, ID: "9"}, "foreign")
	list := w.call("ListRooms", `{"SdkAppId":1400000000}`).Response.Rooms
	slices.SortFunc(list, func(a, b Room) int { return strings.Compare(a.RoomType, b.RoomType) })
	if len(list) != 2 || list[0].RoomType != "numeric" || list[0].RoomID != "1234" || list[0].MembersTotal != 2 ||
		list[1].RoomType != "str" || list[1].MembersTotal != 1 || list[0].Members != nil {
		t.Errorf("list %+v", list)
	}
	described := w.call("DescribeRoom", `{"SdkAppId":1400000000,"RoomId":1234}`).Response.Room
	if len(described.Members) != 2 || described.Members[0].UserID != "u1" || described.Members[0].SessionID == "" ||
		described.Members[0].Role != 20 || described.Seq == 0 || described.Incarnation == "" {
		t.Errorf("described %+v", described)
	}
	named := w.call("DescribeRoomByStrRoomId", `{"SdkAppId":1400000000,"RoomId":"1234"}`).Response.Room
	if len(named.Members) != 1 || named.Members[0].UserID != "u3" {
		t.Errorf("described %+v", named)
	}
	if a := w.call("ListRooms", `{"SdkAppId":1400000001}`); a.code() != codeUnauthorizedSdkAppID {
		t.Errorf("rooms of another app: %s", a.code())
	}
}

// TestStreamsAreNamed: a description says what a member publishes.
func TestStreamsAreNamed(t *testing.T) {
	for stream, want := range map[room.Stream]string{room.Audio: "audio", room.Big: "big", room.Sub: "sub"} {
		if got := streamName(stream); got != want {
			t.Errorf("%d is %q; want %q", stream, got, want)
		}
	}
}
