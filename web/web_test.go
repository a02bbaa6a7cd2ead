package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// get asks the built-in page for a path.
func get(t *testing.T, handler http.Handler, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

// TestThePageIsServedWithItsKindsAndItsLocks: kinds are fixed, assets are kept for ever, and the page may load nothing
// from elsewhere.
func TestThePageIsServedWithItsKindsAndItsLocks(t *testing.T) {
	handler := Handler()
	index := get(t, handler, "/")
	body, err := io.ReadAll(index.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": cacheChecked, "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": policy, "Permissions-Policy": permissions, "Referrer-Policy": "no-referrer",
	} {
		if got := index.Header.Get(name); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
	for ending, kind := range map[string]string{".js": "text/javascript", ".css": "text/css"} {
		_, rest, ok := strings.Cut(string(body), `"assets/main-`)
		for ok && !strings.HasPrefix(rest[strings.IndexByte(rest, '.'):], ending+`"`) {
			_, rest, ok = strings.Cut(rest, `"assets/main-`)
		}
		if !ok {
			t.Fatalf("the page names no asset that ends in %s:\n%s", ending, body)
		}
		asset := get(t, handler, "/assets/main-"+rest[:strings.IndexByte(rest, '"')])
		if asset.StatusCode != http.StatusOK || !strings.HasPrefix(asset.Header.Get("Content-Type"), kind) ||
			asset.Header.Get("Cache-Control") != cacheForever {
			t.Errorf("%s: %s, %v", ending, asset.Status, asset.Header)
		}
	}
}

// TestWhatIsThereAlreadyIsNotSentAgain: a tag that still holds answers without a body, compressed or not.
func TestWhatIsThereAlreadyIsNotSentAgain(t *testing.T) {
	handler := Handler()
	for _, coding := range []string{"", "gzip", "br, gzip;q=0.5", "gzip;q=0"} {
		first := get(t, handler, "/", "Accept-Encoding", coding)
		again := get(t, handler, "/", "Accept-Encoding", coding, "If-None-Match", first.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%q: %s", coding, again.Status)
		}
	}
	big := fstest.MapFS{"a.js": {Data: bytes.Repeat([]byte("x"), gzipMin)}}
	handler, err := HandlerOf(big)
	if err != nil {
		t.Fatal(err)
	}
	for coding, want := range map[string]string{"gzip": "gzip", "gzip;q=0.5": "gzip", "gzip;q=0": "", "br": "", "": ""} {
		if got := get(t, handler, "/a.js", "Accept-Encoding", coding).Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q answers %q; want %q", coding, got, want)
		}
	}
}

// TestNothingElseIsServed: other paths and methods get one clear sentence, with the same locks.
func TestNothingElseIsServed(t *testing.T) {
	handler := Handler()
	for _, path := range []string{"/nothing", "/assets/", "/../web.go", "/dist/index.html"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

// TestContentTypesDoNotDependOnTheMachine: the page's kinds are ours; a stranger's kind is never guessed as text.
func TestContentTypesDoNotDependOnTheMachine(t *testing.T) {
	for name, want := range map[string]string{
		"a.svg": "image/svg+xml", "a.woff2": "font/woff2", "a.png": "image/png", "a.strange": "application/octet-stream",
	} {
		if got := contentType(name); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}
