package signal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/exeunt/exeunt/server/exit"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/pace"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/wire"
)

const (
	// enterWait is how long a connection may stay without its first frame.
	enterWait = 10 * time.Second
	// admitWait bounds an entry: the answer to its offer, the lease, the room's turn.
	admitWait = 10 * time.Second
	// goodbyeWait is how long a goodbye waits for an entry under way.
	goodbyeWait = time.Second
	// postWait bounds how long a frame waits for its room, which works off its mailbox in milliseconds.
	postWait = 5 * time.Second
	// framesPerSecond and framesBurst are far above what a person causes; a faster member is read more slowly.
	framesPerSecond, framesBurst = 50, 200
	// aheadMax is how many frames may be read ahead while an entry is under way, so that a goodbye behind them is seen.
	aheadMax = 4
	// offersPerSecond and offersBurst bound the dearest frame: an offer takes milliseconds to answer.
	offersPerSecond, offersBurst = 2, 10
)

// closeRefused is the close code after Refused: the same entry would be refused again.
const closeRefused uint16 = 4510

// incoming is what the reader heard: a frame, or what was wrong with one.
type incoming struct {
	frame *wire.ClientFrame
	wrong error
}

// visit is one connection, from its handshake to its end.
type visit struct {
	door   *Door
	socket socket
	link   *link
	offers *pace.Bucket

	// frames come from the reader, which closes it when nothing more comes; closed is the close code that it saw.
	frames chan incoming
	closed websocket.StatusCode

	who  applicant
	stay *host.Stay
	turn *turn
}

// promiseMax bounds how much later than usual a sign of life may come. Browsers wake the timers of hidden pages once a
// minute.
const promiseMax = 65 * time.Second

// keep leads one connection from its handshake to its end. When it returns, the socket is closed and the stay is over.
func (d *Door) keep(s socket) {
	v := &visit{
		door: d, socket: s, link: newLink(s), frames: make(chan incoming, aheadMax),
		offers: pace.New(offersPerSecond, offersBurst),
	}
	entering, giveUp := context.WithCancel(d.base)
	defer giveUp()
	// A context for each read would cost more than what is read.
	defer context.AfterFunc(d.base, func() { _ = s.CloseNow() })()
	go v.read(giveUp)
	v.serve(entering)
	for range v.frames {
		// What comes after the end is not heard; the reader ends with the socket.
		continue
	}
	// Whoever had the last word has said it; where nobody had one, the socket is gone already.
	v.link.finish(word{code: uint16(websocket.StatusGoingAway)})
	<-v.link.done
}

// read hears the member until the socket ends or something is wrong. It goes on while the entry is under way: a
// goodbye, or a socket that closes, must be able to call the entry off (D1). An entry takes milliseconds, so a goodbye
// and a fault get their turn as such; only an entry that hangs is called off.
func (v *visit) read(giveUp context.CancelFunc) {
	defer close(v.frames)
	patience := time.Duration(0)
	defer func() { time.AfterFunc(patience, giveUp) }()
	rate := pace.New(framesPerSecond, framesBurst)
	for {
		typ, message, err := v.socket.Read(context.Background())
		if errors.Is(err, websocket.ErrMessageTooBig) {
			v.frames <- incoming{wrong: fmt.Errorf("a frame has more than %d bytes", frameMax)}
			return
		}
		if err != nil {
			v.closed = websocket.CloseStatus(err)
			return
		}
		if rate.Wait(v.door.base) != nil {
			return
		}
		frame, wrong := decode(typ, message)
		v.frames <- incoming{frame, wrong}
		if wrong != nil || frame.GetExit() != nil {
			patience = goodbyeWait
			time.AfterFunc(patience, giveUp)
		}
		if wrong != nil {
			return
		}
	}
}

// serve lets the member in, or back in, and hears it until the connection or the stay is over.
func (v *visit) serve(entering context.Context) {
	switch first := v.first().GetFrame().(type) {
	case *wire.ClientFrame_Enter:
		v.enter(entering, first.Enter)
	case *wire.ClientFrame_Resume:
		v.resume(entering, first.Resume)
	}
	if v.stay == nil {
		return
	}
	v.turn = v.door.rota.join()
	defer v.turn.leave()
	for in := range v.frames {
		if !v.hear(in) {
			return
		}
	}
	if v.link.tooSlow() {
		v.exit(exit.Why{Reason: exit.TooSlow, Actor: "server"})
		return
	}
	v.did(func(ctx context.Context) error { return v.stay.Lost(ctx, max(0, int(v.closed))) })
}

// first waits for the first frame, which must be Enter or Resume; nil when there is none.
func (v *visit) first() *wire.ClientFrame {
	late := time.NewTimer(enterWait)
	defer late.Stop()
	select {
	case in, open := <-v.frames:
		if !open || in.frame.GetExit() != nil {
			v.link.finish(word{code: exit.Left.Row().Close})
			return nil
		}
		if in.wrong == nil && (in.frame.GetEnter() != nil || in.frame.GetResume() != nil) {
			return in.frame
		}
		v.link.finish(protocolError("the first frame must be enter or resume"))
	case <-late.C:
		v.link.finish(protocolError("neither enter nor resume came within 10 seconds"))
	}
	return nil
}

func protocolError(text string) word {
	return word{
		frame: refusedFrame(host.CodeEnterFail, text), code: exit.ProtocolError.Row().Close, text: text,
	}
}

// enter brings the member in, or says why not.
func (v *visit) enter(entering context.Context, e *wire.Enter) {
	ctx, cancel := context.WithTimeout(entering, admitWait)
	defer cancel()
	who, refusal := v.door.check(e, time.Now())
	if refusal != nil {
		v.door.metrics.Refused(refusal.Code)
		v.door.log.Info("refused", "room", who.entry.Key.String(), "user", who.entry.User, "why", refusal.Code)
		v.refuse(refusal)
		return
	}
	who.entry.Link = v.link
	stay, err := v.door.hall.Enter(ctx, who.entry)
	if err != nil {
		v.turnAway(err)
		return
	}
	v.who, v.stay = who, stay
}

// resume brings a member whose connection was lost back into its seat, or says how its stay ended. The session's secret
// stands for the UserSig, which may have run out meanwhile (H1).
func (v *visit) resume(entering context.Context, r *wire.Resume) {
	ctx, cancel := context.WithTimeout(entering, admitWait)
	defer cancel()
	app, known := v.door.config.Apps.App(r.GetSdkAppId())
	if !known {
		v.refuse(refuse(codeSdkAppID, "sdkAppId %d is not served here", r.GetSdkAppId()))
		return
	}
	key, refusal := roomKey(r.GetSdkAppId(), r)
	if refusal != nil {
		v.refuse(refusal)
		return
	}
	stay, err := v.door.hall.Resume(ctx, host.Return{
		Key: key, Session: clip(r.GetSessionId(), sessionMax), Secret: r.GetSecret(),
		Device: clip(r.GetDevice(), deviceMax), Seq: r.GetSeq(), Link: v.link,
	})
	if err != nil {
		v.turnAway(err)
		return
	}
	v.who = applicant{app: app, entry: host.Entry{Key: key, User: stay.User()}}
	v.stay = stay
}

// turnAway says why the hall did not take the member. One that gave up by itself gets a close code only.
func (v *visit) turnAway(err error) {
	var refusal *host.Refusal
	var ended *host.Ended
	switch {
	case errors.As(err, &refusal):
		v.refuse(refusal)
	case errors.As(err, &ended):
		v.link.Cut(host.ExitedFrame(ended.Record), ended.Record)
	case errors.Is(err, context.Canceled):
		v.link.finish(word{code: exit.Left.Row().Close})
	default:
		v.door.log.Warn("entry failed", "why", err)
		v.refuse(refuse(host.CodeEnterTimeout, "the room could not be entered in time; try again"))
	}
}

func (v *visit) refuse(r *host.Refusal) {
	v.link.finish(word{frame: refusedFrame(r.Code, r.Message), code: closeRefused, text: r.Message})
}

// hear acts on one frame of a member inside. False says that the stay is over.
func (v *visit) hear(in incoming) bool {
	if in.wrong != nil {
		return v.fault(in.wrong)
	}
	switch f := in.frame.GetFrame().(type) {
	case *wire.ClientFrame_Exit:
		return v.exit(exit.Why{Reason: exit.Left, Actor: v.who.entry.User})
	case *wire.ClientFrame_Offer:
		return v.reoffer(f.Offer)
	case *wire.ClientFrame_SwitchRole:
		if !v.mayTakeRole(f.SwitchRole) {
			return true
		}
	case *wire.ClientFrame_UpdatePermit:
		return v.updatePermit(f.UpdatePermit)
	case *wire.ClientFrame_Heartbeat:
		return v.beat(f.Heartbeat)
	case *wire.ClientFrame_Prefer:
		return v.prefer(f.Prefer)
	case *wire.ClientFrame_HearAtMost:
		return v.hearAtMost(f.HearAtMost)
	}
	e, err := event(in.frame)
	if err != nil {
		return v.fault(err)
	}
	if e == nil {
		return true
	}
	return v.post(e)
}

// fault ends the stay of a member that sends what no client of ours sends.
func (v *visit) fault(wrong error) bool {
	return v.exit(exit.Why{Reason: exit.ProtocolError, Actor: "server", Text: wrong.Error()})
}

// exit takes the stay to the hall's one door.
func (v *visit) exit(why exit.Why) bool {
	ctx, cancel := context.WithTimeout(context.Background(), postWait)
	defer cancel()
	if err := v.stay.Exit(ctx, why); err != nil {
		v.overdue("room_exit", err)
		v.link.finish(word{code: why.Reason.Row().Close, text: why.Sentence()})
	}
	return false
}

// beat answers a heartbeat. A full queue is noticed by the room, at the next thing that it has to tell.
func (v *visit) beat(h *wire.Heartbeat) bool {
	v.link.Send(ackFrame(h.GetN(), v.turn.next(time.Now())))
	promised := min(promiseMax, time.Duration(h.GetNextMs())*time.Millisecond)
	return v.did(func(ctx context.Context) error { return v.stay.Alive(ctx, h.GetSeq(), promised) })
}

// prefer takes down which layer of a picture is wanted. A layer that does not exist ends no stay: a newer client may
// know more of them.
func (v *visit) prefer(p *wire.Prefer) bool {
	stream, err := streamOf(p.GetStream())
	quality := p.GetQuality()
	if err == nil && stream == room.Audio {
		err = errors.New("sound has no layers")
	}
	if err == nil && (quality < 0 || host.Quality(quality) > host.QualityLowest) {
		err = fmt.Errorf("quality %d does not exist; qualities are 0 to %d", quality, host.QualityLowest)
	}
	if err != nil {
		v.problem(room.CodeInvalidParameter, "prefer: "+err.Error())
		return true
	}
	return v.did(func(ctx context.Context) error {
		return v.stay.Prefer(ctx, p.GetUserId(), stream, host.Quality(quality))
	})
}

// hearAtMost takes down how many voices are heard at once. More than are possible end no stay either.
func (v *visit) hearAtMost(h *wire.HearAtMost) bool {
	return v.did(func(ctx context.Context) error {
		err := v.stay.HearAtMost(ctx, int(min(h.GetVoices(), host.VoicesMax)), h.GetAlways())
		if errors.Is(err, host.ErrTooManyVoices) {
			v.problem(room.CodeInvalidParameter, err.Error())
			return nil
		}
		return err
	})
}

// post leaves an event with the room. False says that the stay has ended; its last word is on its way.
func (v *visit) post(e room.Event) bool {
	return v.did(func(ctx context.Context) error { return v.stay.Post(ctx, e) })
}

// did leaves something with the room, within a bound.
func (v *visit) did(leave func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(context.Background(), postWait)
	defer cancel()
	err := leave(ctx)
	if errors.Is(err, host.ErrStayEnded) {
		return false
	}
	if err != nil {
		v.overdue("room_post", err)
		v.problem(room.CodeRefused, "the room has no time now; try again")
	}
	return true
}

// problem says that a request failed and that the stay goes on.
func (v *visit) problem(code int32, message string) {
	v.link.Send(host.NoticeFrame(0, room.Problem{Code: code, Message: message}))
}

func (v *visit) overdue(what string, err error) {
	v.door.metrics.Overdue(what)
	v.door.log.Error("the room does not answer", "room", v.who.entry.Key.String(), "user", v.who.entry.User,
		"session", v.stay.Session(), "why", err)
}

// reoffer brings more slots, an ICE restart or a new peer connection.
func (v *visit) reoffer(offer *wire.Offer) bool {
	ctx, cancel := context.WithTimeout(v.door.base, admitWait)
	defer cancel()
	err := v.offers.Wait(ctx)
	switch {
	case err != nil:
	case offer.GetFresh():
		err = v.stay.Renew(ctx, offer.GetId(), offer.GetSdp())
	default:
		err = v.stay.Reoffer(ctx, offer.GetId(), offer.GetSdp())
	}
	if errors.Is(err, host.ErrStayEnded) {
		return false
	}
	if err != nil {
		v.door.log.Warn("an offer was not answered", "room", v.who.entry.Key.String(), "user", v.who.entry.User,
			"session", v.stay.Session(), "why", err)
		v.problem(room.CodeInvalidParameter, "this offer cannot be answered")
	}
	return true
}

// mayTakeRole checks the PrivateMapKey again when somebody becomes anchor (TRTC, switchRole). What it allows holds from
// then on.
func (v *visit) mayTakeRole(f *wire.SwitchRole) bool {
	if !v.who.app.PermissionControl || roleOf(f.GetRole()) != room.Anchor {
		return true
	}
	rights, refusal := v.permit(f.GetPrivateMapKey())
	if refusal != nil {
		v.link.Send(host.NoticeFrame(0, room.RoleSwitched{
			Code: refusal.Code, Message: refusal.Message, Role: room.Anchor,
		}))
		return false
	}
	return v.post(room.Grant{Rights: rights})
}

// updatePermit gives a member the rights of a newer PrivateMapKey (TRTC, updatePrivateMapKey). Where an app demands
// none, everybody has all rights, and is told so.
func (v *visit) updatePermit(f *wire.UpdatePermit) bool {
	rights := room.AllRights
	if v.who.app.PermissionControl {
		var refusal *host.Refusal
		if rights, refusal = v.permit(f.GetPrivateMapKey()); refusal != nil {
			v.problem(refusal.Code, refusal.Message)
			return true
		}
	}
	return v.post(room.Grant{Rights: rights})
}

func (v *visit) permit(key string) (room.Rights, *host.Refusal) {
	who := v.who
	who.judged = time.Now()
	privilege, refusal := permitOf(who, key)
	return room.Rights(privilege), refusal
}
