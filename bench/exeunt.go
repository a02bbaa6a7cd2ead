package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/exeunt/exeunt/bench/servers"
	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
)

// exeunt is our own server under measure.
type exeunt struct{ *servers.Exeunt }

// startExeunt starts a server on free ports; the flags say where it takes media.
func startExeunt(ctx context.Context, binary string, flags ...string) (*exeunt, error) {
	return wrapExeunt(servers.StartExeunt(ctx, binary, append(flags, roomy)...))
}

// startDurable starts a server that keeps its records on disk.
func startDurable(ctx context.Context, binary string, flags ...string) (*exeunt, error) {
	return wrapExeunt(servers.StartDurable(ctx, binary, append(flags, roomy)...))
}

// roomy lets the largest room in that is measured.
var roomy = fmt.Sprintf("--call-members-max=%d", membersMax)

func wrapExeunt(e *servers.Exeunt, err error) (*exeunt, error) {
	if err != nil {
		return nil, err
	}
	return &exeunt{e}, nil
}

// signalling is host and port.
func (e *exeunt) signalling() string {
	return strings.TrimSuffix(strings.TrimPrefix(e.Signal, "ws://"), "/signal")
}

func (e *exeunt) close() { e.Stop() }

func (e *exeunt) enter(ctx context.Context, s seat) (member, error) {
	return enterExeunt(ctx, e.Signal, s)
}

// enterExeunt lets a member in.
func enterExeunt(ctx context.Context, signal string, s seat) (member, error) {
	cfg := client.Config{
		URL: signal, SdkAppID: config.DevelopmentSdkAppID, UserID: s.user, StrRoomID: s.room, Role: 20,
		UserSig:   usersig.Sign(config.DevelopmentSdkAppID, s.user, config.DevelopmentSecret, time.Hour, time.Now()),
		EventsMax: 4 * membersMax, ReceiveAudio: s.part == listener,
	}
	if s.part != bare {
		cfg.Media = &client.Media{Network: client.OnlyUDP}
	}
	if s.part == listener {
		cfg.Media.AudioSlots = 2
	}
	c, err := client.Enter(ctx, cfg)
	if err != nil {
		return nil, err
	}
	g := &guest{client: c, user: s.user, quiet: make(chan struct{})}
	g.loops.Go(func() { g.listen(s.board) })
	if s.part == speaker {
		outlet, err := c.Publish(ctx, client.Audio)
		if err != nil {
			g.close()
			return nil, err
		}
		g.loops.Go(func() { speak(g.quiet, outlet.WriteFrame) })
	}
	return g, nil
}

// guest is a member of a room of ours.
type guest struct {
	client *client.Client
	user   string
	once   sync.Once
	quiet  chan struct{}
	loops  sync.WaitGroup
}

func (g *guest) listen(b *board) {
	for event := range g.client.Events() {
		switch e := event.(type) {
		case client.RemoteUserEnter:
			b.hear(g.user, entered, e.User)
		case client.AudioAvailable:
			if e.Available {
				b.hear(g.user, published, e.User)
			}
		case client.MemberPresence:
			if e.Unstable {
				b.hear(g.user, shaky, e.User)
			}
		case client.RemoteUserLeave:
			b.hear(g.user, left, e.User)
		case client.Exited:
			b.hear(g.user, ended, g.user)
		}
	}
}

func (g *guest) leave() {
	// The time that the server takes to answer is part of what is measured, so nobody waits for it here.
	g.loops.Go(func() { _ = g.client.Exit(context.Background()) })
}

func (g *guest) close() {
	g.once.Do(func() { close(g.quiet) })
	_ = g.client.Exit(context.Background())
	g.loops.Wait()
}

// frameEvery is how much sound one packet carries.
const frameEvery = 20 * time.Millisecond

// speak sends sound until quiet closes. Before the transport stands, packets are dropped.
func speak(quiet <-chan struct{}, write func([]byte, time.Duration) error) {
	every := time.NewTicker(frameEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			_ = write([]byte{0xf8, 0xff, 0xfe}, frameEvery)
		case <-quiet:
			return
		}
	}
}

func (e *exeunt) remove(ctx context.Context, room, user string) error {
	return e.call(ctx, "RemoveUserByStrRoomId", map[string]any{"RoomId": room, "UserIds": []string{user}})
}

func (e *exeunt) dismiss(ctx context.Context, room string) error {
	return e.call(ctx, "DismissRoomByStrRoomId", map[string]any{"RoomId": room})
}

// call calls the control API as a back end does.
func (e *exeunt) call(ctx context.Context, action string, params map[string]any) error {
	params["SdkAppId"] = config.DevelopmentSdkAppID
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Control, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-TC-Action", action)
	request.Header.Set("X-TC-Version", "2019-07-22")
	request.Header.Set("X-TC-Region", "ap-guangzhou")
	api.SignTC3(request, body, config.DevelopmentSecretID, config.DevelopmentSecretKey, time.Now())
	answer, err := servers.Post(request)
	if err != nil {
		return err
	}
	var reply struct {
		Response struct {
			Error struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if reply.Response.Error.Code != "" {
		return errors.New(action + ": " + reply.Response.Error.Message)
	}
	return nil
}
