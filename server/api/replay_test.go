package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
)

// again is the same request once more, byte for byte.
func again(r *http.Request, body string) *http.Request {
	copied := r.Clone(context.Background())
	copied.Body = readCloser(body)
	return copied
}

// TestF10_ARepeatedCallSparesWhoCameBack: the same signed call, sent again by a retry or a listener, says what the
// first one did and does nothing.
func TestF10_ARepeatedCallSparesWhoCameBack(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2")
	r := w.request("RemoveUser", removal)
	capitals := again(r, removal)
	said, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	capitals.Header.Set("Authorization", said+"Signature="+strings.ToUpper(signature))
	if a := w.send(r); a.code() != codeOK || len(a.Response.Removed) != 1 || a.Response.Repeated {
		t.Fatalf("the first: %+v", a.Response)
	}
	w.enter(numeric1234, "u1")
	for _, repeated := range []*http.Request{again(r, removal), capitals, again(r, removal)} {
		w.pass(tolerance / 3)
		if a := w.send(repeated); a.code() != codeOK || len(a.Response.Removed) != 1 || !a.Response.Repeated {
			t.Errorf("repeated: %+v", a.Response)
		}
		w.expect(numeric1234, "u1", "u2")
	}
	if a := w.send(w.request("RemoveUser", removal)); a.code() != codeOK {
		t.Errorf("the same call, signed again: %s", a.code())
	}
	w.expect(numeric1234, "u2")
}

// TestARefusalIsRepeatedToo: a dismissal that found no room does not close the one that was opened since.
func TestARefusalIsRepeatedToo(t *testing.T) {
	w := newWorld(t)
	const body = `{"SdkAppId":1400000000,"RoomId":1234}`
	r := w.request("DismissRoom", body)
	for range 2 {
		if a := w.send(again(r, body)); a.code() != codeRoomNotExist {
			t.Errorf("code %s", a.code())
		}
		w.enter(numeric1234, "u1")
	}
	w.expect(numeric1234, "u1")
}

// TestVersion1IsRepeatedToo, in whatever way the form is escaped.
func TestVersion1IsRepeatedToo(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "test1", "test2")
	const form = "SdkAppId=1400000000&RoomId=1234&UserIds.0=test1&UserIds.1=test2&Action=RemoveUser&Nonce=11886" +
		"&Region=ap-guangzhou&SecretId=AKIDEXAMPLE&Timestamp=1700000000&Version=2019-07-22" +
		"&SignatureMethod=HmacSHA1&Signature=BEAU6dsqmBl53NMCBzroSOsMB1U%3D"
	to := func(form string) *http.Request {
		r := v1Request(http.MethodPost, form)
		r.Host = "trtc.tencentcloudapi.com"
		return r
	}
	for _, text := range []string{form, form, strings.Replace(form, "test1", "%74est1", 1)} {
		if a := w.send(to(text)); a.code() != codeOK || len(a.Response.Removed) != 2 {
			t.Fatalf("answer %+v", a.Response)
		}
		w.enter(numeric1234, "test1", "test2")
	}
	w.expect(numeric1234, "test1", "test2")
}

// TestOneSignatureOverTwoBodies: without the body in the signature, another body is another call.
func TestOneSignatureOverTwoBodies(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1", "u2", "u3")
	for _, user := range []string{"u1", "u2", "u1"} {
		body := strings.Replace(removal, "u1", user, 1)
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8082/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentJSON)
		r.Header.Set("X-TC-Action", "RemoveUser")
		r.Header.Set(headerUnsigned, unsignedBody)
		if a := w.send(nodeClient(r, "trtc", unsignedBody, w.time())); a.code() != codeOK {
			t.Errorf("%s: %s", user, a.code())
		}
	}
	w.expect(numeric1234, "u3")
}

// TestTwoActionsOverOneSignature: the official clients leave the action out of it, and may ask and act in one second.
func TestTwoActionsOverOneSignature(t *testing.T) {
	w := newWorld(t)
	w.enter(numeric1234, "u1")
	const body = `{"SdkAppId":1400000000,"RoomId":1234}`
	for _, action := range []string{"DescribeRoom", "DismissRoom"} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8082/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentJSON)
		r.Header.Set("X-TC-Action", action)
		if a := w.send(nodeClient(r, "trtc", body, w.time())); a.code() != codeOK {
			t.Errorf("%s: %s", action, a.code())
		}
	}
	w.expect(numeric1234)
}

// TestLookingTwiceSeesTwice: what only looks is done each time.
func TestLookingTwiceSeesTwice(t *testing.T) {
	w := newWorld(t)
	const body = `{"SdkAppId":1400000000,"RoomId":1234}`
	r := w.request("DescribeRoom", body)
	for members := 1; members <= 2; members++ {
		w.enter(numeric1234, fmt.Sprint("u", members))
		if a := w.send(again(r, body)); a.Response.Room.MembersTotal != members {
			t.Errorf("with %d members: %+v", members, a.Response)
		}
	}
}

// TestACallUnderWayIsNotMadeTwice: duplicates wait for the first, even when the first caller has hung up.
func TestACallUnderWayIsNotMadeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, open := atomic.Int32{}, make(chan struct{})
		hall := scripted{ask: func(ctx context.Context, c host.Command) (host.Reply, error) {
			asked.Add(1)
			<-open
			return host.Reply{Exited: []exit.Record{{User: c.Users[0]}}, Total: 1}, ctx.Err()
		}}
		w := newScriptedWorld(t, hall)
		r := w.request("RemoveUser", removal)
		hangUp, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for i := range 4 {
			repeated := again(r, removal)
			if i == 0 {
				repeated = repeated.WithContext(hangUp)
			}
			callers.Go(func() {
				if a := w.send(repeated); a.code() != codeOK || len(a.Response.Removed) != 1 {
					t.Errorf("caller %d: %+v", i, a.Response)
				}
			})
			synctest.Wait()
		}
		cancel()
		impatient, giveUp := context.WithCancel(t.Context())
		giveUp()
		if a := w.send(again(r, removal).WithContext(impatient)); a.code() != codeInternalError {
			t.Errorf("a duplicate that hangs up: %s", a.code())
		}
		close(open)
		callers.Wait()
		if asked.Load() != 1 {
			t.Errorf("the hall was asked %d times", asked.Load())
		}
	})
}

// TestReplaysAreForgottenInTime: no sooner than the signature is stale, and then at once; the table stays bounded.
func TestReplaysAreForgottenInTime(t *testing.T) {
	r, start := newReplays(), time.Unix(1700000000, 0)
	at := func(i int, d time.Duration) *call {
		return &call{now: start.Add(d), action: removeUser, seal: sha256.Sum256([]byte{byte(i >> 16), byte(i >> 8), byte(i)})}
	}
	for i := range replaysMax {
		if _, first, err := r.begin(at(i, 0)); !first || err != nil {
			t.Fatalf("call %d: first %v, error %v", i, first, err)
		}
	}
	if _, _, err := r.begin(at(replaysMax, 0)); codeOf(err) != codeRequestLimitExceeded {
		t.Errorf("one more: %v", err)
	}
	if _, first, err := r.begin(at(0, replayHold)); first || err != nil {
		t.Errorf("a repetition at the last moment: first %v, error %v", first, err)
	}
	if _, first, err := r.begin(at(0, replayHold+1)); !first || err != nil {
		t.Errorf("a repetition too late: first %v, error %v", first, err)
	}
	if len(r.calls) != 1 || len(r.order) != 1 {
		t.Errorf("%d calls remembered, %d in order", len(r.calls), len(r.order))
	}
	another := at(0, replayHold+1)
	another.action = dismissRoom
	if _, first, err := r.begin(another); !first || err != nil {
		t.Errorf("another action: first %v, error %v", first, err)
	}
}
