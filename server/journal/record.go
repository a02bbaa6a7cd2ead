package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
)

// version is the form in which this program writes. It reads no other: a later program's records are passed over.
const version = 1

var errVersion = errors.New("written in another form")

// entry is what one stored message says: a room's state, a member's, or the ends of some stays and of the room.
type entry struct {
	Version     int          `json:"v"`
	Key         room.Key     `json:"key"`
	Incarnation string       `json:"incarnation"`
	Room        *room.State  `json:"room,omitempty"`
	Member      *Member      `json:"member,omitempty"`
	Exits       []exitRecord `json:"exits,omitempty"`
	Over        bool         `json:"over,omitempty"`
}

// exitRecord is an exit record as it is stored: its reason is a name, which outlives the numbers.
type exitRecord struct {
	Session     string        `json:"session"`
	User        string        `json:"user"`
	Reason      string        `json:"reason"`
	Actor       string        `json:"actor,omitempty"`
	Text        string        `json:"text,omitempty"`
	Rule        string        `json:"rule,omitempty"`
	RejoinAfter time.Duration `json:"rejoinAfter,omitempty"`
	At          time.Time     `json:"at"`
	Seq         uint64        `json:"seq"`
}

func stored(r *exit.Record) exitRecord {
	return exitRecord{
		Session: r.Session, User: r.User, Reason: r.Why.Reason.String(), Actor: r.Why.Actor, Text: r.Why.Text,
		Rule: r.Why.Rule, RejoinAfter: r.Why.RejoinAfter, At: r.At, Seq: r.Seq,
	}
}

func (r exitRecord) record() (exit.Record, error) {
	reason, ok := exit.Named(r.Reason)
	if !ok {
		return exit.Record{}, fmt.Errorf("no such reason: %q", r.Reason)
	}
	why := exit.Why{Reason: reason, Actor: r.Actor, Text: r.Text, Rule: r.Rule, RejoinAfter: r.RejoinAfter}
	return exit.Record{Session: r.Session, User: r.User, Why: why, At: r.At, Seq: r.Seq}, nil
}

func (e entry) encode() ([]byte, error) {
	e.Version = version
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode for the journal: %w", err)
	}
	return data, nil
}

func decode(data []byte) (entry, error) {
	var e entry
	if err := json.Unmarshal(data, &e); err != nil {
		return entry{}, fmt.Errorf("decode from the journal: %w", err)
	}
	if e.Version != version {
		return entry{}, fmt.Errorf("decode from the journal: form %d: %w", e.Version, errVersion)
	}
	return e, nil
}
