package config

import (
	"fmt"
	"net"
	"runtime"
	"strconv"
)

// shardsMax is what media takes at most.
const shardsMax = 32

const portMax = 65535

// Shards says among how many UDP ports media is shared, of which least must be had. What was set must be; where nothing
// was, there is one for each processor that Go may use, as far as ports above media-addr's are free for it.
func (c *Config) Shards() (most, least int) {
	if c.MediaShards > 0 {
		return c.MediaShards, c.MediaShards
	}
	most = min(runtime.GOMAXPROCS(0), shardsMax)
	if port := portOf(c.MediaAddr); port > 0 {
		most = min(most, portMax+1-port)
		// Media opens its ports first, and would take the one of TURN.
		if turn := portOf(c.TurnUDP); turn > port {
			most = min(most, turn-port)
		}
	}
	return max(most, 1), 1
}

// portOf is the port of an address; 0 for any, and where there is none.
func portOf(addr string) int {
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(text) // An address without a number was refused.
	return port
}

// checkShards demands that the ports exist and that TURN has none of them.
func (c *Config) checkShards() error {
	if c.MediaShards < 0 || c.MediaShards > shardsMax {
		return fmt.Errorf("media-shards is %d: it must be from 1 to %d, or 0 for one a core", c.MediaShards, shardsMax)
	}
	first, turn := portOf(c.MediaAddr), portOf(c.TurnUDP)
	last := first + c.MediaShards - 1
	switch {
	case first == 0 || c.MediaShards <= 1:
		return nil
	case last > portMax:
		return fmt.Errorf("media-shards is %d: the last port is %d, and this would take %d", c.MediaShards, portMax, last)
	case turn > first && turn <= last:
		return fmt.Errorf("media-shards is %d: turn-udp is among UDP %d to %d of media", c.MediaShards, first, last)
	}
	return nil
}
