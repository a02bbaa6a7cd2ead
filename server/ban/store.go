package ban

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName, subject = "bans", "bans."
	// bytesMax bounds the bans of all apps on disk: some hundred thousand.
	bytesMax = 128 << 20
	// readAtOnce is how many bans the store sends at once, readIdle when it forgets a reader that died.
	readAtOnce, readIdle = 1000, time.Minute
	// version is the form in which bans are stored.
	version = 1
)

// stored is a ban on disk.
type stored struct {
	Version int `json:"v"`
	Ban     Ban `json:"ban"`
}

// store keeps bans on disk, each under a subject of its own.
type store struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

func openStore(ctx context.Context, js jetstream.JetStream) (store, error) {
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{subject + ">"}, Storage: jetstream.FileStorage,
		Discard: jetstream.DiscardNew, MaxBytes: bytesMax, MaxMsgsPerSubject: 1,
	})
	if err != nil {
		return store{}, fmt.Errorf("open the stream of bans: %w", err)
	}
	return store{js: js, stream: stream}, nil
}

// at is a ban's subject. Its id is ours and holds nothing that means something in a subject.
func at(app uint32, id string) string { return fmt.Sprintf("%s%d.%s", subject, app, id) }

func (s store) put(ctx context.Context, b Ban) error {
	data, err := json.Marshal(stored{Version: version, Ban: b})
	if err != nil {
		return fmt.Errorf("store a ban: %w", err)
	}
	if _, err := s.js.Publish(ctx, at(b.App, b.ID), data, jetstream.WithExpectStream(streamName)); err != nil {
		return fmt.Errorf("store a ban: %w", err)
	}
	return nil
}

func (s store) remove(ctx context.Context, app uint32, id string) error {
	if err := s.stream.Purge(ctx, jetstream.WithPurgeSubject(at(app, id))); err != nil {
		return fmt.Errorf("remove a ban: %w", err)
	}
	return nil
}

// read calls yield for each ban on disk.
func (s store) read(ctx context.Context, log *slog.Logger, yield func(Ban)) error {
	reader, err := s.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: readIdle,
	})
	if err != nil {
		return fmt.Errorf("read the bans: %w", err)
	}
	defer func() { _ = s.stream.DeleteConsumer(ctx, reader.CachedInfo().Name) }()
	for n := 1; n > 0; {
		batch, err := reader.FetchNoWait(readAtOnce)
		if err != nil {
			return fmt.Errorf("read the bans: %w", err)
		}
		n = 0
		for message := range batch.Messages() {
			n++
			var kept stored
			if err := json.Unmarshal(message.Data(), &kept); err != nil || kept.Version != version {
				log.Error("stored ban passed over: it does not hold", "form", kept.Version, "why", err)
				continue
			}
			yield(kept.Ban)
		}
		if err := batch.Error(); err != nil && !errors.Is(err, jetstream.ErrNoMessages) {
			return fmt.Errorf("read the bans: %w", err)
		}
	}
	return nil
}
