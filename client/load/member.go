package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/usersig"
)

// member is one user in one room.
type member struct {
	room *room
	user string
	// sources are what it sends, and tallies what it gets of each source of the others.
	sources []*source
	tallies map[*source]*tally
	// asked is when it asked to enter, and first when its first packet came, on the run's clock; 0 for not yet.
	asked time.Duration
	first atomic.Int64
	// client is nil until it is inside; over closes when its stay is over.
	client *client.Client
	over   chan struct{}
}

// The roles of a live scene.
const anchor, audience = 20, 21

// sigTime is how much longer than the run a credential holds.
const sigTime = time.Hour

func (m *member) config() client.Config {
	p := &m.room.run.plan
	now, holds := time.Now(), p.For+sigTime
	cfg := client.Config{
		URL: p.URL, SdkAppID: p.SdkAppID, UserID: m.user, StrRoomID: m.room.name, Scene: p.Scene, Role: anchor,
		UserSig:      usersig.Sign(p.SdkAppID, m.user, p.Secret, holds, now),
		ReceiveAudio: true, ReceiveVideo: true, Name: "exeunt bench",
		// Apps that demand no permission do not look at it.
		PrivateMapKey: usersig.SignPermit(p.SdkAppID, m.user, p.Secret, usersig.Place{Str: m.room.name},
			usersig.Everything, holds, now),
	}
	if len(m.sources) == 0 && p.live() {
		cfg.Role = audience
	}
	if len(m.room.run.sources) > 0 {
		cfg.Media = &client.Media{Network: p.Network, Sink: m.sink}
		for s := range m.tallies {
			if s.stream == client.Audio {
				cfg.Media.AudioSlots++
			} else {
				cfg.Media.VideoSlots++
			}
		}
	}
	return cfg
}

// enter brings the member in, and starts what it sends.
func (m *member) enter(ctx, sending context.Context) {
	r := m.room.run
	m.asked = r.now()
	c, err := client.Enter(ctx, m.config())
	took := r.now() - m.asked
	if ctx.Err() != nil && err != nil {
		return // Given up, not failed.
	}
	r.asked.Add(1)
	if err != nil {
		what, code := entryFault(err)
		r.faults.note(what, code, err.Error())
		return
	}
	r.enter.Add(took)
	r.inside.Add(1)
	m.client = c
	r.watching.Go(m.watch)
	for _, s := range m.sources {
		outlet, err := c.Publish(ctx, s.stream)
		if err != nil {
			if ctx.Err() == nil {
				r.faults.note("could not publish", s.stream.String(), err.Error())
			}
			continue
		}
		r.sending.Go(func() { s.send(sending, outlet) })
	}
}

// entryFault names what kept somebody out.
func entryFault(err error) (what, code string) {
	var refusal *client.Refusal
	switch {
	case errors.As(err, &refusal):
		return "refused", strconv.Itoa(int(refusal.Code))
	case errors.Is(err, context.DeadlineExceeded):
		return "could not enter", "timeout"
	default:
		return "could not enter", "connection"
	}
}

// watch follows what happens in the room until the stay is over.
func (m *member) watch() {
	r := m.room.run
	defer close(m.over)
	for event := range m.client.Events() {
		switch e := event.(type) {
		case client.RemoteUserLeave:
			m.room.told(m, e.User, r.now())
		case client.ConnectionLost:
			r.faults.note("connection lost", "", e.Text)
		case client.Problem:
			r.faults.note("problem", strconv.Itoa(int(e.Code)), e.Message)
		case client.Exited:
			r.inside.Add(-1)
			if e.Reason != 0 {
				r.putOut.Add(1)
				r.faults.note("put out", e.Detail.Code, e.Detail.Text)
			} else if e.Detail.Code == "no_answer" {
				r.faults.note("exit was not answered", "", e.Detail.Text)
			}
		}
	}
}

// here says whether the member is inside.
func (m *member) here() bool {
	if m.client == nil {
		return false
	}
	select {
	case <-m.over:
		return false
	default:
		return true
	}
}

// exitWait is how long a leave may take at most; the client itself waits for the server half a second.
const exitWait = 10 * time.Second

// exit leaves the room.
func (m *member) exit() {
	ctx, cancel := context.WithTimeout(context.Background(), exitWait)
	defer cancel()
	if err := m.client.Exit(ctx); err != nil {
		m.room.run.faults.note("exit was not over in time", "", err.Error())
	}
}

// sink says what happens to the packets of a stream.
func (m *member) sink(user string, stream client.Stream) func(*rtp.Packet) {
	r := m.room.run
	s := m.room.sources[origin{user, stream}]
	t := m.tallies[s]
	if t == nil {
		r.faults.note("got a stream of nobody in the plan", "", fmt.Sprintf("%s of %q", stream, user))
		return func(*rtp.Packet) {}
	}
	latency, before := &r.latency[kindOf(stream)], header(stream)
	return func(p *rtp.Packet) {
		now := r.now()
		if len(p.Payload) == 0 {
			return // Nothing but padding, with which the server looks how much the path carries.
		}
		r.packets.Add(1)
		stamp, ok := r.seal.read(p.Payload[min(before, len(p.Payload)):])
		switch {
		case !ok:
			r.corrupt.Add(1)
			return
		case stamp.stream != s.number:
			r.misrouted.Add(1)
			return
		}
		if m.first.Load() == 0 {
			m.first.CompareAndSwap(0, int64(now))
			m.room.isHeard(stamp.at)
		}
		if t.see(stamp.number, len(p.Payload)) {
			latency.Add(now - stamp.at)
		}
	}
}

// The kinds of media that are measured apart.
const (
	picture = iota
	sound
	kinds
)

func kindOf(stream client.Stream) int {
	if stream == client.Audio {
		return sound
	}
	return picture
}
