package history

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/exeunt/exeunt/test/rig"
)

// call asks the control API. Ok is false when the call cannot have been carried out.
func (p *play) call(ctx context.Context, action string, params map[string]any) (reply rig.Reply, unknown, ok bool) {
	reply, err := p.server.Call(ctx, p.app, action, params)
	if err != nil {
		return reply, true, !neverSent(err)
	}
	return reply, false, reply.Error.Code != rig.TooMany
}

// refused is the word of a reply that is an error; "" for none.
func refused(r rig.Reply) string {
	switch r.Error.Code {
	case "":
		return ""
	case rig.NoRoom:
		return noRoom
	default:
		return r.Error.Code + ": " + r.Error.Message
	}
}

// removal is the answer to a removal of one user.
func removal(r rig.Reply, user int) Output {
	why := refused(r)
	if why == "" && !slices.Contains(r.RemovedUserIds, name(user)) {
		why = absent
	}
	return Output{Why: why}
}

// remove takes out a user, or the one stay of the user that the caller means.
func (p *play) remove(ctx context.Context, rng *rand.Rand, player int) bool {
	in := Input{Op: Remove, User: rng.IntN(users)}
	params := map[string]any{"RoomId": lobby, "UserIds": []string{name(in.User)}}
	if g := p.pick(rng); g != nil && rng.IntN(3) == 0 {
		in.User, in.Session = g.user, g.Session()
		params["UserIds"], params["SessionId"] = []string{name(in.User)}, in.Session
	}
	call := p.now()
	reply, unknown, ok := p.call(ctx, "RemoveUser", params)
	if !ok {
		return false
	}
	out := removal(reply, in.User)
	out.Unknown = unknown
	p.note(player, call, in, out)
	return true
}

func (p *play) dismiss(ctx context.Context, _ *rand.Rand, player int) bool {
	call := p.now()
	reply, unknown, ok := p.call(ctx, "DismissRoom", map[string]any{"RoomId": lobby})
	if !ok {
		return false
	}
	p.note(player, call, Input{Op: Dismiss}, Output{Unknown: unknown, Why: refused(reply), Ended: reply.RemovedTotal})
	return true
}

// ban shuts the door, and then takes out whoever is inside: two steps, in this order.
func (p *play) ban(ctx context.Context, rng *rand.Rand, player int) bool {
	p.mu.Lock()
	number := len(p.bans)
	if number < bansMax {
		p.bans = append(p.bans, ban{})
	}
	p.mu.Unlock()
	if number >= bansMax {
		return false
	}
	in, call := Input{Op: Forbid, User: rng.IntN(users), Ban: number}, p.now()
	reply, unknown, ok := p.call(ctx, "BanUsers", map[string]any{
		"RoomId": lobby, "UserIds": []string{name(in.User)}, "BanSeconds": 3600, "Scope": "room",
	})
	if !ok {
		return false
	}
	if why := refused(reply); why != "" {
		p.fault("ban: %s", why)
	}
	if len(reply.Bans) == 1 {
		p.mu.Lock()
		p.bans[number] = ban{user: in.User, id: reply.Bans[0].BanID}
		p.mu.Unlock()
	}
	p.note(player, call, in, Output{Unknown: unknown})
	in.Op = Banish
	out := removal(reply, in.User)
	out.Unknown = unknown
	p.note(player, call, in, out)
	return true
}

// pickBan chooses a ban to lift: one that nobody has tried to lift, but for a few. It is -1 when there is none.
func (p *play) pickBan(rng *rand.Rand) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var known []int
	again := rng.IntN(8) == 0
	for number, b := range p.bans {
		if b.id != "" && b.lifted == again {
			known = append(known, number)
		}
	}
	if len(known) == 0 {
		return -1
	}
	return known[rng.IntN(len(known))]
}

func (p *play) lift(ctx context.Context, rng *rand.Rand, player int) bool {
	number := p.pickBan(rng)
	if number < 0 {
		return false
	}
	p.mu.Lock()
	b := p.bans[number]
	p.bans[number].lifted = true
	p.mu.Unlock()
	call := p.now()
	reply, unknown, ok := p.call(ctx, "LiftBans", map[string]any{"BanIds": []string{b.id}})
	if !ok {
		return false
	}
	why := refused(reply)
	if why == "" && len(reply.AbsentBanIds) == 1 {
		why = noBan
	}
	p.note(player, call, Input{Op: Lift, User: b.user, Ban: number}, Output{Unknown: unknown, Why: why})
	return true
}

func (p *play) describe(ctx context.Context, _ *rand.Rand, player int) bool {
	call := p.now()
	reply, unknown, ok := p.call(ctx, "DescribeRoom", map[string]any{"RoomId": lobby})
	if !ok {
		return false
	}
	out := Output{Unknown: unknown, Why: refused(reply)}
	if reply.Room != nil {
		out.Incarnation = reply.Room.Incarnation
		for _, m := range reply.Room.Members {
			user, err := strconv.Atoi(strings.TrimPrefix(m.UserID, "user-"))
			if err != nil || user >= users {
				p.fault("a stranger is inside: %s", m.UserID)
				continue
			}
			out.Inside[user] = m.SessionID
		}
	}
	p.note(player, call, Input{Op: Describe}, out)
	return true
}
