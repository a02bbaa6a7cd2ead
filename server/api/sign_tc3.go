package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The words of signature version 3 (Tencent Cloud API 3.0, "Signature v3").
const (
	tc3Algorithm   = "TC3-HMAC-SHA256"
	tc3Terminator  = "tc3_request"
	unsignedBody   = "UNSIGNED-PAYLOAD"
	headerUnsigned = "X-TC-Content-SHA256"
	dateLayout     = "2006-01-02"
)

const (
	// authorizationMax bounds the header Authorization, in bytes; the official clients write some 200.
	authorizationMax = 4 << 10
	// signedHeadersMax bounds how many headers a signature covers.
	signedHeadersMax = 32
)

// tc3 is a call with signature version 3.
type tc3 struct {
	request *http.Request
	authorization
	body []byte
}

// authorization is what the header says.
type authorization struct {
	secretID, date, service string
	headers                 []string
	signature               []byte
}

func readTC3(r *http.Request, header string) (*tc3, error) {
	a, err := parseAuthorization(header)
	if err != nil {
		return nil, err
	}
	return &tc3{request: r, authorization: a}, nil
}

// parseAuthorization reads TC3-HMAC-SHA256 Credential=…/date/service/tc3_request, SignedHeaders=…, Signature=….
func parseAuthorization(header string) (authorization, error) {
	var a authorization
	malformed := func(why string) error {
		return refuse(codeInvalidAuthorization, "the header Authorization is malformed: %s", why)
	}
	if len(header) > authorizationMax {
		return a, malformed("it is longer than " + strconv.Itoa(authorizationMax) + " bytes")
	}
	rest, ok := strings.CutPrefix(header, tc3Algorithm+" ")
	if !ok {
		return a, malformed("it must begin with " + tc3Algorithm)
	}
	said := map[string]string{}
	for _, part := range strings.Split(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := said[name]; !ok || twice {
			return a, malformed("its parts must be Credential=…, SignedHeaders=…, Signature=…, each once")
		}
		said[name] = value
	}
	scope := strings.Split(said["Credential"], "/")
	if len(said) != 3 || len(scope) != 4 || scope[0] == "" || scope[3] != tc3Terminator {
		return a, malformed("Credential must be SecretId/date/service/" + tc3Terminator)
	}
	a.secretID, a.date, a.service = scope[0], scope[1], scope[2]
	a.headers = strings.Split(said["SignedHeaders"], ";")
	if !slices.Contains(a.headers, "content-type") || !slices.Contains(a.headers, "host") ||
		len(a.headers) > signedHeadersMax {
		return a, malformed("SignedHeaders must have content-type and host, in lower case")
	}
	var err error
	if a.signature, err = hex.DecodeString(said["Signature"]); err != nil || len(a.signature) != sha256.Size {
		return a, malformed("Signature must be 64 hexadecimal digits")
	}
	return a, nil
}

func (t *tc3) claim() (secretID, timestamp string) { return t.secretID, t.stamp() }

func (t *tc3) stamp() string { return t.request.Header.Get("X-TC-Timestamp") }

func (t *tc3) envelope() envelope {
	h := t.request.Header
	return envelope{h.Get("X-TC-Action"), h.Get("X-TC-Version"), h.Get("X-TC-Region"), h.Get("X-TC-Token")}
}

// verify takes any service in the scope, since the clients write what their endpoint begins with. It tries the host as
// sent and without its port (Node's client), and the values of headers in lower case, as the rule says, and as sent
// (Node's client again, whose multipart boundary has capitals).
func (t *tc3) verify(secretKey string) (seal, error) {
	payload, err := t.payload()
	if err != nil {
		return seal{}, err
	}
	failed := refuse(codeSignatureFailure,
		"the signature does not match; check the SecretKey, and that the request is sent as it was signed")
	if !t.dated() {
		return seal{}, failed
	}
	for _, host := range hosts(t.request) {
		for _, form := range []func(string) string{strings.ToLower, asSent} {
			canonical, ok := t.canonical(host, form, payload)
			if !ok {
				return seal{}, refuse(codeSignatureFailure, "SignedHeaders names a header that was not sent")
			}
			if hmac.Equal(t.signature, tc3Signature(secretKey, t.date, t.service, t.stamp(), canonical)) {
				return t.seal(), nil
			}
		}
	}
	return seal{}, failed
}

// seal covers the body too where the signature does not. The query and the signed headers are in the signature.
func (t *tc3) seal() seal {
	text := t.secretID + "\n" + string(t.signature)
	if t.unsigned() {
		text += "\n" + hashed(t.body)
	}
	return sha256.Sum256([]byte(text))
}

func (t *tc3) unsigned() bool { return t.request.Header.Get(headerUnsigned) == unsignedBody }

// payload reads the body of a POST and returns what stands for it in the signature.
func (t *tc3) payload() (string, error) {
	if t.request.Method == http.MethodPost {
		var err error
		if t.body, err = readBody(t.request, bodyTC3Max); err != nil {
			return "", err
		}
	}
	if t.unsigned() {
		return hashed([]byte(unsignedBody)), nil
	}
	return hashed(t.body), nil
}

// dated says whether the date in the scope is that of the timestamp.
func (t *tc3) dated() bool {
	at, err := strconv.ParseInt(t.stamp(), 10, 64)
	return err == nil && time.Unix(at, 0).UTC().Format(dateLayout) == t.date
}

// canonical is the request as it is signed; false when a signed header is missing.
func (t *tc3) canonical(host string, form func(string) string, payload string) (string, bool) {
	var b strings.Builder
	b.WriteString(t.request.Method + "\n/\n" + t.request.URL.RawQuery + "\n")
	for _, name := range t.headers {
		value := host
		if name != "host" {
			values := t.request.Header.Values(name)
			if len(values) == 0 {
				return "", false
			}
			value = strings.Join(values, ",")
		}
		b.WriteString(name + ":" + form(strings.TrimSpace(value)) + "\n")
	}
	b.WriteString("\n" + strings.Join(t.headers, ";") + "\n" + payload)
	return b.String(), true
}

func (t *tc3) params() (params, error) {
	if t.request.Method == http.MethodGet {
		return parseForm(t.request.URL.RawQuery)
	}
	switch contentType(t.request) {
	case contentJSON:
		return parseJSON(t.body)
	case contentMultipart:
		return parseMultipart(t.request.Header.Get("Content-Type"), t.body)
	default:
		return nil, refuse(codeInvalidRequest, "the Content-Type of a POST must be %s or %s", contentJSON, contentMultipart)
	}
}

// SignTC3 signs a request for the control API: it sets X-TC-Timestamp, X-TC-TraceId and Authorization. The caller has
// set the other headers, of which Content-Type, Host and X-TC-Action are signed; body is what the request carries. The
// TraceId is random and signed too, so that no two calls have one signature.
func SignTC3(r *http.Request, body []byte, secretID, secretKey string, now time.Time) {
	const service = "trtc"
	stamp, date := strconv.FormatInt(now.Unix(), 10), now.UTC().Format(dateLayout)
	r.Header.Set("X-TC-Timestamp", stamp)
	r.Header.Set("X-TC-TraceId", newRequestID())
	t := tc3{request: r, authorization: authorization{
		headers: []string{"content-type", "host", "x-tc-action", "x-tc-traceid"},
	}}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	// A header that is missing gives no signature that anybody takes; the server then says so.
	canonical, _ := t.canonical(host, strings.ToLower, hashed(body))
	signature := hex.EncodeToString(tc3Signature(secretKey, date, service, stamp, canonical))
	r.Header.Set("Authorization", tc3Algorithm+
		" Credential="+secretID+"/"+date+"/"+service+"/"+tc3Terminator+
		", SignedHeaders="+strings.Join(t.headers, ";")+
		", Signature="+signature)
}

func tc3Signature(secretKey, date, service, stamp, canonical string) []byte {
	scope := date + "/" + service + "/" + tc3Terminator
	text := tc3Algorithm + "\n" + stamp + "\n" + scope + "\n" + hashed([]byte(canonical))
	derived := mac(mac(mac([]byte("TC3"+secretKey), date), service), tc3Terminator)
	return mac(derived, text)
}

// hosts returns the names under which the caller may have signed this server.
func hosts(r *http.Request) []string {
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		return []string{r.Host, name}
	}
	return []string{r.Host}
}

func asSent(s string) string { return s }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
