package media

import (
	"context"
	"strings"
	"testing"
)

// A publisher is asked to describe its layers where they are in one stream, and only there; listeners get no
// descriptions.
func TestLayersAreDescribedWhereTheyAreOneStream(t *testing.T) {
	const line = "a=extmap:12 " + extDependency + "\r\n"
	for _, one := range []struct {
		first string
		want  int
	}{{"98", 1}, {"45", 1}, {"96", 0}, {"102", 0}} {
		t.Run(one.first, func(t *testing.T) {
			parts := strings.Split(chromium, "\r\nm=")
			for i, part := range parts {
				if kind, rest, ok := strings.Cut(part, "/SAVPF "); ok && strings.HasPrefix(kind, "video") {
					rest = one.first + strings.Replace(" "+rest, " "+one.first+" ", " ", 1)
					parts[i] = kind + "/SAVPF " + strings.Replace(rest, "a=rtcp-mux\r\n", line+"a=rtcp-mux\r\n", 1)
				}
			}
			sends := 0
			for _, part := range parts {
				if strings.HasPrefix(part, "video") && strings.Contains(part, "a=sendonly") {
					sends++
				}
			}
			offer := strings.Join(parts, "\r\nm=")
			if strings.Count(offer, line) <= sends {
				t.Fatal("the offer has none for listeners")
			}
			answer, err := newEngine(t).Open(context.Background(), "a", offer)
			check(t, err)
			if got := strings.Count(answer, line); got != one.want*sends {
				t.Errorf("the answer has it %d times; want %d of %d", got, one.want, sends)
			}
		})
	}
}
