package members

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
)

// speaker is a member whose microphone is open; level is how loud it is, in decibels below the loudest.
type speaker struct {
	*client.Client
	name  string
	level atomic.Uint32
}

// speak opens the microphone of a newcomer, silent at first.
func (w *world) speak(name string) *speaker {
	w.t.Helper()
	cfg := w.config(name)
	cfg.ReceiveAudio, cfg.ReceiveVideo = false, false
	s := &speaker{Client: w.enterAs(cfg), name: name}
	s.level.Store(127)
	outlet, err := s.Publish(context.Background(), client.Audio)
	check(w.t, err)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = outlet.WriteVoice([]byte(name), uint8(s.level.Load()), 20*time.Millisecond)
			case <-quit:
				return
			}
		}
	}()
	w.t.Cleanup(func() {
		close(quit)
		<-done
	})
	return s
}

// ear is what a listener was told of its slots.
type ear struct {
	*client.Client
	t     *testing.T
	slots map[string]string
	gone  map[string]bool
}

// until waits until the slots carry exactly these users, and then hears each of them. Nobody who left may sit in one.
func (e *ear) until(users ...string) {
	e.t.Helper()
	late := time.After(patience)
	for !slices.Equal(slices.Sorted(maps.Values(e.slots)), users) {
		select {
		case event := <-e.Events():
			e.take(event)
		case <-late:
			e.t.Fatalf("the slots carry %v; want %v", e.slots, users)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, user := range users {
		// The first packets of a voice may be faster than the word that the slot is its own, so others' may stand before.
		for inlet, own := e.Receive(user, client.Audio), false; !own; {
			packet, err := inlet.ReadRTP(ctx)
			if err != nil {
				e.t.Fatalf("%s: %v", user, err)
			}
			own = string(packet.Payload) == user
		}
	}
}

func (e *ear) take(event client.Event) {
	switch event := event.(type) {
	case client.SlotBound:
		if e.gone[event.User] {
			e.t.Errorf("%s was put into slot %s after it had left", event.User, event.Mid)
		}
		maps.DeleteFunc(e.slots, func(_, user string) bool { return user == event.User })
		e.slots[event.Mid] = event.User
	case client.SlotUnbound:
		delete(e.slots, event.Mid)
	case client.RemoteUserLeave:
		e.gone[event.User] = true
		maps.DeleteFunc(e.slots, func(_, user string) bool { return user == event.User })
	}
}

// Twelve microphones are open, and a listener has three slots: it hears the three loudest, follows when others become
// the loudest, always hears whom it asked for, and nobody who left. Not one SDP is exchanged for it.
func TestThreeSlotsCarryTheLoudest(t *testing.T) {
	w := newWorld(t)
	var speakers []*speaker
	for i := range 12 {
		speakers = append(speakers, w.speak(fmt.Sprintf("s%02d", i)))
	}
	loud := func(levels map[int]uint32) {
		for i, s := range speakers {
			level, named := levels[i]
			if !named {
				level = 127
			}
			s.level.Store(level)
		}
	}
	cfg := w.config("listener")
	cfg.ReceiveVideo = false
	listener := w.enterAs(cfg)
	check(t, listener.HearAtMost(context.Background(), 3))
	e := &ear{Client: listener, t: t, slots: map[string]string{}, gone: map[string]bool{}}

	loud(map[int]uint32{2: 10, 5: 20, 11: 30, 7: 50})
	e.until("s02", "s05", "s11")
	loud(map[int]uint32{2: 10, 0: 20, 7: 5})
	e.until("s00", "s02", "s07")
	check(t, listener.HearAtMost(context.Background(), 3, "s09"))
	e.until("s02", "s07", "s09")
	leave(t, speakers[2].Client)
	e.until("s00", "s07", "s09")
	loud(map[int]uint32{4: 5, 6: 5})
	e.until("s04", "s06", "s09")
	if n := listener.Exchanges(); n > 2 {
		t.Errorf("%d SDP exchanges; those of the entry and of the usual number of slots are enough", n)
	}
}
