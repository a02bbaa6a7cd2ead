package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// TestAskTheOwner: remove, describe and dismiss, through the registry, as another node does it.
func TestAskTheOwner(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	stay, _ := h.enter("alice")
	h.post(stay, room.Publish{Stream: room.Big, Mid: "0", Muted: true})
	_, bob := h.enter("bob")
	why := exit.Why{Reason: exit.Banned, Actor: "api:key", Text: "spam", RejoinAfter: time.Minute}
	reply, err := h.Ask(t.Context(), Command{Op: OpRemove, Key: lesson, Users: []string{"bob", "nobody"}, Why: why})
	if err != nil || reply.Total != 1 || len(reply.Exited) != 1 || reply.Exited[0].Why != why {
		t.Fatalf("%+v, %v", reply, err)
	}
	if cuts := bob.last(); len(cuts) != 1 {
		t.Error("the answer came before bob was cut")
	}
	exited := bob.frame(len(bob.heard()) - 1).GetExited()
	if exited.GetDetail().GetRejoinAfterMs() != 60_000 || exited.GetDetail().GetText() != "spam" {
		t.Errorf("F8: bob hears %v", exited)
	}
	reply, err = h.Ask(t.Context(), Command{Op: OpDescribe, Key: lesson})
	if err != nil || reply.Room == nil || reply.Room.Total != 1 || reply.Room.Key != lesson {
		t.Fatalf("%+v, %v", reply, err)
	}
	m := reply.Room.Members[0]
	if m.User != "alice" || m.Session != stay.Session() || m.Streams[0] != (StreamInfo{room.Big, true}) {
		t.Errorf("%+v", m)
	}
	reply, err = h.Ask(t.Context(), Command{Op: OpDismiss, Key: lesson, Why: kicked})
	if err != nil || reply.Total != 1 {
		t.Fatalf("%+v, %v", reply, err)
	}
	for _, op := range []string{OpRemove, OpDismiss, OpDescribe} {
		_, err := h.Ask(t.Context(), Command{Op: op, Key: lesson, Users: []string{"u"}, Why: kicked})
		if !errors.Is(err, ErrNoRoom) {
			t.Errorf("S7: %s after the dismissal: %v", op, err)
		}
	}
}

// TestOwnerSaysWhatIsWrong: a command that makes no sense is answered by a sentence and changes nothing.
func TestOwnerSaysWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	_, alice := h.enter("alice")
	for _, c := range []Command{
		{Op: "explode", Key: lesson},
		{Op: OpRemove, Key: lesson, Why: kicked},
		{Op: OpDismiss, Key: lesson},
	} {
		if _, err := h.Ask(t.Context(), c); err == nil || !strings.Contains(err.Error(), "the owner says") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	var reply Reply
	if err := json.Unmarshal(h.Answer(t.Context(), []byte("{")), &reply); err != nil || reply.Error == "" {
		t.Errorf("half a command: %+v, %v", reply, err)
	}
	// The owner has lost the room since the registry was asked.
	answer := h.Answer(t.Context(), []byte(`{"Op":"describe","Key":{"ID":"none"}}`))
	if err := json.Unmarshal(answer, &reply); err != nil || reply.Error != ErrNoRoom.Error() {
		t.Errorf("a room that is gone: %s", answer)
	}
	expect(t, "alice hears", alice.heard(), []string{"entered[]"})
}

// TestLongListsAreCut: a reply fits into a message of the bus, and still counts everybody.
func TestLongListsAreCut(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	for i := range listedMax + 1 {
		e, l := h.entry(fmt.Sprint("user", i))
		e.Offer, e.Scene, e.Role, l.journal = "", room.Live, room.Audience, nil
		h.enterAs(e)
	}
	reply, err := h.Ask(t.Context(), Command{Op: OpDescribe, Key: lesson})
	if err != nil || len(reply.Room.Members) != listedMax || reply.Room.Total != listedMax+1 {
		t.Errorf("described: %d members, %v", len(reply.Room.Members), err)
	}
	reply, err = h.Ask(t.Context(), Command{Op: OpDismiss, Key: lesson, Why: kicked})
	if err != nil || len(reply.Exited) != listedMax || reply.Total != listedMax+1 {
		t.Errorf("dismissed: %d of %d, %v", len(reply.Exited), reply.Total, err)
	}
}

// TestRoomsOfAnApp: one tenant's rooms, and no other's; a room that is gone meanwhile is left out.
func TestRoomsOfAnApp(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	h.enter("alice")
	e, _ := h.entry("bob")
	e.Key.App = 2
	h.enterAs(e)
	h.leases.owned[room.Key{App: 1, ID: "gone"}] = 99
	rooms, err := h.Rooms(t.Context(), 1)
	if err != nil || len(rooms) != 1 || rooms[0].Key != lesson || rooms[0].Members[0].User != "alice" {
		t.Errorf("%+v, %v", rooms, err)
	}
	delete(h.leases.owned, room.Key{App: 1, ID: "gone"})
}
