package host

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// postman is the data channels of a house, in memory.
type postman struct {
	mu sync.Mutex
	// fails is what saying something to a session fails with; the sessions without an entry have no channels.
	fails map[string]error
	told  map[string][]string
}

// newPostman gives a house data channels.
func newPostman(h *house) *postman {
	p := &postman{fails: map[string]error{}, told: map[string][]string{}}
	h.cfg.Courier = p
	return p
}

func (p *postman) Say(session string, how media.Delivery, message []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err, known := p.fails[session]
	switch {
	case !known:
		return media.ErrNoChannel
	case err != nil:
		return err
	}
	f := decode(message)
	way := map[media.Delivery]string{media.Lossy: "lossy", media.Reliable: "reliable"}[how]
	p.told[session] = append(p.told[session], fmt.Sprintf("%s %d %s", way, f.GetSeq(), word(f)))
	return nil
}

// opens opens the channels of a stay, as the engine says it.
func (p *postman) opens(h *house, s *Stay) {
	h.t.Helper()
	p.breaks(s, nil)
	h.Talks(s.Session(), true)
	h.flush(lesson)
}

// breaks makes what is said to a stay fail from now on.
func (p *postman) breaks(s *Stay, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails[s.Session()] = err
}

func (p *postman) heard(s *Stay) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.told[s.Session()])
}

// sure and perhaps are a reliable message and one that may be lost.
func sure(text string) room.Say {
	return room.Say{CmdID: 1, Reliable: true, Ordered: true, Data: []byte(text)}
}

func perhaps(text string) room.Say { return room.Say{CmdID: 1, Data: []byte(text)} }

// channelWord says what a member is told of its channel.
func channelWord(c *wire.MessageChannel) string {
	var counts []string
	for _, s := range c.GetSaid() {
		counts = append(counts, fmt.Sprintf("%s.%d=%d", s.GetUserId(), s.GetCmdId(), s.GetReliable()))
	}
	return strings.TrimSpace(fmt.Sprintf("channel %v %s", c.GetOpen(), strings.Join(counts, " ")))
}

// TestMessagesGoOverTheChannelOnceItIsOpen: until the member was told so on its link the reliable ones go there, so
// that none overtakes another; from then on each carries the place of what the member was told last.
func TestMessagesGoOverTheChannelOnceItIsOpen(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	channels := newPostman(h)
	alice, _ := h.enter("alice")
	bob, link := h.enter("bob")
	channels.breaks(bob, nil)
	h.post(alice, sure("one"))
	h.post(alice, perhaps("lost?"))
	channels.opens(h, bob)
	h.post(alice, sure("two"))
	carol, third := h.enter("carol")
	h.post(alice, sure("three"))
	h.post(carol, perhaps("me too"))
	expect(t, "bob hears on his link", link.since(1), []string{`alice says "one"`, "channel true", "+carol"})
	expect(t, "bob hears over the channel", channels.heard(bob), []string{
		`lossy 0 alice says "lost?"`, `reliable 0 alice says "two"`, `reliable 3 alice says "three"`,
		`lossy 0 carol says "me too"`,
	})
	expect(t, "carol, who has none, hears", third.since(1), []string{`alice says "three"`})
}

// TestAChannelOutlivesTheLink: whoever lost his connection still hears what is said; when he is back he is told that it
// goes on so.
func TestAChannelOutlivesTheLink(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	channels := newPostman(h)
	alice, _ := h.enter("alice")
	bob, first := h.enter("bob")
	h.lose(bob, 1006)
	channels.opens(h, bob)
	h.post(alice, sure("still there?"))
	h.enter("carol")
	_, again := h.resume(bob, first, 2)
	h.post(alice, sure("good"))
	expect(t, "bob hears over the channel", channels.heard(bob), []string{
		`reliable 0 alice says "still there?"`, `reliable 4 alice says "good"`,
	})
	expect(t, "bob hears on his new link", again.heard(), []string{"resumed", "+carol", "channel true"})
}

// TestAChannelThatEndsGivesWayToTheLink: whatever the reason is, the member is told on its link, with the counts by
// which it knows what it did not get; and not one message goes by both ways.
func TestAChannelThatEndsGivesWayToTheLink(t *testing.T) {
	for name, end := range map[string]func(*house, *postman, *Stay){
		"too slow": func(_ *house, p *postman, bob *Stay) { p.breaks(bob, media.ErrBehind) },
		"closed by the client": func(h *house, p *postman, bob *Stay) {
			p.breaks(bob, media.ErrNoChannel)
			h.Talks(bob.Session(), false)
			h.flush(lesson)
		},
		"a new transport": func(h *house, p *postman, bob *Stay) {
			p.breaks(bob, media.ErrNoChannel)
			if err := bob.Renew(h.t.Context(), 1, "10"); err != nil {
				h.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			defer h.shut()
			channels := newPostman(h)
			alice, _ := h.enter("alice")
			bob, link := h.enter("bob")
			channels.opens(h, bob)
			h.post(alice, sure("one"))
			end(h, channels, bob)
			h.post(alice, sure("two"))
			h.post(alice, perhaps("three"))
			expect(t, "bob hears over the channel", channels.heard(bob), []string{`reliable 0 alice says "one"`})
			heard := slices.DeleteFunc(link.since(1), func(w string) bool { return strings.HasPrefix(w, "answer") })
			known := "channel false alice.1=1"
			if name == "too slow" {
				known = "channel false alice.1=2" // It is the message for which there was no place.
			}
			expect(t, "bob hears on his link", heard, []string{
				"channel true", known, `alice says "two"`, `alice says "three"`,
			})
			channels.opens(h, bob)
			h.post(alice, sure("four"))
			if got := channels.heard(bob); got[len(got)-1] != `reliable 0 alice says "four"` {
				t.Errorf("over the next channel bob hears %q", got)
			}
		})
	}
}

// spoken is what a client sends over its channel.
func spoken(say room.Say) []byte {
	message, err := proto.Marshal(&wire.ClientFrame{Frame: &wire.ClientFrame_SendMessage{SendMessage: &wire.SendMessage{
		CmdId: say.CmdID, Data: say.Data, Reliable: say.Reliable, Ordered: say.Ordered, Number: say.Number,
	}}})
	if err != nil {
		panic(err)
	}
	return message
}

// TestWhatIsSaidOverAChannelIsSaidInTheRoom: with the same limits as over a link, whose breach is told there; and not
// by those who are not inside.
func TestWhatIsSaidOverAChannelIsSaidInTheRoom(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	newPostman(h)
	alice, own := h.enter("alice")
	bob, link := h.enter("bob")
	h.Heard(alice.Session(), spoken(perhaps("hello")))
	h.Heard(alice.Session(), spoken(room.Say{CmdID: 11}))
	h.Heard(alice.Session(), spoken(perhaps(strings.Repeat("x", 1025))))
	h.Heard(alice.Session(), []byte("garbage"))
	h.Heard(alice.Session(), nil)
	exitFrame, err := proto.Marshal(&wire.ClientFrame{Frame: &wire.ClientFrame_Exit{Exit: &wire.Exit{}}})
	if err != nil {
		t.Fatal(err)
	}
	h.Heard(alice.Session(), exitFrame)
	h.Heard("nobody", spoken(perhaps("boo")))
	h.flush(lesson)
	for range 40 {
		h.Heard(alice.Session(), spoken(perhaps("again")))
	}
	h.flush(lesson)
	said := link.since(1)
	if said[0] != `alice says "hello"` || len(said) != 30 {
		t.Errorf("bob heard %d messages, the first %q; want the 30 of a second", len(said), said[0])
	}
	problems := slices.DeleteFunc(own.since(2), func(w string) bool { return w != "problem(-2)" && w != "problem(-3)" })
	if len(problems) != 2+11 {
		t.Errorf("alice heard of %d problems; want 13: %q", len(problems), problems)
	}
	h.leave(bob)
	h.Heard(bob.Session(), spoken(perhaps("from beyond")))
	h.flush(lesson)
	if last := own.heard()[len(own.heard())-1]; last != "-bob(0)" {
		t.Errorf("after bob's exit alice heard %q", last)
	}
}

// numbered gives a message its number.
func numbered(say room.Say, number uint32) room.Say {
	say.Number = number
	return say
}

// TestWhatIsSaidByBothWaysIsToldOnce: a member that does not know what its channel brought says it again on its link.
// The answer comes over the channel where there is one, on the link else.
func TestWhatIsSaidByBothWaysIsToldOnce(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	channels := newPostman(h)
	alice, own := h.enter("alice")
	bob, link := h.enter("bob")
	h.post(alice, numbered(sure("one"), 1))
	channels.opens(h, alice)
	for number, text := range []string{"one", "two", "three"} {
		if !h.Heard(alice.Session(), spoken(numbered(sure(text), uint32(number)+1))) {
			t.Errorf("%q was not taken", text)
		}
	}
	h.flush(lesson)
	channels.breaks(alice, media.ErrNoChannel)
	h.Talks(alice.Session(), false)
	h.post(alice, numbered(sure("three"), 3))
	h.post(alice, numbered(sure("four"), 4))
	h.Heard(alice.Session(), spoken(numbered(sure("four"), 4))) // It was under way.
	h.flush(lesson)
	expect(t, "bob hears", link.since(1), []string{
		`alice says "one"`, `alice says "two"`, `alice says "three"`, `alice says "four"`,
	})
	expect(t, "alice hears over the channel", channels.heard(alice), []string{
		"reliable 2 heard up to 1", "reliable 2 heard up to 2", "reliable 2 heard up to 3",
	})
	expect(t, "alice hears on her link", own.since(2), []string{
		"heard up to 1", "channel true", "channel false", "heard up to 3", "heard up to 4", "heard up to 4",
	})
	if h.leave(bob); !h.Heard(bob.Session(), spoken(numbered(sure("from beyond"), 1))) {
		t.Error("the channels of one who has left end for a message that nobody waits for")
	}
}

// TestNothingReliableIsDropped: a room without time says so, and the member says it on its link. It does without what
// could be lost as well.
func TestNothingReliableIsDropped(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	alice, _ := h.enter("alice")
	_, link := h.enter("bob")
	gate := h.hold("publish")
	h.postSoon(alice, room.Publish{Stream: room.Audio, Mid: "0"})
	taken := uint32(0)
	for h.Heard(alice.Session(), spoken(numbered(sure("x"), taken+1))) {
		if taken++; taken > mailboxMax+1 {
			t.Fatal("the mailbox has no bound")
		}
	}
	if taken < mailboxMax-1 {
		t.Errorf("after %d messages the room had no time", taken)
	}
	if !h.Heard(alice.Session(), spoken(perhaps("y"))) {
		t.Error("a message that may be lost ends the channels")
	}
	close(gate)
	h.flush(lesson)
	for _, heard := range link.since(1) {
		if heard == `alice says "y"` {
			t.Error("what was not taken is told")
		}
	}
}

// TestWhoIsPutOutIsToldNothingOverTheChannel: the last word goes over the link, and what comes after it nowhere.
func TestWhoIsPutOutIsToldNothingOverTheChannel(t *testing.T) {
	h := newHouse(t)
	defer h.shut()
	channels := newPostman(h)
	alice, _ := h.enter("alice")
	bob, link := h.enter("bob")
	channels.opens(h, bob)
	if err := bob.Exit(t.Context(), kicked); err != nil {
		t.Fatal(err)
	}
	h.post(alice, sure("one"))
	h.post(alice, perhaps("two"))
	h.Talks(bob.Session(), false)
	h.flush(lesson)
	expect(t, "bob hears over the channel", channels.heard(bob), nil)
	expect(t, "bob hears on his link", link.since(1), []string{"channel true", "exited(1 removed)"})
}

// FuzzHeard holds that nothing that comes over a channel ends a stay or a room, and that no message goes through that
// the room's limits forbid.
func FuzzHeard(f *testing.F) {
	f.Add(spoken(sure("hello")))
	f.Add(spoken(perhaps("hello")))
	f.Add(spoken(room.Say{CmdID: 1 << 31, Data: make([]byte, 2000)}))
	f.Add([]byte{0x52, 0x02, 0x08, 0x01})
	f.Add([]byte("garbage"))
	f.Fuzz(func(t *testing.T, message []byte) {
		h := newHouse(t)
		defer h.shut()
		alice, own := h.enter("alice")
		_, link := h.enter("bob")
		h.Heard(alice.Session(), message)
		h.flush(lesson)
		if len(link.heard()) > 2 || len(own.last()) > 0 {
			t.Fatalf("bob heard %q, alice's end is %v", link.heard(), own.last())
		}
		if len(link.heard()) == 2 {
			m := link.frame(1).GetMessageReceived()
			if m.GetUserId() != "alice" || m.GetCmdId() < 1 || m.GetCmdId() > 10 || len(m.GetData()) > 1024 {
				t.Errorf("bob heard %v", m)
			}
		}
		h.leave(alice)
	})
}
