package host

import (
	"context"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/media"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

// Link is the way to one member: a bounded queue that somebody else empties. No method ever blocks.
type Link interface {
	// Send queues one encoded frame; false says that the queue is full, which is itself a reason to leave.
	Send(frame []byte) bool
	// Enclose has a frame go with the next one that is sent, so that it costs no write of its own. It may never go: a
	// later one takes its place.
	Enclose(frame []byte)
	// Cut queues the last word and closes with the reason's code after it, within a deadline. Later calls do nothing.
	Cut(last []byte, record exit.Record)
	// Leave closes without a last word: the stay goes on, elsewhere or after a restart. code is the close code.
	Leave(code uint16)
}

// Negotiator answers offers. Its methods may take milliseconds and are called by doors, never by a room.
type Negotiator interface {
	// Open makes the transport of a session and answers its offer. All sessions that may ever hear each other name one
	// room; the word means nothing else.
	Open(ctx context.Context, room, session, offer string) (answer string, err error)
	// Reoffer answers a later offer: more slots, or an ICE restart. It keeps every binding.
	Reoffer(ctx context.Context, session, offer string) (answer string, err error)
}

// Publisher says what send lines carry, and how loud it is. Its methods are quick and never block: rooms call them.
type Publisher interface {
	// Publish says that the send line mid of the session carries stream.
	Publish(session string, stream room.Stream, mid string) error
	// Unpublish ends the stream and every forward of it.
	Unpublish(session string, stream room.Stream)
	// Volumes says how loud the microphones of sessions have been of late, in decibels above silence, 0 to 127, in
	// their order.
	Volumes(sessions []string) []uint8
}

// Relay takes the media of members whose network lets nothing through to the engine. Its methods are quick and never
// block: rooms call them.
type Relay interface {
	// Admit returns the ways to the relay with the credentials of a session, the same ones until Drop.
	Admit(session string) []*wire.IceServer
	// Drop ends what a session has there: when it returns, nothing passes any more, and the credentials are void.
	Drop(session string)
}

// Switchboard connects streams to listeners. Its methods are quick and never block either.
type Switchboard interface {
	Publisher
	// Forward starts sending from's stream to a free slot of to, and names the slot's mid.
	// [media.ErrNoSlot] says that to has no free slot of the kind.
	Forward(from string, stream room.Stream, to string) (mid string, err error)
	// Unforward frees the slot; mid is empty when there was none.
	Unforward(from string, stream room.Stream, to string) (mid string)
	// Prefer says which layer of a stream a listener wants at most: 0 the best, then down. It holds for the forward
	// that exists; where there is none, nothing happens.
	Prefer(from string, stream room.Stream, to string, quality int)
	// Drop ends the session's media at once: when it returns, not one more packet of it is sent or taken, and its
	// own streams are forwarded to nobody. Closing the transport goes on behind, with a deadline.
	Drop(session string)
	// Slots lists what the session's slots carry now, in the order of its lines.
	Slots(session string) []room.Slot
}

// Courier carries messages over data channels. Its methods are quick and never block: rooms call them.
type Courier interface {
	// Say sends a message to a session's client. [media.ErrNoChannel] says that there is no way, and [media.ErrBehind]
	// that there is none any more: the client was too slow for a reliable message.
	Say(session string, how media.Delivery, message []byte) error
}

// Registry knows which node owns which room, and carries a question to the owner.
type Registry interface {
	// Claim takes the lease of a room; it fails with registry.ErrOwned when another node has it.
	Claim(ctx context.Context, key room.Key) (token uint64, err error)
	// Release gives the lease back if token still holds it. It returns at once.
	Release(key room.Key, token uint64)
	// Ask sends a request to the room's owner and returns the reply; registry.ErrNoRoom when nobody owns it.
	Ask(ctx context.Context, key room.Key, request []byte) (reply []byte, err error)
	// Rooms lists the owned rooms of an app.
	Rooms(ctx context.Context, app uint32) ([]room.Key, error)
}

// Recorder keeps what happened.
type Recorder interface {
	// Record writes down the end of a stay. It never blocks and never fails the caller.
	Record(key room.Key, incarnation string, record exit.Record)
	// Find returns how a stay ended, while it is remembered.
	Find(session string) (exit.Record, bool)
}
