package rtp

import (
	"bytes"
	"testing"
)

// redundant makes a payload by the letter of RFC 2198 §3: older blocks first, the new one last.
func redundant(kind uint8, blocks ...string) []byte {
	var headers, bodies []byte
	for i, block := range blocks {
		if i == len(blocks)-1 {
			headers = append(headers, kind)
		} else {
			offset := 960 * (len(blocks) - 1 - i)
			headers = append(headers, 0x80|kind, byte(offset>>6), byte(offset<<2)|byte(len(block)>>8), byte(len(block)))
		}
		bodies = append(bodies, block...)
	}
	return append(headers, bodies...)
}

func TestPrimaryBlockIsFound(t *testing.T) {
	long := string(bytes.Repeat([]byte{7}, 1023))
	for _, blocks := range [][]string{{"new"}, {"old", "new"}, {"oldest", "", "old", "new"}, {long, "new"}, {"old", ""}} {
		payload := redundant(111, blocks...)
		red, ok := ReadRED(payload)
		if !ok || red.Type != 111 || string(payload[red.Primary:]) != blocks[len(blocks)-1] {
			t.Errorf("%d blocks: %+v, %v", len(blocks), red, ok)
		}
		RetypeRED(payload, 96)
		if want := redundant(96, blocks...); !bytes.Equal(payload, want) {
			t.Errorf("with another type %x; want %x", payload, want)
		}
	}
}

func TestBrokenRedundancyIsRefused(t *testing.T) {
	whole := redundant(111, "older", "old", "new")
	mixed := bytes.Clone(whole)
	mixed[4] = 0x80 | 112
	other := bytes.Clone(whole)
	other[8] = 112
	for name, payload := range map[string][]byte{
		"nothing": nil, "half a header": whole[:3], "no primary block": whole[:8], "a block that is cut off": whole[:12],
		"two codecs": mixed, "a new block of another codec": other,
	} {
		if red, ok := ReadRED(payload); ok {
			t.Errorf("%s: %+v", name, red)
		}
	}
}

// Whatever comes from the network: what is read stays inside, and a type that is written is the one that is read then.
func FuzzRED(f *testing.F) {
	f.Add(redundant(111, "older", "old", "new"), uint8(96))
	f.Add(redundant(111, "new"), uint8(0))
	f.Add([]byte{0xef, 0, 0}, uint8(127))
	f.Fuzz(func(t *testing.T, payload []byte, kind uint8) {
		red, ok := ReadRED(payload)
		if !ok {
			return
		}
		kind &= 0x7f
		before := bytes.Clone(payload)
		RetypeRED(payload, kind)
		again, ok := ReadRED(payload)
		if !ok || again.Type != kind || again.Primary != red.Primary {
			t.Fatalf("%+v became %+v, %v", red, again, ok)
		}
		RetypeRED(payload, red.Type)
		if !bytes.Equal(payload, before) {
			t.Fatal("there and back, it is another payload")
		}
	})
}
