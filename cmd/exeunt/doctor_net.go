package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/media"
)

// healthWait is how long whoever holds an address may take to say who it is.
const healthWait = 2 * time.Second

// checkPorts binds each address as serve does, and says whether a running exeunt holds one of them. What it binds stays
// bound until all are, so that one address for two settings shows.
func checkPorts(c *config.Config) (all []finding, running bool) {
	var held []io.Closer
	defer func() {
		for _, socket := range held {
			_ = socket.Close()
		}
	}()
	hold := func(networks []string, addr string) error {
		var errs []error
		for _, network := range networks {
			socket, err := bind(network, addr)
			if err == nil {
				held = append(held, socket)
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}
	for _, one := range [][2]string{{"signal-addr", c.SignalAddr}, {"control-addr", c.ControlAddr}} {
		err := hold([]string{"tcp"}, one[1])
		ours := errors.Is(err, syscall.EADDRINUSE) && isExeunt(one[1])
		running = running || ours
		all = append(all, judgePort(one[0], one[1], "TCP", err, ours))
	}
	// Media has no health of its own: who serves members here takes their media too.
	media := judgePort("media-addr", c.MediaAddr, "UDP and TCP", hold([]string{"udp", "tcp"}, c.MediaAddr), running)
	all = slices.Insert(all, 1, media)
	for _, one := range [][3]string{
		{"turn-udp", c.TurnUDP, "UDP"}, {"turn-tcp", c.TurnTCP, "TCP"}, {"turn-tls", c.TurnTLS, "TCP"},
	} {
		if one[1] != "" {
			all = append(all, judgePort(one[0], one[1], one[2], hold([]string{strings.ToLower(one[2])}, one[1]), running))
		}
	}
	return all, running
}

// checkShards binds the UDP ports above media-addr's that serve would take, and says which of them a firewall has to
// let through.
func checkShards(c *config.Config, running bool) finding {
	const check = "media-shards"
	most, least := c.Shards()
	host, text, err := net.SplitHostPort(c.MediaAddr)
	port, wrong := strconv.Atoi(text)
	if err != nil || wrong != nil || most > media.ShardsMax {
		return fail(check, "there are no such ports", "mend media-addr and media-shards")
	}
	if port == 0 {
		return fine(check, "%s: any UDP ports, TCP as media-addr says", plural(most, "shard"))
	}
	for n := 1; n < most; n++ {
		addr := net.JoinHostPort(host, strconv.Itoa(port+n))
		socket, err := bind("udp", addr)
		if err == nil {
			defer socket.Close()
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) && running {
			continue
		}
		if n < least {
			return fail(check, fmt.Sprintf("UDP %s cannot be bound: %v", addr, errors.Unwrap(err)),
				"stop the other program, or choose fewer with --media-shards")
		}
		return warn(check, fmt.Sprintf("UDP %s cannot be bound: media uses %d of %d cores", addr, n, most),
			"stop the other program, or give media-addr a port with free ones above it")
	}
	if most == 1 {
		return fine(check, "1 shard: members need UDP and TCP %d", port)
	}
	return fine(check, "%d shards: members need UDP %d to %d, and TCP %d", most, port, port+most-1, port)
}

func bind(network, addr string) (io.Closer, error) {
	if network == "udp" {
		return net.ListenPacket(network, addr)
	}
	return net.Listen(network, addr)
}

// judgePort says what binding an address came to; ours says that a running exeunt holds it if somebody does.
func judgePort(field, addr, networks string, err error, ours bool) finding {
	switch {
	case err == nil:
		return fine(field, "%s is free (%s)", addr, networks)
	case errors.Is(err, syscall.EADDRINUSE) && ours:
		return fine(field, "%s is held by an exeunt that runs (%s)", addr, networks)
	case errors.Is(err, syscall.EADDRINUSE):
		return fail(field, fmt.Sprintf("%s is taken, and not by an exeunt (%s)", addr, networks),
			fmt.Sprintf("stop the other program, or choose another address with --%s", field))
	case errors.Is(err, syscall.EACCES):
		return fail(field, fmt.Sprintf("%s may not be bound by this user", addr),
			"choose a port above 1023, or give the program CAP_NET_BIND_SERVICE")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fail(field, fmt.Sprintf("%s is no address of this host", addr),
			fmt.Sprintf("choose one that it has with --%s; those that members see go into public-ips", field))
	default:
		return fail(field, strings.ReplaceAll(err.Error(), "\n", "; "),
			fmt.Sprintf("give --%s as host:port, with an address of this host", field))
	}
}

// isExeunt asks whoever listens at an address whether it is one of us.
func isExeunt(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: healthWait}
	reply, err := client.Get("http://" + net.JoinHostPort(host, port) + "/healthz")
	if err != nil {
		return false
	}
	defer reply.Body.Close()
	return reply.Header.Get("Server") == serverName
}

// sharedSpace is what providers use between their customers and themselves (RFC 6598): as private as the rest.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

func private(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsPrivate() || ip.IsLinkLocalUnicast() || sharedSpace.Contains(ip)
}

// checkReach says at which addresses members find media; interfaces are those of the host.
func checkReach(c *config.Config, interfaces []net.Addr) finding {
	const check = "public-ips"
	bound, _ := netip.ParseAddr(hostOf(c.MediaAddr)) // A name is no address, and then neither loopback nor private.
	var told []netip.Addr
	for _, text := range c.PublicIPs {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return fail(check, fmt.Sprintf("%q is no IP address", text), "name the addresses at which members reach media-addr")
		}
		if ip.IsUnspecified() || ip.IsMulticast() {
			return fail(check, fmt.Sprintf("nobody can send to %s", ip), "name the addresses at which members reach media-addr")
		}
		told = append(told, ip)
	}
	local := config.Loopback(c.MediaAddr)
	switch {
	case local && c.Development() && len(told) == 0:
		return fine(check, "none needed: media is for this machine only")
	case local:
		return warn(check, "media-addr is "+c.MediaAddr+": media is for members on this machine only",
			"set media-addr to 0.0.0.0:8081, or to an address that members reach")
	case len(told) == 0 && bound.IsUnspecified():
		for _, one := range interfaces {
			if prefix, ok := one.(*net.IPNet); ok {
				ip, _ := netip.AddrFromSlice(prefix.IP)
				told = append(told, ip.Unmap())
			}
		}
		told = slices.DeleteFunc(told, func(ip netip.Addr) bool { return ip.IsLoopback() || ip.IsLinkLocalUnicast() })
	case len(told) == 0 && bound.IsValid():
		told = append(told, bound)
	}
	return judgeReach(check, told, len(c.PublicIPs) > 0, private(bound))
}

// judgeReach says who can send to the addresses that members are told. They are named by the settings, or else found;
// inner says that the socket itself is in a private network.
func judgeReach(check string, told []netip.Addr, named, inner bool) finding {
	var texts []string
	outside, hidden := false, netip.Addr{}
	for _, ip := range told {
		texts = append(texts, ip.String())
		if private(ip) || ip.IsLoopback() {
			hidden = ip
		} else {
			outside = true
		}
	}
	switch {
	case len(told) == 0:
		return warn(check, "no address of this host is known", "set public-ips to the addresses at which members reach it")
	case named && hidden.IsValid() && !inner:
		return warn(check, fmt.Sprintf("%s is private: members of other networks waste time on it", hidden),
			"name addresses that they reach, unless all members are in this network")
	case !outside:
		return warn(check, "members are told "+strings.Join(texts, ", ")+", which is private",
			"set public-ips to the address outside, unless all members are in this network")
	default:
		return fine(check, "members are told %s", strings.Join(texts, ", "))
	}
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err == nil && host == "" {
		return "::"
	}
	return host
}
