package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/test/rig"
)

// member is one who comes again and again, to the same room.
type member struct {
	soak   *soak
	number int
	room   uint32
	app    rig.App
	rng    *rand.Rand
	// others are further devices of the same user.
	others sync.WaitGroup
}

func (m *member) user() string { return fmt.Sprintf("m%d", m.number) }

// live says whether the room is a live one: every fourth is.
func live(room uint32) bool { return room%4 == 0 }

// deed is what a member does, or suffers.
type deed int

const (
	leave deed = iota
	cut
	vanish
	closePage
	stall
	speak
	switchRole
	secondDevice
	deedsMax
)

var deedNames = [deedsMax]string{
	"left", "cut and came back", "vanished", "closed the page", "stalled", "spoke", "switched role",
	"entered from another device",
}

// weights says how often each is done.
var weights = [deedsMax]int{
	leave: 20, cut: 30, vanish: 5, closePage: 6, stall: 4, speak: 20, switchRole: 10, secondDevice: 5,
}

// deedEvery is the mean time between two deeds of a member, restMax how long it stays away after a stay.
const (
	deedEvery = 8 * time.Second
	restMax   = 4 * time.Second
	// stallMax is longer than a member may be silent, so that some stalls end the stay.
	stallMax = 14 * time.Second
)

func chooseDeed(rng *rand.Rand) deed {
	at := rng.IntN(100)
	for d, weight := range weights {
		if at -= weight; at < 0 {
			return deed(d)
		}
	}
	return leave
}

// pause is a random time around a mean.
func pause(rng *rand.Rand, mean time.Duration) time.Duration { return mean/4 + randomly(rng, 3*mean/2) }

func randomly(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most)))
}

// churn comes and goes until ctx ends.
func (m *member) churn(ctx context.Context) {
	defer m.others.Wait()
	// They do not all come in the same moment.
	for wait(ctx, randomly(m.rng, restMax)) {
		if s, err := m.enter(ctx, m.rng); err == nil {
			s.last(ctx)
		} else if refusal := (*client.Refusal)(nil); errors.As(err, &refusal) {
			m.soak.refused.Add(1)
		} else {
			m.soak.lost.Add(1)
		}
	}
}

// wait waits. False says that ctx ended first.
func wait(ctx context.Context, long time.Duration) bool {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// stay is one stay of a member.
type stay struct {
	*client.Client
	member *member
	rng    *rand.Rand
	wire   *rig.Wire
	diary  *diary
	// flow ends a stall; nil without.
	flow func()
}

func (m *member) enter(ctx context.Context, rng *rand.Rand) (*stay, error) {
	s := &stay{member: m, rng: rng, wire: &rig.Wire{}}
	cfg := client.Config{
		URL: m.soak.server.Signal, SdkAppID: m.app.SdkAppID, UserID: m.user(), UserSig: m.app.UserSig(m.user()),
		RoomID: m.room, Role: 20, Link: client.Link{Dial: s.wire.Dial},
	}
	if live(m.room) {
		cfg.Scene, cfg.Role = 1, 20+uint32(rng.IntN(2))
	}
	if m.number < m.soak.Media {
		cfg.ReceiveAudio, cfg.Media = true, &client.Media{AudioSlots: 2}
	}
	// Whoever has begun to enter is let in, or it could not be known whether it was.
	c, err := client.Enter(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, err
	}
	s.Client, s.diary = c, &diary{
		session: c.Session(), incarnation: c.Incarnation(), user: m.user(), room: m.room,
		audience: cfg.Role == 21,
	}
	m.soak.mu.Lock()
	m.soak.diaries = append(m.soak.diaries, s.diary)
	m.soak.mu.Unlock()
	return s, nil
}

// last leads a stay to its end: it writes down what is seen, and does one thing after another.
func (s *stay) last(ctx context.Context) {
	defer s.quiet()
	if s.member.number < s.member.soak.Media {
		defer s.sound()()
	}
	next := time.NewTimer(pause(s.rng, deedEvery))
	defer next.Stop()
	over := ctx.Done()
	for {
		select {
		case event := <-s.Events():
			if s.diary.note(event) {
				return
			}
		case <-next.C:
			s.do(ctx, chooseDeed(s.rng))
			next.Reset(pause(s.rng, deedEvery))
		case <-over:
			over = nil
			next.Stop()
			s.goodbye()
		}
	}
}

// goodbye leaves; the last event says how it went.
func (s *stay) goodbye() {
	s.quiet()
	s.member.others.Go(func() { _ = s.Exit(context.Background()) })
}

// quiet ends a stall.
func (s *stay) quiet() {
	if s.flow != nil {
		s.flow()
		s.flow = nil
	}
}

// do does one thing. What fails does so because the stay is ending or the connection is away, which the diary says.
func (s *stay) do(ctx context.Context, d deed) {
	s.member.soak.counts[d].Add(1)
	s.quiet()
	switch d {
	case leave:
		s.goodbye()
	case cut:
		s.wire.Cut()
	case vanish:
		s.diary.broken = true
		s.wire.Remove()
	case closePage:
		s.diary.broken = true
		s.wire.End()
	case stall:
		s.diary.broken = true
		s.flow = s.wire.Stall()
		time.AfterFunc(randomly(s.rng, stallMax), s.flow)
	case speak:
		_ = s.SendMessage(ctx, 1, []byte("good day"))
	case switchRole:
		if !live(s.member.room) {
			return
		}
		s.diary.roleAsked++
		role := 20 + uint32(s.rng.IntN(2))
		if s.SwitchRole(ctx, role, "") != nil {
			s.diary.roleAsked--
		}
	case secondDevice:
		other, err := s.member.enter(ctx, rand.New(rand.NewPCG(s.rng.Uint64(), 0)))
		if err != nil {
			s.member.soak.refused.Add(1)
			return
		}
		s.member.others.Go(func() { other.last(ctx) })
	}
}

// sound publishes sound until the returned func is called.
func (s *stay) sound() (silence func()) {
	speaking, quiet := context.WithCancel(context.Background())
	outlet, err := s.Publish(speaking, client.Audio)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err == nil {
			speakInto(speaking, outlet)
		}
	}()
	return func() {
		quiet()
		<-done
	}
}

// soundEvery is how long a packet of sound lasts.
const soundEvery = 20 * time.Millisecond

// speakInto sends packets of sound until ctx ends.
func speakInto(ctx context.Context, outlet *client.Outlet) {
	every := time.NewTicker(soundEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			// An error is a transport that is not there yet, or not any more.
			_ = outlet.WriteFrame([]byte{0xf8, 0xff, 0xfe}, soundEvery)
		case <-ctx.Done():
			return
		}
	}
}
