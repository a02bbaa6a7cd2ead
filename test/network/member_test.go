package network_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/exeunt/exeunt/client"
	"github.com/exeunt/exeunt/server/usersig"
)

// config is how a user enters the room of a server.
func config(at, user string) client.Config {
	return client.Config{
		URL: "ws://" + at + ":8080/signal", SdkAppID: appID, UserID: user, RoomID: room, Role: 20,
		UserSig:      usersig.Sign(appID, user, appSecret, time.Hour, time.Now()),
		ReceiveAudio: true, Media: &client.Media{AudioSlots: 4},
	}
}

// watcher is a member at the near end, whose network is whole.
type watcher struct {
	*witness
	client *client.Client
}

// watch lets a watcher in, and out with the test.
func watch(s *server, user string) *watcher {
	s.t.Helper()
	c, err := client.Enter(context.Background(), config(s.at, user))
	check(s.t, err)
	w := &watcher{newWitness(s.t, user), c}
	outlet, err := c.Publish(context.Background(), client.Audio)
	check(s.t, err)
	speaking := make(chan struct{})
	go func() {
		defer close(speaking)
		speak(c, outlet)
	}()
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		defer close(w.reports)
		for event := range c.Events() {
			if r, ok := translate(event); ok {
				w.note(r)
			}
		}
	}()
	s.t.Cleanup(func() {
		w.leave()
		<-noted
		<-speaking
	})
	return w
}

func (w *watcher) leave() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	check(w.t, w.client.Exit(ctx))
}

// heardPackets is how many packets in a row make a sound that is heard.
const heardPackets = 25

// hears waits until new sound of a user arrives.
func (w *watcher) hears(user string, within time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := hear(ctx, w.client, user); err != nil {
		w.t.Fatalf("%s does not hear %s within %v: %v", w.name, user, within, err)
	}
}

// hear waits until new sound of a user arrives. What waits to be read since before does not count.
func hear(ctx context.Context, c *client.Client, user string) error {
	inlet := c.Receive(user, client.Audio)
	before, _ := inlet.Received()
	for {
		_, err := inlet.ReadRTP(ctx)
		if errors.Is(err, io.EOF) && ctx.Err() == nil && c.Receive(user, client.Audio) != inlet {
			// The stream ended and began again, over another transport.
			inlet, before = c.Receive(user, client.Audio), 0
			continue
		}
		if err != nil {
			return err
		}
		if now, _ := inlet.Received(); now >= before+heardPackets {
			return nil
		}
	}
}

// errand tells the process of a member whom to be, and in which file the certificates are that it trusts; empty for
// those of the system.
type errand struct{ At, User, Trust string }

const errandVariable = "EXEUNT_NETWORK_ERRAND"

// member is a member in a process of its own, at the far end of a field.
type member struct {
	*witness
	cmd     *exec.Cmd
	orders  io.WriteCloser
	session string
	ended   sync.Once
	copied  sync.WaitGroup
}

// join lets a member in at the far end of a field. It speaks all the time.
func (f *field) join(user string) *member {
	f.t.Helper()
	return f.far.join(f.near, user)
}

func (f *far) join(at, user string) *member {
	f.t.Helper()
	text, err := json.Marshal(errand{at, user, f.trust})
	check(f.t, err)
	self := again(partMember)
	cmd := exec.Command("nsenter", "-t", f.process, "-n", self.Path)
	cmd.Env = append(self.Env, errandVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	check(f.t, err)
	m := &member{witness: newWitness(f.t, user), cmd: cmd}
	m.orders, err = cmd.StdinPipe()
	check(f.t, err)
	check(f.t, cmd.Start())
	m.copied.Go(func() {
		defer close(m.reports)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var r report
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				m.note(r)
			}
		}
	})
	f.t.Cleanup(m.kill)
	m.session = m.next(patience, "the entry", of(inside)).Session
	return m
}

// signal sends the member's process a signal that does not end it.
func (m *member) signal(what syscall.Signal) {
	m.t.Helper()
	check(m.t, m.cmd.Process.Signal(what))
}

// kill ends the member's process at once, if it still runs.
func (m *member) kill() {
	m.ended.Do(func() {
		_ = m.cmd.Process.Kill()
		m.copied.Wait()
		_ = m.cmd.Wait()
	})
}

// hears waits until new sound of a user arrives.
func (m *member) hears(user string, within time.Duration) {
	m.t.Helper()
	m.say(hearOrder + user)
	m.next(within, "sound", about(hearing, user))
}

// say sends a custom message to everybody else.
func (m *member) say(text string) {
	m.t.Helper()
	_, err := fmt.Fprintln(m.orders, text)
	check(m.t, err)
}

// exit tells the member to leave, and waits until it has.
func (m *member) exit() {
	m.t.Helper()
	check(m.t, m.orders.Close())
	m.rest()
}

// hearOrder before a user's name orders a member to report when it hears that user.
const hearOrder = "hear "

// beMember is the process of a member. It says each line that it reads to the others, unless it is an order, reports
// each event as a line of JSON, and leaves at the end of its input.
func beMember() int {
	var e errand
	if err := json.Unmarshal([]byte(os.Getenv(errandVariable)), &e); err != nil {
		fmt.Fprintln(os.Stderr, "member:", err)
		return 1
	}
	if err := stay(e); err != nil {
		fmt.Fprintf(os.Stderr, "member %s: %v\n", e.User, err)
		return 1
	}
	return 0
}

func stay(e errand) error {
	if e.Trust != "" {
		if err := os.Setenv("SSL_CERT_FILE", e.Trust); err != nil {
			return err
		}
	}
	ctx := context.Background()
	c, err := client.Enter(ctx, config(e.At, e.User))
	if err != nil {
		return err
	}
	tell := teller()
	tell(report{Event: inside, Session: c.Session()})
	outlet, err := c.Publish(ctx, client.Audio)
	if err != nil {
		return err
	}
	go speak(c, outlet)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if user, order := strings.CutPrefix(lines.Text(), hearOrder); !order {
				_ = c.SendMessage(ctx, 1, lines.Bytes())
			} else if hear(ctx, c, user) == nil {
				tell(report{Event: hearing, User: user})
			}
		}
		_ = c.Exit(ctx)
	}()
	for event := range c.Events() {
		if r, ok := translate(event); ok {
			tell(r)
		}
	}
	return nil
}

// teller returns what writes reports, a line each, for any goroutine. Nobody is left to hear of it when that fails.
func teller() func(report) {
	var mu sync.Mutex
	lines := json.NewEncoder(os.Stdout)
	return func(r report) {
		mu.Lock()
		defer mu.Unlock()
		_ = lines.Encode(r)
	}
}

// speak sends sound until the stay is over.
func speak(c *client.Client, outlet *client.Outlet) {
	const frame = 20 * time.Millisecond
	every := time.NewTicker(frame)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			// While the transport is broken, packets are lost.
			_ = outlet.WriteFrame([]byte{0xf8, 0xff, 0xfe}, frame)
		case <-c.Done():
			return
		}
	}
}
