package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/exeunt/exeunt/client"
)

// screen prints what happens in a room, one line an event. Names and texts come from strangers, so they are quoted
// where they could hold anything that a terminal obeys.
type screen struct {
	out    io.Writer
	member *client.Client
	inlets map[source]*client.Inlet
}

// source is a stream of somebody.
type source struct {
	user   string
	stream client.Stream
}

func (s *screen) line(format string, args ...any) {
	fmt.Fprintf(s.out, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// event prints one event.
func (s *screen) event(event client.Event) {
	switch e := event.(type) {
	case client.RemoteUserEnter:
		s.line("%s is here", plain(e.User))
	case client.RemoteUserLeave:
		s.sum(func(of source) bool { return of.user == e.User })
		s.line("%s %s%s", plain(e.User), leftHow(e.Reason), inBrackets(e.Detail.Text))
	case client.AudioAvailable:
		s.line("%s: sound %s", plain(e.User), onOff[e.Available])
	case client.VideoAvailable:
		s.line("%s: camera %s", plain(e.User), onOff[e.Available])
	case client.SubStreamAvailable:
		s.line("%s: screen %s", plain(e.User), onOff[e.Available])
	case client.SlotBound:
		s.line("%s: %v arrives on line %s", plain(e.User), e.Stream, plain(e.Mid))
		s.inlets[source{e.User, e.Stream}] = s.member.Receive(e.User, e.Stream)
	case client.SlotUnbound:
		s.line("%s: %v no longer arrives", plain(e.User), e.Stream)
	case client.RoleSwitched:
		s.line("your role is %d (code %d %s)", e.Role, e.Code, plain(e.Message))
	case client.Message:
		s.line("%s says (command %d): %q", plain(e.User), e.CmdID, e.Data)
	case client.MemberPresence:
		s.line("%s %s", plain(e.User), presence(e))
	case client.RightsChanged:
		s.line("your rights are %d (sound blocked %t, picture blocked %t)", e.Rights, e.AudioBlocked, e.VideoBlocked)
	case client.HostChanged:
		s.line("the room's host is %s", or(plain(e.User), "nobody"))
	case client.ConnectionLost:
		s.line("the connection was lost; trying again")
	case client.ConnectionRecovered:
		s.line("the connection is back")
	case client.Problem:
		s.line("problem %d: %s", e.Code, plain(e.Message))
	case client.Exited:
		s.sum(func(source) bool { return true })
		s.line("onExitRoom(%d) %s by %s: %s", e.Reason, plain(e.Detail.Code), or(plain(e.Detail.Actor), "nobody"),
			plain(e.Detail.Text))
	}
}

// presence says how steady a member is.
func presence(e client.MemberPresence) string {
	switch {
	case !e.Unstable:
		return "is back"
	case e.GoneIn == 0:
		return "is unstable" + inBrackets(e.Cause)
	default:
		return fmt.Sprintf("is unstable%s, gone in %v", inBrackets(e.Cause), e.GoneIn.Round(time.Second))
	}
}

// sum tells how much came of streams that are over.
func (s *screen) sum(over func(source) bool) {
	for of, inlet := range s.inlets {
		if over(of) {
			packets, octets := inlet.Received()
			s.line("%s: %v brought %d packets, %d bytes", plain(of.user), of.stream, packets, octets)
			delete(s.inlets, of)
		}
	}
}

// inBrackets adds a text, when there is one.
func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + plain(text) + ")"
}

func leftHow(reason int32) string {
	switch reason {
	case 0:
		return "left"
	case 1:
		return "was lost"
	case 2:
		return "was removed"
	case 3:
		return "turned audience"
	default:
		return fmt.Sprintf("left (reason %d)", reason)
	}
}

// onOff says whether a stream is available.
var onOff = map[bool]string{true: "on", false: "off"}

func or(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}

// plain returns text as it is when it is printable, else quoted.
func plain(text string) string {
	for _, r := range text {
		if !strconv.IsPrint(r) {
			return strconv.Quote(text)
		}
	}
	return text
}
