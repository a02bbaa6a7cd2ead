package media

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/pion/webrtc/v4"
)

// socketBuffer is asked of the kernel for the one UDP socket, in bytes: a key frame for a hundred listeners at once
// fits. The kernel gives what its own limit allows.
const socketBuffer = 4 << 20

// tcpReads is how many packets of one TCP client may wait to be read.
const tcpReads = 64

// tcpConnsMax bounds the TCP connections, those that have not said yet which session they belong to among them.
const tcpConnsMax = 20_000

// network is the one UDP socket and the one TCP listener.
type network struct {
	settings    webrtc.SettingEngine
	certificate webrtc.Certificate
	tcp         *tcpListener
	closers     []func() error
}

// listen opens the sockets.
func listen(cfg Config) (*network, error) {
	udp, err := net.ListenPacket("udp", cfg.UDPAddr)
	if err != nil {
		return nil, fmt.Errorf("listen for media on udp %s: %w", cfg.UDPAddr, err)
	}
	if socket, ok := udp.(*net.UDPConn); ok {
		// Smaller buffers lose packets under load but work; the kernel's limit is the operator's choice.
		_ = socket.SetReadBuffer(socketBuffer)
		_ = socket.SetWriteBuffer(socketBuffer)
	}
	tcp, err := net.Listen("tcp", cfg.TCPAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for media on tcp %s: %w", cfg.TCPAddr, err), udp.Close())
	}
	listener := &tcpListener{Listener: tcp, conns: map[string]*tcpConn{}}
	udpMux := webrtc.NewICEUDPMux(nil, udp)
	tcpMux := webrtc.NewICETCPMux(nil, listener, tcpReads)
	n := &network{tcp: listener, closers: []func() error{udpMux.Close, udp.Close, tcpMux.Close}}
	n.settings.SetICEUDPMux(udpMux)
	n.settings.SetICETCPMux(tcpMux)
	if err := n.configure(cfg); err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// The numbers of protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2) and of Pion's mode without multicast DNS.
const (
	srtpAES128SHA1 = 0x0001
	srtpAES128GCM  = 0x0007
	srtpAES256GCM  = 0x0008
	mdnsDisabled   = 1
)

// configure fills the settings that all peer connections share.
func (n *network) configure(cfg Config) error {
	// As DTLS server we choose the cipher: AES-GCM costs a seventh of what Chromium would take.
	if err := n.settings.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return fmt.Errorf("answer as DTLS server: %w", err)
	}
	n.settings.SetSRTPProtectionProfiles(srtpAES128GCM, srtpAES256GCM, srtpAES128SHA1)
	// ICE has proven the address before the first DTLS packet, so the cookie exchange would only cost a round trip.
	n.settings.SetDTLSInsecureSkipHelloVerify(true)
	n.settings.SetLite(true)
	n.settings.SetICEMulticastDNSMode(mdnsDisabled)
	n.settings.SetIncludeLoopbackCandidate(true)
	n.settings.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	})
	if len(cfg.PublicIPs) > 0 {
		rule := webrtc.ICEAddressRewriteRule{
			External: cfg.PublicIPs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
		}
		if err := n.settings.SetICEAddressRewriteRules(rule); err != nil {
			return fmt.Errorf("publish the addresses %v: %w", cfg.PublicIPs, err)
		}
	}
	var err error
	n.certificate, err = newCertificate()
	return err
}

func (n *network) close() error {
	var errs []error
	for _, closer := range n.closers {
		if err := closer(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// tcpListener remembers its connections, because a drop must cut one below the queue that hides in front of it.
type tcpListener struct {
	net.Listener
	mu     sync.Mutex
	conns  map[string]*tcpConn
	closed bool
}

// tcpConn is one client that has no UDP.
type tcpConn struct {
	*net.TCPConn
	listener *tcpListener
}

// Accept waits for the next connection. One beyond [tcpConnsMax] is closed at once.
func (l *tcpListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn, ok := accepted.(*net.TCPConn)
		if !ok {
			return accepted, nil
		}
		if c := l.keep(conn); c != nil {
			return c, nil
		}
		_ = conn.Close()
	}
}

func (l *tcpListener) keep(conn *net.TCPConn) *tcpConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.conns) >= tcpConnsMax {
		return nil
	}
	c := &tcpConn{TCPConn: conn, listener: l}
	l.conns[conn.RemoteAddr().String()] = c
	return c
}

// Close takes no more connections and closes those that are open. Pion waits half a minute for the first packet of
// each, which a browser that has found a better way never sends.
func (l *tcpListener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	l.closed = true
	open := slices.Collect(maps.Values(l.conns))
	l.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	return err
}

// Close closes the connection and forgets it.
func (c *tcpConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c.RemoteAddr().String())
	c.listener.mu.Unlock()
	return c.TCPConn.Close()
}

// cut ends the connection from an address at once, if there is one. What is queued in the process or in the kernel is
// thrown away: a lingering close would still send it to somebody who was removed.
func (l *tcpListener) cut(remote string) {
	l.mu.Lock()
	c := l.conns[remote]
	l.mu.Unlock()
	if c != nil {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
}
