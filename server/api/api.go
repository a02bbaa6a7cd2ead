// Package api is the door for back ends: a control API that Tencent Cloud's own SDKs call unmodified, with only the
// endpoint and the keys changed (TRTC, "Room management APIs", version 2019-07-22).
//
// It checks who calls and what they ask for, and hands a command to the hall. It knows no room and removes nobody: the
// answer comes after the hall has cut the media of whoever has to go. Every answer has HTTP status 200, because the
// official SDK for Node drops the error code of any other one.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
)

// Hall is what the API needs of the hall.
type Hall interface {
	// Ask carries out a command at the room's owner, and returns when it is done; host.ErrNoRoom for no room.
	Ask(ctx context.Context, c host.Command) (host.Reply, error)
	// Rooms describes the rooms of an app.
	Rooms(ctx context.Context, app uint32) ([]host.RoomInfo, error)
	// OpenRoom opens an empty room; host.ErrRoomExists when it is open.
	OpenRoom(ctx context.Context, key room.Key, p room.Policy) (*host.RoomInfo, error)
	// Ban keeps somebody out and ends their stays as far as the ban reaches; session as in host.Command.
	Ban(ctx context.Context, b ban.Ban, session string) (ban.Ban, host.Reply, error)
	// Bans lists the bans of an app, the oldest first.
	Bans(ctx context.Context, app uint32) ([]ban.Ban, error)
	// LiftBan ends a ban early; host.ErrNoBan when the app has no such ban.
	LiftBan(ctx context.Context, app uint32, id string) (ban.Ban, error)
}

// Config is what the API has to be told.
type Config struct {
	// Apps are the tenants, with the keys that may act for them.
	Apps config.Apps
	// Policy gives the rules of a room that nobody changed; nil for [room.DefaultPolicy].
	Policy func(room.Key) room.Policy
	// Heartbeat is the pace that members are asked for: no rule may be quicker. 0 bounds nothing.
	Heartbeat time.Duration
	// Now reads the clock; nil for time.Now.
	Now func() time.Time
}

const (
	// callsMax bounds the calls under way, and so the memory of their bodies. One more is refused, not queued.
	callsMax = 64
	// bodyWait bounds how long a caller may take to send the body of a call.
	bodyWait = 20 * time.Second
	// askWait bounds how long the hall may take. It is longer than a question on the bus may take, and shorter than
	// the 60 seconds after which the official SDKs give up.
	askWait = 15 * time.Second
)

// door answers calls.
type door struct {
	keys    map[string]*key
	hall    Hall
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics.Metrics
	slots   chan struct{}
}

// key is one key of one app.
type key struct {
	id, secret string
	may        func(group string) bool
	tenant     *tenant
}

// tenant is what all keys of one app share.
type tenant struct {
	app       uint32
	limits    limits
	done      *replays
	policy    func(room.Key) room.Policy
	heartbeat time.Duration
}

func newTenant(app uint32, c Config) *tenant {
	t := &tenant{app: app, limits: newLimits(), done: newReplays(), policy: c.Policy, heartbeat: c.Heartbeat}
	if t.policy == nil {
		t.policy = func(room.Key) room.Policy { return room.DefaultPolicy() }
	}
	return t
}

// New returns the control API for the apps. A nil m counts nothing.
func New(c Config, hall Hall, log *slog.Logger, m *metrics.Metrics) http.Handler {
	d := &door{
		keys: map[string]*key{}, hall: hall, now: c.Now, log: log, metrics: m, slots: make(chan struct{}, callsMax),
	}
	if d.now == nil {
		d.now = time.Now
	}
	for _, app := range c.Apps {
		t := newTenant(app.SdkAppID, c)
		for _, k := range app.Keys {
			d.keys[k.SecretID] = &key{id: k.SecretID, secret: k.SecretKey, may: k.May, tenant: t}
		}
	}
	return d
}

// call is one call on its way through the checks.
type call struct {
	// id is the RequestId.
	id  string
	now time.Time
	// action is nil, and key too, until it is known.
	action *action
	key    *key
	params params
	// seal is the same for two calls only when they are one call, sent twice.
	seal seal
}

// ServeHTTP answers one call, and writes one line about it.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: newRequestID(), now: d.now()}
	// A test's recorder has no connection and so no deadline; a server's connection has.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWait))
	answer, err := d.answer(r, c)
	code := codeOf(err)
	d.note(c, code, err)
	if err := writeReply(w, c.id, answer, err); err != nil {
		d.log.Debug("reply not sent", "request", c.id, "why", err)
	}
}

// answer checks a call and carries it out. The order of the checks is part of the contract: who a caller is comes
// before what it wants, and nothing of the body counts before its signature is good.
func (d *door) answer(r *http.Request, c *call) (answer fields, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	default:
		return nil, refuse(codeRequestLimitExceeded, "%d calls are under way; try again in a moment", callsMax)
	}
	if err := checkProtocol(r); err != nil {
		return nil, err
	}
	signed, err := readSigned(r)
	if err != nil {
		return nil, err
	}
	if err := d.authenticate(c, signed); err != nil {
		return nil, err
	}
	if err := d.route(c, signed.envelope()); err != nil {
		return nil, err
	}
	if err := c.key.tenant.limits.take(c.action.name, c.now); err != nil {
		return nil, err
	}
	if c.params, err = signed.params(); err != nil {
		return nil, err
	}
	return d.act(r.Context(), c)
}

// authenticate finds the key, and checks the time and the signature.
func (d *door) authenticate(c *call, signed signed) error {
	id, stamp := signed.claim()
	if len(id) > secretIDMax {
		return refuse(codeInvalidSecretID, "SecretId has %d bytes; the limit is %d", len(id), secretIDMax)
	}
	k, known := d.keys[id]
	if !known {
		return refuse(codeSecretIDNotFound, "the SecretId is not known; check that it is a key of this server")
	}
	c.key = k
	if err := checkStamp(stamp, c.now); err != nil {
		return err
	}
	var err error
	if c.seal, err = signed.verify(k.secret); err != nil {
		return err
	}
	if signed.envelope().token != "" {
		return refuse(codeTokenFailure, "this server issues no temporary keys: leave Token out")
	}
	return nil
}

// act reads the parameters and does what they ask for; what changes a room it does once.
func (d *door) act(ctx context.Context, c *call) (fields, error) {
	deed, err := c.action.read(c)
	if err == nil {
		err = c.params.checkKnown(c.action.parameters)
	}
	if err != nil {
		return nil, err
	}
	if !c.action.changes {
		ctx, cancel := context.WithTimeout(ctx, askWait)
		defer cancel()
		return deed(ctx, d.hall)
	}
	return c.key.tenant.done.once(ctx, c, d.hall, deed)
}

// note writes the one line about a call.
func (d *door) note(c *call, code string, err error) {
	action, keyID, app := "unknown", "", uint32(0)
	if c.action != nil {
		action = c.action.name
	}
	if c.key != nil {
		keyID, app = c.key.id, c.key.tenant.app
	}
	d.metrics.ControlCall(action, code)
	line := []any{"action", action, "app", app, "key", keyID, "request", c.id, "code", code}
	var expected *Error
	if err != nil && !errors.As(err, &expected) {
		d.log.Error("control call failed", append(line, "why", err)...)
		return
	}
	d.log.Info("control call", line...)
}
