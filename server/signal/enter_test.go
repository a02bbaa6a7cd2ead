package signal

import (
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

// refused proves that an entry is refused with this code and then closed, and that the sentence says why.
func (w *world) refused(e *wire.Enter, code int32, says string) {
	w.t.Helper()
	m := w.connect(e.GetUserId())
	m.send(&wire.ClientFrame{Frame: &wire.ClientFrame_Enter{Enter: e}})
	last, closed := m.ended()
	got := last.GetRefused()
	if got.GetCode() != code || !strings.Contains(got.GetMessage(), says) || uint16(closed.Code) != closeRefused {
		w.t.Errorf("last word %v, close code %d; want code %d, %q", last, closed.Code, code, says)
	}
	if w.leases.count() != 0 {
		w.t.Error("a refused entry opened a room")
	}
}

func TestEachLimitOfAnEntryHasItsCode(t *testing.T) {
	number := func(id uint32) func(*wire.Enter) {
		return func(e *wire.Enter) { e.Room = &wire.Enter_RoomId{RoomId: id} }
	}
	text := func(id string) func(*wire.Enter) {
		return func(e *wire.Enter) { e.Room = &wire.Enter_StrRoomId{StrRoomId: id} }
	}
	user := func(id string) func(*wire.Enter) {
		return func(e *wire.Enter) { e.UserId, e.UserSig = id, sig(id) }
	}
	signed := func(a uint32, user, secret string, expire time.Duration) func(*wire.Enter) {
		return func(e *wire.Enter) { e.UserSig = usersig.Sign(a, user, secret, expire, time.Now().Add(-time.Minute)) }
	}
	for name, c := range map[string]struct {
		change func(*wire.Enter)
		code   int32
		says   string
	}{
		"no app":             {func(e *wire.Enter) { e.SdkAppId = 0 }, -3317, "sdkAppId 0"},
		"unknown app":        {func(e *wire.Enter) { e.SdkAppId = 1 }, -3317, "sdkAppId 1"},
		"no user":            {user(""), -3319, "empty"},
		"long user":          {user(strings.Repeat("u", 65)), -3319, "65 bytes; its limit is 64"},
		"control character":  {user("u\n1"), -3319, "control"},
		"no userSig":         {func(e *wire.Enter) { e.UserSig = "" }, -3320, "empty"},
		"no room":            {func(e *wire.Enter) { e.Room = nil }, -3318, "neither"},
		"room 0":             {number(0), -3318, "1 to 4294967294"},
		"room 4294967295":    {number(4294967295), -3318, "1 to 4294967294"},
		"empty strRoomId":    {text(""), -3318, "neither"},
		"long strRoomId":     {text(strings.Repeat("r", 65)), -102030, "65 bytes; its limit is 64"},
		"strange strRoomId":  {text("a/b"), -100014, "byte 1"},
		"strRoomId in Kanji": {text("部屋"), -100014, "byte 0"},
		"scene 4":            {func(e *wire.Enter) { e.Scene = 4 }, -100011, "0 to 3"},
		"scene 256":          {func(e *wire.Enter) { e.Scene = 256 }, -100011, "0 to 3"},
		"no role":            {func(e *wire.Enter) { e.Scene, e.Role = 1, 0 }, -100011, "20 (anchor)"},
		"role 276":           {func(e *wire.Enter) { e.Scene, e.Role = 1, 276 }, -100011, "20 (anchor)"},
		"noise as userSig":   {func(e *wire.Enter) { e.UserSig = "noise" }, -100018, "userSig"},
		"wrong secret":       {signed(app, "bob", "another secret of 16", time.Hour), -100018, "userSig"},
		"somebody else's":    {signed(app, "ann", secret, time.Hour), -100018, "userSig"},
		"another app's":      {signed(2, "bob", secret, time.Hour), -100018, "userSig"},
		"expired":            {signed(app, "bob", secret, time.Second), -100018, "expired"},
		"bad offer":          {func(e *wire.Enter) { e.Offer = "bad" }, host.CodeEnterFail, "offer"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(_ *testing.T, w *world) {
				e := entry("bob")
				c.change(e)
				w.refused(e, c.code, c.says)
			})
		})
	}
}

func TestAnEntryAtItsLimits(t *testing.T) {
	every := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + room.StrSigns
	if len(every) != 89 {
		t.Errorf("%d characters, TRTC allows 89", len(every))
	}
	for _, e := range []*wire.Enter{
		{UserId: strings.Repeat("u", 64), Room: &wire.Enter_RoomId{RoomId: 4294967294}},
		{UserId: "小军", Room: &wire.Enter_RoomId{RoomId: 1}, Scene: 3, Role: 21},
		{UserId: "u", Room: &wire.Enter_StrRoomId{StrRoomId: every[:64]}, Role: 99},
		{UserId: "u", Room: &wire.Enter_StrRoomId{StrRoomId: every[64:]}},
	} {
		story(t, func(_ *testing.T, w *world) {
			e.SdkAppId, e.UserSig = app, sig(e.GetUserId())
			m, _ := w.enterAs(e)
			m.exit()
			m.mustEnd(exit.Left)
		})
	}
}

func TestNumberSevenIsNotStringSeven(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.enter("ann")
		e := entry("bob")
		e.Room = &wire.Enter_StrRoomId{StrRoomId: "7"}
		if _, entered := w.enterAs(e); len(entered.GetMembers()) != 0 {
			t.Errorf("bob sees %v", entered.GetMembers())
		}
	})
}

// controlled is an entry to the app that demands a PrivateMapKey.
func controlled(key string) *wire.Enter {
	e := entry("bob")
	e.SdkAppId, e.UserSig = strict, usersig.Sign(strict, "bob", secret, time.Hour, time.Now())
	e.PrivateMapKey = key
	return e
}

func permit(user string, place usersig.Place, allowed usersig.Privilege, expire time.Duration) string {
	return usersig.SignPermit(strict, user, secret, place, allowed, expire, time.Now().Add(-time.Minute))
}

func TestPermissionControl(t *testing.T) {
	seven, eight, str := usersig.Place{ID: 7}, usersig.Place{ID: 8}, usersig.Place{Str: "7"}
	plain := func() string { return usersig.Sign(strict, "bob", secret, time.Hour, time.Now()) }
	for name, c := range map[string]struct {
		key  func() string
		code int32
	}{
		"missing":         {func() string { return "" }, codePrivilegeFlag},
		"noise":           {func() string { return "noise" }, codePrivilegeFlag},
		"a plain userSig": {plain, codePrivilegeFlag},
		"another room":    {func() string { return permit("bob", eight, usersig.Everything, time.Hour) }, codePrivilegeFlag},
		"string room":     {func() string { return permit("bob", str, usersig.Everything, time.Hour) }, codePrivilegeFlag},
		"somebody else":   {func() string { return permit("ann", seven, usersig.Everything, time.Hour) }, codePrivilegeFlag},
		"expired": {
			func() string { return permit("bob", seven, usersig.Everything, time.Second) }, codePrivilegeFlag,
		},
		"may not enter":  {func() string { return permit("bob", seven, usersig.CreateRoom, time.Hour) }, codeNoEnter},
		"may not create": {func() string { return permit("bob", seven, usersig.EnterRoom, time.Hour) }, host.CodeNoCreate},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(_ *testing.T, w *world) { w.refused(controlled(c.key()), c.code, "privateMapKey") })
		})
	}
}

func TestAPermitOpensItsRoom(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		seven := usersig.Place{ID: 7}
		ann := controlled(permit("ann", seven, usersig.Everything, time.Hour))
		ann.UserId, ann.UserSig = "ann", usersig.Sign(strict, "ann", secret, time.Hour, time.Now())
		w.enterAs(ann)
		// The room is there already, so that bob need not create it.
		bob, _ := w.enterAs(controlled(permit("bob", seven, usersig.Watch, time.Hour)))
		bob.exit()
		bob.mustEnd(exit.Left)
		str := controlled(permit("bob", usersig.Place{Str: "lesson"}, usersig.Everything, time.Hour))
		str.Room = &wire.Enter_StrRoomId{StrRoomId: "lesson"}
		w.enterAs(str)
	})
}

func TestBecomingAnchorNeedsAPermitAgain(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		key := permit("bob", usersig.Place{ID: 7}, usersig.Everything, time.Hour)
		e := controlled(key)
		e.Scene, e.Role = uint32(room.Live), uint32(room.Audience)
		bob, _ := w.enterAs(e)
		for _, c := range []struct {
			key  string
			code int32
		}{{"", codePrivilegeFlag}, {key, 0}} {
			bob.send(&wire.ClientFrame{Frame: &wire.ClientFrame_SwitchRole{
				SwitchRole: &wire.SwitchRole{Role: uint32(room.Anchor), PrivateMapKey: c.key},
			}})
			if f := bob.next().GetRoleSwitched(); f == nil || f.GetCode() != c.code {
				t.Errorf("switched: %v, want code %d", f, c.code)
			}
		}
	})
}
