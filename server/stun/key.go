package stun

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"hash"
)

// Key signs and checks messages with one password. It belongs to one goroutine.
type Key struct {
	mac  hash.Hash
	head [headerLen]byte
	sum  [sha1.Size]byte
}

// NewKey makes the key of a password (ice-pwd), which has only characters of RFC 8839 §5.4 and so needs no
// preparation.
func NewKey(password string) *Key {
	return &Key{mac: hmac.New(sha1.New, []byte(password))}
}

// sign computes the MESSAGE-INTEGRITY that follows before, a message from its header on. The length in the header
// counts only what reaches to the end of MESSAGE-INTEGRITY (RFC 8489 §14.5). The result is valid until the next call.
func (k *Key) sign(before []byte) []byte {
	copy(k.head[:], before)
	binary.BigEndian.PutUint16(k.head[2:], uint16(len(before)-headerLen+attributeLen+integrityLen))
	k.mac.Reset()
	k.mac.Write(k.head[:])
	k.mac.Write(before[headerLen:])
	return k.mac.Sum(k.sum[:0])
}
