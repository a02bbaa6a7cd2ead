package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// roundMax bounds how many changes are stored together.
	roundMax = 1024
	// flightMax bounds the messages of which the store has confirmed nothing: two rounds. Behind a stuck disk nothing
	// is sent beyond it, since the client of the store would begin to block.
	flightMax = 2 * roundMax
	// packMax bounds the exit records in one message: some hundred kilobytes.
	packMax = 256
	// aloneMax is how many states are stored one by one. An atomic batch costs as much as a dozen of them, but one
	// synchronisation in all (NATS ADR-50).
	aloneMax = 8
	// batchMax bounds an atomic batch; it is the store's own limit.
	batchMax = 1000
)

// outgoing is one message, and the changes that wait for it.
type outgoing struct {
	subject string
	entry   entry
	waiting []*waiting
	// batched are messages that are stored together with this one, before it.
	batched []*outgoing
	ack     jetstream.PubAckFuture
	err     error
}

// write stores what waits, round after round: while one round is on its way to the disk, the next one gathers.
func (j *Journal) write() {
	defer close(j.written)
	defer j.sweeper.end()
	for {
		select {
		case <-j.wake:
		case <-j.stop:
			for j.round() {
			}
			return
		}
		for j.round() {
		}
	}
}

// round stores the longest waiting changes, as many as one round takes; false when none waits.
func (j *Journal) round() bool {
	changes := j.take()
	if len(changes) == 0 {
		return false
	}
	messages := append(packExits(changes), j.batchStates(changes)...)
	for _, m := range messages {
		j.send(m)
	}
	// No change waits longer than it may: those that come later are taken when this wait ends at the latest.
	late, cancel := context.WithDeadline(context.Background(), changes[0].late)
	defer cancel()
	onTime := true
	for _, m := range messages {
		err := m.await(late.Done())
		if onTime && errors.Is(err, ErrLate) {
			// Counted before anybody is told, so that whoever was told finds it counted.
			onTime = false
			j.metrics.Overdue("journal")
		}
		m.settle(err)
	}
	j.forget(changes)
	return true
}

func (j *Journal) take() []*waiting {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := min(len(j.waiting), roundMax)
	changes := j.waiting[:n:n]
	j.waiting = j.waiting[n:]
	if len(j.waiting) == 0 {
		j.waiting = nil // Or the queue's memory would never be given back.
	}
	for _, w := range changes {
		w.steps = w.change.steps()
	}
	return changes
}

// steps counts the parts of a change that are stored each by itself.
func (c Change) steps() int {
	n := 0
	for _, part := range []bool{c.Room != nil, c.Member != nil, c.Exit != nil, c.Over} {
		if part {
			n++
		}
	}
	return n
}

// packExits puts the ends of each incarnation together: the end of a room of hundreds costs one message.
func packExits(changes []*waiting) []*outgoing {
	var messages []*outgoing
	open := map[string]*outgoing{}
	end := func(w *waiting) *outgoing {
		subject := exitsOf(place(w.change.Key, w.change.Incarnation))
		m := open[subject]
		if m == nil || len(m.entry.Exits) == packMax {
			m = &outgoing{subject: subject, entry: entry{Key: w.change.Key, Incarnation: w.change.Incarnation}}
			open[subject] = m
			messages = append(messages, m)
		}
		m.waiting = append(m.waiting, w)
		return m
	}
	for _, w := range changes {
		if w.change.Exit != nil {
			m := end(w)
			m.entry.Exits = append(m.entry.Exits, stored(w.change.Exit))
		}
		if w.change.Over {
			end(w).entry.Over = true
		}
	}
	return messages
}

// batchStates makes messages of the states, the newest of each only, in the order in which they came to be.
func (j *Journal) batchStates(changes []*waiting) []*outgoing {
	var states []*outgoing
	at := map[string]*outgoing{}
	put := func(subject string, e entry, w *waiting) {
		m := at[subject]
		if m == nil {
			m = &outgoing{subject: subject}
			at[subject] = m
			states = append(states, m)
		}
		m.entry = e
		m.waiting = append(m.waiting, w)
	}
	for _, w := range changes {
		c := w.change
		here := place(c.Key, c.Incarnation)
		if c.Room != nil {
			put(roomAt(here), entry{Key: c.Key, Incarnation: c.Incarnation, Room: c.Room}, w)
		}
		if c.Member != nil {
			e := entry{Key: c.Key, Incarnation: c.Incarnation, Member: c.Member}
			put(memberAt(here, c.Member.State.Session), e, w)
		}
	}
	if len(states) <= aloneMax {
		return states
	}
	var batches []*outgoing
	for len(states) > 0 {
		n := min(len(states), batchMax)
		last := states[n-1]
		last.batched = states[:n-1]
		batches = append(batches, last)
		states = states[n:]
	}
	return batches
}

// send puts a message on its way, after those of its batch.
func (j *Journal) send(m *outgoing) {
	if len(m.batched) == 0 {
		j.publish(m, nats.Header{})
		return
	}
	batch := rand.Text()
	for i, part := range m.batched {
		data, err := part.entry.encode()
		if err == nil {
			err = j.js.Conn().PublishMsg(&nats.Msg{Subject: part.subject, Data: data, Header: inBatch(batch, i+1)})
		}
		if err != nil {
			m.err = err
			return // A batch without its commit is forgotten.
		}
	}
	header := inBatch(batch, len(m.batched)+1)
	header.Set("Nats-Batch-Commit", "1")
	j.publish(m, header)
}

// inBatch are the headers of an atomic batch (NATS ADR-50).
func inBatch(batch string, n int) nats.Header {
	return nats.Header{"Nats-Batch-Id": {batch}, "Nats-Batch-Sequence": {strconv.Itoa(n)}}
}

func (j *Journal) publish(m *outgoing, header nats.Header) {
	data, err := m.entry.encode()
	if err == nil && j.js.PublishAsyncPending() >= flightMax {
		err = ErrLate
	}
	if err != nil {
		m.err = err
		return
	}
	if len(m.entry.Exits) == 1 && !m.entry.Over {
		header.Set(jetstream.MsgIDHeader, m.entry.Exits[0].Session)
	}
	m.ack, m.err = j.js.PublishMsgAsync(&nats.Msg{Subject: m.subject, Data: data, Header: header})
}

// await returns the store's answer, which counts when it is there, however late it is read.
func (m *outgoing) await(late <-chan struct{}) error {
	if m.err != nil {
		return m.err
	}
	select {
	case <-m.ack.Ok():
		return nil
	case err := <-m.ack.Err():
		return fmt.Errorf("store in the journal: %w", err)
	default:
	}
	select {
	case <-m.ack.Ok():
		return nil
	case err := <-m.ack.Err():
		return fmt.Errorf("store in the journal: %w", err)
	case <-late:
		return ErrLate
	}
}

// settle tells those who waited for the message, and for its batch.
func (m *outgoing) settle(err error) {
	for _, part := range append(m.batched, m) {
		for _, w := range part.waiting {
			w.settle(err)
		}
	}
}

// settle notes that one part of the change is stored or failed, and reports when nothing is left.
func (w *waiting) settle(err error) {
	if w.err == nil {
		w.err = err
	}
	if w.steps--; w.steps == 0 {
		w.done(w.err)
	}
}

// forget hands over what this round made needless: the states of those whose ends are stored, and of rooms that are
// over. It comes last, so that no state of this round can come after its own removal.
func (j *Journal) forget(changes []*waiting) {
	var needless []removal
	for _, w := range changes {
		here := place(w.change.Key, w.change.Incarnation)
		switch {
		case w.err != nil:
		case w.change.Over:
			needless = append(needless, removal{place: here})
		case w.change.Exit != nil:
			needless = append(needless, removal{place: here, session: w.change.Exit.Session})
		}
	}
	j.sweeper.add(needless...)
}
