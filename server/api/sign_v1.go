package api

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// v1 is a call with signature version 1 (Tencent Cloud API 3.0, "Signature v1"): everything stands in the query, or in
// the form that is the body.
type v1 struct {
	request   *http.Request
	form      map[string]string
	algorithm func() hash.Hash
	signature []byte
}

// v1Envelope are the parameters that are the same for all actions, and no action's own.
var v1Envelope = []string{
	"Action", "Version", "Region", "Timestamp", "Nonce", "SecretId", "SignatureMethod", "Signature", "Token", "Language",
	"RequestClient",
}

func readV1(r *http.Request) (*v1, error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		body, err := readBody(r, bodyV1Max)
		if err != nil {
			return nil, err
		}
		text = string(body)
	}
	form, err := splitForm(text)
	if err != nil {
		return nil, err
	}
	if form["SecretId"] == "" || form["Signature"] == "" {
		return nil, refuse(codeInvalidAuthorization,
			"there is neither a header Authorization, nor a SecretId with a Signature")
	}
	v := &v1{request: r, form: form}
	switch form["SignatureMethod"] {
	case "", "HmacSHA1":
		v.algorithm = sha1.New
	case "HmacSHA256":
		v.algorithm = sha256.New
	default:
		return nil, refuse(codeInvalidAuthorization, "SignatureMethod must be HmacSHA1 or HmacSHA256")
	}
	if v.signature, err = base64.StdEncoding.DecodeString(form["Signature"]); err != nil {
		return nil, refuse(codeInvalidAuthorization, "Signature must be base64")
	}
	return v, nil
}

// splitForm reads names and values, each name once.
func splitForm(text string) (map[string]string, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, refuse(codeInvalidRequest, "the parameters are no form: %v", err)
	}
	form := make(map[string]string, len(values))
	for name, all := range values {
		if len(all) > 1 {
			return nil, refuse(codeInvalidParameter, "the parameter %.64s is given more than once", name)
		}
		form[name] = all[0]
	}
	return form, nil
}

func (v *v1) claim() (secretID, timestamp string) { return v.form["SecretId"], v.form["Timestamp"] }

func (v *v1) envelope() envelope {
	return envelope{v.form["Action"], v.form["Version"], v.form["Region"], v.form["Token"]}
}

func (v *v1) verify(secretKey string) (seal, error) {
	if v.form["Nonce"] == "" {
		return seal{}, refuse(codeMissingParameter, "the parameter Nonce is missing")
	}
	for _, host := range hosts(v.request) {
		h := hmac.New(v.algorithm, []byte(secretKey))
		h.Write([]byte(v.request.Method + host + "/?" + v.sorted()))
		if hmac.Equal(v.signature, h.Sum(nil)) {
			// Not the body: one form can be escaped in several ways, all of which have this signature.
			return sha256.Sum256([]byte(v.form["SecretId"] + "\n" + string(v.signature))), nil
		}
	}
	return seal{}, refuse(codeSignatureFailure,
		"the signature does not match; check the SecretKey, and that the request is sent as it was signed")
}

// sorted is the parameters as they are signed: by name, unescaped.
func (v *v1) sorted() string {
	pairs := make([]string, 0, len(v.form))
	for _, name := range slices.Sorted(maps.Keys(v.form)) {
		if name != "Signature" {
			pairs = append(pairs, name+"="+v.form[name])
		}
	}
	return strings.Join(pairs, "&")
}

func (v *v1) params() (params, error) {
	own := maps.Clone(v.form)
	for _, name := range v1Envelope {
		delete(own, name)
	}
	return gather(own)
}
