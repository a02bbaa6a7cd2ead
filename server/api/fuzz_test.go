package api

import (
	"net/http"
	"strings"
	"testing"
)

// never is a hall that must not be asked.
var never scripted

func FuzzAuthorization(f *testing.F) {
	f.Add("SKIP")
	f.Add("TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/trtc/tc3_request, SignedHeaders=content-type;host, " +
		"Signature=d0b3d03164916f439b75482ac013494ced50518c474a8592bcfaab94fb1bcbc1")
	f.Add("TC3-HMAC-SHA256 Credential=///tc3_request,SignedHeaders=;host;content-type,Signature=")
	f.Fuzz(func(t *testing.T, header string) {
		w := newScriptedWorld(t, never)
		r := w.request("RemoveUser", removal)
		r.Header.Set("Authorization", header)
		if a := w.send(r); a.code() == codeOK || a.code() == codeInternalError {
			t.Errorf("%q: %s", header, a.code())
		}
	})
}

// fuzzed makes each action read p, which must give a deed or a refusal.
func fuzzed(t *testing.T, p params, err error) {
	t.Helper()
	if codeOf(err) == codeInternalError {
		t.Error(err)
	}
	for name, a := range actions {
		c := &call{action: a, params: p, key: &key{tenant: newTenant(app, Config{})}}
		if _, err := a.read(c); codeOf(err) == codeInternalError {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(removal)
	f.Add(`{"SdkAppId":1400000000,"RoomId":"r","Reason":"x","Operator":{}}`)
	f.Add(`{"SdkAppId":1400000000,"RoomId":1,"Policy":{"Preset":"trtc","Idle":"1h","Devices":3}}`)
	f.Add(`{"SdkAppId":1400000000,"RoomId":1,"Scope":"room","UserIds":["u"],"BanSeconds":1,"IncludeDevices":true}`)
	f.Add(`{"SdkAppId":1400000000,"Scope":"app","UserIds":["u"],"ForGood":true,"PageNumber":-1,"PageSize":1e9}`)
	f.Add(`{"SdkAppId":1400000000,"StrRoomId":"r","UserId":"u","IsMute":3,"BanIds":["b"]}`)
	f.Add(`{"SdkAppId":1e99,"RoomId":-0,"UserIds":[[]]} `)
	f.Add(strings.Repeat(`{"a":`, 100))
	f.Fuzz(func(t *testing.T, body string) {
		p, err := parseJSON([]byte(body))
		fuzzed(t, p, err)
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("SdkAppId=1400000000&RoomId=1234&UserIds.0=test1&UserIds.1=test2")
	f.Add("SdkAppId=1400000000&RoomId=1&Policy=%7B%22Idle%22%3A%221h%22%7D&ForGood=true&IsMute=2&UserId=u")
	f.Add("UserIds.9999=&UserIds.00=;%zz")
	f.Fuzz(func(t *testing.T, query string) {
		p, err := parseForm(query)
		fuzzed(t, p, err)
		r := v1Request(http.MethodPost, query)
		if signed, err := readV1(r); err == nil {
			_, _ = signed.claim()
			p, err := signed.params()
			fuzzed(t, p, err)
		}
	})
}

func FuzzMultipart(f *testing.F) {
	f.Add("multipart/form-data; boundary=AbC",
		"--AbC\r\nContent-Disposition: form-data; name=\"RoomId\"\r\n\r\n1234\r\n--AbC--\r\n")
	f.Add("multipart/form-data; boundary=\"", "--\r\n")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		p, err := parseMultipart(contentType, []byte(body))
		fuzzed(t, p, err)
	})
}
