package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeunt/exeunt/server/host"
)

const (
	// liftMax is how many bans one call lifts, and banIDMax bounds the id of a ban, in bytes; ours are shorter.
	liftMax  = 10
	banIDMax = 64
)

// liftBans is LiftBans, an action of ours: it ends up to ten bans early.
var liftBans = &action{
	name: "LiftBans", group: groupBan, parameters: []string{"SdkAppId", "BanIds"}, changes: true,
	read: func(c *call) (deed, error) {
		app, err := c.app()
		if err != nil {
			return nil, err
		}
		ids, err := c.params.list("BanIds", liftMax, banIDMax)
		if err != nil {
			return nil, err
		}
		return lifting{app, ids}.deed, nil
	},
}

// lifting is a good call to lift bans.
type lifting struct {
	app uint32
	ids []string
}

// deed lifts one after the other. A ban that is over is no error: the caller wanted it to be (F9).
func (l lifting) deed(ctx context.Context, hall Hall) (fields, error) {
	lifted, absent := []Ban{}, []string{}
	for _, id := range l.ids {
		b, err := hall.LiftBan(ctx, l.app, id)
		switch {
		case errors.Is(err, host.ErrNoBan):
			absent = append(absent, id)
		case err != nil:
			return nil, explain(fmt.Errorf("lift a ban: %w", err))
		default:
			lifted = append(lifted, newBan(b))
		}
	}
	return fields{"Bans": lifted, "AbsentBanIds": absent}, nil
}
