// Package srtp protects and opens RTP and RTCP packets (RFC 3711, RFC 7714) with the keys that a DTLS handshake
// exported (RFC 5764).
//
// With AES-GCM nothing is allocated per packet. AES128SHA1 is there for the peers that offer nothing else; it
// allocates once per packet, 512 bytes, since the library's fast counter mode cannot be started again.
//
// A Sealer and an Opener belong to one goroutine each. The package knows no sockets, no clock and no RTP beyond the
// sequence number and the SSRC.
package srtp

import (
	"errors"
	"fmt"
)

// Profile is a DTLS-SRTP protection profile by its number (RFC 5764 §4.1.2, RFC 7714 §14.2).
type Profile uint16

// The profiles that this package knows. WebRTC demands the first one of everybody (RFC 8827 §6.5).
const (
	AES128SHA1 Profile = 0x0001 // AES-128 in counter mode, HMAC-SHA1 with a tag of 80 bits.
	AES128GCM  Profile = 0x0007
	AES256GCM  Profile = 0x0008
)

// Label is the label under which both ends export key material from their DTLS session (RFC 5764 §4.2).
const Label = "EXTRACTOR-dtls_srtp"

// What is wrong with keys.
var (
	// ErrProfile says that a protection profile is none of this package's.
	ErrProfile = errors.New("unknown SRTP protection profile")
	// ErrMaterial says that a key, a salt or the exported material has a length that the profile does not have.
	ErrMaterial = errors.New("SRTP key material of a wrong length")
)

// String returns the name that IANA has registered, or the number.
func (p Profile) String() string {
	switch p {
	case AES128SHA1:
		return "SRTP_AES128_CM_HMAC_SHA1_80"
	case AES128GCM:
		return "SRTP_AEAD_AES_128_GCM"
	case AES256GCM:
		return "SRTP_AEAD_AES_256_GCM"
	default:
		return fmt.Sprintf("SRTP profile 0x%04x", uint16(p))
	}
}

// lengths returns how many bytes a key and a salt have, both as a master and for a session.
func (p Profile) lengths() (key, salt int, err error) {
	switch p {
	case AES128SHA1:
		return 16, 14, nil
	case AES128GCM:
		return 16, 12, nil
	case AES256GCM:
		return 32, 12, nil
	default:
		return 0, 0, fmt.Errorf("%w: 0x%04x", ErrProfile, uint16(p))
	}
}

// MaterialLen returns how many bytes to export from the DTLS session: a key and a salt for each end, 56 to 88 bytes.
// The error is ErrProfile.
func (p Profile) MaterialLen() (int, error) {
	key, salt, err := p.lengths()
	return 2 * (key + salt), err
}

// Master is what all keys of one direction are derived from: a key of 16 or 32 bytes and a salt of 12 or 14.
type Master struct{ Key, Salt []byte }

// Split cuts exported material into the masters for what the DTLS client sends and for what the server sends (RFC 5764
// §4.2). They are views into material. Errors: ErrProfile, ErrMaterial.
func Split(p Profile, material []byte) (client, server Master, err error) {
	key, salt, err := p.lengths()
	if err != nil {
		return Master{}, Master{}, err
	}
	if want := 2 * (key + salt); len(material) != want {
		return Master{}, Master{}, fmt.Errorf("%w: %s wants %d bytes, not %d", ErrMaterial, p, want, len(material))
	}
	client.Key, material = material[:key:key], material[key:]
	server.Key, material = material[:key:key], material[key:]
	client.Salt, server.Salt = material[:salt:salt], material[salt:]
	return client, server, nil
}
