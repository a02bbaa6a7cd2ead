package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/api"
	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/usersig"
)

// exeunt is our own server in a process of its own.
type exeunt struct {
	process *process
	address exeuntAddress
	tidy    func()
}

// exeuntAddress is all that a member or a back end needs to know.
type exeuntAddress struct{ Signal, Control string }

// startExeunt starts a server on free ports; the flags say where it takes media.
func startExeunt(ctx context.Context, binary string, flags ...string) (*exeunt, error) {
	args := append([]string{
		"serve", "--signal-addr=127.0.0.1:0", "--control-addr=127.0.0.1:0", "--log-level=warn",
		fmt.Sprintf("--call-members-max=%d", membersMax),
	}, flags...)
	read, write := io.Pipe()
	p, err := launch(write, binary, args...)
	if err != nil {
		return nil, err
	}
	e := &exeunt{process: p, tidy: func() {}}
	found := make(chan exeuntAddress, 1)
	go greeting(read, found)
	go func() { <-p.ended; _ = write.Close() }()
	select {
	case e.address = <-found:
		return e, nil
	case <-p.ended:
		return nil, fmt.Errorf("exeunt ended at once:\n%s", p.log.String())
	case <-ctx.Done():
		p.stop()
		return nil, fmt.Errorf("wait for exeunt: %w", ctx.Err())
	}
}

// startDurable starts a server that keeps its records on disk.
func startDurable(ctx context.Context, binary string, flags ...string) (*exeunt, error) {
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	e, err := startExeunt(ctx, binary, append(flags, "--data-dir="+dir)...)
	if err != nil {
		remove()
		return nil, err
	}
	e.tidy = remove
	return e, nil
}

// greeting reads where the server says that it is, and then whatever else it says.
func greeting(r io.Reader, found chan<- exeuntAddress) {
	var a exeuntAddress
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "  ")
		switch name {
		case "signalling":
			a.Signal = strings.TrimSpace(value)
		case "control API":
			a.Control = strings.TrimSpace(value)
			found <- a
		}
	}
}

// signalling is host and port.
func (e *exeunt) signalling() string {
	return strings.TrimSuffix(strings.TrimPrefix(e.address.Signal, "ws://"), "/signal")
}

func (e *exeunt) close() {
	e.process.stop()
	e.tidy()
}

func (e *exeunt) enter(ctx context.Context, s seat) (member, error) {
	return enterExeunt(ctx, e.address.Signal, s)
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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address.Control, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-TC-Action", action)
	request.Header.Set("X-TC-Version", "2019-07-22")
	request.Header.Set("X-TC-Region", "ap-guangzhou")
	api.SignTC3(request, body, config.DevelopmentSecretID, config.DevelopmentSecretKey, time.Now())
	answer, err := post(request)
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
