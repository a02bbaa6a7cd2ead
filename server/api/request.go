package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// What a request may be long (Tencent Cloud API 3.0, "Request structure"), in bytes.
const (
	queryMax   = 32 << 10
	bodyTC3Max = 10 << 20
	bodyV1Max  = 1 << 20
)

// secretIDMax bounds a SecretId, in bytes, as the settings do.
const secretIDMax = 128

// tolerance is how far the caller's clock may be off.
const tolerance = 5 * time.Minute

// The types of content that a call may have.
const (
	contentJSON      = "application/json"
	contentMultipart = "multipart/form-data"
	contentForm      = "application/x-www-form-urlencoded"
)

// signed is a call with a signature of one of the two kinds.
type signed interface {
	// claim returns whose key the caller says it has, and when it says that it signed.
	claim() (secretID, timestamp string)
	// verify checks the signature.
	verify(secretKey string) (seal, error)
	// envelope returns what is the same for all actions; it may be trusted after verify.
	envelope() envelope
	// params reads what the action is told; to be called after verify.
	params() (params, error)
}

// envelope says which action of which version is called.
type envelope struct{ action, version, region, token string }

// seal is a digest of a signature that was good, and of whatever it does not cover.
type seal [32]byte

// checkProtocol refuses what is no call at all.
func checkProtocol(r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return refuse(codeUnsupportedProtocol, "the method is %.20s; only GET and POST are supported", r.Method)
	}
	if r.URL.Path != "/" {
		return refuse(codeInvalidRequest, "the path must be /; the action stands in X-TC-Action")
	}
	if len(r.URL.RawQuery) > queryMax {
		return refuse(codeRequestSizeLimitExceeded, "the query has %d bytes; the limit is %d", len(r.URL.RawQuery), queryMax)
	}
	return nil
}

// readSigned finds out which kind of signature the call has: version 3 has it in a header, version 1 among the
// parameters.
func readSigned(r *http.Request) (signed, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return readTC3(r, header)
	}
	if r.Method == http.MethodGet || contentType(r) == contentForm {
		return readV1(r)
	}
	return nil, refuse(codeInvalidAuthorization, "the header Authorization is missing")
}

// readBody reads at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	tooLong := refuse(codeRequestSizeLimitExceeded, "the body is longer than %d bytes", limit)
	if r.ContentLength > limit {
		return nil, tooLong
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLong
	}
	if err != nil {
		return nil, refuse(codeInvalidRequest, "the body broke off")
	}
	return body, nil
}

// checkStamp refuses a call that was signed too long ago, or too far in the future.
func checkStamp(stamp string, now time.Time) error {
	if stamp == "" {
		return refuse(codeMissingParameter, "the timestamp is missing")
	}
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refuse(codeInvalidParameter, "the timestamp must be a number of seconds since 1970")
	}
	window := int64(tolerance / time.Second)
	if at < now.Unix()-window || at > now.Unix()+window {
		return refuse(codeSignatureExpire,
			"the timestamp differs from the server's clock by more than %d s; check the caller's clock", window)
	}
	return nil
}

// contentType returns the media type of the body, without parameters; empty when the header is no media type.
func contentType(r *http.Request) string {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
