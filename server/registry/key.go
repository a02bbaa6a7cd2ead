package registry

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/exeunt/exeunt/server/room"
)

// leaseKey writes a room's name as a key of the bucket. A room's id may hold dots, stars and spaces, which mean
// something in a NATS subject; base64url holds none of them. The tenant stands first, as a token of its own, so that
// listing one tenant's rooms cannot show another's.
func leaseKey(key room.Key) string {
	kind := "n"
	if key.Kind == room.Str {
		kind = "s"
	}
	return fmt.Sprintf("%d.%s.%s", key.App, kind, base64.RawURLEncoding.EncodeToString([]byte(key.ID)))
}

// roomKey reads what leaseKey wrote.
func roomKey(s string) (room.Key, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return room.Key{}, fmt.Errorf("read lease key %q: want 3 parts, have %d", s, len(parts))
	}
	app, err := strconv.ParseUint(parts[0], 10, 32)
	if err != nil {
		return room.Key{}, fmt.Errorf("read lease key %q: %w", s, err)
	}
	kind := room.Numeric
	switch parts[1] {
	case "n":
	case "s":
		kind = room.Str
	default:
		return room.Key{}, fmt.Errorf("read lease key %q: no such kind", s)
	}
	id, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return room.Key{}, fmt.Errorf("read lease key %q: %w", s, err)
	}
	return room.Key{App: uint32(app), Kind: kind, ID: string(id)}, nil
}

// leaseSubject is where a key of the bucket stands in the bucket's stream (NATS ADR-8).
func leaseSubject(key string) string { return "$KV." + bucket + "." + key }
