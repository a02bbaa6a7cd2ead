package api

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
)

// asked counts the questions to a hall in which two rooms are open, and keeps the bans that it was asked for.
type asked struct {
	count    int
	bans     []ban.Ban
	sessions []string
}

// hall is a hall where ann is inside from two devices, and bob from none that is known.
func (a *asked) hall() scripted {
	info := host.RoomInfo{Key: numeric1234, Incarnation: "first", Members: []host.MemberInfo{
		{User: "ann", Session: "s1", Device: "phone"},
		{User: "ann", Session: "s2", Device: "laptop"},
		{User: "bob", Session: "s3"},
	}}
	return scripted{
		ask: func(context.Context, host.Command) (host.Reply, error) {
			a.count++
			return host.Reply{Room: &info}, nil
		},
		rooms: func(context.Context, uint32) ([]host.RoomInfo, error) {
			a.count++
			return []host.RoomInfo{info}, nil
		},
		open: func(room.Key, room.Policy) (*host.RoomInfo, error) {
			a.count++
			return &info, nil
		},
		ban: func(b ban.Ban, session string) (ban.Ban, host.Reply, error) {
			a.count++
			a.bans, a.sessions = append(a.bans, b), append(a.sessions, session)
			b.ID = "b" + string(rune('0'+len(a.bans)))
			reply := host.Reply{}
			if b.User == "ann" {
				reply.Exited = []exit.Record{{User: "ann", Session: "s1"}}
			}
			return b, reply, nil
		},
		bans: func(uint32) ([]ban.Ban, error) {
			a.count++
			return a.bans, nil
		},
		lift: func(_ uint32, id string) (ban.Ban, error) {
			a.count++
			if id == "gone" {
				return ban.Ban{}, host.ErrNoBan
			}
			return ban.Ban{ID: id, Scope: ban.App}, nil
		},
	}
}

// TestF6_ABanReachesAsFarAsItIsTold, and lasts as long: each scope, a time and for good.
func TestF6_ABanReachesAsFarAsItIsTold(t *testing.T) {
	a := &asked{}
	w := newScriptedWorld(t, a.hall())
	for body, want := range map[string]ban.Ban{
		`"RoomId":1234,"Scope":"room","BanSeconds":60`: {
			Scope: ban.Room, Key: numeric1234, Until: w.time().Add(61 * time.Second),
		},
		`"RoomId":1234,"Scope":"incarnation","ForGood":true`: {Scope: ban.Incarnation, Key: numeric1234},
		`"Scope":"app","BanSeconds":315360000,"Operator":"Ann","Reason":"spam"`: {
			Scope: ban.App, Until: w.time().Add(315360001 * time.Second), Actor: "Ann", Text: "spam",
		},
	} {
		w.now = time.Unix(1700000000, 0)
		a.bans = nil
		answer := w.call("BanUsers", `{"SdkAppId":1400000000,"UserIds":["bob"],`+body+`}`)
		if answer.code() != codeOK || len(a.bans) != 1 {
			t.Fatalf("%s: %+v", body, answer.Response)
		}
		want.App, want.User, want.At = app, "bob", w.time()
		if want.Actor == "" {
			want.Actor = "api:" + secretID
		}
		if a.bans[0] != want {
			t.Errorf("%s:\n%+v, want\n%+v", body, a.bans[0], want)
		}
		shown := answer.Response.Bans[0]
		if shown.BanID != "b1" || shown.UserID != "bob" || (shown.Until == nil) != want.Until.IsZero() ||
			shown.Operator != want.Actor || shown.RoomID != want.Key.ID || (want.Scope == ban.App) != (shown.RoomType == "") {
			t.Errorf("%s: told %+v", body, shown)
		}
		if !slices.Equal(answer.Response.Absent, []string{"bob"}) || len(answer.Response.Removed) > 0 {
			t.Errorf("%s: %+v", body, answer.Response)
		}
	}
}

// TestF7_ABanMayIncludeDevices: those from which the user is inside, each once; in the app, from any room.
func TestF7_ABanMayIncludeDevices(t *testing.T) {
	for _, place := range []string{
		`"RoomId":1234,"Scope":"room"`, `"RoomId":1234,"Scope":"incarnation"`, `"Scope":"app"`,
	} {
		a := &asked{}
		w := newScriptedWorld(t, a.hall())
		answer := w.call("BanUsers",
			`{"SdkAppId":1400000000,"UserIds":["ann","bob"],"BanSeconds":60,"IncludeDevices":true,`+place+`}`)
		var who []string
		for _, b := range a.bans {
			who = append(who, b.User+"@"+b.Device)
		}
		if !slices.Equal(who, []string{"ann@phone", "ann@laptop", "bob@"}) {
			t.Errorf("%s: banned %v", place, who)
		}
		if r := answer.Response; !slices.Equal(r.Removed, []string{"ann"}) || !slices.Equal(r.Absent, []string{"bob"}) {
			t.Errorf("%s: %+v", place, r)
		}
	}
}

// byBan are bodies of bans that are refused. They have the app and a list of users, unless they say otherwise.
var byBan = []wrong{
	{`"BanSeconds":60`, "MissingParameter.Scope"},
	{`"Scope":3,"BanSeconds":60`, "InvalidParameter.Scope"},
	{`"Scope":"","BanSeconds":60`, "InvalidParameterValue.Scope"},
	{`"Scope":"world","BanSeconds":60`, "InvalidParameterValue.Scope"},
	{`"Scope":"room"`, "MissingParameter.BanSeconds"},
	{`"Scope":"room","ForGood":false`, "MissingParameter.BanSeconds"},
	{`"Scope":"room","BanSeconds":60,"ForGood":true`, "InvalidParameter"},
	{`"Scope":"room","ForGood":1`, "InvalidParameter.ForGood"},
	{`"Scope":"room","BanSeconds":0`, "InvalidParameterValue.BanSeconds"},
	{`"Scope":"room","BanSeconds":-1`, "InvalidParameterValue.BanSeconds"},
	{`"Scope":"room","BanSeconds":315360001`, "InvalidParameterValue.BanSeconds"},
	{`"Scope":"room","BanSeconds":99999999999999999999999`, "InvalidParameterValue.BanSeconds"},
	{`"Scope":"room","BanSeconds":"60"`, "InvalidParameter.BanSeconds"},
	{`"Scope":"room","BanSeconds":60,"IncludeDevices":"yes"`, "InvalidParameter.IncludeDevices"},
	{`"Scope":"room","BanSeconds":60,"Reason":1`, "InvalidParameter"},
	{`"Scope":"room","BanSeconds":60,"SessionId":7`, "InvalidParameter"},
	{`"Scope":"room","BanSeconds":60,"SessionId":"` + strings.Repeat("x", 129) + `"`, "InvalidParameterValue"},
	{`"Scope":"room","BanSeconds":60,"SessionId":"s1"`, "InvalidParameter"}, // Two users.
	{`"Scope":"room","BanSeconds":60,"Until":1`, "UnknownParameter"},
	{`"Scope":"app","BanSeconds":60`, "InvalidParameter"}, // With a room.
	{`"Scope":"app","BanSeconds":60,"SessionId":"s1"`, "InvalidParameter"},
}

// TestABanThatIsRefusedBansNobody, by number and by name.
func TestABanThatIsRefusedBansNobody(t *testing.T) {
	w := newScriptedWorld(t, never)
	for suffix, id := range map[string]string{"": `1234`, "ByStrRoomId": `"1234"`} {
		for _, c := range byBan {
			body := `{"SdkAppId":1400000000,"RoomId":` + id + `,"UserIds":["ann","bob"],` + c.body + `}`
			if a := w.call("BanUsers"+suffix, body); a.code() != c.code {
				t.Errorf("BanUsers%s %.120s: %s; want %s", suffix, body, a.code(), c.code)
			}
		}
		whole := `"Scope":"room","BanSeconds":60}`
		for body, code := range map[string]string{
			`{"RoomId":` + id + `,"UserIds":["ann"],` + whole:                         "MissingParameter.SdkAppId",
			`{"SdkAppId":1400000001,"RoomId":` + id + `,"UserIds":["ann"],` + whole:   "UnauthorizedOperation.SdkAppId",
			`{"SdkAppId":1400000000,"UserIds":["ann"],` + whole:                       "MissingParameter.RoomId",
			`{"SdkAppId":1400000000,"RoomId":` + id + `,` + whole:                     "MissingParameter.UserIds",
			`{"SdkAppId":1400000000,"RoomId":` + id + `,"UserIds":[],` + whole:        "InvalidParameter.UserIds",
			`{"SdkAppId":1400000001,"UserIds":["ann"],"Scope":"app","ForGood":true}`:  "UnauthorizedOperation.SdkAppId",
			`{"SdkAppId":1400000000,"Scope":"app","ForGood":true}`:                    "MissingParameter.UserIds",
			`{"SdkAppId":1400000000,"RoomId":[],"UserIds":["ann"],"Scope":"room"}`:    "InvalidParameter.RoomId",
			`{"SdkAppId":1400000000,"RoomId":[],"UserIds":["ann"],"Scope":"app"}`:     "InvalidParameter",
			`{"SdkAppId":1400000000,"UserIds":["ann"],"Scope":"app","ForGood":false}`: "MissingParameter.BanSeconds",
		} {
			if a := w.call("BanUsers"+suffix, body); a.code() != code {
				t.Errorf("BanUsers%s %.120s: %s; want %s", suffix, body, a.code(), code)
			}
		}
	}
}

// TestBansComeInPages, those of one user too.
func TestBansComeInPages(t *testing.T) {
	a := &asked{}
	for i := range 25 {
		user := []string{"ann", "bob"}[i%2]
		a.bans = append(a.bans, ban.Ban{ID: string(rune('a' + i)), App: app, Scope: ban.App, User: user})
	}
	w := newScriptedWorld(t, a.hall())
	for body, want := range map[string]struct {
		ids   string
		total int
	}{
		``:                                    {"abcdefghij", 25},
		`,"PageNumber":2`:                     {"uvwxy", 25},
		`,"PageNumber":3`:                     {"", 25},
		`,"PageNumber":100000,"PageSize":100`: {"", 25},
		`,"PageSize":100`:                     {"abcdefghijklmnopqrstuvwxy", 25},
		`,"UserId":"bob","PageSize":3,"PageNumber":1`: {"hjl", 12},
		`,"UserId":"eve"`: {"", 0},
	} {
		answer := w.call("DescribeBans", `{"SdkAppId":1400000000`+body+`}`)
		ids := ""
		for _, b := range answer.Response.Bans {
			ids += b.BanID
		}
		if ids != want.ids || answer.Response.BansTotal != want.total {
			t.Errorf("%s: %s of %d; want %s of %d", body, ids, answer.Response.BansTotal, want.ids, want.total)
		}
	}
	for body, code := range map[string]string{
		`,"PageNumber":-1`:     "InvalidParameterValue.PageNumber",
		`,"PageNumber":100001`: "InvalidParameterValue.PageNumber",
		`,"PageSize":0`:        "InvalidParameterValue.PageSize",
		`,"PageSize":101`:      "InvalidParameterValue.PageSize",
		`,"PageSize":"10"`:     "InvalidParameter.PageSize",
		`,"UserId":""`:         "InvalidParameter.UserId",
	} {
		if a := w.call("DescribeBans", `{"SdkAppId":1400000000`+body+`}`); a.code() != code {
			t.Errorf("%s: %s; want %s", body, a.code(), code)
		}
	}
}

// TestF9_LiftingWhatIsOverSucceeds, and says so.
func TestF9_LiftingWhatIsOverSucceeds(t *testing.T) {
	w := newScriptedWorld(t, (&asked{}).hall())
	a := w.call("LiftBans", `{"SdkAppId":1400000000,"BanIds":["b1","gone","b1","b2"]}`).Response
	if len(a.Bans) != 2 || a.Bans[1].BanID != "b2" || !slices.Equal(a.AbsentBan, []string{"gone"}) {
		t.Errorf("%+v", a)
	}
	w = newScriptedWorld(t, never)
	for body, code := range map[string]string{
		``:                              "MissingParameter.BanIds",
		`,"BanIds":[]`:                  "InvalidParameter.BanIds",
		`,"BanIds":"b1"`:                "InvalidParameter.BanIds",
		`,"BanIds":[""]`:                "InvalidParameter.BanIds",
		`,"BanIds":["` + tooLong + `"]`: "InvalidParameter.BanIds",
		`,"BanIds":["` + strings.Join(strings.Split("abcdefghijk", ""), `","`) + `"]`: "InvalidParameter.BanIds",
	} {
		if a := w.call("LiftBans", `{"SdkAppId":1400000000`+body+`}`); a.code() != code {
			t.Errorf("%s: %s; want %s", body, a.code(), code)
		}
	}
}

// TestABookThatIsFullSaysSo.
func TestABookThatIsFullSaysSo(t *testing.T) {
	w := newScriptedWorld(t, scripted{ban: func(ban.Ban, string) (ban.Ban, host.Reply, error) {
		return ban.Ban{}, host.Reply{}, ban.ErrFull
	}})
	if a := w.call("BanUsers", bodies["BanUsers"]); a.code() != "LimitExceeded" {
		t.Errorf("%+v", a.Response.Error)
	}
}

// knock is an entry that may be refused.
func (w *world) knock(key room.Key, user string) error {
	w.t.Helper()
	_, err := w.hall.Enter(w.t.Context(), host.Entry{
		Key: key, User: user, Role: room.Anchor, Rights: room.AllRights, Offer: "an offer", Link: &link{},
	})
	return err
}

// session returns the stay of a user in the numeric room.
func (w *world) session(user string) string {
	w.t.Helper()
	for _, m := range w.call("DescribeRoom", `{"SdkAppId":1400000000,"RoomId":1234}`).Response.Room.Members {
		if m.UserID == user {
			return m.SessionID
		}
	}
	w.t.Fatalf("%s is not inside", user)
	return ""
}

// TestF1_WhoIsBannedStaysOut, with any credential, until the ban is lifted; others come and go.
func TestF1_WhoIsBannedStaysOut(t *testing.T) {
	w := newWorld(t)
	w.pass(time.Since(w.time()))
	victim := w.enter(numeric1234, "bob", "ann")
	a := w.call("BanUsers", `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["bob","eve"],"Scope":"room",`+
		`"BanSeconds":600,"Reason":"spam","Operator":"Ann"}`)
	if a.code() != codeOK || len(a.Response.Bans) != 2 || !slices.Equal(a.Response.Removed, []string{"bob"}) ||
		!slices.Equal(a.Response.Absent, []string{"eve"}) {
		t.Fatalf("%+v", a.Response)
	}
	if why := victim.record().Why; why.Reason != exit.Banned || why.Actor != "Ann" || why.Text != "spam" ||
		why.RejoinAfter < 9*time.Minute || why.RejoinAfter > 11*time.Minute {
		t.Errorf("the victim was told %+v", why)
	}
	for range 50 {
		if w.knock(numeric1234, "bob") == nil || w.knock(numeric1234, "eve") == nil {
			t.Fatal("a banned user is inside")
		}
	}
	w.enter(str1234, "bob")
	w.expect(numeric1234, "ann")
	held := w.call("DescribeBans", `{"SdkAppId":1400000000,"UserId":"bob"}`).Response
	if held.BansTotal != 1 || held.Bans[0].BanID != a.Response.Bans[0].BanID || held.Bans[0].Scope != "room" ||
		held.Bans[0].RoomID != "1234" || held.Bans[0].RoomType != "numeric" {
		t.Errorf("%+v", held)
	}
	lifted := w.call("LiftBans", `{"SdkAppId":1400000000,"BanIds":["`+held.Bans[0].BanID+`"]}`).Response
	if len(lifted.Bans) != 1 || lifted.Bans[0].UserID != "bob" {
		t.Errorf("%+v", lifted)
	}
	w.enter(numeric1234, "bob")
	w.expect(numeric1234, "ann", "bob")
}

// TestF6_EachScopeOfABan: which door is shut afterwards, and which stays open.
func TestF6_EachScopeOfABan(t *testing.T) {
	other := room.Key{App: app, Kind: room.Numeric, ID: "99"}
	foreign := room.Key{App: app + 1, Kind: room.Numeric, ID: "1234"}
	for scope, shut := range map[string][3]bool{
		// This incarnation, the next one, another room.
		`"RoomId":1234,"Scope":"incarnation"`: {true, false, false},
		`"RoomId":1234,"Scope":"room"`:        {true, true, false},
		`"Scope":"app"`:                       {true, true, true},
	} {
		w := newWorld(t)
		w.pass(time.Since(w.time()))
		w.enter(numeric1234, "bob", "ann")
		a := w.call("BanUsers", `{"SdkAppId":1400000000,"UserIds":["bob"],"ForGood":true,`+scope+`}`)
		if a.code() != codeOK {
			t.Fatalf("%s: %+v", scope, a.Response.Error)
		}
		got := [3]bool{w.knock(numeric1234, "bob") != nil}
		w.call("DismissRoom", `{"SdkAppId":1400000000,"RoomId":1234}`)
		w.enter(numeric1234, "ann")
		got[1] = w.knock(numeric1234, "bob") != nil
		got[2] = w.knock(other, "bob") != nil
		if got != shut {
			t.Errorf("%s shuts %v; want %v", scope, got, shut)
		}
		w.enter(foreign, "bob")
	}
	w := newWorld(t)
	nowhere := `{"SdkAppId":1400000000,"RoomId":5,"UserIds":["bob"],"Scope":"incarnation","ForGood":true}`
	if a := w.call("BanUsers", nowhere); a.code() != codeRoomNotExist {
		t.Errorf("a ban from an incarnation that is not: %s", a.code())
	}
}

// TestF10_AnOldSessionEndsNothing: a removal or a ban that names a stay of yesterday leaves the one of today alone.
func TestF10_AnOldSessionEndsNothing(t *testing.T) {
	w := newWorld(t)
	w.pass(time.Since(w.time()))
	w.enter(numeric1234, "bob", "ann")
	old := w.session("bob")
	w.enter(numeric1234, "bob")
	now := w.session("bob")
	for _, c := range []struct{ action, rest string }{
		{"RemoveUser", `}`},
		{"BanUsers", `,"Scope":"room","BanSeconds":60}`},
		{"BanUsers", `,"Scope":"room","BanSeconds":60,"IncludeDevices":true}`},
	} {
		body := `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["bob"],"SessionId":"`
		a := w.call(c.action, body+old+`"`+c.rest)
		if a.code() != codeOK || !slices.Equal(a.Response.Absent, []string{"bob"}) || len(a.Response.Bans) > 0 {
			t.Errorf("%s of the old stay: %+v", c.action, a.Response)
		}
		if w.session("bob") != now {
			t.Fatalf("%s of the old stay ended the new one", c.action)
		}
		a = w.call(c.action, body+now+`"`+c.rest)
		if a.code() != codeOK || !slices.Equal(a.Response.Removed, []string{"bob"}) ||
			!slices.Equal(a.Response.Ended, []string{now}) {
			t.Errorf("%s of the stay: %+v", c.action, a.Response)
		}
		w.expect(numeric1234, "ann")
		for _, b := range a.Response.Bans {
			w.call("LiftBans", `{"SdkAppId":1400000000,"BanIds":["`+b.BanID+`"]}`)
		}
		w.enter(numeric1234, "bob")
		now = w.session("bob")
	}
	two := `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["bob","ann"],"SessionId":"` + now + `"}`
	if a := w.call("RemoveUser", two); a.code() != codeInvalidParameter {
		t.Errorf("one stay of two users: %s", a.code())
	}
	w.expect(numeric1234, "ann", "bob")
}

// TestAServerThatKeepsNoBansSaysSo.
func TestAServerThatKeepsNoBansSaysSo(t *testing.T) {
	w := newScriptedWorld(t, scripted{bans: func(uint32) ([]ban.Ban, error) { return nil, host.ErrNoBans }})
	if a := w.call("DescribeBans", bodies["DescribeBans"]); a.code() != "UnsupportedOperation" {
		t.Errorf("%+v", a.Response.Error)
	}
}
