package signal

import (
	"errors"
	"fmt"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// decode reads one message of a member. Its errors are the member's own fault.
func decode(typ websocket.MessageType, message []byte) (*wire.ClientFrame, error) {
	if typ != websocket.MessageBinary {
		return nil, errors.New("a frame must be a binary message")
	}
	frame := new(wire.ClientFrame)
	if err := proto.Unmarshal(message, frame); err != nil {
		return nil, errors.New("this message is no ClientFrame")
	}
	if frame.GetFrame() == nil && len(frame.ProtoReflect().GetUnknown()) == 0 {
		return nil, errors.New("a frame must not be empty")
	}
	return frame, nil
}

// event makes the room's event of a frame; nil for a frame that this version does not know, which is passed over so
// that newer clients can talk to it.
func event(frame *wire.ClientFrame) (room.Event, error) {
	switch f := frame.GetFrame().(type) {
	case nil:
		return nil, nil
	case *wire.ClientFrame_Heartbeat:
		return room.Proof{}, nil
	case *wire.ClientFrame_Publish:
		stream, err := streamOf(f.Publish.GetStream())
		return room.Publish{Stream: stream, Mid: f.Publish.GetMid(), Muted: f.Publish.GetMuted()}, err
	case *wire.ClientFrame_Unpublish:
		stream, err := streamOf(f.Unpublish.GetStream())
		return room.Unpublish{Stream: stream}, err
	case *wire.ClientFrame_Subscribe:
		stream, err := streamOf(f.Subscribe.GetStream())
		return room.Subscribe{User: f.Subscribe.GetUserId(), Stream: stream}, err
	case *wire.ClientFrame_Unsubscribe:
		stream, err := streamOf(f.Unsubscribe.GetStream())
		return room.Unsubscribe{User: f.Unsubscribe.GetUserId(), Stream: stream}, err
	case *wire.ClientFrame_SwitchRole:
		return room.SwitchRole{Role: roleOf(f.SwitchRole.GetRole())}, nil
	case *wire.ClientFrame_SendMessage:
		return host.SayOf(f.SendMessage), nil
	default:
		return nil, fmt.Errorf("%T does not belong here", f)
	}
}

// streamOf checks the number before it is narrowed: 257 must not become 1.
func streamOf(s wire.Stream) (room.Stream, error) {
	if s < wire.Stream_STREAM_AUDIO || s > wire.Stream_STREAM_SUB {
		return 0, fmt.Errorf("stream %d does not exist; streams are 1 to 3", s)
	}
	return room.Stream(s), nil
}

// roleOf narrows a role. One that does not exist becomes 0, which no room takes.
func roleOf(role uint32) room.Role {
	if role != uint32(room.Anchor) && role != uint32(room.Audience) {
		return 0
	}
	return room.Role(role)
}
