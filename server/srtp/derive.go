package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// The labels of session keys (RFC 3711 §4.3.1). RTCP's follow RTP's in the same order.
const (
	labelRTP  = 0x00
	labelRTCP = 0x03

	labelKey  = 0
	labelAuth = 1
	labelSalt = 2
)

// authLen is the length of an HMAC-SHA1 key in bytes (RFC 3711 §5.2).
const authLen = 20

// derive fills out with key material for a label: AES in counter mode over zeros, and the counter starts at the master
// salt with the label in its eighth byte (RFC 3711 §4.3.3). The key is never derived anew: the key derivation rate is
// 0. A salt of 12 bytes counts as if two zeros followed (RFC 7714 §11).
func derive(m Master, label byte, out []byte) error {
	block, err := aes.NewCipher(m.Key)
	if err != nil {
		return fmt.Errorf("derive SRTP keys: %w", err)
	}
	var iv [aes.BlockSize]byte
	copy(iv[:14], m.Salt)
	iv[7] ^= label
	clear(out)
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, out)
	return nil
}
