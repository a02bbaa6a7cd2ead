package stun

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
)

// Request is a Binding request. Its slices are views into the message, and valid as long as that.
type Request struct {
	Transaction [12]byte
	// Username is "ours:theirs", the fragments of both ends, 1 to 513 bytes.
	Username []byte
	// UseCandidate says that the controlling end nominates the pair.
	UseCandidate bool
	// Controlled and Controlling are the role that the sender believes to have. TieBreaker comes with either.
	Controlled, Controlling bool
	TieBreaker              uint64
	// Priority is that of the peer reflexive candidate that this check may make known; 0 if it is missing.
	Priority uint32

	message  []byte
	signed   int // Where MESSAGE-INTEGRITY begins; 0 before it has been found.
	unknown  [unknownMax]uint16
	unknowns int
}

// Read reads a Binding request with a correct FINGERPRINT, a USERNAME and a MESSAGE-INTEGRITY. The latter is not
// checked yet: find the password, ask Authentic, and only then believe anything or look at Unknown.
//
// Errors: ErrMalformed, ErrType and ErrFingerprint, which deserve no answer, and ErrIncomplete, after which the
// request has its Transaction and may be answered with 400.
func Read(b []byte) (Request, error) {
	var r Request
	if !Is(b) {
		return r, ErrMalformed
	}
	if len(b) > messageMax {
		return r, errMessageLen
	}
	if binary.BigEndian.Uint16(b) != bindingRequest {
		return r, ErrType
	}
	body := len(b) - tailLen
	if body < headerLen || binary.BigEndian.Uint32(b[body:]) != fingerprint<<16|fingerprintLen ||
		binary.BigEndian.Uint32(b[body+attributeLen:]) != sum(b[:body]) {
		return r, ErrFingerprint
	}
	r.Transaction = [12]byte(b[8:headerLen])
	r.message = b
	if err := r.readAttributes(b[:body]); err != nil {
		return r, err
	}
	if r.Username == nil || r.signed == 0 {
		return r, ErrIncomplete
	}
	return r, nil
}

// readAttributes reads those between the header and FINGERPRINT. What is behind MESSAGE-INTEGRITY is not signed, and
// counts as absent (RFC 8489 §14.5).
func (r *Request) readAttributes(b []byte) error {
	for at := headerLen; at < len(b); {
		length := int(binary.BigEndian.Uint16(b[at+2:]))
		padded := (length + 3) &^ 3
		start := at + attributeLen
		if padded > len(b)-start {
			return errAttribute
		}
		kind := binary.BigEndian.Uint16(b[at:])
		if kind == fingerprint {
			return errLast
		}
		if r.signed == 0 {
			if err := r.take(kind, b[start:start+length:start+length], at); err != nil {
				return err
			}
		}
		at = start + padded
	}
	return nil
}

// take takes one attribute that begins at a place of the message. Of equal ones the first counts (RFC 8489 §14).
func (r *Request) take(kind uint16, value []byte, at int) error {
	switch kind {
	case username:
		if len(value) == 0 || len(value) > usernameMax {
			return errUsernameLen
		}
		if r.Username == nil {
			r.Username = value
		}
	case integrity:
		if len(value) != integrityLen {
			return errIntegrityLen
		}
		r.signed = at
	case priority:
		if len(value) != 4 {
			return errPriorityLen
		}
		if r.Priority == 0 {
			r.Priority = binary.BigEndian.Uint32(value)
		}
	case useCandidate:
		if len(value) != 0 {
			return errUseLen
		}
		r.UseCandidate = true
	case iceControlled, iceControlling:
		if len(value) != 8 {
			return errRoleLen
		}
		if !r.Controlled && !r.Controlling {
			r.Controlled, r.Controlling = kind == iceControlled, kind == iceControlling
			r.TieBreaker = binary.BigEndian.Uint64(value)
		}
	case mappedAddress, errorCode, unknownAttributes, realm, nonce, integritySHA256, passwordAlgorithm, userhash,
		xorMappedAddress: // Known, but of no meaning here (RFC 8489 §6.3).
	default:
		if kind < comprehensionLimit && r.unknowns < unknownMax {
			r.unknown[r.unknowns] = kind
			r.unknowns++
		}
	}
	return nil
}

// Authentic says whether the request was signed with the key.
func (r *Request) Authentic(k *Key) bool {
	if r.signed == 0 {
		return false
	}
	start := r.signed + attributeLen
	return hmac.Equal(k.sign(r.message[:r.signed]), r.message[start:start+integrityLen])
}

// Ufrag returns the two fragments of the user name. Without a colon in it theirs is nil.
func (r *Request) Ufrag() (ours, theirs []byte) {
	ours, theirs, _ = bytes.Cut(r.Username, []byte{':'})
	return ours, theirs
}

// Unknown returns the types of attributes that the sender wants understood and this package does not know, at most the
// first 8. If there are any the answer to an authentic request is 420 (RFC 8489 §6.3.1). They are valid as long as r.
func (r *Request) Unknown() []uint16 { return r.unknown[:r.unknowns] }
