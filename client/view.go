package client

import (
	"slices"
	"time"

	"github.com/exeunt/exeunt/server/wire"
)

// view is what a client was told of the others. It is needed when more was missed than the server keeps: then the whole
// list comes, and the difference to the view is what happened.
type view struct {
	// known is the highest place in the room's order that was heard before the connection was made anew: a frame up to
	// there comes for the second time.
	known  uint64
	others map[string]*other
}

// other is one of the others.
type other struct {
	streams  map[Stream]state
	unstable bool
}

// again says whether a frame was heard before. Several frames of one decision share its place, so only a new connection
// can bring something twice.
func (v *view) again(seq uint64) bool { return seq != 0 && seq <= v.known }

func (v *view) enter(user string) *other {
	o := &other{streams: map[Stream]state{}}
	if v.others == nil {
		v.others = map[string]*other{}
	}
	v.others[user] = o
	return o
}

func (v *view) leave(user string) { delete(v.others, user) }

func (v *view) change(of source, available, published state) {
	if o := v.others[of.user]; o != nil {
		if o.streams[of.stream] = available; !published {
			delete(o.streams, of.stream)
		}
	}
}

func (v *view) presence(user string, unstable bool) {
	if o := v.others[user]; o != nil {
		o.unstable = unstable
	}
}

// replace takes the whole list, and returns what must have happened: first who left, for their true reasons.
func (v *view) replace(left []*wire.MemberLeft, members []*wire.Member) []Event {
	var events []Event
	gone := func(user string, reason int32, d *wire.ExitDetail) {
		if v.others[user] != nil {
			v.leave(user)
			events = append(events, RemoteUserLeave{User: user, Reason: reason, Detail: detail(d)})
		}
	}
	for _, l := range left {
		gone(l.GetUserId(), l.GetReason(), l.GetDetail())
	}
	here := map[string]bool{}
	for _, m := range members {
		here[m.GetUserId()] = true
	}
	for user := range v.others {
		if !here[user] {
			gone(user, 0, nil)
		}
	}
	for _, m := range members {
		events = append(events, v.compare(m)...)
	}
	return events
}

// compare takes one member of a list, and returns what is new.
func (v *view) compare(m *wire.Member) []Event {
	var events []Event
	user := m.GetUserId()
	o := v.others[user]
	if o == nil {
		o = v.enter(user)
		events = append(events, RemoteUserEnter{User: user})
	}
	if o.unstable != m.GetUnstable() {
		o.unstable = m.GetUnstable()
		events = append(events, MemberPresence{User: user, Unstable: o.unstable})
	}
	was := o.streams
	o.streams = map[Stream]state{}
	for _, s := range m.GetStreams() {
		o.streams[Stream(s.GetStream())] = state(!s.GetMuted())
	}
	for _, stream := range []Stream{Audio, Big, Sub} {
		now, published := o.streams[stream]
		before, known := was[stream]
		if published != known && (published || bool(before)) || now != before {
			events = append(events, availability(source{user, stream}, now))
		}
	}
	return slices.Clip(events)
}

// apply notes what a frame says about the others, and returns the event that says it; nil when it says nothing of them.
func (v *view) apply(frame *wire.ServerFrame) Event {
	switch f := frame.GetFrame().(type) {
	case *wire.ServerFrame_MemberEntered:
		user := f.MemberEntered.GetUserId()
		v.enter(user)
		return RemoteUserEnter{User: user}
	case *wire.ServerFrame_MemberLeft:
		l := f.MemberLeft
		v.leave(l.GetUserId())
		return RemoteUserLeave{User: l.GetUserId(), Reason: l.GetReason(), Detail: detail(l.GetDetail())}
	case *wire.ServerFrame_StreamChanged:
		s := f.StreamChanged
		of := source{s.GetUserId(), Stream(s.GetStream())}
		available := state(s.GetPublished() && !s.GetMuted())
		v.change(of, available, state(s.GetPublished()))
		return availability(of, available)
	case *wire.ServerFrame_MemberPresence:
		p := f.MemberPresence
		v.presence(p.GetUserId(), p.GetUnstable())
		return MemberPresence{
			User: p.GetUserId(), Unstable: p.GetUnstable(), Cause: p.GetCause(),
			GoneIn: time.Duration(p.GetGoneInMs()) * time.Millisecond,
		}
	default:
		return nil
	}
}
