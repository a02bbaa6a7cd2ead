package host

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// encode makes the bytes of a frame. Every text in it was checked at a door or is cleaned here, so a failure is a
// broken invariant.
func encode(f *wire.ServerFrame) []byte {
	bytes, err := proto.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("host: encode %T: %v", f.GetFrame(), err))
	}
	return bytes
}

// enteredFrame is the first frame of a stay.
func (k *keeper) enteredFrame(s *seat, e room.Admit) []byte {
	presence := k.room.Policy().Presence
	entered := &wire.Entered{
		SessionId:       s.session,
		RoomIncarnation: k.incarnation,
		Answer:          s.given.answer,
		Members:         members(e.Members),
		HeartbeatMs:     uint32(k.hall.cfg.Heartbeat.Milliseconds()),
		GoneMs:          uint32(presence.GoneAfter.Milliseconds()),
		UnstableMs:      uint32(presence.UnstableAfter.Milliseconds()),
		TryAfterMs:      uint32(presence.TryAfter.Milliseconds()),
		TryEveryMs:      uint32(presence.TryEvery.Milliseconds()),
		Server:          k.hall.cfg.Server,
		Secret:          s.given.secret,
		Rights:          uint32(e.Rights),
		Host:            e.Host,
		IceServers:      k.ways(s),
		Said:            said(e.Members),
	}
	return encode(&wire.ServerFrame{Seq: e.Seq, Frame: &wire.ServerFrame_Entered{Entered: entered}})
}

// ways are those to the relay: none for a leaver, whose credentials would outlive it.
func (k *keeper) ways(s *seat) []*wire.IceServer {
	if k.hall.cfg.Relay == nil || s.dropped {
		return nil
	}
	return k.hall.cfg.Relay.Admit(s.session)
}

// members are those whom somebody may see, as they are now.
func members(seen []room.Seen) []*wire.Member {
	all := make([]*wire.Member, 0, len(seen))
	for _, m := range seen {
		member := &wire.Member{UserId: m.User, Unstable: m.Unstable}
		for _, p := range m.Streams {
			member.Streams = append(member.Streams, &wire.StreamState{Stream: wire.Stream(p.Stream), Muted: p.Muted})
		}
		all = append(all, member)
	}
	return all
}

// said is how many reliable messages everybody has sent: whoever knows that knows later which ones it missed.
func said(seen []room.Seen) []*wire.Said {
	var all []*wire.Said
	for _, m := range seen {
		for _, s := range m.Said {
			all = append(all, &wire.Said{UserId: m.User, CmdId: s.CmdID, Reliable: s.Reliable})
		}
	}
	return all
}

// NoticeFrame encodes one notice, once for all who are told. Doors use it, with seq 0, for what they answer themselves.
func NoticeFrame(seq uint64, n room.Notice) []byte {
	f := &wire.ServerFrame{Seq: seq}
	switch n := n.(type) {
	case room.MemberEntered:
		f.Frame = &wire.ServerFrame_MemberEntered{MemberEntered: &wire.MemberEntered{UserId: n.User}}
	case room.MemberLeft:
		f.Frame = &wire.ServerFrame_MemberLeft{MemberLeft: memberLeft(n)}
	case room.MemberPresence:
		f.Frame = &wire.ServerFrame_MemberPresence{MemberPresence: &wire.MemberPresence{
			UserId: n.User, Unstable: n.Unstable, Cause: string(n.Cause), GoneInMs: uint32(n.GoneIn.Milliseconds()),
		}}
	case room.RightsChanged:
		f.Frame = &wire.ServerFrame_RightsChanged{RightsChanged: &wire.RightsChanged{
			Rights: uint32(n.Rights), AudioBlocked: n.Block.Audio, VideoBlocked: n.Block.Video,
		}}
	case room.HostChanged:
		f.Frame = &wire.ServerFrame_HostChanged{HostChanged: &wire.HostChanged{UserId: n.User}}
	case room.StreamChanged:
		f.Frame = &wire.ServerFrame_StreamChanged{StreamChanged: &wire.StreamChanged{
			UserId: n.User, Stream: wire.Stream(n.Stream), Published: n.Published, Muted: n.Muted,
		}}
	case room.RoleSwitched:
		f.Frame = &wire.ServerFrame_RoleSwitched{RoleSwitched: &wire.RoleSwitched{
			Code: n.Code, Message: n.Message, Role: uint32(n.Role),
		}}
	case room.MessageReceived:
		f.Frame = &wire.ServerFrame_MessageReceived{MessageReceived: &wire.MessageReceived{
			UserId: n.User, CmdId: n.CmdID, Seq: n.Seq, Reliable: n.Reliable, Data: n.Data,
		}}
	case room.MessageAck:
		f.Frame = &wire.ServerFrame_MessageAck{MessageAck: &wire.MessageAck{Number: n.Number}}
	case room.Problem:
		f.Frame = &wire.ServerFrame_Problem{Problem: &wire.Problem{
			Code: n.Code, Message: strings.ToValidUTF8(n.Message, "?"),
		}}
	default:
		panic(fmt.Sprintf("host: unknown notice %T", n))
	}
	return encode(f)
}

func memberLeft(n room.MemberLeft) *wire.MemberLeft {
	left := &wire.MemberLeft{UserId: n.User, Reason: n.Reason}
	if n.Record != nil {
		left.Detail = detail(*n.Record, n.Record.Why.Text)
	}
	return left
}

// ExitedFrame encodes the last word of a stay. A door says it again to whoever wants to continue a stay that has ended.
func ExitedFrame(record exit.Record) []byte {
	return encode(&wire.ServerFrame{Seq: record.Seq, Frame: &wire.ServerFrame_Exited{Exited: &wire.Exited{
		Reason: record.Why.Reason.Row().Self, Detail: detail(record, record.Why.Sentence()),
	}}})
}

// detail is the exit record, the same for the leaver and the others. Only the text may differ: the table's own sentence
// speaks to the leaver, so the others get no text where nobody wrote one.
func detail(record exit.Record, text string) *wire.ExitDetail {
	return &wire.ExitDetail{
		Code:          record.Why.Reason.Row().Name,
		Actor:         strings.ToValidUTF8(record.Why.Actor, "?"),
		Text:          strings.ToValidUTF8(text, "?"),
		RejoinAfterMs: uint64(max(0, record.Why.RejoinAfter.Milliseconds())),
		SessionId:     record.Session,
		Seq:           record.Seq,
		Rule:          record.Why.Rule,
	}
}

func answerFrame(id uint32, sdp string) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_Answer{Answer: &wire.Answer{Id: id, Sdp: sdp}}})
}

func boundFrame(mid string, f forward) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_SlotBound{SlotBound: &wire.SlotBound{
		Mid: mid, UserId: f.user, Stream: wire.Stream(f.stream),
	}}})
}

func unboundFrame(mid string) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_SlotUnbound{SlotUnbound: &wire.SlotUnbound{Mid: mid}}})
}

func encodeFrame(stream room.Stream, rids []string) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_Encode{Encode: &wire.Encode{
		Stream: wire.Stream(stream), Layers: rids,
	}}})
}

func neededFrame(need slots) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_SlotsNeeded{SlotsNeeded: &wire.SlotsNeeded{
		Audio: need.audio, Video: need.video,
	}}})
}
