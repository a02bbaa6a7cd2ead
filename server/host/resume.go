package host

import (
	"context"
	"errors"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// closeSuperseded is the close code of a connection whose stay goes on over a newer one, and closeRestart that of a
// server that restarts and keeps the stay (RFC 6455 §7.4.2; 1012 is the registered Service Restart).
const (
	closeSuperseded uint16 = 4004
	closeRestart    uint16 = 1012
)

// Return is what a door brings when a lost session has a connection again.
type Return struct {
	Key     room.Key
	Session string
	// Secret and Device are those of the entry.
	Secret []byte
	Device string
	// Seq is the highest place in the room's order that the member has heard.
	Seq  uint64
	Link Link
}

// Resume gives a lost session its new connection: the same stay, in the same seat. It never opens a room. When it
// returns a stay, the Resumed frame and all that was missed have been queued on the link, in order. The error is an
// [*Ended] with the true reason of a stay that ended meanwhile, a [*Refusal], or the context's.
func (h *Hall) Resume(ctx context.Context, r Return) (*Stay, error) {
	stay, err := h.resume(ctx, r)
	if !errors.Is(err, errOver) {
		return stay, err
	}
	return nil, h.ended(r.Session)
}

// ended says how a stay ended that is not inside any more.
func (h *Hall) ended(session string) *Ended {
	if record, found := h.recorder.Find(session); found {
		return &Ended{Record: record}
	}
	// Neither inside nor remembered: a server without its state started anew, or nobody ever had this session.
	return &Ended{Record: exit.Record{
		Session: session, At: time.Now(),
		Why: exit.Why{Reason: exit.NodeLost, Actor: server, Text: "This server does not know the stay any more."},
	}}
}

// resume fails with errOver when the session is not inside.
func (h *Hall) resume(ctx context.Context, r Return) (*Stay, error) {
	k, err := h.opened(ctx, r.Key)
	if err != nil {
		return nil, err
	}
	h.cfg.At("resume: room found")
	var failed error
	user := ""
	err = k.call(ctx, func() { user, failed = k.takeBack(ctx, r) })
	h.cfg.At("resume: room answered")
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return &Stay{keeper: k, session: r.Session, user: user, link: r.Link}, nil
}

// takeBack gives the seat its new link. The older link, which may not know yet that it is dead, is let go without a
// word (D7, D12).
func (k *keeper) takeBack(ctx context.Context, r Return) (user string, err error) {
	s := k.seats[r.Session]
	if s == nil || s.dropped || ctx.Err() != nil {
		return "", errOver
	}
	if !s.ticket.opens(r.Secret, r.Device) {
		return "", &Refusal{Code: CodeNotYours, Message: "the stay belongs to another device, or the secret is wrong"}
	}
	if refusal := k.admissible(s.user, s.ticket.device); refusal != nil {
		return "", refusal
	}
	s.link.Leave(closeSuperseded)
	// What this turn has decided already is missed, like all before it: Resumed is the new link's first frame.
	s.link, s.back, s.slow = nobody{}, r.Link, false
	s.missed.heard(r.Seq)
	k.step(room.Resume{Session: r.Session})
	return s.user, nil
}

// welcomeBack tells a member that came back all that it missed: again word for word, or as a whole.
func (k *keeper) welcomeBack(s *seat, e room.Readmit) {
	if s.back != nil {
		s.link, s.back = s.back, nil
	}
	resumed := &wire.Resumed{
		Whole: s.missed.partial, Media: s.media, Role: uint32(e.Role), Rights: uint32(e.Rights), Seq: e.Seq, Host: e.Host,
		IceServers: k.ways(s),
		Said:       said(e.Members),
	}
	for _, slot := range k.hall.switchboard.Slots(s.session) {
		if from := k.seats[slot.From]; from != nil {
			resumed.Slots = append(resumed.Slots, &wire.SlotBound{
				Mid: slot.Mid, UserId: from.user, Stream: wire.Stream(slot.Stream),
			})
		}
	}
	missed := s.missed.happenings
	if s.missed.partial {
		for _, left := range s.missed.leaves() {
			resumed.Left = append(resumed.Left, memberLeft(left))
		}
		resumed.Members = members(e.Members)
		missed = nil
	}
	k.send(s, encode(&wire.ServerFrame{Frame: &wire.ServerFrame_Resumed{Resumed: resumed}}))
	for _, h := range missed {
		k.send(s, h.frame)
	}
	k.encodeAgain(s)
	if s.lines.channel {
		k.send(s, openFrame())
	}
	s.lines.told = slots{}
	k.short.stirred = true
	k.hall.log.Info("resumed", "room", k.key.String(), "user", s.user, "session", s.session,
		"missed", len(s.missed.happenings), "whole", s.missed.partial)
}

// MediaChanged says that no packet of a session arrives any more, or that they arrive again. The media engine calls it;
// it never waits for long.
func (h *Hall) MediaChanged(session string, flows bool) {
	k := h.stayedIn(session)
	if k == nil {
		return
	}
	e := room.Event(room.MediaInterruption{Session: session})
	if flows {
		e = room.MediaRecovery{Session: session}
	}
	if !k.offer(func() { k.step(e) }) {
		h.metrics.Overdue("media_changed")
	}
}

func (h *Hall) seated(session string, k *keeper) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stays[session] = k
}

func (h *Hall) unseat(session string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.stays, session)
}
