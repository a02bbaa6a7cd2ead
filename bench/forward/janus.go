//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/webrtc/v4"

	"github.com/exeunt/exeunt/bench/servers"
)

// janus is Debian's Janus with its video rooms.
type janus struct {
	*servers.Janus
	client *http.Client
	// feed is the speaker, as the listeners ask for it.
	feed atomic.Uint64
	// made makes the room once.
	made sync.Once
}

// startJanus starts Janus as it comes.
func startJanus(ctx context.Context, _ options) (service, error) { return newJanus(ctx, 0, "") }

// startJanusTuned starts one with one event loop, since it has one processor, and with the libsrtp that is named.
func startJanusTuned(ctx context.Context, o options) (service, error) {
	return newJanus(ctx, 1, o.janusSRTP)
}

func newJanus(ctx context.Context, loops servers.JanusLoops, libraries string) (service, error) {
	j, err := servers.StartJanus(ctx, loops, libraries)
	if err != nil {
		return nil, err
	}
	return &janus{Janus: j, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}, nil
}

func (j *janus) debug() string { return "" }

// at is where Janus is: what it sends from there to loopback its libnice does not take for an answer.
func (j *janus) at() netip.Addr { return j.Address }

// janusRoom is the number of the one room.
const janusRoom = 1234

// caller is a member's signalling: a session of Janus with one handle of its plugin.
type caller struct {
	*janus
	url    string
	handle uint64
}

// note is what Janus says, as far as it matters here.
type note struct {
	Janus string `json:"janus"`
	Data  struct {
		ID uint64 `json:"id"`
	} `json:"data"`
	Error struct {
		Reason string `json:"reason"`
	} `json:"error"`
	Plugin struct {
		Data struct {
			Event string `json:"videoroom"`
			ID    uint64 `json:"id"`
			Error string `json:"error"`
		} `json:"data"`
	} `json:"plugindata"`
	JSEP *jsep `json:"jsep"`
}

// jsep is a description as Janus has it.
type jsep struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
	// Trickle is false: all candidates are in the description.
	Trickle bool `json:"trickle"`
}

// body is what is asked of the plugin or of Janus.
type body map[string]any

func (j *janus) enter(ctx context.Context, m *member) error {
	// Janus would take AES-CM of the two that Chromium offers, wherever it is the DTLS server.
	m.ciphers = []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}
	c, err := j.call(ctx)
	if err != nil {
		return fmt.Errorf("%s enters: %w", m.name, err)
	}
	bounded, cancel := context.WithCancel(context.Background())
	m.leave = cancel
	if m.speaks {
		err = c.speak(ctx, m)
	} else {
		err = c.listen(ctx, m)
	}
	if err != nil {
		return fmt.Errorf("%s enters: %w", m.name, err)
	}
	go c.drain(bounded)
	return nil
}

// call makes a session and a handle, and the room when it is the first.
func (j *janus) call(ctx context.Context) (*caller, error) {
	c := &caller{janus: j, url: j.URL}
	session, err := c.ask(ctx, http.MethodPost, j.URL, body{"janus": "create"})
	if err != nil {
		return nil, err
	}
	c.url = fmt.Sprintf("%s/%d", j.URL, session.Data.ID)
	handle, err := c.ask(ctx, http.MethodPost, c.url, body{"janus": "attach", "plugin": "janus.plugin.videoroom"})
	if err != nil {
		return nil, err
	}
	c.handle = handle.Data.ID
	j.made.Do(func() {
		err = c.message(ctx, body{
			"request": "create", "room": janusRoom, "publishers": roomMax, "bitrate": 0, "videocodec": "vp8",
			"audiocodec": "opus",
		}, nil)
	})
	return c, err
}

// ask sends a request and returns what Janus answers.
func (c *caller) ask(ctx context.Context, method, url string, content body) (*note, error) {
	var sent io.Reader
	if content != nil {
		content["transaction"] = "bench"
		data, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, sent)
	if err != nil {
		return nil, err
	}
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	return parseNote(data)
}

// parseNote reads what Janus said; an error when it said that something is wrong.
func parseNote(data []byte) (*note, error) {
	n := &note{}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("read what Janus says: %w", err)
	}
	switch {
	case n.Janus == "error":
		return nil, errors.New(n.Error.Reason)
	case n.Plugin.Data.Error != "":
		return nil, errors.New(n.Plugin.Data.Error)
	}
	return n, nil
}

// message asks the plugin for something.
func (c *caller) message(ctx context.Context, content body, with *jsep) error {
	wrapped := body{"janus": "message", "body": content}
	if with != nil {
		wrapped["jsep"] = with
	}
	_, err := c.ask(ctx, http.MethodPost, fmt.Sprintf("%s/%d", c.url, c.handle), wrapped)
	return err
}

// event waits for what the plugin says of a kind, or with a description.
func (c *caller) event(ctx context.Context, wanted string) (*note, error) {
	for {
		n, err := c.ask(ctx, http.MethodGet, c.url+"?maxev=1", nil)
		if err != nil {
			return nil, err
		}
		if n.Janus == "event" && (wanted == "" && n.JSEP != nil || wanted != "" && n.Plugin.Data.Event == wanted) {
			return n, nil
		}
	}
}

// drainPause keeps a listener whose Janus has ended from asking without end.
const drainPause = time.Second

// drain takes what Janus still says, which nobody needs, until the member leaves.
func (c *caller) drain(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := c.ask(ctx, http.MethodGet, c.url+"?maxev=10", nil); err != nil {
			_ = pause(ctx, drainPause)
		}
	}
}

func (c *caller) speak(ctx context.Context, m *member) error {
	p, err := m.prepare(offersFirst)
	if err != nil {
		return err
	}
	done := established(p.pc)
	join := body{"request": "join", "ptype": "publisher", "room": janusRoom}
	if err := c.message(ctx, join, nil); err != nil {
		return err
	}
	joined, err := c.event(ctx, "joined")
	if err != nil {
		return err
	}
	if err := c.message(ctx, body{"request": "publish"}, &jsep{Type: "offer", SDP: p.offer}); err != nil {
		return err
	}
	answer, err := c.event(ctx, "")
	if err != nil {
		return err
	}
	if err := take(p.pc, webrtc.SDPTypeAnswer, answer.JSEP.SDP); err != nil {
		return err
	}
	c.feed.Store(joined.Plugin.Data.ID)
	if err := m.await(ctx, done); err != nil {
		return err
	}
	m.begin(p.pc)
	return nil
}

func (c *caller) listen(ctx context.Context, m *member) error {
	p, err := m.prepare(answersOnly)
	if err != nil {
		return err
	}
	done := established(p.pc)
	join := body{
		"request": "join", "ptype": "subscriber", "room": janusRoom, "streams": []body{{"feed": c.feed.Load()}},
	}
	if err := c.message(ctx, join, nil); err != nil {
		return err
	}
	offer, err := c.event(ctx, "")
	if err != nil {
		return err
	}
	m.port.terms.Store(readTerms(offer.JSEP.SDP))
	if err := take(p.pc, webrtc.SDPTypeOffer, offer.JSEP.SDP); err != nil {
		return err
	}
	sdp, err := answerOf(p.pc)
	if err != nil {
		return err
	}
	if err := c.message(ctx, body{"request": "start"}, &jsep{Type: "answer", SDP: sdp}); err != nil {
		return err
	}
	if err := m.await(ctx, done); err != nil {
		return err
	}
	m.begin(p.pc)
	return nil
}
