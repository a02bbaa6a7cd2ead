package media

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/sctp"

	bucket "github.com/exeunt/exeunt/server/pace"
)

// The streams of a session's association. Both ends know them beforehand (RFC 8832 §1, negotiated channels), so no
// message opens one; what comes on another stream is never read, and takes from the sender's own window.
const (
	// reliableStream carries messages that all arrive, and in order.
	reliableStream = 0
	// lossyStream carries messages that may be lost, and are not sent again.
	lossyStream = 1
)

const (
	// sctpPort is the one that everybody names (RFC 8841 §12.2 has no default, browsers have this).
	sctpPort = 5000
	// ChannelMessageMax is the longest message of a client in bytes: 1 KiB and what stands around it.
	ChannelMessageMax = 1200
	// receivedMax bounds what waits in an association to be read, in bytes, and outgoingMax the longest message to a
	// client.
	receivedMax, outgoingMax = 32 << 10, 2048
	// reliableMax and lossyMax bound what a client has not acknowledged yet, in bytes.
	reliableMax, lossyMax = 64 << 10, 16 << 10
	// messagesPerSecond and messagesBurst are how fast one client is read: far above what the rooms let it say, and far
	// below what would fill them.
	messagesPerSecond, messagesBurst = 50, 100
	// applicationData is the first byte of a DTLS record that carries any (RFC 6347 §4.1).
	applicationData = 23
)

// Delivery says how a message travels.
type Delivery uint8

// The deliveries.
const (
	// Lossy messages are sent once, in any order.
	Lossy Delivery = iota
	// Reliable messages all arrive, in order, for as long as the channels last.
	Reliable
)

var (
	// ErrNoChannel says that the session has no data channels, or none any more.
	ErrNoChannel = errors.New("no data channel")
	// ErrBehind says that messages are taken more slowly than they come, by the client or here.
	ErrBehind = errors.New("too much waits in the data channel")
)

// channels are a session's data channels: one SCTP association over its DTLS connection (RFC 8261). They cost nothing
// until the client sends the first packet of it.
type channels struct {
	session *session
	// knocked says that a packet came; begun and over are the beginning and the end of the association. The engine's mu
	// guards the three.
	knocked, begun, over bool

	// mu is held while a message is handed out and while the end is noted, so that after the end none is; it is taken
	// under the engine's mu, never the other way round.
	mu      sync.Mutex
	ended   bool
	streams [2]*sctp.Stream
	// end gives the association up.
	end func()
}

// knock says whether a DTLS record is for the session, and starts the association with the first that needs it; the
// caller holds mu.
func (e *Engine) knock(s *session, record byte) bool {
	if record != applicationData {
		return true
	}
	c := s.channels
	if c == nil || c.over {
		return false
	}
	c.knocked = true
	e.associate(s)
	return true
}

// associate starts the association when there is a connection to have it and a client that wants it; the caller holds
// mu.
func (e *Engine) associate(s *session) {
	c := s.channels
	if c == nil || !c.knocked || c.begun || s.pipe == nil || s.pipe.conn == nil {
		return
	}
	c.begun = true
	pipe := s.pipe
	e.closing.Go(func() {
		e.converse(c, pipe)
		e.hush(c)
	})
}

// converse keeps the association until either side ends it or the session is dropped.
func (e *Engine) converse(c *channels, p *pipe) {
	link := &sctpLink{Conn: p.conn}
	association, err := sctp.ServerWithOptions(
		sctp.WithNetConn(link), sctp.WithName(c.session.id), sctp.WithMaxReceiveBufferSize(receivedMax),
		sctp.WithMaxMessageSize(outgoingMax),
	)
	if err != nil {
		_ = link.Close()
		e.log.Debug("data channels do not open", "session", c.session.id, "why", err)
		return
	}
	defer func() { _ = association.Close() }()
	if err = c.open(association, func() {
		e.closing.Go(func() { association.Abort("the client is too far behind") })
	}, e.cfg.Talks); err != nil {
		e.log.Debug("data channels do not open", "session", c.session.id, "why", err)
		return
	}
	if err = e.listenToBoth(c, p, association); !errors.Is(err, io.EOF) {
		e.log.Debug("data channels ended", "session", c.session.id, "why", err)
	}
	if e.hush(c) {
		e.cfg.Talks(c.session.id, false)
	}
}

// open makes the two streams.
func (c *channels) open(association *sctp.Association, end func(), talks func(string, bool)) error {
	reliable, err := association.OpenStream(reliableStream, sctp.PayloadTypeWebRTCBinary)
	if err != nil {
		return err
	}
	lossy, err := association.OpenStream(lossyStream, sctp.PayloadTypeWebRTCBinary)
	if err != nil {
		return err
	}
	reliable.SetReliabilityParams(false, sctp.ReliabilityTypeReliable, 0)
	lossy.SetReliabilityParams(true, sctp.ReliabilityTypeRexmit, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return io.EOF
	}
	defer talks(c.session.id, true)
	c.streams = [2]*sctp.Stream{Lossy: lossy, Reliable: reliable}
	c.end = end
	return nil
}

// listenToBoth hands out what the client says by either stream, and returns why there is nothing more. The end of one
// is the end of both, and the client is told: what it has had no answer to, it says by its link.
func (e *Engine) listenToBoth(c *channels, p *pipe, association *sctp.Association) error {
	rate := bucket.New(messagesPerSecond, messagesBurst)
	ended := make(chan error, len(c.streams))
	listen := func(how Delivery) {
		ended <- e.listen(c, p, c.streams[how], rate)
		association.Abort("nobody listens any more")
	}
	e.closing.Go(func() { listen(Reliable) })
	listen(Lossy)
	return <-ended
}

// listen hands out what the client says by a stream, at a bounded pace: SCTP makes a client wait that is faster. It
// returns why there is nothing more.
func (e *Engine) listen(c *channels, p *pipe, from *sctp.Stream, rate *bucket.Bucket) error {
	message := make([]byte, ChannelMessageMax)
	for {
		// A message that is too long is never taken out, so whoever sends one ends his channels.
		n, err := from.Read(message)
		if err != nil {
			return err
		}
		if err := rate.Wait(p.ctx); err != nil {
			return err
		}
		if !e.handOut(c, message[:n]) {
			return ErrBehind
		}
	}
}

// handOut hands out a message, unless the channels have ended. False says that it was not taken, and must not be lost:
// then none that came after it may be taken either.
func (e *Engine) handOut(c *channels, message []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended && !e.cfg.Heard(c.session.id, append([]byte(nil), message...)) {
		c.ended = true
	}
	return !c.ended
}

// hush notes that the association has ended. It says whether nobody knew yet.
func (e *Engine) hush(c *channels) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	news := !c.over
	c.close()
	return news
}

// close ends all that is said over the channels: when it returns, nothing is handed out any more. The caller holds the
// engine's mu.
func (c *channels) close() {
	c.over = true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// Say sends a message of at most 2 KiB to a session's client. It never waits. A lossy message for which there is no
// place is lost, and that is no error: it could have been lost on its way as well. Errors: [ErrNoSession],
// [ErrNoChannel]; and [ErrBehind] for a reliable message for which there is no place, which ends the channels.
func (e *Engine) Say(id string, how Delivery, message []byte) error {
	e.mu.Lock()
	s := e.sessions[id]
	var c *channels
	if s != nil {
		c = s.channels
	}
	e.mu.Unlock()
	switch {
	case s == nil:
		return ErrNoSession
	case c == nil:
		return ErrNoChannel
	}
	err := c.say(how, message)
	if errors.Is(err, ErrBehind) {
		e.hush(c)
	}
	return err
}

// say hands a message to the association, which takes as much as it is given; so the bound is here.
func (c *channels) say(how Delivery, message []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	stream := c.streams[how]
	if stream == nil || c.ended {
		return ErrNoChannel
	}
	waiting := stream.BufferedAmount() + uint64(len(message))
	switch {
	case how == Lossy && waiting > lossyMax:
		return nil
	case waiting > reliableMax:
		c.ended = true
		c.end()
		return ErrBehind
	}
	if _, err := stream.WriteSCTP(message, sctp.PayloadTypeWebRTCBinary); err != nil {
		return ErrNoChannel
	}
	return nil
}

// sctpLink is the DTLS connection as the association has it: the association may end, and the connection stays, since
// media has its keys from it.
type sctpLink struct{ *dtls.Conn }

// Close ends reading.
func (l *sctpLink) Close() error { return l.SetReadDeadline(time.Unix(1, 0)) }

// SetWriteDeadline does nothing: a write never waits, and the connection must be able to say goodbye later.
func (l *sctpLink) SetWriteDeadline(time.Time) error { return nil }
