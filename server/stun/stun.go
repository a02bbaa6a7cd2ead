// Package stun reads the connectivity checks of ICE and writes their answers: what an ICE-lite agent needs of STUN
// (RFC 8489, RFC 8445 §7.3), and no more.
//
// It allocates nothing per message, and knows no sockets, no clock and no sessions: which password belongs to a user
// name fragment is the caller's business.
package stun

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	headerLen      = 20
	attributeLen   = 4 // Of an attribute's header.
	cookie         = 0x2112a442
	crcMask        = 0x5354554e
	integrityLen   = 20
	fingerprintLen = 4
	// tailLen is the length of the whole FINGERPRINT.
	tailLen = attributeLen + fingerprintLen
	// messageMax bounds a message in bytes: a check is far shorter than an Ethernet frame.
	messageMax = 1500
	// usernameMax bounds a user name in bytes: two fragments of 256 and a colon (RFC 8839 §5.4).
	usernameMax = 513
	// unknownMax is how many unknown attributes a 420 names. One is enough for a client to know why.
	unknownMax = 8
)

// The classes of a Binding message (RFC 8489 §5).
const (
	bindingRequest = 0x0001
	bindingSuccess = 0x0101
	bindingError   = 0x0111
)

// The attributes (RFC 8489 §18.3, RFC 8445 §16.1).
const (
	mappedAddress      = 0x0001
	username           = 0x0006
	integrity          = 0x0008
	errorCode          = 0x0009
	unknownAttributes  = 0x000a
	realm              = 0x0014
	nonce              = 0x0015
	integritySHA256    = 0x001c
	passwordAlgorithm  = 0x001d
	userhash           = 0x001e
	xorMappedAddress   = 0x0020
	priority           = 0x0024
	useCandidate       = 0x0025
	comprehensionLimit = 0x8000 // From here on an attribute that is not understood may be ignored.
	fingerprint        = 0x8028
	iceControlled      = 0x8029
	iceControlling     = 0x802a
)

// Why a message is not read.
var (
	// ErrMalformed says that the bytes are no STUN message, or one whose attributes do not fit.
	ErrMalformed = errors.New("malformed STUN message")
	// ErrType says that the message is no Binding request.
	ErrType = errors.New("no STUN Binding request")
	// ErrFingerprint says that FINGERPRINT is missing or wrong. ICE demands it of each check (RFC 8445 §7.1).
	ErrFingerprint = errors.New("STUN FINGERPRINT is missing or wrong")
	// ErrIncomplete says that USERNAME or MESSAGE-INTEGRITY is missing. The answer is 400 (RFC 8489 §9.1.3).
	ErrIncomplete = errors.New("STUN request lacks USERNAME or MESSAGE-INTEGRITY")

	errMessageLen   = fmt.Errorf("%w: longer than %d bytes", ErrMalformed, messageMax)
	errAttribute    = fmt.Errorf("%w: an attribute is longer than the message", ErrMalformed)
	errUsernameLen  = fmt.Errorf("%w: USERNAME must have 1 to %d bytes", ErrMalformed, usernameMax)
	errIntegrityLen = fmt.Errorf("%w: MESSAGE-INTEGRITY must have %d bytes", ErrMalformed, integrityLen)
	errPriorityLen  = fmt.Errorf("%w: PRIORITY must have 4 bytes", ErrMalformed)
	errUseLen       = fmt.Errorf("%w: USE-CANDIDATE must be empty", ErrMalformed)
	errRoleLen      = fmt.Errorf("%w: ICE-CONTROLLED and ICE-CONTROLLING must have 8 bytes", ErrMalformed)
	errLast         = fmt.Errorf("%w: FINGERPRINT must be the last attribute", ErrMalformed)
)

// Is tells STUN from what else arrives at a media port (RFC 7983 §7): a first byte of 0 to 3, the magic cookie, and a
// length that is the datagram's.
func Is(b []byte) bool {
	return len(b) >= headerLen && b[0] <= 3 && binary.BigEndian.Uint32(b[4:]) == cookie &&
		len(b)%4 == 0 && int(binary.BigEndian.Uint16(b[2:])) == len(b)-headerLen
}

// sum computes what FINGERPRINT says of the message before it (RFC 8489 §14.7). The length in the header counts
// FINGERPRINT in.
func sum(before []byte) uint32 { return crc32.ChecksumIEEE(before) ^ crcMask }
