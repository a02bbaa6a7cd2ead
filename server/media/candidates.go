package media

import (
	"net"
	"net/netip"

	"github.com/exeunt/exeunt/server/sdp"
)

// The type preferences of our candidates (RFC 8445 §5.1.2.2): the same path costs more over TCP.
const udpPreference, tcpPreference = 126, 90

// Told lists the addresses of the UDP socket that members are told, the one that they like best first.
func (e *Engine) Told() []netip.AddrPort {
	var all []netip.AddrPort
	for _, ip := range e.reach(e.socket.Addr().Addr()) {
		all = append(all, netip.AddrPortFrom(ip.Unmap(), e.socket.Addr().Port()))
	}
	return all
}

// Bound is where the UDP socket is bound.
func (e *Engine) Bound() netip.AddrPort { return e.socket.Addr() }

// candidates lists where we can be reached: the addresses that were configured, else the one that the sockets are bound
// to, else all of this host.
func (e *Engine) candidates() []sdp.Candidate {
	udp, tcp := e.socket.Addr(), e.tcp.addr()
	var all []sdp.Candidate
	for i, ip := range e.reach(udp.Addr()) {
		all = append(all, candidate("u", "udp", udpPreference, i, ip, udp.Port()))
	}
	for i, ip := range e.reach(tcp.Addr()) {
		all = append(all, candidate("t", "tcp", tcpPreference, i, ip, tcp.Port()))
	}
	return all
}

func candidate(name, protocol string, preference uint32, i int, ip netip.Addr, port uint16) sdp.Candidate {
	return sdp.Candidate{
		Foundation: name + string(rune('a'+i%26)), Protocol: protocol, Address: netip.AddrPortFrom(ip, port),
		Priority: preference<<24 | uint32(0xffff-i)<<8 | 255,
	}
}

// reach lists the addresses under which a bound one is reached.
func (e *Engine) reach(bound netip.Addr) []netip.Addr {
	var all []netip.Addr
	for _, text := range e.cfg.PublicIPs {
		if ip, err := netip.ParseAddr(text); err == nil {
			all = append(all, ip)
		}
	}
	if len(all) > 0 {
		return all
	}
	if !bound.IsUnspecified() {
		return []netip.Addr{bound.Unmap()}
	}
	interfaces, _ := net.InterfaceAddrs() // Without it there is none, and the log of the client says so.
	for _, one := range interfaces {
		prefix, ok := one.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(prefix.IP)
		if ip = ip.Unmap(); ok && !ip.IsLinkLocalUnicast() && (ip.Is4() || bound.Is6()) {
			all = append(all, ip)
		}
	}
	return all
}
