// Package web is what a person sees: the call page, built beforehand and carried inside the binary.
//
// It serves files and nothing else. It knows no room, user or secret.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:generate go -C bundle run ./generate

//go:embed all:dist
var dist embed.FS

// policy is the page's Content-Security-Policy (CSP Level 3). Everything comes from the page's own origin; 'self' in
// connect-src covers the WebSocket. The SDK's heartbeat runs in a worker made from a blob, because a timer in a page
// that is out of sight is slowed down to once a minute.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; " +
	"img-src 'self' data: blob:; media-src 'self' blob:; " +
	"connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// permissions allows what a call needs and nothing else (Permissions Policy, W3C).
const permissions = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), " +
	"autoplay=(self), fullscreen=(self), screen-wake-lock=(self), clipboard-write=(self), " +
	"geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), accelerometer=(), gyroscope=(), " +
	"magnetometer=(), browsing-topics=()"

// Caching: an asset's name holds the hash of its content, so it never changes; all else is asked for again.
const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheChecked = "no-cache"
)

// gzipMin is the size in bytes below which compressing costs more than it saves: one packet carries it anyway.
const gzipMin = 1400

// Handler serves the call page that is built into the binary.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(fmt.Sprintf("web: the built page is missing: %v", err))
	}
	handler, err := HandlerOf(files)
	if err != nil {
		panic(fmt.Sprintf("web: the built page cannot be read: %v", err))
	}
	return handler
}

// HandlerOf serves the files of a built page. It reads them all once, at the start.
func HandlerOf(files fs.FS) (http.Handler, error) {
	s := site{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		s["/"+name], err = newAsset(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the built page: %w", err)
	}
	if index, ok := s["/index.html"]; ok {
		s["/"] = index
	}
	return s, nil
}

// site maps a path to what is served there.
type site map[string]*asset

// asset is one file, with its headers worked out beforehand.
type asset struct {
	kind    string
	cache   string
	etag    string
	plain   []byte
	zipped  []byte // nil when compressing does not pay
	zipETag string
}

func newAsset(name string, content []byte) (*asset, error) {
	sum := sha256.Sum256(content)
	tag := hex.EncodeToString(sum[:12])
	a := &asset{
		kind: contentType(name), cache: cacheChecked, plain: content,
		etag: `"` + tag + `"`, zipETag: `"` + tag + `-gzip"`,
	}
	if strings.HasPrefix(name, "assets/") {
		a.cache = cacheForever
	}
	if len(content) < gzipMin || strings.HasSuffix(name, ".woff2") {
		return a, nil
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	a.zipped = zipped.Bytes()
	return a, nil
}

// contentType names the kind of a file by its ending. The page's own kinds are fixed here, because the machine's
// table (mime.TypeByExtension reads /etc) may say otherwise, and nosniff makes a wrong kind fatal.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// ServeHTTP implements http.Handler.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD work here.", http.StatusMethodNotAllowed)
		return
	}
	a, ok := s[r.URL.Path]
	if !ok {
		w.Header().Set("Cache-Control", cacheChecked)
		http.Error(w, "There is nothing at this address. The call page is at /.", http.StatusNotFound)
		return
	}
	a.serve(w, r)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", a.cache)
	content, tag := a.plain, a.etag
	if a.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			content, tag = a.zipped, a.zipETag
		}
	}
	h.Set("ETag", tag)
	// A part of a compressed file helps nobody, so every answer is whole.
	r.Header.Del("Range")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as needed: gzip named, and not with weight 0.
func acceptsGzip(header string) bool {
	for _, part := range strings.Split(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		weight = strings.ReplaceAll(weight, " ", "")
		return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
	}
	return false
}

// secure sets the headers that every answer carries, errors included.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Permissions-Policy", permissions)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
