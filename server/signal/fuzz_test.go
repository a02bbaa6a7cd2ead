package signal

import (
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

// firsts are entries and returns as clients send them.
func firsts(now time.Time) []*wire.ClientFrame {
	place := usersig.Place{ID: 7}
	sig := usersig.Sign(app, "ann", secret, time.Hour, now)
	entry := &wire.Enter{
		SdkAppId: app, UserId: "ann", UserSig: sig, Role: 20, Client: "go", Device: "d",
		Room: &wire.Enter_StrRoomId{StrRoomId: "7"},
	}
	permitted := &wire.Enter{
		SdkAppId: strict, UserId: "ann", UserSig: usersig.Sign(strict, "ann", secret, time.Hour, now),
		PrivateMapKey: usersig.SignPermit(strict, "ann", secret, place, usersig.Everything, time.Hour, now),
		Room:          &wire.Enter_RoomId{RoomId: 7},
	}
	back := &wire.Resume{
		SdkAppId: app, SessionId: "s", Secret: []byte("x"), Device: "d", Seq: 9, Room: &wire.Resume_RoomId{RoomId: 7},
	}
	return []*wire.ClientFrame{
		{Frame: &wire.ClientFrame_Enter{Enter: entry}},
		{Frame: &wire.ClientFrame_Enter{Enter: permitted}},
		{Frame: &wire.ClientFrame_Resume{Resume: back}},
	}
}

// Whatever the first frame of a connection says, it names a user and a room that may exist, or it is refused with a
// code of TRTC's and a sentence.
func FuzzFirstFrame(f *testing.F) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, frame := range firsts(now) {
		b, err := proto.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	door := &Door{config: Config{Apps: tenants()}}
	f.Fuzz(func(t *testing.T, message []byte) {
		frame, err := decode(websocket.MessageBinary, message)
		if err != nil {
			return
		}
		var key room.Key
		code, sentence := int32(0), ""
		if e := frame.GetEnter(); e != nil {
			who, refusal := door.check(e, now)
			if refusal != nil {
				code, sentence = refusal.Code, refusal.Message
			} else if who.entry.User == "" || len(who.entry.User) > room.UserMax {
				t.Fatalf("%q may enter", who.entry.User)
			}
			key = who.entry.Key
		} else if r := frame.GetResume(); r != nil {
			where, refusal := roomKey(r.GetSdkAppId(), r)
			if refusal != nil {
				code, sentence = refusal.Code, refusal.Message
			}
			key = where
		} else {
			return
		}
		if code != 0 && (code > 0 || sentence == "") {
			t.Fatalf("refused with %d and %q", code, sentence)
		}
		if code == 0 && (key.ID == "" || len(key.ID) > room.StrMax) {
			t.Fatalf("room %v is taken", key)
		}
	})
}
