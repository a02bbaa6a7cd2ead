package client

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// seeds are frames of every kind that says something of the others.
var seeds = []*wire.ServerFrame{
	{Seq: 1, Frame: &wire.ServerFrame_MemberEntered{MemberEntered: &wire.MemberEntered{UserId: "ben"}}},
	{Seq: 2, Frame: &wire.ServerFrame_MemberLeft{MemberLeft: &wire.MemberLeft{UserId: "ben", Reason: 2}}},
	{Frame: &wire.ServerFrame_StreamChanged{
		StreamChanged: &wire.StreamChanged{UserId: "ben", Stream: 2, Published: true},
	}},
	{Frame: &wire.ServerFrame_MemberPresence{MemberPresence: &wire.MemberPresence{UserId: "ben", Unstable: true}}},
	{Frame: &wire.ServerFrame_Exited{Exited: &wire.Exited{Reason: 1, Detail: &wire.ExitDetail{Code: "removed"}}}},
	{Frame: &wire.ServerFrame_Resumed{Resumed: &wire.Resumed{Whole: true, Members: []*wire.Member{{UserId: "ann"}}}}},
	{Frame: &wire.ServerFrame_Batch{Batch: &wire.Batch{Frames: []*wire.ServerFrame{{Seq: 3}}}}},
	{Frame: &wire.ServerFrame_SlotBound{SlotBound: &wire.SlotBound{Mid: "1", UserId: "ben", Stream: 1}}},
	{Frame: &wire.ServerFrame_MessageChannel{MessageChannel: &wire.MessageChannel{Open: true}}},
	{Frame: &wire.ServerFrame_Problem{Problem: &wire.Problem{Code: -1, Message: "no"}}},
}

// Whatever a server says, the client takes it without a panic, never forgets how far it heard, and knows after a whole
// list exactly those who are on it.
func FuzzServerFrames(f *testing.F) {
	for _, seed := range seeds {
		b, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, b)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := &Client{events: make(chan Event)}
		c.mail.client, c.mail.outbox.client = c, c
		c.ctx, c.cancel = context.WithCancel(t.Context())
		c.cancel() // Nobody reads the events.
		for _, b := range [][]byte{first, second} {
			frame := &wire.ServerFrame{}
			if proto.Unmarshal(b, frame) != nil {
				continue
			}
			before := c.heard.Load()
			if r := frame.GetResumed(); r != nil {
				c.resumed(frame)
				if r.GetWhole() {
					knowsOnly(t, &c.room, r.GetMembers())
				}
			} else if c.take(frame) != nil {
				return
			}
			if c.heard.Load() < before {
				t.Fatalf("%d were heard, and now %d", before, c.heard.Load())
			}
		}
	})
}

func knowsOnly(t *testing.T, v *view, members []*wire.Member) {
	t.Helper()
	listed := map[string]bool{}
	for _, m := range members {
		listed[m.GetUserId()] = true
		if v.others[m.GetUserId()] == nil {
			t.Fatalf("%q is on the list and not known", m.GetUserId())
		}
	}
	if len(v.others) != len(listed) {
		t.Fatalf("%d are known, %d on the list", len(v.others), len(listed))
	}
}
