package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// backEnd removes, bans and dismisses in the rooms of one app.
type backEnd struct {
	soak *soak
	app  int
	rng  *rand.Rand
}

// workEvery is the pace of a back end, banSeconds how long its bans hold.
const (
	workEvery  = 250 * time.Millisecond
	banSeconds = 3
)

// work acts until ctx ends. An answer that is an error is none of a soak's business: nobody knows who is inside.
func (b *backEnd) work(ctx context.Context) {
	for wait(ctx, workEvery) {
		room := 1 + b.app + len(b.soak.server.Apps)*b.rng.IntN(b.soak.Rooms/len(b.soak.server.Apps))
		member := room - 1 + b.soak.Rooms*b.rng.IntN(b.soak.Members/b.soak.Rooms)
		params := map[string]any{"RoomId": room, "UserIds": []string{fmt.Sprintf("m%d", member)}}
		action := "RemoveUser"
		switch at := b.rng.IntN(100); {
		case at < 25:
			action, params = "DismissRoom", map[string]any{"RoomId": room}
		case at < 50:
			action = "BanUsers"
			params["BanSeconds"], params["Scope"] = banSeconds, "room"
		}
		if _, err := b.soak.server.Call(context.WithoutCancel(ctx), b.soak.server.Apps[b.app], action, params); err != nil {
			b.soak.lost.Add(1)
		}
	}
}
