package srtp

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCounterModeMakesTheKeystreamOfRFC3711B2(t *testing.T) {
	salt := unhex(t, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD")
	c, err := cmOf(unhex(t, "2B7E151628AED2A6ABF7158809CF4F3C"), make([]byte, authLen), salt)
	if err != nil {
		t.Fatal(err)
	}
	stream := make([]byte, 0xff02*aes.BlockSize)
	c.xor(stream, stream, 0, 0)
	for block, want := range map[int]string{
		0: "E03EAD0935C95E80E166B16DD92B4EB4", 1: "D23513162B02D0F72A43A2FE4A5F97AB",
		2: "41E95B3BB0A2E8DD477901E4FCA894C0", 0xfeff: "EC8CDF7398607CB0F2D21675EA9EA1E4",
		0xff00: "362B7C3C6773516318A077D7FC5073AE", 0xff01: "6A2CC3787889374FBEB4C81B17BA6C44",
	} {
		if got := stream[block*aes.BlockSize:][:aes.BlockSize]; !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("block %#x is %X; want %s", block, got, want)
		}
	}
}

func TestKeysAreDerivedAsInRFC3711B3(t *testing.T) {
	m := Master{unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"), unhex(t, "0EC675AD498AFEEBB6960B3AABE6")}
	for label, want := range map[byte]string{
		labelKey:  "C61E7A93744F39EE10734AFE3FF7A087",
		labelSalt: "30CBBC08863D8C85D49DB34A9AE1",
		labelAuth: "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098" +
			"6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2",
	} {
		got := make([]byte, len(want)/2)
		if err := derive(m, label, got); err != nil || !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("label %d: %X, error %v; want %s", label, got, err, want)
		}
	}
}

// The packets and keys of RFC 7714 §16 and §17. §17 shows another RTCP packet than the one its results were made from.
const (
	vectorKey  = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	vectorSalt = "517569642070726f2071756f"
	vectorRTP  = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976" +
		"69736120696e207061727465732074726573"
	vectorRTCP = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61" +
		"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
	vectorIndex = 0x5d4
)

func TestGCMProtectsAsInRFC7714(t *testing.T) {
	for _, c := range []struct {
		name      string
		keyLen    int
		rtp, rtcp string
	}{
		{
			"§16.1 and §17.1, 128 bits", 16,
			"8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833" +
				"899d7f27beb16a9152cf765ee4390cce",
			"81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b" +
				"c84aa45896cf4d2fc5abf87245d9eade800005d4",
		},
		{
			"§16.2 and §17.2, 256 bits", 32,
			"8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b" +
				"7aa3db36dfffd6b0f9bb7878d7a76c13",
			"81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad" +
				"1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := gcmOf(unhex(t, vectorKey)[:c.keyLen], unhex(t, vectorSalt))
			if err != nil {
				t.Fatal(err)
			}
			s := &Sealer{rtp: g, rtcp: g, sent: vectorIndex}
			o := &Opener{rtp: g, rtcp: g, media: map[uint32]*window{}, control: map[uint32]*window{}}

			plain, dst := unhex(t, vectorRTP), make([]byte, 200)
			sealed := dst[:s.Seal(dst, plain[:12], plain[12:], 0)]
			if !bytes.Equal(sealed, unhex(t, c.rtp)) {
				t.Errorf("SRTP is %x", sealed)
			}
			opened := make([]byte, 200)
			if n, err := o.Open(opened, sealed, 12); err != nil || !bytes.Equal(opened[:n], plain[12:]) {
				t.Errorf("opened %x, error %v", opened[:n], err)
			}

			plain = unhex(t, vectorRTCP)
			sealed = dst[:s.SealRTCP(dst, plain)]
			if !bytes.Equal(sealed, unhex(t, c.rtcp)) {
				t.Errorf("SRTCP is %x", sealed)
			}
			if n, err := o.OpenRTCP(opened, sealed); err != nil || !bytes.Equal(opened[:n], plain) {
				t.Errorf("opened %x, error %v", opened[:n], err)
			}
		})
	}
}
