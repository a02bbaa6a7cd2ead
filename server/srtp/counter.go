package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash"
)

const (
	cmSaltLen = 14
	cmTagLen  = 10
)

// cm protects with AES in counter mode and HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1).
type cm struct {
	block    cipher.Block
	mac      hash.Hash
	salt, iv [aes.BlockSize]byte // The last two bytes of the salt are zero; the blocks are counted there.
	sum      [sha1.Size]byte
	// tail is what is authenticated behind RTP but not sent: the rollover counter.
	tail [4]byte
}

func newCM(m Master, labels byte) (guard, error) {
	key, auth, salt := make([]byte, len(m.Key)), make([]byte, authLen), make([]byte, cmSaltLen)
	if err := derive(m, labels+labelKey, key); err != nil {
		return nil, err
	}
	if err := derive(m, labels+labelAuth, auth); err != nil {
		return nil, err
	}
	if err := derive(m, labels+labelSalt, salt); err != nil {
		return nil, err
	}
	return cmOf(key, auth, salt)
}

// cmOf takes session keys.
func cmOf(key, auth, salt []byte) (*cm, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	c := &cm{block: block, mac: hmac.New(sha1.New, auth)}
	copy(c.salt[:cmSaltLen], salt)
	return c, nil
}

func (c *cm) tagLen() int { return cmTagLen }

// xor encrypts and decrypts. Going block by block through cipher.Block would save the allocation of a Stream, but at
// 1200 bytes it takes four times as long.
func (c *cm) xor(dst, src []byte, ssrc uint32, index uint64) {
	c.iv = c.salt
	binary.BigEndian.PutUint32(c.iv[4:], binary.BigEndian.Uint32(c.iv[4:])^ssrc)
	binary.BigEndian.PutUint64(c.iv[8:], binary.BigEndian.Uint64(c.iv[8:])^index<<16)
	cipher.NewCTR(c.block, c.iv[:]).XORKeyStream(dst, src)
}

// tag computes the tag of a piece and, for RTP, the rollover counter behind it. It is valid until the next call.
func (c *cm) tag(piece, behind []byte) []byte {
	c.mac.Reset()
	c.mac.Write(piece)
	c.mac.Write(behind)
	return c.mac.Sum(c.sum[:0])[:cmTagLen]
}

func (c *cm) rollover(index uint64) []byte {
	binary.BigEndian.PutUint32(c.tail[:], uint32(index>>16))
	return c.tail[:]
}

func (c *cm) sealRTP(dst, header, payload []byte, index uint64) int {
	end := len(header) + len(payload)
	dst = dst[:end+cmTagLen]
	copy(dst, header)
	c.xor(dst[len(header):end], payload, mediaSSRC(header), index)
	copy(dst[end:], c.tag(dst[:end], c.rollover(index)))
	return len(dst)
}

func (c *cm) openRTP(dst, packet []byte, headerLen int, index uint64) bool {
	end := len(packet) - cmTagLen
	if !hmac.Equal(c.tag(packet[:end], c.rollover(index)), packet[end:]) {
		return false
	}
	c.xor(dst[:end-headerLen], packet[headerLen:end], mediaSSRC(packet), index)
	return true
}

func (c *cm) sealRTCP(dst, packet []byte, word uint32) int {
	end := len(packet) + wordLen
	dst = dst[:end+cmTagLen]
	c.xor(dst[rtcpHeaderLen:len(packet)], packet[rtcpHeaderLen:], controlSSRC(packet), uint64(word&^encrypted))
	copy(dst, packet[:rtcpHeaderLen])
	binary.BigEndian.PutUint32(dst[len(packet):], word)
	copy(dst[end:], c.tag(dst[:end], nil))
	return len(dst)
}

func (c *cm) openRTCP(dst, packet []byte) bool {
	end := len(packet) - cmTagLen
	if !hmac.Equal(c.tag(packet[:end], nil), packet[end:]) {
		return false
	}
	body := packet[rtcpHeaderLen : end-wordLen]
	index := uint64(c.word(packet) &^ encrypted)
	c.xor(dst[rtcpHeaderLen:rtcpHeaderLen+len(body)], body, controlSSRC(packet), index)
	copy(dst, packet[:rtcpHeaderLen])
	return true
}

// word stands before the tag (RFC 3711 §3.4).
func (c *cm) word(packet []byte) uint32 {
	return binary.BigEndian.Uint32(packet[len(packet)-cmTagLen-wordLen:])
}
