package host

import (
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// seat is what the keeper holds of one member: the way to it, and the streams that wait for a slot.
type seat struct {
	session, user, client string
	link                  Link
	answer                string
	// media says that the member has a transport.
	media bool
	// admitted says that the member was told that it is inside; until then nobody says a last word to it.
	admitted bool
	// slow says that its link was full once; it hears nothing more but the last word.
	slow bool
	// last is the end of the stay, once the link is cut.
	last    *exit.Record
	refusal *Refusal
	// started counts the streams that it publishes; failed is the one whose line could not start, until it is taken back.
	started int
	failed  room.Stream
	// waiting are the streams for which there was no slot; told is how many of them the member knows about.
	waiting []forward
	told    slots
}

// apply carries out the effects of one step, in their order: drop, cut, tell, record. It returns the stays that ended.
func (k *keeper) apply(decided time.Time, effects []room.Effect) []exit.Record {
	var records []exit.Record
	for _, e := range effects {
		switch e := e.(type) {
		case room.Drop:
			k.drop(k.seats[e.Session])
		case room.Cut:
			k.cut(k.seats[e.Record.Session], e.Record)
		case room.Tell:
			k.tell(e)
		case room.Record:
			k.record(decided, e.Record)
			records = append(records, e.Record)
		case room.Admit:
			k.welcome(k.seats[e.Session], e)
		case room.Refuse:
			k.seats[e.Session].refusal = &Refusal{Code: e.Code, Message: e.Message}
			delete(k.seats, e.Session)
		case room.Start:
			k.start(k.seats[e.Session], e)
		case room.Stop:
			k.stop(e)
		case room.Connect:
			k.connect(k.seats[e.To], forward{from: e.From, user: e.User, stream: e.Stream})
		case room.Disconnect:
			k.disconnect(k.seats[e.To], e)
		case room.End:
			k.ends.over = true
		}
	}
	return records
}

// server is the actor of what the hall itself decides.
const server = "server"

// drop ends the media of a leaver, both ways.
func (k *keeper) drop(s *seat) {
	if s.media {
		k.hall.switchboard.Drop(s.session)
	}
	if s.started > 0 {
		k.stopWaiting(func(f forward) bool { return f.from == s.session })
	}
}

// cut says the last word to a leaver and closes its link.
func (k *keeper) cut(s *seat, record exit.Record) {
	s.last = &record
	delete(k.short.seats, s.session)
	s.link.Cut(ExitedFrame(record), record)
}

// tell makes one frame and gives the same bytes to everybody.
func (k *keeper) tell(e room.Tell) {
	frame := NoticeFrame(e.Seq, e.Notice)
	for _, session := range e.To {
		k.send(k.seats[session], frame)
	}
}

// record writes down the end of a stay; after it nothing is left of it here.
func (k *keeper) record(decided time.Time, record exit.Record) {
	k.hall.metrics.ExitTold(time.Since(decided))
	k.hall.metrics.Exited(record.Why.Reason)
	k.hall.recorder.Record(k.key, k.incarnation, record)
	k.hall.log.Info("exited", "room", k.key.String(), "user", record.User, "session", record.Session,
		"why", record.Why.Reason.String(), "actor", record.Why.Actor, "seq", record.Seq)
	k.ends.why = record.Why.Reason
	delete(k.seats, record.Session)
}

// welcome lets a newcomer in: its first frame, before every other.
func (k *keeper) welcome(s *seat, e room.Admit) {
	k.send(s, k.enteredFrame(s, e))
	s.admitted = true
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
	k.after = append(k.after, room.Exit{
		Session: s.session, Why: exit.Why{Reason: exit.TooSlow, Actor: server},
	})
}
