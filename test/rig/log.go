package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// End is what the server's log says of the end of a stay.
type End struct {
	Room, User, Session string
	Why, Rule, Actor    string
	Seq                 uint64
	Time                time.Time
}

// Log reads what the server writes: who entered, how stays ended, and complaints.
type Log struct {
	also io.Writer

	mu      sync.Mutex
	entered map[string]End
	ends    map[string][]End
	bad     []string
	// changed closes, and is made anew, when there is news.
	changed chan struct{}
}

// badMax bounds the complaints that are kept.
const badMax = 200

func newLog(also io.Writer) *Log {
	if also == nil {
		also = io.Discard
	}
	return &Log{also: also, entered: map[string]End{}, ends: map[string][]End{}, changed: make(chan struct{})}
}

// read takes lines until the process ends.
func (l *Log) read(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			// A last line without its end was cut by a kill.
			return
		}
		_, _ = l.also.Write(line)
		l.take(line)
	}
}

func (l *Log) take(line []byte) {
	var entry struct{ Level, Msg string }
	if json.Unmarshal(line, &entry) != nil || (entry.Level != "INFO" && entry.Level != "DEBUG") {
		if !ownWords(line) {
			l.complain(string(line)) // A panic is no JSON.
		}
		return
	}
	if entry.Msg != "entered" && entry.Msg != "exited" {
		return
	}
	var end End
	if err := json.Unmarshal(line, &end); err != nil {
		l.complain(string(line))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry.Msg == "entered" {
		l.entered[end.Session] = end
	} else {
		l.ends[end.Session] = append(l.ends[end.Session], end)
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// ownWords says whether a line is one that Pion writes past the server's log, about a packet for a transport that has
// just ended.
func ownWords(line []byte) bool {
	return bytes.HasPrefix(line, []byte("ice ERROR: ")) && bytes.Contains(line, []byte("closed pipe"))
}

func (l *Log) complain(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.bad) < badMax {
		l.bad = append(l.bad, line)
	}
}

// Complaints are the lines that are worse than information, the first ones.
func (l *Log) Complaints() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.bad...)
}

// Entered are the stays that began, with the place of the entry in the room's order.
func (l *Log) Entered() map[string]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]uint64, len(l.entered))
	for session, entry := range l.entered {
		all[session] = entry.Seq
	}
	return all
}

// Stays are the users of all stays in the rooms of an app of which there is a line, of their beginning or their end.
func (l *Log) Stays(app App) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	prefix := fmt.Sprintf("%d/", app.SdkAppID)
	users := map[string]string{}
	for session, entry := range l.entered {
		if strings.HasPrefix(entry.Room, prefix) {
			users[session] = entry.User
		}
	}
	for session, ends := range l.ends {
		if strings.HasPrefix(ends[0].Room, prefix) {
			users[session] = ends[0].User
		}
	}
	return users
}

// Ends are the ends of a stay that were written down so far. More than one is a fault.
func (l *Log) Ends(session string) []End {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]End(nil), l.ends[session]...)
}

// Await waits until the end of a stay is written down.
func (l *Log) Await(ctx context.Context, session string) (End, error) {
	for {
		l.mu.Lock()
		ends, changed := l.ends[session], l.changed
		l.mu.Unlock()
		if len(ends) > 0 {
			return ends[0], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return End{}, ctx.Err()
		}
	}
}
