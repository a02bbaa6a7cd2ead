package network_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// far is a network namespace in which the member lives whose network breaks.
type far struct {
	t       *testing.T
	process string
	// trust is the file with the certificates that members here trust; empty for those of the system.
	trust string
}

// field is the network of one test: the server's end, and the far end.
type field struct {
	t *testing.T
	// near and far are the addresses at the two ends of the link; link is its name at both.
	near, remote string
	link         string
	far          *far
}

// fields counts the tests that have a network, so that each gets addresses of its own.
var fields atomic.Int32

// loopbackUp makes the tests' own namespace usable; a new one has even loopback down.
var loopbackUp sync.Once

// newField lays a link from here to a new namespace.
func newField(t *testing.T) *field {
	t.Helper()
	loopbackUp.Do(func() { run(t, "ip", "link", "set", "lo", "up") })
	n := fields.Add(1)
	f := &field{
		t: t, link: fmt.Sprintf("x%d", n), far: newFar(t),
		near: fmt.Sprintf("10.77.%d.1", n), remote: fmt.Sprintf("10.77.%d.2", n),
	}
	lay(f.run, f.link, f.near, f.far, f.remote)
	return f
}

// lay lays a link of that name from one place to another, with these addresses at its ends.
func lay(run func(...string) string, link, address string, to *far, remote string) {
	run("ip", "link", "add", link, "type", "veth", "peer", "name", link, "netns", to.process)
	run("ip", "addr", "add", address+"/24", "dev", link)
	run("ip", "link", "set", link, "up")
	to.run("ip", "addr", "add", remote+"/24", "dev", link)
	to.run("ip", "link", "set", link, "up")
}

// behindNAT moves the far end behind a router that translates addresses, and returns the router.
func (f *field) behindNAT() *far {
	f.t.Helper()
	router := f.far
	f.far = newFar(f.t)
	inner := strings.Replace(f.link, "x", "y", 1)
	gateway, remote := strings.Replace(f.near, "10.77.", "10.78.", 1), strings.Replace(f.remote, "10.77.", "10.78.", 1)
	lay(router.run, inner, gateway, f.far, remote)
	f.far.run("ip", "route", "add", "default", "via", gateway)
	router.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
	// Each connection gets a port at random, as at home routers that do not care for the one inside.
	router.run("iptables", "-w", "-t", "nat", "-A", "POSTROUTING", "-o", f.link, "-j", "MASQUERADE", "--random-fully")
	f.remote = remote
	return router
}

// newFar makes a namespace with nothing but loopback in it.
func newFar(t *testing.T) *far {
	t.Helper()
	holder := again(partHolder)
	holder.SysProcAttr = ownNetwork()
	input, err := holder.StdinPipe()
	check(t, err)
	check(t, holder.Start())
	t.Cleanup(func() {
		_ = input.Close()
		_ = holder.Wait()
	})
	f := &far{t: t, process: strconv.Itoa(holder.Process.Pid)}
	f.run("ip", "link", "set", "lo", "up")
	return f
}

// run runs a command in the far namespace.
func (f *far) run(args ...string) string {
	f.t.Helper()
	return run(f.t, "nsenter", append([]string{"-t", f.process, "-n"}, args...)...)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// rule is a rule of iptables that is in force until it is lifted.
type rule struct {
	run  func(args ...string) string
	text []string
}

// impose puts a rule in force.
func impose(run func(args ...string) string, text string) rule {
	r := rule{run, strings.Fields(text)}
	run(append([]string{"iptables", "-w", "-A"}, r.text...)...)
	return r
}

// lift takes rules out of force.
func lift(rules []rule) {
	for _, r := range rules {
		r.run(append([]string{"iptables", "-w", "-D"}, r.text...)...)
	}
}

// run runs a command at the near end.
func (f *field) run(args ...string) string {
	f.t.Helper()
	return run(f.t, args[0], args[1:]...)
}

// cutOutward drops what goes from the far end to the near one; matching narrows it, such as "-p udp". Packets are
// dropped where they arrive: a sender must not notice.
func (f *field) cutOutward(matching string) []rule {
	f.t.Helper()
	return []rule{impose(f.run, "INPUT -i "+f.link+" "+matching+" -j DROP")}
}

// cutInward drops what goes from the near end to the far one.
func (f *field) cutInward(matching string) []rule {
	f.t.Helper()
	return []rule{impose(f.far.run, "INPUT "+matching+" -j DROP")}
}

// cut drops both ways.
func (f *field) cut(matching string) []rule {
	f.t.Helper()
	return append(f.cutOutward(matching), f.cutInward(matching)...)
}
