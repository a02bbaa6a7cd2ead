// Package host is the hall: the live rooms of this node. One goroutine keeps one room; it steps the heart and carries
// out what the heart decides: drop, cut, tell, record.
//
// The hall owns the clock. Doors may wait for a room; a room waits for no one: links are bounded queues, and whatever
// takes time (offers, leases, questions to other nodes) runs in the door's own goroutine. The one mutex guards the
// table of rooms and is never held across a call out.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/server/room"
)

// Config is what the hall has to be told.
type Config struct {
	// Server is the node's name, for the Entered frame and for people who read it.
	Server string
	// Heartbeat is the pace that members are asked for; 0 for [defaultHeartbeat].
	Heartbeat time.Duration
	// Limits bound every room; the zero value means [room.DefaultLimits].
	Limits room.Limits
	// Policy gives a room that opens its rules; nil for [room.DefaultPolicy].
	Policy func(room.Key) room.Policy
	// Journal keeps what must outlive the process, and Bans who may not come in; nil for none.
	Journal Journal
	Bans    Bans
	// Relay takes the media of members behind strict firewalls; nil for none.
	Relay Relay
	// Courier carries messages over data channels; nil for the links alone.
	Courier Courier
	// At is told each point between two steps of an entry, an exit or a return, in the goroutine that takes the steps:
	// a test may hold it there. nil for nobody.
	At func(point string)
}

// defaultHeartbeat leaves room for one late one within the default two seconds of silence.
const defaultHeartbeat = time.Second

// Heartbeat is the pace that members are asked for.
func (h *Hall) Heartbeat() time.Duration { return h.cfg.Heartbeat }

// Hall holds the live rooms of this node.
type Hall struct {
	cfg         Config
	negotiator  Negotiator
	switchboard Switchboard
	registry    Registry
	recorder    Recorder
	log         *slog.Logger
	metrics     *metrics.Metrics

	mu    sync.Mutex
	rooms map[room.Key]*keeper
	// stays finds the room of a session that is inside.
	stays map[string]*keeper
	// wanted are the layers that anybody takes, of which a room has not told its publishers yet.
	wanted  map[*keeper]map[outlet][]string
	closing bool
	// running counts keepers and entries under way; Close waits for both.
	running sync.WaitGroup
}

// New makes an empty hall. A nil m counts nothing.
func New(cfg Config, negotiator Negotiator, switchboard Switchboard, registry Registry, recorder Recorder,
	log *slog.Logger, m *metrics.Metrics,
) *Hall {
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = defaultHeartbeat
	}
	if cfg.Limits == (room.Limits{}) {
		cfg.Limits = room.DefaultLimits()
	}
	if cfg.Policy == nil {
		cfg.Policy = func(room.Key) room.Policy { return room.DefaultPolicy() }
	}
	if cfg.At == nil {
		cfg.At = func(string) {}
	}
	return &Hall{
		cfg: cfg, negotiator: negotiator, switchboard: switchboard, registry: registry, recorder: recorder,
		log: log, metrics: m, rooms: map[room.Key]*keeper{}, stays: map[string]*keeper{},
		wanted: map[*keeper]map[outlet][]string{},
	}
}

// ErrNoRoom says that there is no such room.
var ErrNoRoom = errors.New("no such room")

// ErrNoUser says that the user is not in the room.
var ErrNoUser = errors.New("the user is not in the room")

// ErrStayEnded says that the session is not inside any more; its link was told why.
var ErrStayEnded = errors.New("the stay has ended")

// Refusal is an entry that did not happen.
type Refusal struct {
	// Code is a TRTC error code, below zero.
	Code int32
	// Message is one sentence for the app's developer.
	Message string
}

func (r *Refusal) Error() string { return fmt.Sprintf("entry refused (%d): %s", r.Code, r.Message) }

// Ended answers an entry that wants to continue a stay which has ended, for a reason that forbids a return.
type Ended struct{ Record exit.Record }

func (e *Ended) Error() string {
	return fmt.Sprintf("stay %s has ended: %v", e.Record.Session, e.Record.Why.Reason)
}

// The TRTC codes with which the hall itself answers (TRTCErrorCode).
const (
	// CodeEnterFail is ERR_ROOM_ENTER_FAIL: the offer cannot be answered, or the room cannot be opened now.
	CodeEnterFail int32 = -3301
	// CodeConnectFail is ERR_ROOM_CONNECT_FAIL: this server is stopping; another one will answer.
	CodeConnectFail int32 = -3304
	// CodeEnterTimeout is ERR_ROOM_REQUEST_ENTER_ROOM_TIMEOUT: the room is on its way, from one incarnation or one
	// server to the next; the same entry may work in a moment.
	CodeEnterTimeout int32 = -3308
	// CodeNoCreate is ERR_SERVER_CENTER_NO_PRIVILEDGE_CREATE_ROOM: the permit opens no room that does not exist.
	CodeNoCreate int32 = -102010
	// CodeNotYours is ERR_SERVER_INFO_USER_SIG_CHECK_FAILED: the secret or the device of a resume is wrong.
	CodeNotYours int32 = -100018
	// CodeNotSupported is ERR_NOT_SUPPORTED: a stream that this member cannot be sent, for want of a common codec.
	CodeNotSupported int32 = -4
)

// errClosing says that the hall takes no new entries, errMayNotOpen that this one needs a room that is open already.
var (
	errClosing    = errors.New("the server is stopping")
	errMayNotOpen = errors.New("this entry may not open a room")
)

// begin counts an entry under way; false says that the hall takes none any more.
func (h *Hall) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closing {
		h.running.Add(1)
	}
	return !h.closing
}

// open returns the keeper of a room, and opens the room when there is none.
func (h *Hall) open(ctx context.Context, e Entry) (*keeper, error) {
	h.mu.Lock()
	if h.closing {
		h.mu.Unlock()
		return nil, errClosing
	}
	k, exists := h.rooms[e.Key]
	if !exists && (e.Existing || e.ResumeSession != "") {
		h.mu.Unlock()
		return nil, errMayNotOpen
	}
	if !exists {
		k = newKeeper(h, e.Key)
		h.rooms[e.Key] = k
		h.running.Add(1)
	}
	h.mu.Unlock()
	if !exists {
		k.claim(ctx)
	}
	if err := k.await(ctx); err != nil {
		k.nudge() // The entry will not come; nobody else may have come either.
		return nil, err
	}
	return k, nil
}

// find returns the keeper of a room that is open on this node; nil when there is none.
func (h *Hall) find(key room.Key) *keeper {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[key]
}

// opened returns the room that stands open here. The error is errOver when there is none, or the context's.
func (h *Hall) opened(ctx context.Context, key room.Key) (*keeper, error) {
	k := h.find(key)
	if k == nil {
		return nil, errOver
	}
	if err := k.await(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errOver
	}
	return k, nil
}

// noRoom says in the hall's words that there is no such room.
func noRoom(err error) error {
	if errors.Is(err, errOver) {
		return ErrNoRoom
	}
	return err
}

// forget takes k out of the table, unless a later incarnation stands there already.
func (h *Hall) forget(k *keeper) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.wanted, k)
	if h.rooms[k.key] == k {
		delete(h.rooms, k.key)
	}
}

// all returns the keepers of every open room.
func (h *Hall) all() []*keeper {
	h.mu.Lock()
	defer h.mu.Unlock()
	keepers := make([]*keeper, 0, len(h.rooms))
	for _, k := range h.rooms {
		keepers = append(keepers, k)
	}
	return keepers
}
