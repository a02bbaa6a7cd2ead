package srtp

import (
	"bytes"
	"testing"
)

// The RFCs show no whole packet with derived keys, nor one after a rollover. These were made with pion/srtp 3.1.3:
// keys of 00 01 02…, salts of a0 a1 a2…, rollover counter 0x01020304, SRTCP index 0x01020305.
func TestPacketsAreThoseOfAnotherImplementation(t *testing.T) {
	for p, want := range map[Profile]struct{ rtp, rtcp string }{
		AES128SHA1: {
			"800ffffedecafbadcafebabeac508a9f0bad3379e7ecbdfd85576ba96de464343864b878aa79af421ff5",
			"80c90001cafebabea0ae3b0f7198f3f8a7d178833dd541d381020305c35ffa20d21537a8e682",
		},
		AES128GCM: {
			"800ffffedecafbadcafebabe0cdfb88a1e42ec28f7fc87da97a0d4c654437423026fb792386cb5c1d97ad8c5a6095738",
			"80c90001cafebabe2764502d27cb161e73026930fded4f6c725cd9928043c94320029c505e7379a581020305",
		},
		AES256GCM: {
			"800ffffedecafbadcafebabe0daa6fb7ae7878d372c6ad775e1472222007aea5cdd77a68f17537928ad713ef086d36b7",
			"80c90001cafebabee40c4ce2a9f975bdaa723dec406782448c4eb428e46c1431c776489947d8af7581020305",
		},
	} {
		key, salt, err := p.lengths()
		if err != nil {
			t.Fatal(err)
		}
		m := Master{make([]byte, key), make([]byte, salt)}
		for i := range m.Key {
			m.Key[i] = byte(i)
		}
		for i := range m.Salt {
			m.Salt[i] = 0xa0 + byte(i)
		}
		s, err := NewSealer(p, m)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, 100)
		plain := unhex(t, "800ffffedecafbadcafebabe")
		n := s.Seal(dst, plain, bytes.Repeat([]byte{0xab}, 20), 0x01020304)
		if !bytes.Equal(dst[:n], unhex(t, want.rtp)) {
			t.Errorf("%s: SRTP is %x", p, dst[:n])
		}
		s.sent = 0x01020305
		n = s.SealRTCP(dst, unhex(t, "80c90001cafebabe81ca0002cafebabe01026d6500000000"))
		if !bytes.Equal(dst[:n], unhex(t, want.rtcp)) {
			t.Errorf("%s: SRTCP is %x", p, dst[:n])
		}
	}
}
