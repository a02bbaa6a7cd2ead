package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Janus is Debian's Janus in a process of its own.
type Janus struct {
	*Process
	// URL is that of its API.
	URL string
	// Address is where its media is, and its members have to be.
	Address netip.Addr
	tidy    func()
}

// JanusLoops is how many event loops a Janus has; 0 for a thread of each member's own, which is how it comes.
type JanusLoops int

// JanusAbsent says why Janus cannot be measured here: it is not installed, or the machine has no address for it. Empty
// when it can.
func JanusAbsent() string {
	if _, err := exec.LookPath("janus"); err != nil {
		return "Janus is not installed (Debian's package janus)"
	}
	if _, err := outerAddress(); err != nil {
		return "Janus skips loopback interfaces, and this machine has no other IPv4 address " +
			"(ip link add bench type dummy; ip addr add 198.51.100.1/32 dev bench; ip link set bench up)"
	}
	return ""
}

// outerAddress is an IPv4 address of the machine that is not loopback's. What goes to it stays on the loopback
// interface all the same.
func outerAddress() (netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("list addresses: %w", err)
	}
	for _, one := range all {
		network, ok := one.(*net.IPNet)
		if !ok || !network.IP.IsGlobalUnicast() {
			continue
		}
		if address, ok := netip.AddrFromSlice(network.IP); ok && address.Unmap().Is4() {
			return address.Unmap(), nil
		}
	}
	return netip.Addr{}, errors.New("no IPv4 address but loopback's")
}

// The files of a Janus that has its rooms and its API, and nothing tuned but the event loops.
const (
	janusConfig = `general: {
	configs_folder = "%s"
	plugins_folder = "%s/plugins"
	transports_folder = "%s/transports"
	events_folder = "%s/events"
	loggers_folder = "%s/loggers"
	debug_level = 2
	session_timeout = 0%s
}
nat: {
	ice_enforce_list = "%s"
}
`
	janusHTTP = `general: {
	json = "compact"
	base_path = "/janus"
	http = true
	port = %d
	ip = "127.0.0.1"
	https = false
}
admin: {
	admin_http = false
}
`
)

// janusModules are where packages put a Janus' modules.
var janusModules = []string{"/usr/lib/*/janus", "/usr/lib/janus", "/usr/local/lib/janus"}

// StartJanus starts a Janus. A folder of libraries, if named, has another libsrtp than the system's.
func StartJanus(ctx context.Context, loops JanusLoops, libraries string) (*Janus, error) {
	if absent := JanusAbsent(); absent != "" {
		return nil, errors.New(absent)
	}
	address, err := outerAddress()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	j := &Janus{URL: fmt.Sprintf("http://127.0.0.1:%d/janus", port), tidy: remove, Address: address}
	if err := j.start(ctx, dir, janusFiles(dir, address.String(), port, loops), libraries); err != nil {
		remove()
		return nil, err
	}
	return j, nil
}

// janusFiles are the files of its folder.
func janusFiles(dir, address string, port int, loops JanusLoops) map[string]string {
	modules := ""
	for _, pattern := range janusModules {
		if found, _ := filepath.Glob(pattern); len(found) > 0 { // The patterns are well formed.
			modules = found[0]
			break
		}
	}
	tuned := ""
	if loops > 0 {
		tuned = fmt.Sprintf("\n\tevent_loops = %d", loops)
	}
	return map[string]string{
		"janus.jcfg":                  fmt.Sprintf(janusConfig, dir, modules, modules, modules, modules, tuned, address),
		"janus.transport.http.jcfg":   fmt.Sprintf(janusHTTP, port),
		"janus.plugin.videoroom.jcfg": "general: {\n}\n",
	}
}

func (j *Janus) start(ctx context.Context, dir string, files map[string]string, libraries string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	args := []string{"janus", "--configs-folder=" + dir, "--disable-colors"}
	if libraries != "" {
		args = append([]string{"LD_LIBRARY_PATH=" + libraries}, args...)
	}
	// What env starts takes its place, so that the process is still the server's.
	var err error
	if j.Process, err = Launch(nil, "env", args...); err != nil {
		return err
	}
	if err := Answers(ctx, j.Process, j.URL+"/info"); err != nil {
		j.Process.Stop()
		return err
	}
	return nil
}

// Stop ends the server and removes its files.
func (j *Janus) Stop() {
	j.Process.Stop()
	j.tidy()
}

// JanusCrypto says which cryptography the libsrtp of a Janus has, of a folder or of the system.
func JanusCrypto(libraries string) string {
	patterns := []string{filepath.Join(libraries, "libsrtp2.so.1")}
	if libraries == "" {
		patterns = []string{"/usr/lib/*/libsrtp2.so.1", "/usr/lib/libsrtp2.so.1"}
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // The patterns are well formed.
		for _, file := range found {
			data, err := os.ReadFile(file)
			switch {
			case err != nil:
			case strings.Contains(string(data), "libcrypto.so"):
				return "OpenSSL"
			case strings.Contains(string(data), "libnss3.so"):
				return "NSS"
			}
		}
	}
	return "unknown"
}
