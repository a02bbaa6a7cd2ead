package room

import (
	"strings"
	"testing"
)

// TestStrangeSignKnowsTRTCs89: exactly the documented characters name a string room.
func TestStrangeSignKnowsTRTCs89(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	every := letters + StrSigns
	if len(every) != 89 {
		t.Errorf("%d characters; want 89", len(every))
	}
	if at := StrangeSign(every); at != -1 {
		t.Errorf("%q is strange", every[at])
	}
	for c := rune(0); c < 0x250; c++ {
		if at := StrangeSign("ab" + string(c)); (at == -1) != strings.ContainsRune(every, c) {
			t.Errorf("%q: %d", c, at)
		}
	}
	if StrangeSign("a\xff") != 1 {
		t.Error("half a character passes")
	}
}

// TestNumberSevenIsNotStringSeven: keys of different kinds and tenants differ, in logs too.
func TestNumberSevenIsNotStringSeven(t *testing.T) {
	seen := map[string]Key{}
	for _, key := range []Key{
		{App: 1, Kind: Numeric, ID: "7"}, {App: 1, Kind: Str, ID: "7"}, {App: 2, Kind: Numeric, ID: "7"},
	} {
		if other, twice := seen[key.String()]; twice || other == key {
			t.Errorf("%v and %v look the same", key, other)
		}
		seen[key.String()] = key
	}
}
