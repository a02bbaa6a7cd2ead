package relay

import (
	"bytes"
	"crypto/x509"
	"log/slog"
	"os"
	"testing"
	"time"
)

// TestARenewedCertificateIsTaken: without a restart; and a half-written one changes nothing.
func TestARenewedCertificateIsTaken(t *testing.T) {
	dir := t.TempDir()
	cert, key := trusted(t, dir, x509.NewCertPool())
	files, err := openKeyPair(cert, key, slog.New(slog.DiscardHandler))
	check(t, err)
	now := time.Now()
	before := files.current(now).Certificate[0]
	check(t, os.WriteFile(cert, []byte("half"), 0o600))
	check(t, os.Chtimes(cert, now, now.Add(time.Hour)))
	if got := files.current(now.Add(lookAgain)).Certificate[0]; !bytes.Equal(got, before) {
		t.Error("a broken file took the place of the certificate")
	}
	trusted(t, dir, x509.NewCertPool())
	check(t, os.Chtimes(cert, now, now.Add(2*time.Hour)))
	if got := files.current(now.Add(2 * lookAgain)).Certificate[0]; bytes.Equal(got, before) {
		t.Error("the old certificate is still shown")
	}
}

// TestAMissingCertificateIsSaidAtTheStart: by the name of its setting.
func TestAMissingCertificateIsSaidAtTheStart(t *testing.T) {
	if _, err := openKeyPair(t.TempDir()+"/none", "", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no complaint")
	}
}
