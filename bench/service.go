package main

import (
	"context"
)

// part is what a member does in a room.
type part uint8

const (
	// bare: a socket for signalling and nothing else.
	bare part = iota
	// silent: connected for media too, but sends and receives none.
	silent
	// speaker: sends sound, receives none.
	speaker
	// listener: receives everybody's sound, sends none.
	listener
)

// seat says who enters which room, and who hears what happens there.
type seat struct {
	room, user string
	part       part
	board      *board
	// mediaIP is where the member looks for media, whatever the server says; empty to believe it. LiveKit's only.
	mediaIP string
}

// member is one who is in a room.
type member interface {
	// leave says goodbye. It returns as soon as the goodbye is said.
	leave()
	// close returns when nothing of the member runs any more.
	close()
}

// service is a server under measure.
type service interface {
	enter(ctx context.Context, s seat) (member, error)
	remove(ctx context.Context, room, user string) error
	dismiss(ctx context.Context, room string) error
	// signalling is its host and port.
	signalling() string
	close()
}
