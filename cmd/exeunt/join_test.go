package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/client"
)

// The embedded clips are four seconds long, of frames that play back to back, and begin with a key frame.
func TestClipsAreWhole(t *testing.T) {
	for name, file := range map[string][]byte{"tone": tone, "picture": picture} {
		c, err := readIVF(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if long := c.every * time.Duration(len(c.frames)); long.Round(time.Millisecond) != 4*time.Second {
			t.Errorf("%s lasts %v; want 4s", name, long)
		}
	}
	c, err := readIVF(picture)
	if err != nil || !c.keys[0] || !slices.Contains(c.keys, false) {
		t.Errorf("the picture has key frames %v, %v", c.keys, err)
	}
	if n := c.beforeKey(3); !c.keys[n+1] || slices.Contains(c.keys[4:n+1], true) {
		t.Errorf("after frame 3 the next key frame is said to be %d", n+1)
	}
	for n := 0; n < len(picture); n += 97 {
		if c, err := readIVF(picture[:n]); err == nil && len(c.frames) >= 60 {
			t.Fatalf("a file of %d bytes is whole", n)
		}
	}
}

// A stranger's name cannot write control sequences to the terminal.
func TestScreenObeysNoStranger(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, inlets: map[source]*client.Inlet{}}
	s.event(client.RemoteUserEnter{User: "\x1b[2Jann"})
	s.event(client.Message{User: "bob", Data: []byte("\x1b]0;title\a")})
	s.event(client.RemoteUserLeave{User: "bob", Reason: 2, Detail: client.Detail{Text: "spam\r\n00:00:00  you won"}})
	s.event(client.Exited{Reason: 2, Detail: client.Detail{Code: "dismissed", Text: "The room was closed."}})
	if strings.ContainsAny(out.String(), "\x1b\a\r") || strings.Count(out.String(), "\n") != 4 {
		t.Errorf("%q", out.String())
	}
	if !strings.HasSuffix(out.String(), "onExitRoom(2) dismissed by nobody: The room was closed.\n") {
		t.Error(out.String())
	}
}
