package stun

import (
	"encoding/binary"
	"net/netip"
)

// The codes of error answers that a check may earn.
const (
	BadRequest       = 400 // USERNAME or MESSAGE-INTEGRITY is missing.
	Unauthenticated  = 401 // The fragment is unknown, or the password is another.
	UnknownAttribute = 420
	RoleConflict     = 487 // Both ends believe to have the same role (RFC 8445 §7.3.1.1).
)

const (
	// reasonMax bounds the reason phrase in bytes. RFC 8489 §14.8 wants fewer than 128 characters.
	reasonMax = 127
	familyV4  = 1
	familyV6  = 2
)

// AppendSuccess appends the answer to an authentic request: the address that it came from, signed with the same key.
// An IPv4 address in IPv6 is written as IPv4. Nothing is allocated if dst has room for 76 bytes.
func AppendSuccess(dst []byte, r *Request, from netip.AddrPort, k *Key) []byte {
	start := len(dst)
	dst = appendHeader(dst, bindingSuccess, r.Transaction)
	dst = appendMapped(dst, start, from)
	dst = appendIntegrity(dst, start, k)
	return appendFingerprint(dst, start)
}

// AppendError appends an answer with an error: its code, 300 to 699, a reason in ASCII, cut to 127 bytes, and for 420
// the attributes that were unknown. It is signed unless the code is 400 or 401, since then the two ends share no
// password (RFC 8489 §9.1.3); then k may be nil. Nothing is allocated if dst has room for 208 bytes.
func AppendError(dst []byte, r *Request, code int, reason string, k *Key) []byte {
	start := len(dst)
	dst = appendHeader(dst, bindingError, r.Transaction)
	reason = reason[:min(len(reason), reasonMax)]
	dst = appendAttribute(dst, errorCode, 4+len(reason))
	dst = append(dst, 0, 0, byte(code/100), byte(code%100))
	dst = pad(append(dst, reason...), start)
	if code == UnknownAttribute {
		dst = appendAttribute(dst, unknownAttributes, 2*r.unknowns)
		for _, kind := range r.Unknown() {
			dst = binary.BigEndian.AppendUint16(dst, kind)
		}
		dst = pad(dst, start)
	}
	if code != BadRequest && code != Unauthenticated {
		dst = appendIntegrity(dst, start, k)
	}
	return appendFingerprint(dst, start)
}

// appendHeader leaves the length to appendFingerprint.
func appendHeader(dst []byte, kind uint16, transaction [12]byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(kind)<<16)
	dst = binary.BigEndian.AppendUint32(dst, cookie)
	return append(dst, transaction[:]...)
}

func appendAttribute(dst []byte, kind uint16, length int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(kind)<<16|uint32(length))
}

// pad fills up with zeros to a multiple of 4 bytes of the message that begins at start.
func pad(dst []byte, start int) []byte {
	for (len(dst)-start)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// appendMapped appends XOR-MAPPED-ADDRESS: the port and the address under the cookie, and behind it the transaction
// (RFC 8489 §14.2).
func appendMapped(dst []byte, start int, from netip.AddrPort) []byte {
	port, address := from.Port()^cookie>>16, from.Addr().Unmap()
	mask := dst[start+4 : start+headerLen]
	if address.Is4() {
		raw := address.As4()
		dst = appendAttribute(dst, xorMappedAddress, 8)
		dst = append(dst, 0, familyV4, byte(port>>8), byte(port))
		return appendMasked(dst, raw[:], mask)
	}
	raw := address.As16()
	dst = appendAttribute(dst, xorMappedAddress, 20)
	dst = append(dst, 0, familyV6, byte(port>>8), byte(port))
	return appendMasked(dst, raw[:], mask)
}

func appendMasked(dst, raw, mask []byte) []byte {
	for i, b := range raw {
		dst = append(dst, b^mask[i])
	}
	return dst
}

func appendIntegrity(dst []byte, start int, k *Key) []byte {
	signature := k.sign(dst[start:])
	dst = appendAttribute(dst, integrity, integrityLen)
	return append(dst, signature...)
}

// appendFingerprint also writes the length of the message that begins at start.
func appendFingerprint(dst []byte, start int) []byte {
	binary.BigEndian.PutUint16(dst[start+2:], uint16(len(dst)-start-headerLen+tailLen))
	check := sum(dst[start:])
	dst = appendAttribute(dst, fingerprint, fingerprintLen)
	return binary.BigEndian.AppendUint32(dst, check)
}
