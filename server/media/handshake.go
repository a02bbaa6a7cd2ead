package media

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pion/dtls/v3"

	"github.com/exeunt/exeunt/server/srtp"
)

const (
	// handshakeMax is how long a handshake may take. One that fails is not tried again: the client offers anew.
	handshakeMax = 30 * time.Second
	// recordsMax is how many datagrams of one handshake may wait: more than two flights have.
	recordsMax = 32
	// flightEvery is when a flight is sent again that was not answered.
	flightEvery = 250 * time.Millisecond
)

// profiles are what we encrypt media with, best first: AES-GCM costs a seventh of what Chromium would take, and as DTLS
// server we choose.
var profiles = []dtls.SRTPProtectionProfile{
	dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80,
}

// shake hands a DTLS datagram to the session's handshake, which the first one starts; the caller holds mu.
func (e *Engine) shake(s *session, b []byte) {
	if !e.knock(s, b[0]) {
		return
	}
	if s.pipe == nil {
		s.pipe = newPipe(e, s)
		pipe := s.pipe
		e.closing.Go(func() { e.handshake(s, pipe) })
	}
	s.pipe.put(slices.Clone(b))
}

// handshake agrees on keys, gives them to the session, and keeps the connection until the session is dropped: the last
// flight may have to be sent again.
func (e *Engine) handshake(s *session, p *pipe) {
	conn, err := e.secure(s, p)
	if err != nil {
		e.log.Debug("a DTLS handshake failed", "session", s.id, "why", err)
		return
	}
	e.tell()
	<-p.ctx.Done()
	overdue := time.AfterFunc(closeMax, func() {
		e.metrics.Overdue("transport_close")
		e.log.Warn("a transport does not close", "session", s.id, "why", "deadline passed")
	})
	defer overdue.Stop()
	if err := conn.Close(); err != nil {
		e.log.Debug("a transport closed with an error", "session", s.id, "why", err)
	}
}

// secure shakes hands as DTLS server and makes the keys (RFC 5764 §4.2).
func (e *Engine) secure(s *session, p *pipe) (*dtls.Conn, error) {
	e.mu.Lock()
	print := s.peer
	e.mu.Unlock()
	conn, err := dtls.ServerWithOptions(p, p.RemoteAddr(),
		dtls.WithCertificates(e.dtls.certificate),
		dtls.WithSRTPProtectionProfiles(profiles...),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			return vouch(print, raw[0])
		}),
		// ICE has proven the address before the first DTLS packet: the cookie exchange would only cost a round trip.
		dtls.WithInsecureSkipVerifyHello(true),
		dtls.WithFlightInterval(flightEvery),
	)
	if err != nil {
		return nil, fmt.Errorf("begin the DTLS handshake: %w", err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, handshakeMax)
	defer cancel()
	err = conn.HandshakeContext(ctx)
	if err == nil {
		err = e.key(s, conn)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// key makes the session's keys from the handshake's secret.
func (e *Engine) key(s *session, conn *dtls.Conn) error {
	selected, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return errors.New("the client offers no SRTP protection profile of ours")
	}
	profile := srtp.Profile(selected)
	state, ok := conn.ConnectionState()
	if !ok {
		return errors.New("the DTLS connection has no state")
	}
	length, err := profile.MaterialLen()
	if err != nil {
		return err
	}
	material, err := state.ExportKeyingMaterial(srtp.Label, nil, length)
	if err != nil {
		return fmt.Errorf("export the SRTP keys: %w", err)
	}
	client, server, err := srtp.Split(profile, material)
	if err != nil {
		return err
	}
	opener, err := srtp.NewOpener(profile, client)
	if err != nil {
		return err
	}
	sealer, err := srtp.NewSealer(profile, server)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.dropped {
		return ErrNoSession
	}
	s.opener, s.sealer, s.flows, s.heard = opener, sealer, true, e.clock()
	s.pipe.conn = conn
	e.associate(s)
	e.metrics.Secured(profile.String())
	e.connected(s)
	return nil
}

// pipe is a [net.PacketConn] whose datagrams the engine's loop puts in.
type pipe struct {
	engine  *Engine
	session *session
	in      chan []byte
	// conn is the connection once there are keys; the engine's mu guards it.
	conn *dtls.Conn
	// ctx is over when the session is dropped, and closed is closed when the connection needs no more datagrams.
	ctx    context.Context
	drop   context.CancelFunc
	closed chan struct{}
	once   sync.Once

	mu sync.Mutex
	// late is closed while the read deadline is in the past.
	late   chan struct{}
	passed bool
}

func newPipe(e *Engine, s *session) *pipe {
	p := &pipe{
		engine: e, session: s, in: make(chan []byte, recordsMax), closed: make(chan struct{}), late: make(chan struct{}),
	}
	p.ctx, p.drop = context.WithCancel(context.Background())
	return p
}

// put adds a datagram. One too many is lost, as on any network.
func (p *pipe) put(b []byte) {
	select {
	case p.in <- b:
	default:
	}
}

// ReadFrom returns the next datagram.
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	p.mu.Lock()
	late := p.late
	p.mu.Unlock()
	select {
	case datagram := <-p.in:
		return copy(b, datagram), p.RemoteAddr(), nil
	case <-p.closed:
		return 0, nil, net.ErrClosed
	case <-late:
		return 0, nil, os.ErrDeadlineExceeded
	}
}

// WriteTo sends a datagram by the session's present way. Of a session that was dropped only goodbyes go out.
func (p *pipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	if !p.session.dropped || b[0] != applicationData {
		p.engine.reply(b, p.session.path)
	}
	return len(b), nil
}

// SetReadDeadline knows the past, which wakes whoever reads, and everything else, which means never: that is what the
// DTLS connection sets.
func (p *pipe) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	past := !t.IsZero() && !t.After(time.Now())
	if past && !p.passed {
		close(p.late)
	} else if !past && p.passed {
		p.late = make(chan struct{})
	}
	p.passed = past
	return nil
}

// SetWriteDeadline does nothing: a write never waits.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline to read.
func (p *pipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// Close ends reading.
func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// LocalAddr and RemoteAddr stand for ways that may change.
func (p *pipe) LocalAddr() net.Addr { return &net.UDPAddr{} }

// RemoteAddr is any address.
func (p *pipe) RemoteAddr() net.Addr { return &net.UDPAddr{} }
