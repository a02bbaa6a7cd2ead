package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"sync"
	"time"
)

const (
	// replayHold is how long a call is remembered: a signature from the far end of the tolerated future stays good for
	// twice the tolerance.
	replayHold = 2 * tolerance
	// replaysMax bounds what is remembered for one app. An app that calls as fast as it may stays below it (the second
	// term is what the buckets hold at first); were it reached, one more call would be refused, not forgotten.
	replaysMax = changing * (callsPerSecond*int(replayHold/time.Second) + callsPerSecond)
	// changing is the number of actions that change a room.
	changing = 13
)

// replays remembers what the calls of one app came to, by seal. The same call sent again, by a client that lost the
// answer or by a listener on the way, gets the first one's outcome: it must not remove a user who has entered again
// meanwhile (F10). What the official clients sign has a resolution of one second, so with them a back end that wants to
// do the very same twice has to wait for the next second; Repeated in the answer tells it that this call did nothing.
type replays struct {
	mu    sync.Mutex
	calls map[seal]*outcome
	// order lists the seals, the oldest first.
	order []seal
}

// outcome is what a call came to; it may be read once done is closed.
type outcome struct {
	done   chan struct{}
	since  time.Time
	answer fields
	err    error
}

func newReplays() *replays { return &replays{calls: map[seal]*outcome{}} }

// errAbandoned is the outcome of a deed that never ended: it panicked.
var errAbandoned = errors.New("the first call of this signature failed halfway")

// once does the deed, unless the same call was made before; then it waits for that one's outcome. A caller that hangs
// up does not stop the deed: whoever asks again must hear how it ended.
func (r *replays) once(ctx context.Context, c *call, hall Hall, deed deed) (fields, error) {
	o, first, err := r.begin(c)
	if err != nil {
		return nil, err
	}
	if first {
		o.happen(context.WithoutCancel(ctx), hall, deed)
		return o.answer, o.err
	}
	select {
	case <-o.done:
		return repeated(o.answer), o.err
	case <-ctx.Done():
		return nil, refuse(codeInternalError, "the call was given up before its first sending was answered")
	}
}

// repeated marks the answer to a call that was made before. No answer stays none.
func repeated(first fields) fields {
	marked := maps.Clone(first)
	if marked != nil {
		marked["Repeated"] = true
	}
	return marked
}

// happen does the deed. Whoever waits goes on even when the deed panics.
func (o *outcome) happen(ctx context.Context, hall Hall, deed deed) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	defer close(o.done)
	o.answer, o.err = deed(ctx, hall)
}

// begin finds the outcome of the same call, or opens one for the first of its kind.
func (r *replays) begin(c *call) (o *outcome, first bool, err error) {
	// The clients of Tencent leave the action out of the signature, and may ask two things about one room in one second.
	s := seal(sha256.Sum256(append(c.seal[:], c.action.name...)))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(c.now)
	if o, again := r.calls[s]; again {
		return o, false, nil
	}
	if len(r.order) >= replaysMax {
		return nil, false, refuse(codeRequestLimitExceeded, "too many calls in the last minutes; try again later")
	}
	o = &outcome{done: make(chan struct{}), since: c.now, err: errAbandoned}
	r.calls[s] = o
	r.order = append(r.order, s)
	return o, true, nil
}

// forget drops what no signature can repeat any more.
func (r *replays) forget(now time.Time) {
	for len(r.order) > 0 && now.Sub(r.calls[r.order[0]].since) > replayHold {
		delete(r.calls, r.order[0])
		r.order = r.order[1:]
	}
}
