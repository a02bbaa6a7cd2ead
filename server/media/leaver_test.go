package media

import (
	"testing"

	"github.com/exeunt/exeunt/server/room"
)

// K3, K9: one who comes and goes leaves nothing at the stream that it listened to.
func TestK3_K9_AStreamForgetsItsListeners(t *testing.T) {
	engine := newEngine(t)
	publishPicture(t, engine, "a")
	for range 3 {
		join(t, engine, "b", shape{videoSlots: 1})
		_, err := engine.Forward("a", room.Big, "b")
		check(t, err)
		engine.Drop("b")
	}
	engine.mu.Lock()
	defer engine.mu.Unlock()
	for mid, line := range engine.sessions["a"].lines {
		if listeners := line.forwards; len(listeners) > 0 {
			t.Errorf("line %s still has %d listeners", mid, len(listeners))
		}
	}
}

// B11: the slot that carried somebody who is gone is free for the next.
func TestB11_ASlotIsFreeAgainWhenItsSourceLeaves(t *testing.T) {
	engine := newEngine(t)
	join(t, engine, "listener", shape{videoSlots: 1})
	for _, id := range []string{"a", "b", "c"} {
		publishPicture(t, engine, id)
		if _, err := engine.Forward(id, room.Big, "listener"); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		engine.Drop(id)
	}
}
