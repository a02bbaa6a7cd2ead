package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/room"
)

func readCloser(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }

const removal = `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["u1"]}`

// header changes a header before the call is signed.
func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// refusals are calls, each with the code that refuses it.
type refusals map[string]struct {
	r    *http.Request
	want string
}

// refuses sends the calls and expects that nothing changes.
func (w *world) refuses(cases refusals) {
	w.t.Helper()
	w.enter(numeric1234, "u1", "u2")
	for name, c := range cases {
		if a := w.send(c.r); a.code() != c.want {
			w.t.Errorf("%s: %s; want %s", name, a.code(), c.want)
		}
	}
	w.expect(numeric1234, "u1", "u2")
}

// at is a removal that was signed at another time, as one that somebody else signed.
func (w *world) at(d time.Duration) *http.Request {
	return w.after(func(r *http.Request) { SignTC3(r, []byte(removal), secretID, secretKey, w.time().Add(d)) })
}

func (w *world) as(id, key string) *http.Request {
	return w.after(func(r *http.Request) { SignTC3(r, []byte(removal), id, key, w.time()) })
}

// after is a removal that is changed after it was signed.
func (w *world) after(change func(r *http.Request)) *http.Request {
	r := w.request("RemoveUser", removal)
	change(r)
	return r
}

func (w *world) set(name, value string) *http.Request { return w.after(header(name, value)) }

func (w *world) authorized(old, changed string) *http.Request {
	return w.after(func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, changed, 1))
	})
}

func (w *world) withBody(body io.Reader) *http.Request {
	return w.after(func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(body), -1 })
}

func TestWhoMayNotCallChangesNothing(t *testing.T) {
	other := strings.Replace(removal, "u1", "u2", 1)
	w := newWorld(t)
	w.refuses(refusals{
		"PUT":                    {w.after(func(r *http.Request) { r.Method = http.MethodPut }), codeUnsupportedProtocol},
		"another path":           {w.after(func(r *http.Request) { r.URL.Path = "/admin" }), codeInvalidRequest},
		"SKIP":                   {w.set("Authorization", "SKIP"), codeInvalidAuthorization},
		"no authorization":       {w.set("Authorization", ""), codeInvalidAuthorization},
		"garbage authorization":  {w.set("Authorization", "Bearer x"), codeInvalidAuthorization},
		"unknown key":            {w.as("AKIDnobody", secretKey), codeSecretIDNotFound},
		"a key that is no key":   {w.as(strings.Repeat("A", 129), secretKey), codeInvalidSecretID},
		"wrong key":              {w.as(secretID, "secretkeyWRONG"), codeSignatureFailure},
		"key of another app":     {w.as("AKIDother", "secretkeyOTHER"), codeUnauthorizedSdkAppID},
		"301 s old":              {w.at(-301 * time.Second), codeSignatureExpire},
		"301 s ahead":            {w.at(301 * time.Second), codeSignatureExpire},
		"no timestamp":           {w.after(func(r *http.Request) { r.Header.Del("X-TC-Timestamp") }), codeMissingParameter},
		"timestamp no number":    {w.set("X-TC-Timestamp", "now"), codeInvalidParameter},
		"a date of yesterday":    {w.authorized("-14/", "-13/"), codeSignatureFailure},
		"signed header not sent": {w.authorized("host;", "host;x-gone;"), codeSignatureFailure},
		"another body":           {w.withBody(strings.NewReader(other)), codeSignatureFailure},
		"a temporary key":        {w.set("X-TC-Token", "t"), codeTokenFailure},
	})
}

func TestACallOfNothingChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.refuses(refusals{
		"no version":        {w.set("X-TC-Version", ""), codeMissingParameter},
		"another version":   {w.set("X-TC-Version", "2017-03-12"), codeNoSuchVersion},
		"no action":         {w.request("", removal), codeMissingParameter},
		"unknown action":    {w.request("KickOutUser", removal), codeInvalidAction},
		"case of action":    {w.request("removeuser", removal), codeInvalidAction},
		"no region":         {w.set("X-TC-Region", ""), codeMissingParameter},
		"unknown region":    {w.set("X-TC-Region", "eu-moscow"), codeUnsupportedRegion},
		"a form, signed v3": {w.request("RemoveUser", "", header("Content-Type", contentForm)), codeInvalidRequest},
		"query too long": {
			w.after(func(r *http.Request) { r.URL.RawQuery = strings.Repeat("a", queryMax+1) }), codeRequestSizeLimitExceeded,
		},
		"body too long": {
			w.request("RemoveUser", removal[:len(removal)-1]+strings.Repeat(" ", bodyTC3Max)+"}"), codeRequestSizeLimitExceeded,
		},
		"body too long, length unsaid": {
			w.withBody(io.LimitReader(endless{}, bodyTC3Max+1)), codeRequestSizeLimitExceeded,
		},
		"body that breaks off": {w.withBody(broken{}), codeInvalidRequest},
		"multipart without boundary": {
			w.request("RemoveUser", removal, header("Content-Type", contentMultipart)), codeInvalidRequest,
		},
		"multipart that is none": {
			w.request("RemoveUser", removal, header("Content-Type", contentMultipart+"; boundary=x")), codeInvalidRequest,
		},
	})
}

func TestACallMayBeFiveMinutesOld(t *testing.T) {
	for _, off := range []time.Duration{-tolerance, tolerance} {
		w := newWorld(t)
		w.enter(numeric1234, "u1", "u2")
		if a := w.send(w.at(off)); a.code() != codeOK {
			t.Errorf("off by %s: %s", off, a.code())
		}
		w.expect(numeric1234, "u2")
	}
}

// endless is a body without end, broken one that the network lost.
type (
	endless struct{}
	broken  struct{}
)

func (endless) Read(p []byte) (int, error) { return len(p), nil }
func (broken) Read([]byte) (int, error)    { return 0, io.ErrUnexpectedEOF }

// v1Request is a call with signature version 1.
func v1Request(method, form string) *http.Request {
	if method == http.MethodGet {
		return httptest.NewRequest(method, "http://127.0.0.1:8082/?"+form, nil)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8082/", strings.NewReader(form))
	r.Header.Set("Content-Type", contentForm)
	return r
}

func TestRefusalsOfSignatureVersion1ChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	const form = "Action=RemoveUser&Version=2019-07-22&Region=ap-beijing&Nonce=1&SdkAppId=1400000000&RoomId=1234" +
		"&UserIds.0=u1&SecretId=AKIDEXAMPLE&Timestamp=1700000000&Signature=AAAA"
	cases := map[string]struct{ method, form, want string }{
		"wrong signature":   {"POST", form, codeSignatureFailure},
		"GET":               {"GET", form, codeSignatureFailure},
		"not base64":        {"POST", form + "!", codeInvalidAuthorization},
		"no signature":      {"POST", strings.Replace(form, "&Signature=AAAA", "", 1), codeInvalidAuthorization},
		"nothing":           {"GET", "", codeInvalidAuthorization},
		"unknown algorithm": {"POST", form + "&SignatureMethod=HmacMD5", codeInvalidAuthorization},
		"no nonce":          {"POST", strings.Replace(form, "&Nonce=1", "", 1), codeMissingParameter},
		"unknown key":       {"POST", strings.Replace(form, "EXAMPLE", "", 1), codeSecretIDNotFound},
		"stale":             {"POST", strings.Replace(form, "1700000000", "1699999699", 1), codeSignatureExpire},
		"a name twice":      {"POST", form + "&RoomId=7", codeInvalidParameter},
		"a bad escape":      {"POST", form + "&x=%zz", codeInvalidRequest},
		"body too long":     {"POST", form + "&x=" + strings.Repeat("a", bodyV1Max), codeRequestSizeLimitExceeded},
	}
	for name, c := range cases {
		if a := w.send(v1Request(c.method, c.form)); a.code() != c.want {
			t.Errorf("%s: %s; want %s", name, a.code(), c.want)
		}
	}
	w.expect(numeric1234, "u1")
}

func TestFormsAreHeldToTheSameRules(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	for query, want := range map[string]string{
		"SdkAppId=1400000000&RoomId=1234":                                                "MissingParameter.UserIds",
		"SdkAppId=1400000000&RoomId=1234&UserIds=u1":                                     "InvalidParameter.UserIds",
		"SdkAppId=1400000000&RoomId=1234&UserIds.1=u1":                                   "InvalidParameter",
		"SdkAppId=1400000000&RoomId=1234&UserIds.0=u1&UserIds=u1":                        "InvalidParameter",
		"SdkAppId=1400000000&RoomId=1234&UserIds.0=u1&UserIds.00=u2":                     "UnknownParameter",
		"SdkAppId=1400000000&RoomId=1234&UserIds.0=u1&RoomId=1234":                       "InvalidParameter",
		"SdkAppId=x&RoomId=1234&UserIds.0=u1":                                            "InvalidParameter.SdkAppId",
		"SdkAppId=1400000000&RoomId=&UserIds.0=u1":                                       "InvalidParameter.RoomId",
		"SdkAppId=1400000000&RoomId=0&UserIds.0=u1":                                      "InvalidParameterValue.RoomId",
		"SdkAppId=1400000000&RoomId=1234&UserIds.0=u1&" + url.QueryEscape("a\nb") + "=1": "UnknownParameter",
	} {
		w.pass(time.Second)
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8082/?"+query, nil)
		r.Header.Set("Content-Type", contentForm)
		r.Header.Set("X-TC-Action", "RemoveUser")
		if a := w.send(nodeClient(r, "trtc", "", w.time())); a.code() != want {
			t.Errorf("%s: %s; want %s", query, a.code(), want)
		}
	}
	w.expect(numeric1234, "u1")
}

func TestLimitIsForEachActionAndApp(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	dismiss := func(i int) *http.Request {
		return w.request("DismissRoom", fmt.Sprintf(`{"SdkAppId":1400000000,"RoomId":%d}`, 5000+i))
	}
	for i := range callsPerSecond {
		if a := w.send(dismiss(i)); a.code() != codeRoomNotExist {
			t.Fatalf("call %d: %s", i, a.code())
		}
	}
	over := w.request("DismissRoom", `{"SdkAppId":1400000000,"RoomId":1234}`)
	if a := w.send(over); a.code() != codeRequestLimitExceeded {
		t.Errorf("one call more: %s", a.code())
	}
	w.expect(numeric1234, "u1")
	second := w.request("DismissRoom", `{"SdkAppId":1400000000,"RoomId":9}`)
	SignTC3(second, []byte(`{"SdkAppId":1400000000,"RoomId":9}`), "AKIDsecond", "secretkeySECOND", w.time())
	if a := w.send(second); a.code() != codeRequestLimitExceeded {
		t.Errorf("another key of the same app: %s", a.code())
	}
	other := w.request("DismissRoom", `{"SdkAppId":1400000001,"RoomId":9}`)
	SignTC3(other, []byte(`{"SdkAppId":1400000001,"RoomId":9}`), "AKIDother", "secretkeyOTHER", w.time())
	if a := w.send(other); a.code() != codeRoomNotExist {
		t.Errorf("another app: %s", a.code())
	}
	if a := w.send(w.request("RemoveUser", removal)); a.code() != codeOK {
		t.Errorf("another action: %s", a.code())
	}
	// What was refused for its rate was not done, so the same call again is done.
	w.enter(numeric1234, "u1")
	w.pass(time.Second / callsPerSecond)
	over.Body = readCloser(`{"SdkAppId":1400000000,"RoomId":1234}`)
	if a := w.send(over); a.code() != codeOK {
		t.Errorf("the same call a moment later: %s", a.code())
	}
	w.expect(numeric1234)
}

func TestAStrangerCannotUseUpTheLimit(t *testing.T) {
	w := newWorld(t)
	for range 3 * callsPerSecond {
		r := w.request("RemoveUser", removal)
		SignTC3(r, []byte(removal), secretID, "secretkeyWRONG", w.time())
		if a := w.send(r); a.code() != codeSignatureFailure {
			t.Fatal(a.code())
		}
	}
	w.enter(room.Key{App: app, Kind: room.Numeric, ID: "1234"}, "u1")
	if a := w.send(w.request("RemoveUser", removal)); a.code() != codeOK {
		t.Errorf("the owner: %s", a.code())
	}
}
