package relay

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"

	"github.com/exeunt/exeunt/server/metrics"
	"github.com/exeunt/exeunt/test/certificate"
)

// patience is how long a test waits for what must happen. Nothing waits that long when all is well.
const patience = 20 * time.Second

// silence is how long a test listens for what must not happen.
const silence = 200 * time.Millisecond

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// engine is what stands where the media engine does: it sends back what it gets, and counts it.
type engine struct {
	socket *net.UDPConn
	got    chan string
}

func newEngine(t *testing.T, at string) *engine {
	t.Helper()
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	check(t, err)
	e := &engine{socket: socket, got: make(chan string, 64)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 2000)
		for {
			n, from, err := e.socket.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			e.got <- string(buffer[:n])
			_, _ = e.socket.WriteToUDPAddrPort(append([]byte("re: "), buffer[:n]...), from)
		}
	}()
	t.Cleanup(func() {
		_ = e.socket.Close()
		<-done
	})
	return e
}

func newSocket(t *testing.T) *net.UDPConn {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	return socket
}

func (e *engine) addr() *net.UDPAddr { return e.socket.LocalAddr().(*net.UDPAddr) }

// world is a relay with all three ways in, and the engine behind it.
type world struct {
	t      *testing.T
	engine *engine
	relay  *Relay
	roots  *x509.CertPool
	// told is what members call the engine.
	told *net.UDPAddr
}

func newWorld(t *testing.T, change func(*Config), m *metrics.Metrics) *world {
	t.Helper()
	return newWorldAt(t, "127.0.0.1:0", change, m)
}

// newWorldAt is newWorld with the engine bound to that address.
func newWorldAt(t *testing.T, at string, change func(*Config), m *metrics.Metrics) *world {
	t.Helper()
	w := &world{t: t, engine: newEngine(t, at), roots: x509.NewCertPool()}
	w.told = w.engine.addr()
	cfg := Config{
		UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", TLSAddr: "127.0.0.1:0",
		Told: []netip.AddrPort{w.told.AddrPort()}, Bound: w.told.AddrPort(),
	}
	cfg.CertFile, cfg.KeyFile = trusted(t, t.TempDir(), w.roots)
	if change != nil {
		change(&cfg)
		w.told = net.UDPAddrFromAddrPort(cfg.Told[0])
	}
	var err error
	w.relay, err = New(cfg, slog.New(slog.DiscardHandler), m)
	check(t, err)
	t.Cleanup(func() { check(t, w.relay.Close()) })
	return w
}

// trusted writes a certificate for 127.0.0.1 into a folder, and has the members trust it.
func trusted(t *testing.T, dir string, roots *x509.CertPool) (cert, key string) {
	t.Helper()
	cert, key, err := certificate.Write(dir, certificate.For("127.0.0.1"))
	check(t, err)
	text, err := os.ReadFile(cert)
	check(t, err)
	if !roots.AppendCertsFromPEM(text) {
		t.Fatal("the certificate cannot be read again")
	}
	return cert, key
}

// ways are the three, by the form of their URL.
var ways = []string{"turn:udp", "turn:tcp", "turns:tcp"}

// at finds the address of a way among those that a session is told.
func (w *world) at(way, session string) (address, user, password string) {
	w.t.Helper()
	server := w.relay.Admit(session)[0]
	scheme, transport, _ := strings.Cut(way, ":")
	for _, url := range server.GetUrls() {
		if strings.HasPrefix(url, scheme+":") && strings.HasSuffix(url, "?transport="+transport) {
			address = strings.TrimSuffix(strings.TrimPrefix(url, scheme+":"), "?transport="+transport)
		}
	}
	if address == "" {
		w.t.Fatalf("no %s among %v", way, server.GetUrls())
	}
	return address, server.GetUsername(), server.GetCredential()
}

// dial opens what a member speaks to the relay over.
func (w *world) dial(way, address string) net.PacketConn {
	w.t.Helper()
	var conn net.Conn
	var err error
	switch way {
	case "turn:udp":
		return newSocket(w.t)
	case "turn:tcp":
		conn, err = net.Dial("tcp", address)
	default:
		conn, err = tls.Dial("tcp", address, &tls.Config{RootCAs: w.roots})
	}
	check(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	return turn.NewSTUNConn(conn)
}

// member is one end that speaks TURN.
type member struct {
	t *testing.T
	*turn.Client
	under net.PacketConn
}

// member comes by one way, with the credentials of a session.
func (w *world) member(way, session string) *member {
	w.t.Helper()
	address, user, password := w.at(way, session)
	return w.comes(w.dial(way, address), address, user, password)
}

func (w *world) comes(under net.PacketConn, address, user, password string) *member {
	w.t.Helper()
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: address, TURNServerAddr: address, Conn: under, Username: user, Password: password,
	})
	check(w.t, err)
	check(w.t, client.Listen())
	w.t.Cleanup(client.Close)
	return &member{w.t, client, under}
}

// asks gets a relayed address.
func (m *member) asks() net.PacketConn {
	m.t.Helper()
	relayed, err := m.Allocate()
	check(m.t, err)
	m.t.Cleanup(func() { _ = relayed.Close() })
	return relayed
}

// echoes says something to the engine and waits for what comes back. Pion waits for more when a packet over TCP has
// fewer than five bytes; no packet of media is so short.
func (w *world) echoes(relayed net.PacketConn, text string) {
	w.t.Helper()
	_, err := relayed.WriteTo([]byte(text), w.told)
	check(w.t, err)
	check(w.t, relayed.SetReadDeadline(time.Now().Add(patience)))
	buffer := make([]byte, 2000)
	n, from, err := relayed.ReadFrom(buffer)
	check(w.t, err)
	if got := string(buffer[:n]); got != "re: "+text || from.String() != w.told.String() {
		w.t.Fatalf("%q came from %s; want the echo of %q from %s", got, from, text, w.told)
	}
	if got := <-w.engine.got; got != text {
		w.t.Fatalf("the engine got %q; want %q", got, text)
	}
}

// quiet fails when the engine gets anything.
func (w *world) quiet() {
	w.t.Helper()
	select {
	case got := <-w.engine.got:
		w.t.Errorf("the engine got %q", got)
	case <-time.After(silence):
	}
}
