package signal

import (
	"context"
	"iter"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/exeunt/exeunt/server/exit"
)

const (
	// queueFrames and queueBytes bound what waits for one member: a room of a thousand may tell everything about
	// everybody at once, and nobody holds more memory than that by not reading.
	queueFrames = 4096
	queueBytes  = 1 << 20
	// writeWait bounds one frame on its way into the socket; a member that takes longer is too slow.
	writeWait = 10 * time.Second
	// cutWait bounds what is still written after a stay has ended: the frames before the last word, and the last word.
	cutWait = 2 * time.Second
	// closeTextMax is what a close frame has for its reason (RFC 6455 §5.5: 125 bytes, two of them the code).
	closeTextMax = 123
)

// socket is what the door needs of a WebSocket.
type socket interface {
	Read(ctx context.Context) (websocket.MessageType, []byte, error)
	Write(ctx context.Context, typ websocket.MessageType, frame []byte) error
	Close(code websocket.StatusCode, reason string) error
	CloseNow() error
}

// word is the last word of a connection: a frame, and what the close frame says again in case the other is lost (B9).
type word struct {
	frame []byte
	code  uint16
	text  string
}

// link is the bounded queue to one member, emptied by a goroutine of its own. It never closes a channel that somebody
// may send on (K6).
type link struct {
	socket socket
	wake   chan struct{}
	done   chan struct{}
	// late rings when a frame takes too long to get out; the writer alone sets it.
	late *time.Timer

	// The mutex guards what the room's goroutine, the visit's and the writer's share; nothing waits while it is held.
	mu     sync.Mutex
	frames [][]byte
	bytes  int
	// aside goes with whatever is sent next.
	aside   []byte
	last    *word
	overdue *time.Timer
	// slow says that a frame did not get through in its time.
	slow bool
}

func newLink(s socket) *link {
	l := prepareLink(s)
	go l.run()
	return l
}

// prepareLink makes a link whose writer has not begun.
func prepareLink(s socket) *link {
	l := &link{socket: s, wake: make(chan struct{}, 1), done: make(chan struct{})}
	l.late = time.AfterFunc(writeWait, l.giveUp)
	l.late.Stop()
	return l
}

// Send queues a frame. False says that the member has too much waiting already. After the end it does nothing.
func (l *link) Send(frame []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil {
		return true
	}
	if len(l.frames) >= queueFrames || l.bytes+len(frame) > queueBytes {
		return false
	}
	l.frames = append(l.frames, frame)
	l.bytes += len(frame)
	l.stir()
	return true
}

// Enclose has a frame go with the next one. It is one frame at most, so it is in nobody's way.
func (l *link) Enclose(frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.aside = frame
}

// Cut queues the last word of a stay and closes after it. A member that was too slow for what waits already gets the
// last word alone.
func (l *link) Cut(last []byte, record exit.Record) {
	l.end(word{frame: last, code: record.Why.Reason.Row().Close, text: record.Why.Sentence()},
		record.Why.Reason == exit.TooSlow)
}

// Leave closes without a last word: the stay goes on.
func (l *link) Leave(code uint16) { l.end(word{code: code}, false) }

// finish queues the last word of a connection that never became a stay.
func (l *link) finish(w word) { l.end(w, false) }

func (l *link) end(w word, dropWaiting bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil {
		return
	}
	l.last = &w
	if dropWaiting {
		l.frames = nil
	}
	l.overdue = time.AfterFunc(cutWait, func() { _ = l.socket.CloseNow() })
	l.stir()
}

// stir wakes the writer; one that is awake already looks again before it sleeps.
func (l *link) stir() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run writes what is queued until the last word is said or the socket fails.
func (l *link) run() {
	defer close(l.done)
	defer l.rest()
	// The first frame decides what the connection is, so it never stands in a batch.
	welcomed := false
	for range l.wake {
		frames, last := l.take()
		if !welcomed && len(frames) > 0 {
			welcomed = true
			if err := l.write(frames[0]); err != nil {
				_ = l.socket.CloseNow()
				return
			}
			frames = frames[1:]
		}
		for frame := range batches(frames) {
			if err := l.write(frame); err != nil {
				_ = l.socket.CloseNow()
				return
			}
		}
		if last != nil {
			_ = l.socket.Close(websocket.StatusCode(last.code), clip(last.text, closeTextMax))
			return
		}
	}
}

// rest stops the deadline of the last word.
func (l *link) rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.overdue != nil {
		l.overdue.Stop()
	}
}

// take empties the queue. The last word comes with the frame that belongs to it.
func (l *link) take() ([][]byte, *word) {
	l.mu.Lock()
	defer l.mu.Unlock()
	frames := l.frames
	if l.aside != nil && len(frames) > 0 && l.last == nil {
		frames = append(frames, l.aside)
		l.aside = nil
	}
	l.frames, l.bytes = nil, 0
	if l.last != nil && l.last.frame != nil {
		frames = append(frames, l.last.frame)
	}
	return frames, l.last
}

// batchBytes bounds one batch: a megabyte at once would keep a slow member from its heartbeats.
const batchBytes = 64 << 10

// batches puts frames that wait together into one message, so that a storm of leaves costs one write a member and not
// one a leave (K11). A frame that is alone goes as it is.
func batches(frames [][]byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(frames) > 0 {
			n, size := 1, len(frames[0])
			for n < len(frames) && size+len(frames[n]) <= batchBytes {
				size += len(frames[n])
				n++
			}
			if !yield(batch(frames[:n])) {
				return
			}
			frames = frames[n:]
		}
	}
}

// The field numbers of ServerFrame.batch and Batch.frames. A batch is put together from frames as they are.
const (
	fieldBatch  protowire.Number = 20
	fieldFrames protowire.Number = 1
)

func batch(frames [][]byte) []byte {
	if len(frames) == 1 {
		return frames[0]
	}
	var list []byte
	for _, frame := range frames {
		list = protowire.AppendTag(list, fieldFrames, protowire.BytesType)
		list = protowire.AppendBytes(list, frame)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, fieldBatch, protowire.BytesType), list)
}

// write brings one message out.
func (l *link) write(frame []byte) error {
	l.late.Reset(writeWait)
	defer l.late.Stop()
	return l.socket.Write(context.Background(), websocket.MessageBinary, frame)
}

// giveUp ends a connection that is too slow. The mark comes before the socket closes, so that whoever sees it closed
// knows why.
func (l *link) giveUp() {
	l.mu.Lock()
	l.slow = true
	l.mu.Unlock()
	_ = l.socket.CloseNow()
}

// tooSlow says whether the connection ended because the member did not read.
func (l *link) tooSlow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slow
}

// clip shortens a text to at most n bytes, between two characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
