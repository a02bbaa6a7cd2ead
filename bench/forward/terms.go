//go:build linux

package main

import (
	"fmt"
	"strings"
)

// numbers is the header extension with the transport's own packet numbers.
const numbers = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// levels is the header extension that says how loud a packet's sound is (RFC 6464 §4).
const levels = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// terms are what a server's description says about the packets that it will send.
type terms struct {
	// numberID is the header extension that numbers packets; 0 for none.
	numberID uint8
	// repair has the payload types of repair streams (RFC 4588).
	repair [128]bool
}

// readTerms reads a description. One bundle has one meaning for each number, so the first line tells.
func readTerms(sdp string) *terms {
	t := &terms{}
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		var id uint8
		if strings.Contains(line, numbers) && t.numberID == 0 {
			// A line of another form has no number; the extension then counts as not there.
			_, _ = fmt.Sscanf(line, "a=extmap:%d", &t.numberID)
		}
		if _, err := fmt.Sscanf(strings.ToLower(line), "a=rtpmap:%d rtx/", &id); err == nil && id < 128 {
			t.repair[id] = true
		}
	}
	return t
}
