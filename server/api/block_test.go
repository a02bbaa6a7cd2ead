package api

import (
	"strings"
	"testing"
)

// TestF11_ABlockIsKept: each value of IsMute takes what TRTC says, and the description shows it.
func TestF11_ABlockIsKept(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2")
	w.enter(str1234, "u1")
	for _, c := range []struct {
		isMute       string
		audio, video bool
	}{{"1", true, true}, {"2", true, false}, {"3", false, true}, {"0", false, false}} {
		for action, describe := range map[string][2]string{
			`SetUserBlocked`:            {"DescribeRoom", `"RoomId":1234`},
			`SetUserBlockedByStrRoomId`: {"DescribeRoomByStrRoomId", `"RoomId":"1234"`},
		} {
			name := strings.Replace(describe[1], `"RoomId":"`, `"StrRoomId":"`, 1)
			a := w.call(action, `{"SdkAppId":1400000000,`+name+`,"UserId":"u1","IsMute":`+c.isMute+`}`)
			if a.code() != codeOK {
				t.Fatalf("%s %s: %+v", action, c.isMute, a.Response.Error)
			}
			members := w.call(describe[0], `{"SdkAppId":1400000000,`+describe[1]+`}`).Response.Room.Members
			if members[0].AudioBlocked != c.audio || members[0].VideoBlocked != c.video || members[0].Rights != 255 {
				t.Errorf("IsMute %s: %+v", c.isMute, members[0])
			}
			if len(members) > 1 && (members[1].AudioBlocked || members[1].VideoBlocked) {
				t.Errorf("IsMute %s took from another: %+v", c.isMute, members[1])
			}
		}
	}
}

// TestEveryCodeOfSetUserBlocked provokes what TRTC documents for the two actions; nothing changes. A key acts for its
// own app only, so FailedOperation.SdkAppIdNotExist cannot come, nor InternalError.UserNotExist.
func TestEveryCodeOfSetUserBlocked(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	w.enter(str1234, "u1")
	const app, user, mute = `"SdkAppId":1400000000`, `"UserId":"u1"`, `"IsMute":1`
	shared := []wrong{
		{`R,` + user + `,` + mute, "MissingParameter.SdkAppId"},
		{`"SdkAppId":"1400000000",R,` + user + `,` + mute, "InvalidParameter.SdkAppId"},
		{`"SdkAppId":1400000001,R,` + user + `,` + mute, "UnauthorizedOperation.SdkAppId"},
		{app + `,` + user + `,` + mute, "MissingParameter.RoomId"},
		{app + `,R,"UserId":7,` + mute, "InvalidParameter.UserId"},
		{app + `,R,"UserId":"",` + mute, "InvalidParameter.UserId"},
		{app + `,R,"UserId":"` + tooLong + `",` + mute, "InvalidParameter.UserId"},
		{app + `,R,"UserId":"eve",` + mute, "FailedOperation.UserNotExist"},
		{app + `,R,` + user, "MissingParameter"},
		{app + `,R,` + user + `,"IsMute":4`, "InvalidParameter"},
		{app + `,R,` + user + `,"IsMute":-1`, "InvalidParameter"},
		{app + `,R,` + user + `,"IsMute":"1"`, "InvalidParameter"},
		{app + `,R,` + user + `,"IsMute":true`, "InvalidParameter"},
		{app + `,R,` + user + `,` + mute + `,"Mute":1`, "UnknownParameter"},
	}
	for action, c := range map[string]struct {
		room string
		own  []wrong
	}{
		"SetUserBlocked": {`"RoomId":1234`, []wrong{
			{app + `,R,` + mute, "InvalidParameter.UserId"},
			{app + `,"RoomId":"1234",` + user + `,` + mute, "InvalidParameter.RoomId"},
			{app + `,"RoomId":0,` + user + `,` + mute, "InvalidParameterValue.RoomId"},
			{app + `,"RoomId":99,` + user + `,` + mute, "FailedOperation.RoomNotExist"},
		}},
		"SetUserBlockedByStrRoomId": {`"StrRoomId":"1234"`, []wrong{
			{app + `,R,` + mute, "MissingParameter.UserId"},
			{app + `,"StrRoomId":1234,` + user + `,` + mute, "InvalidParameter.RoomId"},
			{app + `,"StrRoomId":"a/b",` + user + `,` + mute, "InvalidParameter.RoomId"},
			{app + `,"StrRoomId":"99",` + user + `,` + mute, "FailedOperation.RoomNotExist"},
		}},
	} {
		for _, body := range append(c.own, shared...) {
			text := "{" + strings.ReplaceAll(body.body, "R,", c.room+",") + "}"
			if a := w.call(action, text); a.code() != body.code {
				t.Errorf("%s %.120s: %s; want %s", action, text, a.code(), body.code)
			}
		}
	}
	for describe, id := range map[string]string{"DescribeRoom": `1234`, "DescribeRoomByStrRoomId": `"1234"`} {
		m := w.call(describe, `{"SdkAppId":1400000000,"RoomId":`+id+`}`).Response.Room.Members[0]
		if m.AudioBlocked || m.VideoBlocked {
			t.Errorf("a refused call blocked: %+v", m)
		}
	}
}
