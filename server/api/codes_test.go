package api

import (
	"strings"
	"testing"
)

const tooLong = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

// wrong is a body and the code that it provokes. R stands for the room, and the body goes on where it ends, with the
// users for an action that wants some.
type wrong struct{ body, code string }

var everywhere = []wrong{
	{`{"RoomId":R`, "MissingParameter.SdkAppId"},
	{`{"SdkAppId":null,"RoomId":R`, "MissingParameter.SdkAppId"},
	{`{"SdkAppId":"1400000000","RoomId":R`, "InvalidParameter.SdkAppId"},
	{`{"SdkAppId":1.5,"RoomId":R`, "InvalidParameter.SdkAppId"},
	{`{"SdkAppId":0,"RoomId":R`, "InvalidParameter.SdkAppId"},
	{`{"SdkAppId":-1,"RoomId":R`, "InvalidParameter.SdkAppId"},
	{`{"SdkAppId":4294967296,"RoomId":R`, "InvalidParameter.SdkAppId"},
	{`{"SdkAppId":1400000001,"RoomId":R`, "UnauthorizedOperation.SdkAppId"},
	{`{"SdkAppId":1400000000`, "MissingParameter.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":[1]`, "InvalidParameter.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":R,"Rason":""`, "UnknownParameter"},
	{`{"SdkAppId":1400000000,"RoomId":R,"Reason":1`, "InvalidParameter"},
	{`{"SdkAppId":1400000000,"RoomId":R,"Reason":"` + strings.Repeat("x", 513) + `"`, "InvalidParameterValue"},
	{`{"SdkAppId":1400000000,"RoomId":R,"Operator":"` + strings.Repeat("x", 129) + `"`, "InvalidParameterValue"},
	{`{"SdkAppId":1400000000,"RoomId":R,"Operator":"a\u0000b"`, "InvalidParameterValue"},
	{`{"SdkAppId":1400000000,"RoomId":R}`, "InvalidParameter"},
	{`[{"SdkAppId":1400000000,"RoomId":R`, "InvalidParameter"},
	{`{"SdkAppId":1400000000,"RoomId":R "x"`, "InvalidParameter"},
}

var byNumber = []wrong{
	{`{"SdkAppId":1400000000,"RoomId":"1234"`, "InvalidParameter.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":1e3`, "InvalidParameter.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":0`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":-1`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":4294967295`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":99999999999999999999999`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":4294967294`, "FailedOperation.RoomNotExist"},
}

var byName = []wrong{
	{`{"SdkAppId":1400000000,"RoomId":1234`, "InvalidParameter.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":""`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":"` + tooLong + `"`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":"a/b"`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":"房"`, "InvalidParameterValue.RoomId"},
	{`{"SdkAppId":1400000000,"RoomId":"a !#|~,"`, "FailedOperation.RoomNotExist"},
}

var byUsers = []wrong{
	{``, "MissingParameter.UserIds"},
	{`,"UserIds":"u1"`, "InvalidParameter.UserIds"},
	{`,"UserIds":[]`, "InvalidParameter.UserIds"},
	{`,"UserIds":[1]`, "InvalidParameter.UserIds"},
	{`,"UserIds":[null]`, "InvalidParameter.UserIds"},
	{`,"UserIds":[""]`, "InvalidParameter.UserIds"},
	{`,"UserIds":["` + tooLong + `"]`, "InvalidParameter.UserIds"},
	{`,"UserIds":["a","b","c","d","e","f","g","h","i","j","k"]`, "InvalidParameter.UserIds"},
}

// TestEveryCodeOfTheRoomActions provokes every code that TRTC documents for the four actions; nothing changes. Those
// that tell of trouble inside the server are in trouble_test.go; one tells of a cache that this server does not have
// (InternalError.GetRoomFromCacheError).
func TestEveryCodeOfTheRoomActions(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2")
	w.enter(str1234, "u1", "u2")
	try := func(action, room, rest string, bodies []wrong) {
		for _, c := range bodies {
			body := strings.ReplaceAll(c.body, ":R", ":"+room) + rest
			if a := w.call(action, body); a.code() != c.code {
				t.Errorf("%s %.99s: %s; want %s", action, body, a.code(), c.code)
			}
		}
	}
	for _, c := range []struct {
		suffix, room string
		own          []wrong
	}{{"", "1234", byNumber}, {"ByStrRoomId", `"1234"`, byName}} {
		for _, bodies := range [][]wrong{everywhere, c.own} {
			try("RemoveUser"+c.suffix, c.room, `,"UserIds":["u1"]}`, bodies)
			try("DismissRoom"+c.suffix, c.room, "}", bodies)
		}
		for _, users := range byUsers {
			try("RemoveUser"+c.suffix, c.room, users.body+"}", []wrong{{`{"SdkAppId":1400000000,"RoomId":R`, users.code}})
		}
	}
	w.expect(numeric1234, "u1", "u2")
	w.expect(str1234, "u1", "u2")
}
