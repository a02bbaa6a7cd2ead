package host

import (
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// server is the actor of what the hall itself decides.
const server = "server"

// apply carries out the effects of a turn, in their order: cut, tell, record. Drops came before (see [keeper.step]).
func (k *keeper) apply(decided time.Time, effects []room.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case room.Cut:
			k.cut(k.seats[e.Record.Session], e.Record)
		case room.Tell:
			k.tell(e)
		case room.Record:
			k.record(decided, e.Record)
		case room.Admit:
			k.welcome(k.seats[e.Session], e)
		case room.Readmit:
			k.welcomeBack(k.seats[e.Session], e)
		case room.Refuse:
			k.seats[e.Session].refusal = &Refusal{Code: e.Code, Message: e.Message}
			delete(k.seats, e.Session)
		case room.End:
			k.ends.over, k.ends.rule = true, e.Rule
		default:
			k.applyMedia(e)
		}
	}
}

// applyMedia carries out what is about streams. One whose media has ended or is being replaced, as was decided
// later in the same turn, has none.
func (k *keeper) applyMedia(e room.Effect) {
	switch e := e.(type) {
	case room.Start:
		if s := k.seats[e.Session]; !s.unplugged() {
			k.start(s, e)
		}
	case room.Stop:
		if s := k.seats[e.Session]; !s.unplugged() {
			k.stop(s, e)
		}
	case room.Connect:
		if from, to := k.seats[e.From], k.seats[e.To]; !from.unplugged() && !to.unplugged() {
			k.connect(to, forward{from: e.From, user: e.User, stream: e.Stream})
		}
	case room.Disconnect:
		if from, to := k.seats[e.From], k.seats[e.To]; !from.unplugged() && !to.unplugged() {
			k.disconnect(to, e)
		}
	}
}

// drop ends the media of a leaver, both ways.
func (k *keeper) drop(s *seat) {
	s.dropped = true
	k.dropMedia(s)
	if s.lines.started > 0 {
		k.stopWaiting(func(f forward) bool { return f.from == s.session })
	}
	k.fallSilent(s)
	k.short.floor.forget(s)
}

// dropMedia ends a session's ways to the engine, and what it has there.
func (k *keeper) dropMedia(s *seat) {
	if k.hall.cfg.Relay != nil {
		k.hall.cfg.Relay.Drop(s.session)
	}
	if s.media {
		k.hall.switchboard.Drop(s.session)
	}
}

// cut says the last word to a leaver and closes its link.
func (k *keeper) cut(s *seat, record exit.Record) {
	s.last = &record
	delete(k.short.seats, s.session)
	s.link.Cut(ExitedFrame(record), record)
}

// tell makes one frame and gives the same bytes to everybody. What has a place in the room's order is kept for whoever
// may have missed it.
func (k *keeper) tell(e room.Tell) {
	frame := NoticeFrame(e.Seq, e.Notice)
	for _, session := range e.To {
		s := k.seats[session]
		if how, ok := delivery(e.Notice); ok {
			k.deliver(s, how, frame)
			continue
		}
		if e.Seq > 0 {
			s.missed.add(happening{seq: e.Seq, notice: e.Notice, frame: frame})
		}
		if left, ok := e.Notice.(room.MemberLeft); ok {
			s.lines.layers.forget(left.User)
		}
		k.send(s, frame)
	}
}

// record writes down the end of a stay; after it nothing is left of it here.
func (k *keeper) record(decided time.Time, record exit.Record) {
	k.hall.metrics.ExitTold(time.Since(decided))
	k.hall.metrics.Exited(record.Why.Reason)
	k.hall.recorder.Record(k.key, k.incarnation, record)
	k.hall.log.Info("exited", "room", k.key.String(), "user", record.User, "session", record.Session,
		"why", record.Why.Reason.String(), "rule", record.Why.Rule, "actor", record.Why.Actor, "seq", record.Seq)
	k.ends.why = record.Why.Reason
	delete(k.seats, record.Session)
	k.hall.unseat(record.Session)
}

// welcome lets a newcomer in: its first frame, before every other.
func (k *keeper) welcome(s *seat, e room.Admit) {
	k.hall.seated(s.session, k)
	k.send(s, k.enteredFrame(s, e))
	s.admitted, s.given = true, given{}
	k.hall.metrics.Entered()
	k.hall.log.Info("entered", "room", k.key.String(), "user", s.user, "session", s.session,
		"client", s.client, "seq", e.Seq)
}

// send gives a frame to a member. A full link is a reason to leave, once, after the present event (K10).
func (k *keeper) send(s *seat, frame []byte) {
	if s.slow || s.last != nil || s.link.Send(frame) {
		return
	}
	s.slow = true
	k.turn.after = append(k.turn.after, room.Exit{
		Session: s.session, Why: exit.Why{Reason: exit.TooSlow, Actor: server},
	})
}
