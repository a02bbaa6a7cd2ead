package signal

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/wire"
)

// encode makes the bytes of a frame that the door itself sends. Every text in it is our own or was UTF-8 when it came.
func encode(f *wire.ServerFrame) []byte {
	bytes, err := proto.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("signal: encode %T: %v", f.GetFrame(), err))
	}
	return bytes
}

func refusedFrame(code int32, message string) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_Refused{
		Refused: &wire.Refused{Code: code, Message: message},
	}})
}

func ackFrame(n uint32) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_HeartbeatAck{HeartbeatAck: &wire.HeartbeatAck{N: n}}})
}

func problemFrame(code int32, message string) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_Problem{
		Problem: &wire.Problem{Code: code, Message: message},
	}})
}

func roleRefusedFrame(code int32, message string, role uint32) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_RoleSwitched{
		RoleSwitched: &wire.RoleSwitched{Code: code, Message: message, Role: role},
	}})
}

// exitedFrame repeats the end of an earlier stay to whoever wants to continue it.
func exitedFrame(record exit.Record) []byte {
	row := record.Why.Reason.Row()
	return encode(&wire.ServerFrame{Seq: record.Seq, Frame: &wire.ServerFrame_Exited{Exited: &wire.Exited{
		Reason: row.Self,
		Detail: &wire.ExitDetail{
			Code: row.Name, Actor: record.Why.Actor, Text: record.Why.Sentence(),
			RejoinAfterMs: uint64(max(0, record.Why.RejoinAfter.Milliseconds())),
			SessionId:     record.Session, Seq: record.Seq,
		},
	}}})
}
