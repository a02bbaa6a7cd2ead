package main

import (
	"crypto/x509"
	"path/filepath"
	"testing"
	"time"

	"github.com/exeunt/exeunt/test/certificate"
)

// TestACertificateThatBrowsersRefuseIsNamed: they would say nothing of it.
func TestACertificateThatBrowsersRefuseIsNamed(t *testing.T) {
	c := settings()
	now := time.Now()
	if got := checkCertificate(c, now); got != nil {
		t.Errorf("without TURN over TLS: %v", got)
	}
	c.TurnTLS, c.TurnHost = "127.0.0.1:0", "turn.example"
	dir, day := t.TempDir(), 24*time.Hour
	c.TurnCert, c.TurnKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	says(t, checkCertificate(c, now)[0], stateProblem, "no such file")
	card := x509.Certificate{DNSNames: []string{"turn.example"}, NotBefore: now, NotAfter: now.Add(90 * day)}
	if _, _, err := certificate.Write(dir, card); err != nil {
		t.Fatal(err)
	}
	says(t, checkCertificate(c, now.Add(day))[0], stateOK, "for turn.example until")
	says(t, checkCertificate(c, now.Add(80*day))[0], stateWarning, "runs out on")
	says(t, checkCertificate(c, now.Add(91*day))[0], stateProblem, "ran out on")
	says(t, checkCertificate(c, now.Add(-day))[0], stateProblem, "holds from")
	c.TurnHost = "other.example"
	says(t, checkCertificate(c, now.Add(day))[0], stateProblem, "not for other.example")
}
