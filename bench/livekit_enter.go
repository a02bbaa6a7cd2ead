package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
	lk "github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/exeunt/exeunt/bench/servers"
)

// enterMax is how long an entry may take.
const enterMax = 20 * time.Second

// occupant is a member of a LiveKit room: its signalling, and up to two peer connections. It does what LiveKit's own
// SDKs do on the wire, and no more: it never reconnects.
type occupant struct {
	seat  seat
	conn  *websocket.Conn
	ctx   context.Context
	stop  context.CancelFunc
	loops sync.WaitGroup
	// sids gives the user of each participant id; the reading goroutine alone uses it.
	sids map[string]string
	// down receives, up sends (nil for all but speakers); LiveKit has a peer connection for each direction.
	down, up *leg
	writing  sync.Mutex
}

// enterLivekit lets a member in. It returns when the media transport stands.
func enterLivekit(ctx context.Context, address string, s seat) (member, error) {
	if s.part == bare {
		return nil, errors.New("LiveKit puts members without media out after a minute: they are no members to measure")
	}
	ctx, cancel := context.WithTimeout(ctx, enterMax)
	defer cancel()
	o := &occupant{seat: s, sids: map[string]string{}}
	o.ctx, o.stop = context.WithCancel(context.Background())
	if err := o.knock(ctx, address); err != nil {
		o.close()
		return nil, fmt.Errorf("%s enters %s: %w", s.user, s.room, err)
	}
	return o, nil
}

func (o *occupant) knock(ctx context.Context, address string) error {
	token := servers.LivekitToken(o.seat.user, servers.Grant{"room": o.seat.room, "roomJoin": true})
	query := url.Values{
		"access_token": {token}, "protocol": {"16"}, "sdk": {"go"}, "version": {"2.10.0"}, "auto_subscribe": {"0"},
	}
	if o.seat.part == listener {
		query.Set("auto_subscribe", "1")
	}
	conn, response, err := websocket.Dial(ctx, "ws://"+address+"/rtc?"+query.Encode(), nil)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return err
	}
	o.conn = conn
	conn.SetReadLimit(4 << 20)
	first, err := o.read(ctx)
	if err != nil {
		return err
	}
	join := first.GetJoin()
	if join == nil {
		return fmt.Errorf("the first frame is %T", first.GetMessage())
	}
	if o.down, err = newLeg(o, lk.SignalTarget_SUBSCRIBER); err != nil {
		return err
	}
	if o.seat.part == speaker {
		if o.up, err = newLeg(o, lk.SignalTarget_PUBLISHER); err != nil {
			return err
		}
	}
	o.hear(join.GetOtherParticipants())
	o.loops.Go(o.listen)
	o.loops.Go(func() { o.ping(time.Duration(join.GetPingInterval()) * time.Second) })
	if err := o.down.wait(ctx); err != nil {
		return err
	}
	if o.up == nil {
		return nil
	}
	return o.up.send(ctx)
}

func (o *occupant) read(ctx context.Context) (*lk.SignalResponse, error) {
	_, data, err := o.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	frame := &lk.SignalResponse{}
	return frame, proto.Unmarshal(data, frame)
}

func (o *occupant) write(message *lk.SignalRequest) error {
	data, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	o.writing.Lock()
	defer o.writing.Unlock()
	ctx, cancel := context.WithTimeout(o.ctx, enterMax)
	defer cancel()
	return o.conn.Write(ctx, websocket.MessageBinary, data)
}

// ping shows that the member lives, at the server's pace.
func (o *occupant) ping(pace time.Duration) {
	every := time.NewTicker(max(pace, time.Second))
	defer every.Stop()
	for {
		select {
		case now := <-every.C:
			message := &lk.Ping{Timestamp: now.UnixMilli()}
			if o.write(&lk.SignalRequest{Message: &lk.SignalRequest_PingReq{PingReq: message}}) != nil {
				return
			}
		case <-o.ctx.Done():
			return
		}
	}
}

// listen reads until the stay is over.
func (o *occupant) listen() {
	for {
		frame, err := o.read(o.ctx)
		if err != nil {
			return
		}
		switch m := frame.GetMessage().(type) {
		case *lk.SignalResponse_Update:
			o.hear(m.Update.GetParticipants())
		case *lk.SignalResponse_ConnectionQuality:
			o.hearQuality(m.ConnectionQuality.GetUpdates())
		case *lk.SignalResponse_Leave:
			o.seat.board.hear(o.seat.user, ended, o.seat.user)
		case *lk.SignalResponse_Offer:
			err = o.down.answer(m.Offer)
		case *lk.SignalResponse_Answer:
			err = o.up.accept(m.Answer)
		case *lk.SignalResponse_Trickle:
			err = o.trickle(m.Trickle)
		}
		if err != nil {
			o.down.fail(err)
			return
		}
	}
}

func (o *occupant) hear(participants []*lk.ParticipantInfo) {
	for _, p := range participants {
		o.sids[p.GetSid()] = p.GetIdentity()
		switch {
		case p.GetState() == lk.ParticipantInfo_DISCONNECTED:
			o.seat.board.hear(o.seat.user, left, p.GetIdentity())
		case len(p.GetTracks()) > 0:
			o.seat.board.hear(o.seat.user, published, p.GetIdentity())
			fallthrough
		default:
			o.seat.board.hear(o.seat.user, entered, p.GetIdentity())
		}
	}
}

func (o *occupant) hearQuality(updates []*lk.ConnectionQualityInfo) {
	for _, u := range updates {
		if q := u.GetQuality(); q == lk.ConnectionQuality_POOR || q == lk.ConnectionQuality_LOST {
			o.seat.board.hear(o.seat.user, shaky, o.sids[u.GetParticipantSid()])
		}
	}
}

func (o *occupant) trickle(t *lk.TrickleRequest) error {
	if t.GetTarget() == lk.SignalTarget_PUBLISHER && o.up != nil {
		return o.up.candidate(t.GetCandidateInit())
	}
	return o.down.candidate(t.GetCandidateInit())
}

func (o *occupant) leave() {
	_ = o.write(&lk.SignalRequest{Message: &lk.SignalRequest_Leave{Leave: &lk.LeaveRequest{
		Reason: lk.DisconnectReason_CLIENT_INITIATED, Action: lk.LeaveRequest_DISCONNECT,
	}}})
}

func (o *occupant) close() {
	o.stop()
	if o.conn != nil {
		_ = o.conn.CloseNow()
	}
	for _, l := range []*leg{o.down, o.up} {
		if l != nil {
			l.close()
		}
	}
	o.loops.Wait()
}
