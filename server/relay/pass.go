package relay

import (
	"crypto/rand"
	"net"

	"github.com/pion/turn/v5"
)

// pass is what one session may use: its credentials, and what it has by them. The relay's mu guards the maps.
type pass struct {
	name, password string
	key            []byte
	lines          map[*line]bool
	conns          map[*conn]bool
}

// newPass makes credentials that tell nobody who has them: over UDP the name goes in the clear.
func newPass() *pass {
	p := &pass{name: rand.Text(), password: rand.Text(), lines: map[*line]bool{}, conns: map[*conn]bool{}}
	p.key = turn.GenerateAuthKey(p.name, realm, p.password)
	return p
}

// end closes all that a pass has, after nobody can find the pass any more.
func (p *pass) end(r *Relay) {
	r.mu.Lock()
	lines, conns := p.lines, p.conns
	p.lines, p.conns = nil, nil
	r.mu.Unlock()
	for l := range lines {
		_ = l.Close()
	}
	for c := range conns {
		c.cut()
	}
}

// authenticate finds the key of a request; Pion compares what was made with it in constant time. It is asked anew for
// each allocation, refresh, permission and channel.
func (r *Relay) authenticate(request *turn.RequestAttributes) (user string, key []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.names[request.Username]
	if p == nil {
		return "", nil, false
	}
	return p.name, p.key, true
}

// mayHaveMore says whether a pass may have one more relayed address. What it says is for the client's ears;
// [Relay.keep] holds the limit.
func (r *Relay) mayHaveMore(name, _ string, _ net.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.names[name]
	return p != nil && len(p.lines) < linesMax
}

// keep gives a line to its pass; false when the pass has ended meanwhile, or has too many.
func (r *Relay) keep(name string, l *line) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.names[name]
	if p == nil || len(p.lines) >= linesMax {
		return false
	}
	p.lines[l] = true
	r.metrics.RelayOpened()
	return true
}

// forget takes a line that closes from its pass.
func (r *Relay) forget(name string, l *line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.names[name]; p != nil {
		delete(p.lines, l)
	}
	r.metrics.RelayClosed()
}

// allocated notes which pass a connection belongs to: from now on the pass bounds how long it may stay.
func (r *Relay) allocated(from, to net.Addr, _, name, _ string, _ net.Addr, _ int) {
	r.mu.Lock()
	c, p := r.conns[ends(from, to)], r.names[name]
	if c != nil && p != nil {
		p.conns[c] = true
	}
	r.mu.Unlock()
	if c != nil && p != nil {
		c.welcome()
	} else if c != nil {
		c.cut()
	}
}

// freed takes a connection whose relayed address has ended from its pass; it may ask for another one, soon.
func (r *Relay) freed(from, to net.Addr, _, name, _ string) {
	r.mu.Lock()
	c, p := r.conns[ends(from, to)], r.names[name]
	if p != nil {
		delete(p.conns, c)
	}
	r.mu.Unlock()
	if c != nil {
		c.bound()
	}
}
