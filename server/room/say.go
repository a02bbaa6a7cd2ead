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
	// sent counts all messages of the stay.
	sent uint32
}

// say sends a custom message to everybody else (TRTC, sendCustomCmdMsg). It changes nothing, so it takes no place in
// the room's order.
func (r *Room) say(m *member, e Say) {
	if code, message := r.sayObjection(m, e); code != 0 {
		r.tell([]string{m.session}, 0, Problem{Code: code, Message: message})
		return
	}
	m.said.messages++
	m.said.bytes += len(e.Data)
	m.said.sent++
	r.activeAt = r.now
	r.tell(r.roster.others(m.user), 0, MessageReceived{User: m.user, CmdID: e.CmdID, Seq: m.said.sent, Data: e.Data})
}

// sayObjection returns the code and the sentence of a refusal, or 0.
func (r *Room) sayObjection(m *member, e Say) (int32, string) {
	if e.CmdID < 1 || e.CmdID > cmdMax {
		return CodeInvalidParameter, fmt.Sprintf("cmdId is %d; it must be 1 to %d", e.CmdID, cmdMax)
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
