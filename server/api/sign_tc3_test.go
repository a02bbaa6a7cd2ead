package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestVectorA_TheOfficialExampleOfTC3 is the worked example of Tencent's page "Signature v3".
func TestVectorA_TheOfficialExampleOfTC3(t *testing.T) {
	id, secret := "AKID"+strings.Repeat("*", 32), strings.Repeat("*", 32)
	const body = `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	r := httptest.NewRequest(http.MethodPost, "https://cvm.tencentcloudapi.com/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-TC-Action", "DescribeInstances")
	r.Header.Set("X-TC-Timestamp", "1551113065")
	signed, err := readTC3(r, "TC3-HMAC-SHA256 Credential="+id+"/2019-02-25/cvm/tc3_request, "+
		"SignedHeaders=content-type;host;x-tc-action, "+
		"Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f")
	if err != nil {
		t.Fatal(err)
	}
	payload, err := signed.payload()
	if err != nil || payload != "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064" {
		t.Errorf("payload %s, error %v", payload, err)
	}
	canonical, ok := signed.canonical(r.Host, strings.ToLower, payload)
	if !ok || hashed([]byte(canonical)) != "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84" {
		t.Errorf("canonical request\n%s", canonical)
	}
	r.Body = http.NoBody
	if _, err := signed.verify(secret); err == nil {
		t.Error("the signature holds for another body too")
	}
	signed.request = r.Clone(t.Context())
	signed.request.Body = readCloser(body)
	if _, err := signed.verify(secret); err != nil {
		t.Errorf("the official signature: %v", err)
	}
}

// vectorB is a RemoveUser as tencentcloud-sdk-nodejs 4.1.313 signs it.
func vectorB(method, target, contentType, body, signature string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-TC-Action", "RemoveUser")
	r.Header.Set("X-TC-Version", Version)
	r.Header.Set("X-TC-Region", "ap-guangzhou")
	r.Header.Set("X-TC-Timestamp", "1700000000")
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/trtc/tc3_request, "+
		"SignedHeaders=content-type;host, Signature="+signature)
	return r
}

func TestVectorB_TheOfficialClientRemovesUsers(t *testing.T) {
	const (
		post      = "d0b3d03164916f439b75482ac013494ced50518c474a8592bcfaab94fb1bcbc1"
		get       = "fdd73d869cd97b0af63081d81edd2d4051f6afb056ee1971a08574a9a5c5cf61"
		body      = `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["test1","test2"]}`
		query     = "SdkAppId=1400000000&RoomId=1234&UserIds.0=test1&UserIds.1=test2"
		server    = "http://trtc.tencentcloudapi.com/"
		withPort  = "http://trtc.tencentcloudapi.com:8082/"
		signature = "&SignatureMethod=HmacSHA256&Signature=AWMkKHPN493%2BkIJa2liVLPqu6NJ0pSG4PSZoNP7DrXw%3D"
		sha1      = "&SignatureMethod=HmacSHA1&Signature=BEAU6dsqmBl53NMCBzroSOsMB1U%3D"
		form      = query + "&Action=RemoveUser&Nonce=11886&Region=ap-guangzhou&SecretId=AKIDEXAMPLE" +
			"&Timestamp=1700000000&Version=2019-07-22"
	)
	v1 := func(server, text string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, server, strings.NewReader(text))
		r.Header.Set("Content-Type", contentForm)
		return r
	}
	cases := map[string]*http.Request{
		"POST":                 vectorB(http.MethodPost, server, contentJSON, body, post),
		"POST, host with port": vectorB(http.MethodPost, withPort, contentJSON, body, post),
		"GET":                  vectorB(http.MethodGet, server+"?"+query, contentForm, "", get),
		"GET, host with port":  vectorB(http.MethodGet, withPort+"?"+query, contentForm, "", get),
		"v1 HmacSHA1":          v1(server, form+sha1),
		"v1 HmacSHA256":        v1(server, form+signature),
		"v1, host with port":   v1(withPort, form+signature),
	}
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.enter(numeric1234, "test1", "test2", "test3")
			w.enter(str1234, "test1")
			a := w.send(r)
			if a.code() != codeOK {
				t.Fatalf("%+v", a.Response.Error)
			}
			w.expect(numeric1234, "test3")
			w.expect(str1234, "test1")
		})
	}
}

func TestVectorB_OneChangedByteIsRefused(t *testing.T) {
	const signature = "d0b3d03164916f439b75482ac013494ced50518c474a8592bcfaab94fb1bcbc1"
	const body = `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["test1","test2"]}`
	w := newWorld(t)
	w.enter(numeric1234, "test1", "test2", "test3")
	swapped := strings.Replace(body, "1\"", "3\"", 1)
	change := map[string]*http.Request{
		"user":   vectorB("POST", "http://trtc.tencentcloudapi.com/", contentJSON, swapped, signature),
		"host":   vectorB("POST", "http://trtc.tencentcloudapi.org/", contentJSON, body, signature),
		"query":  vectorB("POST", "http://trtc.tencentcloudapi.com/?x=1", contentJSON, body, signature),
		"type":   vectorB("POST", "http://trtc.tencentcloudapi.com/", contentJSON+";x=1", body, signature),
		"method": vectorB("GET", "http://trtc.tencentcloudapi.com/", contentJSON, body, signature),
	}
	for name, r := range change {
		if a := w.send(r); a.code() != codeSignatureFailure {
			t.Errorf("another %s: %s", name, a.code())
		}
	}
	late := vectorB("POST", "http://trtc.tencentcloudapi.com/", contentJSON, body, signature)
	late.Header.Set("X-TC-Timestamp", "1700000001")
	if a := w.send(late); a.code() != codeSignatureFailure {
		t.Errorf("another time: %s", a.code())
	}
	w.expect(numeric1234, "test1", "test2", "test3")
}

// TestTheDateIsThatOfTheTimestamp: a signature for another day's scope is none, even with the right key.
func TestTheDateIsThatOfTheTimestamp(t *testing.T) {
	w := newWorld(t)
	for date, want := range map[string]string{"2023-11-14": codeRoomNotExist, "2023-11-13": codeSignatureFailure} {
		r := w.request("RemoveUser", removal)
		signed, err := readTC3(r, r.Header.Get("Authorization"))
		if err != nil {
			t.Fatal(err)
		}
		canonical, _ := signed.canonical(r.Host, asSent, hashed([]byte(removal)))
		signature := tc3Signature(secretKey, date, signed.service, signed.stamp(), canonical)
		r.Header.Set("Authorization", fmt.Sprintf(
			"TC3-HMAC-SHA256 Credential=%s/%s/%s/tc3_request, SignedHeaders=%s, Signature=%x",
			secretID, date, signed.service, strings.Join(signed.headers, ";"), signature))
		if a := w.send(r); a.code() != want {
			t.Errorf("the date %s: %s; want %s", date, a.code(), want)
		}
	}
}

// nodeClient signs as the official SDK for Node does: the host without its port, the service from what the endpoint
// begins with, values as they are.
func nodeClient(r *http.Request, service, payload string, at time.Time) *http.Request {
	host, _, _ := strings.Cut(r.Host, ":")
	date := at.UTC().Format("2006-01-02")
	canonical := fmt.Sprintf("%s\n/\n%s\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%s",
		r.Method, r.URL.RawQuery, r.Header.Get("Content-Type"), host, hashed([]byte(payload)))
	text := fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s/%s/tc3_request\n%s", at.Unix(), date, service, hashed([]byte(canonical)))
	signature := mac(mac(mac(mac([]byte("TC3"+secretKey), date), service), "tc3_request"), text)
	r.Header.Set("X-TC-Version", Version)
	r.Header.Set("X-TC-Region", "ap-guangzhou")
	r.Header.Set("X-TC-Timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("Authorization", fmt.Sprintf(
		"TC3-HMAC-SHA256 Credential=%s/%s/%s/tc3_request, SignedHeaders=content-type;host, Signature=%x",
		secretID, date, service, signature))
	return r
}

func TestWhatTheOfficialClientsSign(t *testing.T) {
	const body = `{"SdkAppId":1400000000,"RoomId":1234,"UserIds":["test1"]}`
	const multi = "--AbC\r\nContent-Disposition: form-data; name=\"SdkAppId\"\r\n\r\n1400000000\r\n" +
		"--AbC\r\nContent-Disposition: form-data; name=\"RoomId\"\r\n\r\n1234\r\n" +
		"--AbC\r\nContent-Disposition: form-data; name=\"UserIds.0\"\r\n\r\ntest1\r\n--AbC--\r\n"
	request := func(method, target, contentType, body string) *http.Request {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-TC-Action", "RemoveUser")
		return r
	}
	const query = "?UserIds.0=test1&RoomId=1234&SdkAppId=1400000000&Reason=a+b%20c"
	const at, name = "http://127.0.0.1:8082/", "http://localhost:8082/"
	unsigned := request("POST", at, contentJSON, body)
	unsigned.Header.Set(headerUnsigned, unsignedBody)
	const charset, boundary = contentJSON + "; charset=utf-8", contentMultipart + "; boundary=AbC"
	folded := request("POST", at, strings.ToLower(boundary), multi)
	now := time.Unix(1700000000, 0)
	folded = nodeClient(folded, "trtc", multi, now)
	folded.Header.Set("Content-Type", boundary)
	cases := map[string]*http.Request{
		"an endpoint that is an address": nodeClient(request("POST", at, contentJSON, body), "127", body, now),
		"an endpoint that is a name":     nodeClient(request("POST", name, contentJSON, body), "localhost:8082", body, now),
		"multipart, boundary as sent":    nodeClient(request("POST", at, boundary, multi), "trtc", multi, now),
		"multipart, boundary folded":     folded,
		"an unsigned body":               nodeClient(unsigned, "trtc", unsignedBody, now),
		"a query in another order":       nodeClient(request("GET", at+query, contentForm, ""), "trtc", "", now),
		"a type with a charset":          nodeClient(request("POST", at, charset, body), "trtc", body, now),
	}
	for name, r := range cases {
		w := newWorld(t)
		w.enter(numeric1234, "test1", "test2")
		if a := w.send(r); a.code() != codeOK {
			t.Errorf("%s: %+v", name, a.Response.Error)
		}
		w.expect(numeric1234, "test2")
	}
}

func TestAuthorizationIsReadStrictly(t *testing.T) {
	const good = "TC3-HMAC-SHA256 Credential=id/2023-11-14/trtc/tc3_request, SignedHeaders=content-type;host, Signature="
	digits := strings.Repeat("0f", 32)
	if _, err := parseAuthorization(good + digits); err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"SKIP":                 "SKIP",
		"nothing":              "TC3-HMAC-SHA256 ",
		"another algorithm":    "TC4" + good[3:] + digits,
		"signature too short":  good + digits[2:],
		"signature of letters": good + strings.Repeat("zz", 32),
		"no host":              strings.Replace(good, ";host", "", 1) + digits,
		"no content-type":      strings.Replace(good, "content-type;", "", 1) + digits,
		"scope of three":       strings.Replace(good, "/trtc", "", 1) + digits,
		"scope of five":        strings.Replace(good, "/trtc", "/trtc/x", 1) + digits,
		"another terminator":   strings.Replace(good, "tc3_request", "tc4_request", 1) + digits,
		"no SecretId":          strings.Replace(good, "=id/", "=/", 1) + digits,
		"a part twice":         good + digits + ", Signature=" + digits,
		"one part more":        good + digits + ", More=1",
		"a part without =":     good + digits + ", More",
		"too many headers":     strings.Replace(good, ";host", ";host"+strings.Repeat(";x", 40), 1) + digits,
		"too long":             good + strings.Repeat("0", authorizationMax),
	} {
		if a, err := parseAuthorization(header); codeOf(err) != codeInvalidAuthorization {
			t.Errorf("%s: %+v, error %v", name, a, err)
		}
	}
}
