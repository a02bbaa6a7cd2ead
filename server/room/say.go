package room

import (
	"fmt"
	"time"
)

// pace is what one sender said in the current second, which begins with its first message.
type pace struct {
	since    time.Time
	messages int
	bytes    int
	// number is that of the last numbered message that was ever heard; 0 for none.
	number uint32
}

// tally counts what a user has said, from all its devices: the others cannot tell these apart.
type tally [cmdMax + 1]struct{ all, reliable uint32 }

// said lists the commands by which reliable messages were sent.
func (t *tally) said() []Said {
	if t == nil {
		return nil
	}
	var all []Said
	for cmd, counts := range t {
		if counts.reliable > 0 {
			all = append(all, Said{CmdID: uint32(cmd), Reliable: counts.reliable})
		}
	}
	return all
}

// say sends a custom message to everybody else (TRTC, sendCustomCmdMsg). It changes nothing, so it takes no place in
// the room's order.
func (r *Room) say(m *member, e Say) {
	if e.Number > 0 && r.heardBefore(m, e.Number) {
		return
	}
	if code, message := r.sayObjection(m, e); code != 0 {
		r.tell([]string{m.session}, 0, Problem{Code: code, Message: message})
		return
	}
	m.said.messages++
	m.said.bytes += len(e.Data)
	r.activeAt = r.now
	t := r.roster.tallies[m.user]
	if t == nil {
		t = &tally{}
		r.roster.tallies[m.user] = t
	}
	counts := &t[e.CmdID]
	counts.all++
	heard := MessageReceived{User: m.user, CmdID: e.CmdID, Seq: counts.all, Data: e.Data}
	if e.Reliable {
		counts.reliable++
		heard.Reliable = counts.reliable
	}
	r.tell(r.roster.others(m.user), 0, heard)
}

// heardBefore acknowledges a numbered message, and says whether it was heard before: who does not know whether one
// arrived says it again, and all that come after it, by another way. So one that is refused counts as heard, too.
func (r *Room) heardBefore(m *member, number uint32) bool {
	before := m.said.number
	m.said.number = max(before, number)
	r.tell([]string{m.session}, 0, MessageAck{Number: m.said.number})
	return number <= before
}

// sayObjection returns the code and the sentence of a refusal, or 0.
func (r *Room) sayObjection(m *member, e Say) (int32, string) {
	if e.CmdID < 1 || e.CmdID > cmdMax {
		return CodeInvalidParameter, fmt.Sprintf("cmdId is %d; it must be 1 to %d", e.CmdID, cmdMax)
	}
	if e.Reliable != e.Ordered {
		return CodeInvalidParameter, "reliable and ordered must be both true or both false"
	}
	if len(e.Data) > r.limits.MessageBytes {
		return CodeInvalidParameter, fmt.Sprintf("data has %d bytes; the limit is %d", len(e.Data), r.limits.MessageBytes)
	}
	if r.now.Sub(m.said.since) >= time.Second {
		m.said.since, m.said.messages, m.said.bytes = r.now, 0, 0
	}
	if m.said.messages >= r.limits.MessagesPerSecond {
		return CodeRefused, fmt.Sprintf("at most %d messages a second", r.limits.MessagesPerSecond)
	}
	if m.said.bytes+len(e.Data) > r.limits.MessageBytesPerSecond {
		return CodeRefused, fmt.Sprintf("at most %d bytes of messages a second", r.limits.MessageBytesPerSecond)
	}
	return 0, ""
}
