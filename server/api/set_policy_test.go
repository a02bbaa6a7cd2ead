package api

import (
	"maps"
	"testing"
)

// TestARoomIsOpenedWithRulesOfItsOwn, they are read back, and replaced as a whole (G8).
func TestARoomIsOpenedWithRulesOfItsOwn(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ suffix, id string }{{"", "77"}, {"ByStrRoomId", `"77"`}} {
		body := `{"SdkAppId":1400000000,"RoomId":` + c.id
		a := w.call("CreateRoom"+c.suffix, body+`,"Policy":{"Preset":"trtc","Idle":"1h","Host":"ann","Devices":3}}`)
		if p := a.Response.Room.Policy; a.code() != codeOK || p["Idle"] != "1h0m0s" || p["GoneAfter"] != "1m30s" ||
			p["Devices"] != "3" || a.Response.Room.Host != "ann" {
			t.Errorf("%s: %+v", c.suffix, a.Response)
		}
		if a := w.call("CreateRoom"+c.suffix, body+`}`); a.code() != "FailedOperation.RoomAlreadyExist" {
			t.Errorf("again: %s", a.code())
		}
		if p := w.call("DescribeRoom"+c.suffix, body+`}`).Response.Room.Policy; p["Idle"] != "1h0m0s" || len(p) != 16 {
			t.Errorf("read back: %v", p)
		}
		p := w.call("SetRoomPolicy"+c.suffix, body+`,"Policy":{"MaxAge":"2h"}}`).Response.Policy
		if p["MaxAge"] != "2h0m0s" || p["Idle"] != "0s" {
			t.Errorf("replaced: %v", p)
		}
		if p := w.call("DescribeRoom"+c.suffix, body+`}`).Response.Room.Policy; p["MaxAge"] != "2h0m0s" || p["Idle"] != "0s" {
			t.Errorf("read back: %v", p)
		}
	}
}

// TestRulesThatDoNotFitChangeNothing: no room is opened, and an open one keeps its rules.
func TestRulesThatDoNotFitChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	before := w.call("DescribeRoom", `{"SdkAppId":1400000000,"RoomId":1234}`).Response.Room.Policy
	for policy, code := range map[string]string{
		`"trtc"`:                 "InvalidParameter.Policy",
		`["Idle"]`:               "InvalidParameter.Policy",
		`{"Idle":true}`:          "InvalidParameter.Policy",
		`{"Idle":{"a":1}}`:       "InvalidParameter.Policy",
		`{"Idle":3600}`:          "InvalidParameterValue.Policy",
		`{"idle":"1h"}`:          "InvalidParameterValue.Policy",
		`{"Idle":"1ms"}`:         "InvalidParameterValue.Policy",
		`{"UnstableAfter":"1s"}`: "InvalidParameterValue.Policy",
		`{"Devices":1e99}`:       "InvalidParameterValue.Policy",
	} {
		a := w.call("SetRoomPolicy", `{"SdkAppId":1400000000,"RoomId":1234,"Policy":`+policy+`}`)
		if a.code() != code {
			t.Errorf("%s: %s; want %s", policy, a.code(), code)
		}
		a = w.call("CreateRoom", `{"SdkAppId":1400000000,"RoomId":5,"Policy":`+policy+`}`)
		if a.code() != code {
			t.Errorf("%s: %s; want %s", policy, a.code(), code)
		}
	}
	if a := w.call("SetRoomPolicy", `{"SdkAppId":1400000000,"RoomId":1234}`); a.code() != "MissingParameter.Policy" {
		t.Errorf("no policy: %s", a.code())
	}
	if a := w.call("SetRoomPolicy", `{"SdkAppId":1400000000,"RoomId":5,"Policy":{}}`); a.code() != codeRoomNotExist {
		t.Errorf("no room: %s", a.code())
	}
	rooms := w.call("ListRooms", `{"SdkAppId":1400000000}`).Response.Rooms
	if len(rooms) != 1 || rooms[0].Policy != nil {
		t.Errorf("rooms: %+v", rooms)
	}
	after := w.call("DescribeRoom", `{"SdkAppId":1400000000,"RoomId":1234}`).Response.Room.Policy
	if !maps.Equal(before, after) {
		t.Errorf("the rules were %v and are %v", before, after)
	}
}

// TestAFormSaysAPolicyAsJSON, since it has no objects.
func TestAFormSaysAPolicyAsJSON(t *testing.T) {
	p, err := parseForm(`Policy=%7B%22Idle%22%3A%221h%22%2C%22Devices%22%3A2%7D&Broken=%7B`)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := p.rules("Policy")
	if err != nil || !maps.Equal(rules, map[string]string{"Idle": "1h", "Devices": "2"}) {
		t.Errorf("%v, %v", rules, err)
	}
	if _, err := p.rules("Broken"); codeOf(err) != "InvalidParameter.Broken" {
		t.Error(err)
	}
}
