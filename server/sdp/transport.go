package sdp

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
)

// transport is what the lines of a bundle have in common.
type transport struct {
	ufrag, pwd, setup string
	print             Fingerprint
}

// readTransport reads the transport of the tagged line. The others may leave out what they share with it
// (RFC 8843 §7.1.3), but must not say something else.
func (o *Offer) readTransport(session *section, sections []section) error {
	if session.has("ice-lite") {
		return refuse(session.field, "a=ice-lite; we are lite ourselves, so the client must be a full ICE agent")
	}
	common, err := session.transport()
	if err != nil {
		return err
	}
	var tagged transport
	for n, mid := range o.Bundle {
		i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.Mid == mid })
		own, err := sections[i].transport()
		if err != nil {
			return err
		}
		if n == 0 {
			tagged = own.or(common)
			if err := tagged.check(sections[i].field); err != nil {
				return err
			}
			continue
		}
		if name := own.or(tagged).differs(tagged); name != "" {
			return refuse(sections[i].field, "a=%s is not that of a=mid:%s; one transport for all lines is allowed",
				name, o.Bundle[0])
		}
	}
	o.Ufrag, o.Pwd, o.Setup, o.Fingerprint = tagged.ufrag, tagged.pwd, tagged.setup, tagged.print
	return nil
}

// transport reads what stands in one section. What does not stand there is empty.
func (s *section) transport() (transport, error) {
	var t transport
	for _, a := range []struct {
		name string
		to   *string
	}{{"ice-ufrag", &t.ufrag}, {"ice-pwd", &t.pwd}, {"setup", &t.setup}} {
		var err error
		if *a.to, _, err = s.one(a.name); err != nil {
			return t, err
		}
	}
	var err error
	t.print, err = s.fingerprint()
	return t, err
}

// or returns t with what it lacks taken from other.
func (t transport) or(other transport) transport {
	t.ufrag, t.pwd, t.setup = cmp.Or(t.ufrag, other.ufrag), cmp.Or(t.pwd, other.pwd), cmp.Or(t.setup, other.setup)
	if t.print.Value == nil {
		t.print = other.print
	}
	return t
}

// differs names the first attribute that is not the other's; empty when all are equal.
func (t transport) differs(other transport) string {
	switch {
	case t.ufrag != other.ufrag:
		return "ice-ufrag"
	case t.pwd != other.pwd:
		return "ice-pwd"
	case t.print.Hash != other.print.Hash || !bytes.Equal(t.print.Value, other.print.Value):
		return "fingerprint"
	case t.setup != other.setup:
		return "setup"
	default:
		return ""
	}
}

// check says whether a transport can be made of it.
func (t transport) check(field string) error {
	for _, c := range []struct {
		name, value string
		least       int
	}{{"ice-ufrag", t.ufrag, ufragMin}, {"ice-pwd", t.pwd, pwdMin}} {
		if len(c.value) < c.least || len(c.value) > credentialMax {
			return refuse(field, "a=%s has %d bytes; %d to %d are allowed",
				c.name, len(c.value), c.least, credentialMax)
		}
		if !isAlphanumeric(c.value, "+/") {
			return refuse(field, "a=%s has something else than letters, digits, + and /", c.name)
		}
	}
	if t.print.Value == nil {
		return refuse(field, "a=fingerprint with sha-256, sha-384 or sha-512 is missing")
	}
	if t.setup != "actpass" && t.setup != "active" {
		return refuse(field, "a=setup is %s; actpass and active are allowed, since we are passive", quote(t.setup))
	}
	return nil
}

// hashes gives the length in bytes of each hash that we can check. RFC 8122 §5 forbids md5, and sha-1 is broken.
var hashes = map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}

// fingerprint reads the strongest fingerprint of a section. Value is nil when there is none that we know.
func (s *section) fingerprint() (Fingerprint, error) {
	var strongest Fingerprint
	n := 0
	for _, a := range s.attributes {
		if a.name != "fingerprint" {
			continue
		}
		if n++; n > fingerprintsMax {
			return strongest, refuse(s.field, "more than %d lines of a=fingerprint", fingerprintsMax)
		}
		hash, text, _ := strings.Cut(a.value, " ")
		hash = strings.ToLower(hash)
		length, known := hashes[hash]
		if !known {
			continue
		}
		value := make([]byte, length)
		if !parseHex(value, text) {
			return strongest, refuse(s.field, "a=fingerprint:%s is not %d hexadecimal bytes with colons", hash, length)
		}
		if len(value) == len(strongest.Value) && !bytes.Equal(value, strongest.Value) {
			return strongest, refuse(s.field, "a=fingerprint:%s has two values; one certificate is allowed", hash)
		}
		if len(value) > len(strongest.Value) {
			strongest = Fingerprint{hash, value}
		}
	}
	return strongest, nil
}

// parseHex fills value from text such as 0a:1B.
func parseHex(value []byte, text string) bool {
	if len(text) != 3*len(value)-1 {
		return false
	}
	for i := range value {
		if _, err := hex.Decode(value[i:i+1], []byte(text[3*i:3*i+2])); err != nil {
			return false
		}
		if i > 0 && text[3*i-1] != ':' {
			return false
		}
	}
	return true
}
