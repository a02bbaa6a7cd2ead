package signal

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/server/wire"
)

// encode makes the bytes of a frame that only the door sends; all others are the hall's.
func encode(f *wire.ServerFrame) []byte {
	bytes, err := proto.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("signal: encode %T: %v", f.GetFrame(), err))
	}
	return bytes
}

// refusedFrame says why an entry did not happen. The sentence may quote what was wrong, so it is mended if need be.
func refusedFrame(code int32, message string) []byte {
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_Refused{
		Refused: &wire.Refused{Code: code, Message: strings.ToValidUTF8(message, "?")},
	}})
}

// ackFrame answers a heartbeat and says how long after it the next one is welcome.
func ackFrame(n uint32, next time.Duration) []byte {
	ack := &wire.HeartbeatAck{N: n, NextMs: uint32(next.Milliseconds())}
	return encode(&wire.ServerFrame{Frame: &wire.ServerFrame_HeartbeatAck{HeartbeatAck: ack}})
}
