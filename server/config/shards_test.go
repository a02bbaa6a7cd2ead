package config

import (
	"runtime"
	"strings"
	"testing"
)

// There is a shard for each processor, but none where a port ends or is another's; a number that was set must be had.
func TestShardsFitTheHost(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(40))
	for _, one := range []struct {
		args        []string
		most, least int
	}{
		{nil, 32, 1},
		{[]string{"--media-addr", "127.0.0.1:0"}, 32, 1},
		{[]string{"--media-addr", "127.0.0.1:65530"}, 6, 1},
		{[]string{"--media-addr", "127.0.0.1:65535"}, 1, 1},
		{[]string{"--media-addr", "127.0.0.1:3474", "--turn-udp", "127.0.0.1:3478"}, 4, 1},
		{[]string{"--media-addr", "127.0.0.1:3479", "--turn-udp", "127.0.0.1:3478"}, 32, 1},
		{[]string{"--media-shards", "5"}, 5, 5},
		{[]string{"--media-addr", "127.0.0.1:0", "--media-shards", "2"}, 2, 2},
		{[]string{"--media-shards", "1", "--media-addr", "127.0.0.1:65535"}, 1, 1},
		{[]string{"--media-shards", "8", "--media-addr", "127.0.0.1:3470", "--turn-udp", "127.0.0.1:3478"}, 8, 8},
	} {
		c, err := parsed(t, "", one.args...)
		if err != nil {
			t.Errorf("%q: %v", one.args, err)
			continue
		}
		if most, least := c.Shards(); most != one.most || least != one.least {
			t.Errorf("%q: %d shards, at least %d; want %d and %d", one.args, most, least, one.most, one.least)
		}
	}
	runtime.GOMAXPROCS(3)
	if c, err := parsed(t, ""); err != nil {
		t.Error(err)
	} else if most, _ := c.Shards(); most != 3 {
		t.Errorf("%d shards for three processors", most)
	}
}

// What cannot be is refused before anything is bound.
func TestShardsThatCannotBeAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ args, want []string }{
		"too many": {[]string{"--media-shards", "33"}, []string{"media-shards", "1 to 32"}},
		"too few":  {[]string{"--media-shards=-1"}, []string{"media-shards", "1 to 32"}},
		"no such port": {
			[]string{"--media-addr", "127.0.0.1:65534", "--media-shards", "3"}, []string{"media-shards", "65536"},
		},
		"turn's port": {
			[]string{"--media-addr", "127.0.0.1:3470", "--media-shards", "9", "--turn-udp", "127.0.0.1:3478"},
			[]string{"media-shards", "3470 to 3478", "turn-udp"},
		},
	} {
		_, err := parsed(t, "", c.args...)
		for _, word := range c.want {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v; want a word of %s", name, err, word)
			}
		}
	}
}
