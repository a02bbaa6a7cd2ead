package main

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/config"
)

// renewWithin is how long a certificate should last at least: whoever renews it needs a few tries.
const renewWithin = 14 * 24 * time.Hour

// checkCertificate says whether members can take the certificate of turn-tls. A browser that cannot says nothing of it:
// media does not flow, and that is all. Who has signed it is not looked at; members may trust others than this host.
func checkCertificate(c *config.Config, now time.Time) []finding {
	const check = "turn-cert"
	if c.TurnTLS == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.TurnCert, c.TurnKey)
	if err != nil {
		return []finding{fail(check, err.Error(), "name PEM files that this user may read with --turn-cert and --turn-key")}
	}
	leaf := pair.Leaf
	day := leaf.NotAfter.Format(time.DateOnly)
	switch {
	case leaf.VerifyHostname(c.TurnHost) != nil:
		return []finding{fail(check, fmt.Sprintf("the certificate is not for %s", c.TurnHost),
			"set turn-host to a name in the certificate, or get one for that name")}
	case now.After(leaf.NotAfter):
		return []finding{fail(check, "the certificate ran out on "+day, "renew it; a server that runs takes the new one")}
	case now.Before(leaf.NotBefore):
		return []finding{fail(check, "the certificate holds from "+leaf.NotBefore.Format(time.DateOnly)+" on",
			"look at the clock of this host, or wait")}
	case leaf.NotAfter.Sub(now) < renewWithin:
		return []finding{warn(check, "the certificate runs out on "+day, "renew it; a server that runs takes the new one")}
	default:
		return []finding{fine(check, "for %s until %s", c.TurnHost, day)}
	}
}
