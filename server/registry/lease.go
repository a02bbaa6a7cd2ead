package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/room"
)

const (
	// releasesMax bounds the leases that wait to be given back. When it is full, a lease ends by its own age.
	releasesMax = 4096
	// takeTries bounds how often a claim looks again when a release or a refresh comes between its two steps.
	takeTries = 4
	// stepWait bounds one step of the bucket, which takes microseconds on one machine.
	stepWait = 2 * time.Second
)

// lease is a room that this node owns.
type lease struct {
	// token is what Claim returned, 0 while the claim is under way; revision is the key's newest one, which each
	// refresh changes.
	token, revision uint64
}

// expired is a lease on its way back: everything of the key up to revision goes, nothing later.
type expired struct {
	key      room.Key
	revision uint64
}

// Claim takes the lease of a room and returns its fencing token, which grows with each claim. It fails with
// [ErrOwned] when another node has the room, or this one has it already.
func (r *Registry) Claim(ctx context.Context, key room.Key) (uint64, error) {
	if err := r.reserve(key); err != nil {
		return 0, fmt.Errorf("claim %s: %w", key, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stepWait)
	defer cancel()
	token, err := r.take(ctx, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		delete(r.leases, key)
		return 0, fmt.Errorf("claim %s: %w", key, err)
	}
	if r.leases == nil {
		return 0, fmt.Errorf("claim %s: %w", key, errClosed)
	}
	r.leases[key] = lease{token: token, revision: token}
	return token, nil
}

// reserve keeps a second claim, and the refreshing, away from a key while its claim is under way.
func (r *Registry) reserve(key room.Key) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leases == nil {
		return errClosed
	}
	if _, held := r.leases[key]; held {
		return ErrOwned
	}
	r.leases[key] = lease{}
	return nil
}

// take makes the key ours and returns its revision. A key that has our name already is one that waits to be given
// back, because the room is entered again at once, or one whose last refresh was stored but not confirmed: a new
// revision makes it ours again, and the waiting release harmless.
func (r *Registry) take(ctx context.Context, key room.Key) (uint64, error) {
	name, node := leaseKey(key), []byte(r.node)
	for range takeTries {
		revision, err := r.kv.Create(ctx, name, node)
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return revision, err
		}
		entry, err := r.kv.Get(ctx, name)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if string(entry.Value()) != r.node {
			return 0, ErrOwned
		}
		revision, err = r.kv.Update(ctx, name, node, entry.Revision())
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return revision, err
		}
	}
	return 0, fmt.Errorf("the lease changed %d times meanwhile", takeTries)
}

// Release gives the lease back if token still holds it; a stale token changes nothing. It returns at once; the
// bucket is told behind it.
func (r *Registry) Release(key room.Key, token uint64) {
	r.mu.Lock()
	held, ok := r.leases[key]
	if !ok || token == 0 || held.token != token {
		r.mu.Unlock()
		return
	}
	delete(r.leases, key)
	r.mu.Unlock()
	select {
	case r.releases <- expired{key, held.revision}:
	default:
		r.config.Metrics.Overdue("lease_release")
	}
}

// keep gives leases back and refreshes those that are held, one step at a time, until the registry closes.
func (r *Registry) keep() {
	defer close(r.keeping)
	ticker := time.NewTicker(r.config.LeaseTTL / 3)
	defer ticker.Stop()
	for {
		select {
		case e := <-r.releases:
			r.forget(e)
		case <-ticker.C:
			r.refreshAll()
		case <-r.stop:
			r.forgetRest()
			return
		}
	}
}

// forget purges a lease up to its revision. A claim that came later has a higher revision and stays. A purge leaves
// no marker behind, so that rooms which come and go leave nothing (K2).
func (r *Registry) forget(e expired) {
	ctx, cancel := context.WithTimeout(context.Background(), stepWait)
	defer cancel()
	subject := leaseSubject(leaseKey(e.key))
	err := r.stream.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(e.revision+1))
	if err != nil {
		r.config.Metrics.Overdue("lease_release")
		r.log.Warn("lease not given back; it ends by its age", "room", e.key.String(), "why", err)
	}
}

func (r *Registry) forgetRest() {
	for {
		select {
		case e := <-r.releases:
			r.forget(e)
		default:
			return
		}
	}
}

func (r *Registry) refreshAll() {
	r.mu.Lock()
	keys := make([]room.Key, 0, len(r.leases))
	for key := range r.leases {
		keys = append(keys, key)
	}
	r.mu.Unlock()
	for _, key := range keys {
		select {
		case <-r.stop:
			return
		default:
			r.refresh(key)
		}
	}
}

// refresh makes a lease young again. One that only aged out, because this process slept, is taken anew; one that
// somebody else has by now is lost.
func (r *Registry) refresh(key room.Key) {
	r.mu.Lock()
	held := r.leases[key]
	r.mu.Unlock()
	if held.token == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stepWait)
	defer cancel()
	revision, err := r.kv.Update(ctx, leaseKey(key), []byte(r.node), held.revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		revision, err = r.take(ctx, key)
	}
	switch {
	case errors.Is(err, ErrOwned):
		r.lose(key, held)
	case err != nil:
		r.config.Metrics.Overdue("lease_refresh")
		r.log.Warn("lease not refreshed; trying again", "room", key.String(), "why", err)
	default:
		r.refreshed(key, revision)
	}
}

// refreshed notes the new revision. A lease released meanwhile goes back with it; one under way notes its own.
func (r *Registry) refreshed(key room.Key, revision uint64) {
	r.mu.Lock()
	now, held := r.leases[key]
	if held && now.token != 0 && now.revision < revision {
		r.leases[key] = lease{token: now.token, revision: revision}
	}
	r.mu.Unlock()
	if !held {
		r.forget(expired{key, revision})
	}
}

// lose forgets a lease that is no longer ours and says so.
func (r *Registry) lose(key room.Key, was lease) {
	r.mu.Lock()
	now, ok := r.leases[key]
	if !ok || now != was {
		r.mu.Unlock()
		return
	}
	delete(r.leases, key)
	r.mu.Unlock()
	r.log.Error("lease lost: another node has the room", "room", key.String())
	if r.config.Lost != nil {
		r.config.Lost(key, was.token)
	}
}
