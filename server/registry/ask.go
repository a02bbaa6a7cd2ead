package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/room"
)

const (
	// askWait bounds a question to an owner: longer than any room takes, shorter than a back end waits.
	askWait = 5 * time.Second
	// answersMax bounds the questions that this node answers at once; more of them wait on the bus.
	answersMax = 64
)

// answering counts the questions under way, so that Close can wait for them.
type answering struct {
	running sync.WaitGroup
	slots   chan struct{}
	ctx     context.Context
	close   context.CancelFunc
}

func newAnswering() answering {
	ctx, cancel := context.WithCancel(context.Background())
	return answering{slots: make(chan struct{}, answersMax), ctx: ctx, close: cancel}
}

// Serve lets handler answer what is asked about rooms of this node. It is called once, before the first Claim.
// handler gets at most 5 seconds and may run 64 times at once.
func (r *Registry) Serve(handler func(ctx context.Context, request []byte) []byte) error {
	_, err := r.conn.Subscribe(askSubject(r.node), func(question *nats.Msg) {
		select {
		case r.answers.slots <- struct{}{}:
		case <-r.answers.ctx.Done():
			return
		}
		r.answers.running.Go(func() {
			defer func() { <-r.answers.slots }()
			r.answer(question, handler)
		})
	})
	if err != nil {
		return fmt.Errorf("listen for questions: %w", err)
	}
	return nil
}

func (r *Registry) answer(question *nats.Msg, handler func(context.Context, []byte) []byte) {
	ctx, cancel := context.WithTimeout(r.answers.ctx, askWait)
	defer cancel()
	if err := question.Respond(handler(ctx, question.Data)); err != nil {
		r.log.Warn("answer not sent", "why", err)
	}
}

// Ask sends a request to the room's owner, on this node or another, and returns the reply. It waits at most
// 5 seconds. [ErrNoRoom] when nobody owns the room.
func (r *Registry) Ask(ctx context.Context, key room.Key, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	entry, err := r.kv.Get(ctx, leaseKey(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("ask the owner of %s: %w", key, ErrNoRoom)
	}
	if err != nil {
		return nil, fmt.Errorf("look up the owner of %s: %w", key, err)
	}
	reply, err := r.conn.RequestWithContext(ctx, askSubject(string(entry.Value())), request)
	if err != nil {
		return nil, fmt.Errorf("ask node %s about %s: %w", entry.Value(), key, err)
	}
	return reply.Data, nil
}

// Rooms lists the owned rooms of an app, on all nodes, in no order. Other tenants' rooms are never among them.
func (r *Registry) Rooms(ctx context.Context, app uint32) ([]room.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	// The stream tells its subjects at one moment. A watch of the bucket would count first and then wait for as many
	// keys, for ever when a room ends in between.
	info, err := r.stream.Info(ctx, jetstream.WithSubjectFilter(leaseSubject(strconv.FormatUint(uint64(app), 10)+".>")))
	if err != nil {
		return nil, fmt.Errorf("list the rooms of app %d: %w", app, err)
	}
	var keys []room.Key
	for subject := range info.State.Subjects {
		key, err := roomKey(strings.TrimPrefix(subject, leaseSubject("")))
		if err != nil {
			r.log.Error("strange key in the bucket of leases", "why", err)
			continue
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func askSubject(node string) string { return "exeunt." + node + ".ask" }
