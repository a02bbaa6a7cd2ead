package client

import (
	"context"
	"testing"
)

// B10: what came before the last word is told, all of it and in order, though the stay is over already.
func TestNothingIsLostAtTheEndWhileThereIsRoom(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &Client{ctx: ctx, events: make(chan Event, 100)}
	cancel()
	for n := range uint32(100) {
		c.emit(Message{Seq: n})
	}
	for n := range uint32(100) {
		if got := (<-c.events).(Message); got.Seq != n {
			t.Fatalf("message %d came as message %d", got.Seq, n)
		}
	}
	for range cap(c.events) + 1 {
		c.emit(Message{}) // When there is no room it is over, and nobody waits.
	}
}
