package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

const (
	nonceLen  = 12
	gcmTagLen = 16
	wordLen   = 4 // Of SRTCP's E bit and index.
)

// gcm protects with AES-GCM (RFC 7714).
type gcm struct {
	aead        cipher.AEAD
	salt, nonce [nonceLen]byte
	// clear is what SRTCP authenticates but does not encrypt: the header with the SSRC, and the word.
	clear [rtcpHeaderLen + wordLen]byte
}

func newGCM(m Master, labels byte) (guard, error) {
	key, salt := make([]byte, len(m.Key)), make([]byte, nonceLen)
	if err := derive(m, labels+labelKey, key); err != nil {
		return nil, err
	}
	if err := derive(m, labels+labelSalt, salt); err != nil {
		return nil, err
	}
	return gcmOf(key, salt)
}

// gcmOf takes session keys.
func gcmOf(key, salt []byte) (*gcm, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	return &gcm{aead: aead, salt: [nonceLen]byte(salt)}, nil
}

func (g *gcm) tagLen() int { return gcmTagLen }

// number sets the nonce: two zeros, the SSRC and the index in 48 bits, hidden under the salt. SRTCP's has the same
// shape with an index of 31 bits (RFC 7714 §8.1, §9.1).
func (g *gcm) number(ssrc uint32, index uint64) {
	g.nonce = g.salt
	low, high := g.nonce[4:], g.nonce[2:6]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)^index)
	binary.BigEndian.PutUint32(high, binary.BigEndian.Uint32(high)^ssrc)
}

func (g *gcm) sealRTP(dst, header, payload []byte, index uint64) int {
	g.number(mediaSSRC(header), index)
	n := len(header) + len(payload) + gcmTagLen
	body := dst[len(header):n:n] // The library would allocate quietly if dst were short; this panics.
	copy(dst, header)
	g.aead.Seal(body[:0], g.nonce[:], payload, dst[:len(header)])
	return n
}

func (g *gcm) openRTP(dst, packet []byte, headerLen int, index uint64) bool {
	header, body := packet[:headerLen], packet[headerLen:]
	g.number(mediaSSRC(header), index)
	_, err := g.aead.Open(dst[:0:len(body)-gcmTagLen], g.nonce[:], body, header)
	return err == nil
}

func (g *gcm) sealRTCP(dst, packet []byte, word uint32) int {
	g.prepare(packet, word)
	end := len(packet) + gcmTagLen
	dst = dst[: end+wordLen : end+wordLen]
	g.aead.Seal(dst[rtcpHeaderLen:rtcpHeaderLen:end], g.nonce[:], packet[rtcpHeaderLen:], g.clear[:])
	copy(dst, g.clear[:rtcpHeaderLen])
	binary.BigEndian.PutUint32(dst[end:], word)
	return len(dst)
}

func (g *gcm) openRTCP(dst, packet []byte) bool {
	g.prepare(packet, g.word(packet))
	end := len(packet) - wordLen
	body := packet[rtcpHeaderLen:end]
	_, err := g.aead.Open(dst[rtcpHeaderLen:rtcpHeaderLen:end-gcmTagLen], g.nonce[:], body, g.clear[:])
	copy(dst, g.clear[:rtcpHeaderLen])
	return err == nil
}

// prepare sets the nonce and what is authenticated in the clear (RFC 7714 §9.2).
func (g *gcm) prepare(packet []byte, word uint32) {
	g.number(controlSSRC(packet), uint64(word&^encrypted))
	copy(g.clear[:], packet[:rtcpHeaderLen])
	binary.BigEndian.PutUint32(g.clear[rtcpHeaderLen:], word)
}

// word stands behind the tag (RFC 7714 §9.2).
func (g *gcm) word(packet []byte) uint32 {
	return binary.BigEndian.Uint32(packet[len(packet)-wordLen:])
}
