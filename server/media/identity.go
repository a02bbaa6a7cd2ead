package media

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/exeunt/exeunt/server/sdp"
)

// identity is the one DTLS certificate of the process. Its fingerprint travels in every answer, so it needs no
// authority and dies with the process.
type identity struct {
	certificate tls.Certificate
	fingerprint string
}

// identityLife is how long the certificate says that it is valid. Browsers look at its fingerprint alone.
const identityLife = 10 * 365 * 24 * time.Hour

func newIdentity() (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("make the DTLS key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(identityLife),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return identity{}, fmt.Errorf("make the DTLS certificate: %w", err)
	}
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return identity{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: "sha-256 " + strings.Join(pairs, ":"),
	}, nil
}

var errFingerprint = errors.New("the certificate is not the one that the offer names")

// vouch says whether a certificate is the one whose fingerprint the offer had (RFC 8122 §6.2).
func vouch(f sdp.Fingerprint, der []byte) error {
	var sum []byte
	switch f.Hash {
	case "sha-256":
		s := sha256.Sum256(der)
		sum = s[:]
	case "sha-384":
		s := sha512.Sum384(der)
		sum = s[:]
	case "sha-512":
		s := sha512.Sum512(der)
		sum = s[:]
	}
	if len(sum) == 0 || subtle.ConstantTimeCompare(sum, f.Value) != 1 {
		return errFingerprint
	}
	return nil
}
