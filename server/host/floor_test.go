package host

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// choir is a room of many open microphones.
type choir struct {
	*house
	singers []*Stay
}

// newChoir lets n users enter and open their microphones; they listen to nobody.
func newChoir(t *testing.T, n int) *choir {
	t.Helper()
	limits := room.DefaultLimits()
	limits.CallMembers, limits.Publishers = 1000, 1000
	c := &choir{house: newHouseWith(t, limits)}
	c.journal = nil
	for i := range n {
		e, l := c.entry(singer(i))
		e.ReceiveAudio, l.journal = false, nil
		stay := c.enterAs(e)
		c.post(stay, room.Publish{Stream: room.Audio, Mid: "0"})
		c.singers = append(c.singers, stay)
	}
	return c
}

func singer(i int) string { return fmt.Sprint("singer", i) }

// sing sets how loud everybody is, by number; those who are not named are silent. It waits until that was looked at.
func (c *choir) sing(volumes map[int]uint8) {
	for i, stay := range c.singers {
		c.board.sound(stay.Session(), volumes[i])
	}
	pass(2 * rankEvery)
	synctest.Wait()
}

// listener enters with so many slots, and asks for as many voices; always are those that it hears whatever others say.
func (c *choir) listener(slots int, always ...string) (*Stay, *link) {
	c.t.Helper()
	e, l := c.entry("listener")
	e.Offer, e.ReceiveVideo = fmt.Sprint(slots), false
	stay := c.enterAs(e)
	if err := stay.HearAtMost(c.t.Context(), slots, always); err != nil {
		c.t.Fatal(err)
	}
	c.flush(lesson)
	return stay, l
}

// hears lists whom a member hears by what it was told: the frames of its connection alone.
func (l *link) hears() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	slots := map[string]string{}
	drop := func(user string) {
		maps.DeleteFunc(slots, func(_, other string) bool { return other == user })
	}
	again := uint64(0) // What is said again up to here is older than the slots of the resume.
	for _, raw := range l.raw {
		f := decode(raw)
		if f.GetSeq() > 0 && f.GetSeq() <= again {
			continue
		}
		switch f := f.GetFrame().(type) {
		case *wire.ServerFrame_SlotBound:
			slots[f.SlotBound.GetMid()] = f.SlotBound.GetUserId()
		case *wire.ServerFrame_SlotUnbound:
			delete(slots, f.SlotUnbound.GetMid())
		case *wire.ServerFrame_MemberLeft:
			drop(f.MemberLeft.GetUserId())
		case *wire.ServerFrame_StreamChanged:
			if !f.StreamChanged.GetPublished() {
				drop(f.StreamChanged.GetUserId())
			}
		case *wire.ServerFrame_Resumed:
			clear(slots)
			again = f.Resumed.GetSeq()
			for _, s := range f.Resumed.GetSlots() {
				slots[s.GetMid()] = s.GetUserId()
			}
		}
	}
	return slots
}

// voices are the users of hears, in order.
func (l *link) voices() []string { return slices.Sorted(maps.Values(l.hears())) }

// TestTheLoudestAreHeard: with three slots one hears the three loudest of twelve, and others as soon as they are
// louder; whoever is a little louder than another takes nobody's place.
func TestTheLoudestAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChoir(t, 12)
		defer c.shut()
		_, l := c.listener(3)
		c.sing(map[int]uint8{3: 100, 7: 90, 9: 110, 4: 88})
		expect(t, "the loudest", l.voices(), []string{singer(3), singer(7), singer(9)})
		n := len(l.heard())
		c.sing(map[int]uint8{3: 96, 7: 89, 9: 112, 4: 93})
		expect(t, "nearly the same", l.since(n), []string{})
		before := l.hears()
		c.sing(map[int]uint8{3: 100, 7: 72, 9: 110, 4: 105})
		expect(t, "another is louder", l.voices(), []string{singer(3), singer(4), singer(9)})
		for mid, user := range l.hears() {
			if user == singer(4) && before[mid] != singer(7) {
				t.Errorf("%s took the slot of %s", user, before[mid])
			}
		}
		if told := l.since(n); len(told) != 1 {
			t.Errorf("the exchange was told by %q; one word is enough", told)
		}
	})
}

// TestTheSilentKeepTheirSlots: who falls silent is heard at once when it speaks again, unless another needs the slot.
func TestTheSilentKeepTheirSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChoir(t, 6)
		defer c.shut()
		_, l := c.listener(2)
		c.sing(map[int]uint8{4: 100, 5: 90})
		n := len(l.heard())
		c.sing(map[int]uint8{0: faint, 1: 40})
		expect(t, "silence, and noise of a room", l.since(n), []string{})
		c.sing(map[int]uint8{2: 80})
		expect(t, "somebody speaks", l.voices(), []string{singer(2), singer(4)})
	})
}

// TestSomeAreAlwaysHeard: whatever others say; and they are in nobody's way who is not there.
func TestSomeAreAlwaysHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChoir(t, 8)
		defer c.shut()
		stay, l := c.listener(3, singer(6), "nobody")
		loud := map[int]uint8{0: 100, 1: 110, 2: 120}
		c.sing(loud)
		expect(t, "one always", l.voices(), []string{singer(1), singer(2), singer(6)})
		if err := c.singers[6].Exit(t.Context(), kicked); err != nil {
			t.Fatal(err)
		}
		expect(t, "it left", l.voices(), []string{singer(0), singer(1), singer(2)})
		for _, always := range [][]string{{"a", "b", "c"}, {"a", "b", "c", "d"}} {
			if err := stay.HearAtMost(t.Context(), 3, always); !errors.Is(err, ErrTooManyVoices) {
				t.Errorf("%d users always of 3: %v", len(always), err)
			}
		}
		if err := stay.HearAtMost(t.Context(), 1, nil); err != nil {
			t.Fatal(err)
		}
		c.flush(lesson)
		expect(t, "one voice", l.voices(), []string{singer(2)})
		if err := stay.Renew(t.Context(), 1, "3"); err != nil {
			t.Fatal(err)
		}
		expect(t, "one voice, by a new transport too", l.voices(), []string{singer(2)})
		if err := stay.HearAtMost(t.Context(), VoicesMax+1000, nil); err != nil {
			t.Fatal(err)
		}
		c.flush(lesson)
		if words := l.heard(); words[len(words)-1] != "needed(4 0)" {
			t.Errorf("seven microphones and three slots: %q", words)
		}
	})
}

// TestFewerSlotsThanVoices: a listener that does not make the slots it is asked for hears the loudest all the same, and
// more as soon as it has more.
func TestFewerSlotsThanVoices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChoir(t, 12)
		defer c.shut()
		e, l := c.entry("listener")
		e.Offer, e.ReceiveVideo = "2", false
		stay := c.enterAs(e)
		c.flush(lesson)
		expect(t, "the first", l.heard()[1:], []string{"bound(m0 singer0.1)", "bound(m1 singer1.1)", "needed(6 0)"})
		c.sing(map[int]uint8{10: 100, 11: 100})
		expect(t, "the loudest", l.voices(), []string{singer(10), singer(11)})
		if err := stay.Reoffer(t.Context(), 1, "20"); err != nil {
			t.Fatal(err)
		}
		if n := len(l.hears()); n != VoicesDefault {
			t.Errorf("%d voices; want %d", n, VoicesDefault)
		}
	})
}

// TestOpenMicrophonesCostTheSame: whether 10, 50 or 300 microphones are open, a listener has as many slots, nothing is
// done for it while nothing changes, and somebody who begins to speak costs one exchange each.
func TestOpenMicrophonesCostTheSame(t *testing.T) {
	for _, microphones := range []int{10, 50, 300} {
		synctest.Test(t, func(t *testing.T) {
			c := newChoir(t, microphones)
			defer c.shut()
			const listeners = 5
			links := make([]*link, listeners)
			for i := range links {
				e, l := c.entry(fmt.Sprint("listener", i))
				e.Offer, e.ReceiveVideo, l.journal = "8", false, nil
				c.enterAs(e)
				links[i] = l
			}
			c.sing(map[int]uint8{0: 100})
			calls := map[string]int{}
			c.board.intervene(func(call, _ string) { calls[call]++ })
			pass(time.Second)
			synctest.Wait()
			if calls["volumes"] != int(time.Second/rankEvery) || len(calls) != 1 {
				t.Errorf("%d microphones, and nothing changes: %v", microphones, calls)
			}
			clear(calls)
			c.sing(map[int]uint8{0: 100, microphones - 1: 90})
			delete(calls, "volumes")
			if calls["forward"] != listeners || calls["unforward"] != listeners || len(calls) != 2 {
				t.Errorf("%d microphones, and one begins to speak: %v", microphones, calls)
			}
			for _, l := range links {
				if len(l.hears()) != VoicesDefault || !slices.Contains(l.voices(), singer(microphones-1)) {
					t.Errorf("%d microphones: one hears %v", microphones, l.voices())
				}
			}
			c.board.intervene(nil)
		})
	}
}

// TestWhereAllAreHeardNobodyIsMeasured: a room asks how loud its voices are only while somebody lacks a slot.
func TestWhereAllAreHeardNobodyIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChoir(t, 4)
		defer c.shut()
		_, l := c.listener(3)
		c.sing(map[int]uint8{3: 100})
		if err := c.singers[0].Exit(t.Context(), kicked); err != nil {
			t.Fatal(err)
		}
		c.flush(lesson)
		asked := 0
		c.board.intervene(func(call, _ string) {
			if call == "volumes" {
				asked++
			}
		})
		pass(time.Second)
		synctest.Wait()
		c.board.intervene(nil)
		if len(l.hears()) != 3 || asked > 0 {
			t.Errorf("%d voices are heard of three, and it was asked %d times", len(l.hears()), asked)
		}
	})
}

// TestNobodyIsHeardWhoLeft: whatever happens in a room of more voices than slots, what a member was told of its slots
// is what they carry: nobody who left, nobody twice, nobody whom it does not want; and none is empty that could carry
// one.
func TestNobodyIsHeardWhoLeft(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			f := &fair{house: newHouse(t), t: t, random: rand.New(rand.NewPCG(seed, 4)), links: map[string]*link{}}
			f.journal = nil
			f.stays, f.open = map[string]*Stay{}, map[string]bool{}
			for range 150 {
				f.happen()
				pass(time.Duration(f.random.IntN(120)) * time.Millisecond)
				synctest.Wait()
				for _, stay := range f.stays {
					if err := stay.Alive(t.Context(), 0, 0); err != nil {
						t.Fatal(err)
					}
				}
				f.flush(lesson)
				f.check()
				if t.Failed() {
					t.Logf("seed %d", seed)
					break
				}
			}
			f.shut()
		})
	}
}

// fair is a room where people come and go and speak.
type fair struct {
	*house
	t      *testing.T
	random *rand.Rand
	stays  map[string]*Stay
	links  map[string]*link
	open   map[string]bool // Whose microphones are open.
}

func (f *fair) happen() {
	user := fmt.Sprint("u", f.random.IntN(9))
	other := fmt.Sprint("u", f.random.IntN(9))
	stay := f.stays[user]
	if stay == nil {
		e, l := f.entry(user)
		l.journal, e.Offer, e.ReceiveVideo = nil, fmt.Sprint(f.random.IntN(6)), false
		f.stays[user], f.links[user] = f.enterAs(e), l
		return
	}
	f.board.sound(stay.Session(), uint8(f.random.IntN(128)))
	switch f.random.IntN(12) {
	case 0, 1, 2, 3, 4:
		f.post(stay, room.Publish{Stream: room.Audio, Mid: fmt.Sprint(f.random.IntN(2))})
		f.open[user] = true
	case 5:
		f.post(stay, room.Unpublish{Stream: room.Audio})
		delete(f.open, user)
	case 6:
		f.post(stay, room.Unsubscribe{User: other, Stream: room.Audio})
	case 7:
		f.post(stay, room.Subscribe{User: other, Stream: room.Audio})
	case 8:
		if err := stay.HearAtMost(f.t.Context(), 2+f.random.IntN(3), []string{other}); err != nil {
			f.t.Fatal(err)
		}
	case 9:
		answer, offer := stay.Reoffer, 6 // Lines are never taken away, but by a new connection.
		if f.random.IntN(2) == 0 {
			answer, offer = stay.Renew, f.random.IntN(6)
		}
		if err := answer(f.t.Context(), 1, fmt.Sprint(offer)); err != nil {
			f.t.Fatal(err)
		}
	case 10:
		first := f.links[user]
		f.lose(stay, 1006)
		back, l := f.resume(stay, &link{name: user, raw: first.raw}, 0)
		l.mu.Lock()
		l.raw = append(slices.Clone(first.raw[:1]), l.raw...) // It keeps the secret.
		l.mu.Unlock()
		f.stays[user], f.links[user] = back, l
	default:
		why := exit.Why{Reason: exit.Left}
		if f.random.IntN(2) == 0 {
			why = kicked
		}
		if err := stay.Exit(f.t.Context(), why); err != nil {
			f.t.Fatal(err)
		}
		delete(f.stays, user)
		delete(f.open, user)
	}
	if len(f.stays) == 0 {
		f.stays["u0"], f.links["u0"] = f.enter("u0")
	}
}

// check compares what everybody was told with what media does.
func (f *fair) check() {
	users := map[string]string{}
	for user, stay := range f.stays {
		users[stay.Session()] = user
	}
	for user, stay := range f.stays {
		carried, seen := map[string]string{}, map[string]bool{}
		for _, slot := range f.board.Slots(stay.Session()) {
			from := users[slot.From]
			carried[slot.Mid] = from
			if from == "" || seen[from] || !f.open[from] || from == user {
				f.t.Errorf("%s hears %q in slot %s", user, from, slot.Mid)
			}
			seen[from] = true
		}
		if told := f.links[user].hears(); !maps.Equal(told, carried) {
			f.t.Errorf("%s was told %v; its slots carry %v: %q", user, told, carried, f.links[user].heard())
		}
		ears := &stay.seat().lines.ears
		if want := min(ears.limit(), len(ears.wanted)); len(carried) != want {
			f.t.Errorf("%s hears %d; it could hear %d", user, len(carried), want)
		}
	}
}
