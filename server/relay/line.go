package relay

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/turn/v5"
)

// target is the one place of an address family to which packets go: members call it told, and we find it at near.
type target struct{ told, near netip.AddrPort }

// targetsOf chooses one told address of each family, IPv4 first. More would lead to the same socket, and then nobody
// could say which of them an answer comes from.
func targetsOf(told []netip.AddrPort, bound netip.AddrPort) []target {
	var all []target
	for _, is := range []func(netip.Addr) bool{netip.Addr.Is4, netip.Addr.Is6} {
		family := slices.DeleteFunc(slices.Clone(told), func(a netip.AddrPort) bool { return !is(a.Addr()) })
		if len(family) == 0 {
			continue
		}
		best := max(0, slices.IndexFunc(family, func(a netip.AddrPort) bool { return !a.Addr().IsLoopback() }))
		near := netip.AddrPortFrom(nearest(family[best].Addr(), bound.Addr()), bound.Port())
		all = append(all, target{family[best], near})
	}
	return all
}

// nearest is the address of this host by which we reach the media socket. A told address that is not ours is one of a
// NAT in front of us, which need not lead back to us.
func nearest(told, bound netip.Addr) netip.Addr {
	if !bound.IsUnspecified() {
		return bound.Unmap()
	}
	var best netip.Addr
	interfaces, _ := net.InterfaceAddrs() // Without it there is loopback.
	for _, one := range interfaces {
		prefix, ok := one.(*net.IPNet)
		if !ok {
			continue
		}
		ip, _ := netip.AddrFromSlice(prefix.IP)
		ip = ip.Unmap()
		if ip == told {
			return ip
		}
		if !best.IsValid() && ip.Is4() == told.Is4() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			best = ip
		}
	}
	switch {
	case best.IsValid():
		return best
	case told.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		return netip.IPv6Loopback()
	}
}

// permits says whether a member may send to an address at all. The port is looked at with each packet.
func (r *Relay) permits(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	return ok && slices.ContainsFunc(r.targets, func(t target) bool { return t.told.Addr() == ip.Unmap() })
}

// errForeign says that a packet is for somebody else than the line's media engine.
var errForeign = errors.New("relay: packets go to the media engine only")

// line is one relayed address: a socket that is connected to a media engine's. To which one the member's first packet
// says, since only then it is known where its session lives; from then on it is that one.
type line struct {
	relay *Relay
	name  string
	once  sync.Once
	way   atomic.Pointer[way]

	// mu is held while the line is turned or closed; until is the deadline to read.
	mu     sync.Mutex
	closed bool
	until  time.Time
}

// way is where a line leads: to what the member calls told. It never changes.
type way struct {
	target
	told   *net.UDPAddr
	socket *net.UDPConn
	// settled says that the member has sent something there.
	settled bool
}

// reach makes a way with a socket of its own, at an address of ours or, with nil, at any.
func reach(to target, at *net.UDPAddr) (*way, error) {
	socket, err := net.DialUDP("udp", at, net.UDPAddrFromAddrPort(to.near))
	if err != nil {
		return nil, fmt.Errorf("relay: reach the media socket: %w", err)
	}
	_ = socket.SetReadBuffer(socketBuffer)
	return &way{target: to, told: net.UDPAddrFromAddrPort(to.told), socket: socket}, nil
}

// generator makes the relayed addresses for Pion.
type generator struct{ relay *Relay }

// Validate says that nothing is missing.
func (generator) Validate() error { return nil }

// AllocatePacketConn makes a relayed address for a member. None can be asked for with an even port, or by reservation:
// Pion tries those without a name.
func (g generator) AllocatePacketConn(asked turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	wants4 := asked.Network == "udp4"
	i := slices.IndexFunc(g.relay.targets, func(t target) bool { return t.told.Addr().Is4() == wants4 })
	if i < 0 {
		return nil, nil, fmt.Errorf("relay: the media socket is not reached by %s", asked.Network)
	}
	w, err := reach(g.relay.targets[i], nil)
	if err != nil {
		return nil, nil, err
	}
	l := &line{relay: g.relay, name: asked.UserID}
	l.way.Store(w)
	if !g.relay.keep(asked.UserID, l) {
		return nil, nil, errors.Join(errors.New("relay: this stay may have no more"), w.socket.Close())
	}
	return l, w.socket.LocalAddr(), nil
}

// AllocateListener refuses: media over TCP goes to the engine's own port.
func (generator) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errForeign
}

// AllocateConn refuses: nobody connects to anywhere through us.
func (generator) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errForeign }

// WriteTo passes a packet of the member on to its engine, and one for anybody else not.
func (l *line) WriteTo(packet []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errForeign
	}
	asked := udp.AddrPort()
	asked = netip.AddrPortFrom(asked.Addr().Unmap(), asked.Port())
	w := l.way.Load()
	if !w.settled {
		var err error
		if w, err = l.settle(asked); err != nil {
			return 0, err
		}
	}
	if asked != w.target.told {
		return 0, errForeign
	}
	return w.socket.Write(packet)
}

// settle turns the line to the engine that a member calls asked, for good. The relayed address stays the same, unless
// somebody takes it in between; engines do not care.
func (l *line) settle(asked netip.AddrPort) (*way, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.way.Load()
	first := old.target
	switch {
	case l.closed:
		return nil, net.ErrClosed
	case old.settled:
		return old, nil
	case asked.Addr() != first.told.Addr() || !slices.Contains(l.relay.ports, asked.Port()):
		return nil, errForeign
	}
	w := *old
	if asked != first.told {
		to := target{asked, netip.AddrPortFrom(first.near.Addr(), asked.Port())}
		_ = old.socket.Close()
		there, err := reach(to, old.socket.LocalAddr().(*net.UDPAddr))
		if err != nil {
			there, err = reach(to, nil)
		}
		if err != nil {
			return nil, err
		}
		w = *there
		_ = w.socket.SetReadDeadline(l.until)
	}
	w.settled = true
	l.way.Store(&w)
	return &w, nil
}

// ReadFrom waits for a packet of the engine.
func (l *line) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		w := l.way.Load()
		n, err := w.socket.Read(buffer)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			continue // What was sent before came back from an engine that is about to close.
		case errors.Is(err, net.ErrClosed) && l.leads() != w.socket:
			continue // The line leads to another engine.
		}
		return n, w.told, err
	}
}

// leads is the socket of the line, when nobody turns it.
func (l *line) leads() *net.UDPConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.way.Load().socket
}

// Close ends the line at once; no packet is under way when it returns.
func (l *line) Close() error {
	err := net.ErrClosed
	l.once.Do(func() {
		l.mu.Lock()
		l.closed = true
		err = l.way.Load().socket.Close()
		l.mu.Unlock()
		l.relay.forget(l.name, l)
	})
	if errors.Is(err, net.ErrClosed) {
		return nil // Pion closes a line once more than we do.
	}
	return err
}

// LocalAddr is the relayed address.
func (l *line) LocalAddr() net.Addr { return l.way.Load().socket.LocalAddr() }

// SetDeadline bounds reads: a write never waits.
func (l *line) SetDeadline(t time.Time) error { return l.SetReadDeadline(t) }

// SetReadDeadline bounds reads.
func (l *line) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = t
	return l.way.Load().socket.SetReadDeadline(t)
}

// SetWriteDeadline does nothing: a write never waits.
func (l *line) SetWriteDeadline(time.Time) error { return nil }
