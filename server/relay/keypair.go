package relay

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookAgain is how often the files are looked at, at most.
const lookAgain = time.Minute

// keyPair is a certificate in files that somebody renews while we run.
type keyPair struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	changed time.Time
	looked  time.Time
}

// openKeyPair reads the files once, so that a mistake shows at the start.
func openKeyPair(cert, key string, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{cert: cert, key: key, log: log}
	return k, k.read(time.Now())
}

func (k *keyPair) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.current(time.Now()), nil },
	}
}

// current returns the certificate, read again if the file has changed. While the new one cannot be read, because only
// one of the two files is new as yet, the old one stays.
func (k *keyPair) current(now time.Time) *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.looked) < lookAgain {
		return k.pair
	}
	k.looked = now
	info, err := os.Stat(k.cert)
	if err == nil && !info.ModTime().Equal(k.changed) {
		err = k.read(now)
	}
	if err != nil {
		k.log.Warn("the relay's certificate cannot be read again; the old one stays", "why", err)
	}
	return k.pair
}

// read reads both files; the caller holds mu, or is alone.
func (k *keyPair) read(now time.Time) error {
	info, err := os.Stat(k.cert)
	if err != nil {
		return fmt.Errorf("turn-cert: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(k.cert, k.key)
	if err != nil {
		return fmt.Errorf("turn-cert and turn-key: %w", err)
	}
	k.pair, k.changed, k.looked = &pair, info.ModTime(), now
	return nil
}
