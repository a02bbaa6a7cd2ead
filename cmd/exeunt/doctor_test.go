package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/udp"
)

// says holds a finding to a state and a part of its text.
func says(t *testing.T, f finding, want state, text string) {
	t.Helper()
	if f.State != want || !strings.Contains(f.Found, text) {
		t.Errorf("%s: %s, %q; want %s, %q", f.Check, f.State, f.Found, want, text)
	}
	if f.State != stateOK && len(f.Do) == 0 {
		t.Errorf("%s: %q, and nothing to do", f.Check, f.Found)
	}
}

// named returns the finding of a check.
func named(t *testing.T, all []finding, check string) finding {
	t.Helper()
	for _, f := range all {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("no check is called %s", check)
	return finding{}
}

// TestDoctorFindsTakenPorts: each address in turn belongs to a stranger, over TCP, and media's over UDP too.
func TestDoctorFindsTakenPorts(t *testing.T) {
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// It hangs up on whoever asks, so the doctor does not wait for an answer.
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			conn, err := stranger.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	defer func() { <-gone }()
	defer stranger.Close()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	for field, set := range map[string]func(*config.Config, string){
		"signal-addr":  func(c *config.Config, a string) { c.SignalAddr = a },
		"media-addr":   func(c *config.Config, a string) { c.MediaAddr = a },
		"control-addr": func(c *config.Config, a string) { c.ControlAddr = a },
	} {
		c := settings()
		set(c, stranger.Addr().String())
		all, running := checkPorts(c)
		says(t, named(t, all, field), stateProblem, "is taken, and not by an exeunt")
		if running || len(all) != 3 || count(all, stateOK) != 2 {
			t.Errorf("%s: running %t, %v", field, running, all)
		}
	}
	c := settings()
	c.MediaAddr = packets.LocalAddr().String()
	all, _ := checkPorts(c)
	says(t, named(t, all, "media-addr"), stateProblem, "is taken")
}

// TestDoctorNamesThePortsOfTheShards: those that a firewall has to let through, and those that somebody else has.
func TestDoctorNamesThePortsOfTheShards(t *testing.T) {
	c := settings()
	c.MediaShards = 3
	says(t, checkShards(c, false), stateOK, "3 shards: any UDP ports")
	first, second := twoPorts(t)
	c.MediaAddr, c.MediaShards = first.LocalAddr().String(), 2
	taken := second.LocalAddr().String()
	says(t, checkShards(c, false), stateProblem, "UDP "+taken+" cannot be bound")
	says(t, checkShards(c, true), stateOK, "2 shards: members need UDP")
	second.Close()
	port := first.LocalAddr().(*net.UDPAddr).Port
	says(t, checkShards(c, false), stateOK, fmt.Sprintf("need UDP %d to %d, and TCP %d", port, port+1, port))
	c.MediaShards = 1
	says(t, checkShards(c, false), stateOK, fmt.Sprintf("1 shard: members need UDP and TCP %d", port))
	c.MediaAddr = "nonsense"
	says(t, checkShards(c, false), stateProblem, "no such ports")
}

// TestDoctorWarnsOfFewerShards: nothing was set, so the server would start with fewer.
func TestDoctorWarnsOfFewerShards(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	first, second := twoPorts(t)
	c := settings()
	c.MediaAddr = first.LocalAddr().String()
	says(t, checkShards(c, false), stateWarning, second.LocalAddr().String()+" cannot be bound: media uses 1 of 4 cores")
}

// twoPorts binds two UDP ports of which the second is one higher.
func twoPorts(t *testing.T) (first, second net.PacketConn) {
	t.Helper()
	for range 100 {
		first, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		next := first.LocalAddr().(*net.UDPAddr)
		second, err := net.ListenUDP("udp", &net.UDPAddr{IP: next.IP, Port: next.Port + 1})
		if err == nil {
			t.Cleanup(func() {
				_ = first.Close()
				_ = second.Close()
			})
			return first, second
		}
		_ = first.Close()
	}
	t.Fatal("no two ports in a row are free")
	return nil, nil
}

func TestDoctorFindsAddressesThatCannotBeBound(t *testing.T) {
	c := settings()
	c.MediaAddr, c.ControlAddr = "192.0.2.1:8081", "nonsense"
	all, _ := checkPorts(c)
	says(t, named(t, all, "media-addr"), stateProblem, "is no address of this host")
	says(t, named(t, all, "control-addr"), stateProblem, "missing port")
}

func TestDoctorSaysWhoCanReachMedia(t *testing.T) {
	_, inner, _ := net.ParseCIDR("10.0.0.5/24")
	inner.IP = net.ParseIP("10.0.0.5")
	outer := &net.IPNet{IP: net.ParseIP("203.0.113.9"), Mask: net.CIDRMask(24, 32)}
	loop := &net.IPNet{IP: net.ParseIP("127.0.0.1"), Mask: net.CIDRMask(8, 32)}
	ours := config.Apps{{SdkAppID: 1, Secret: "a-secret-of-our-own"}}
	own := func(addrs ...net.Addr) []net.Addr { return addrs }
	for _, one := range []struct {
		bound string
		// public are the settings' public-ips, and host the addresses of the host's interfaces.
		public string
		host   []net.Addr
		want   state
		text   string
	}{
		{"127.0.0.1:8081", "", nil, stateWarning, "this machine only"},
		{"0.0.0.0:8081", "203.0.113.7", nil, stateOK, "203.0.113.7"},
		{":8081", "203.0.113.7 10.0.0.5", nil, stateWarning, "10.0.0.5 is private"},
		{"203.0.113.7:1", "100.64.1.1", nil, stateWarning, "100.64.1.1 is private"},
		{"10.0.0.5:1", "10.0.0.5 203.0.113.7", nil, stateOK, "203.0.113.7"},
		{"10.0.0.5:1", "", nil, stateWarning, "which is private"},
		{"0.0.0.0:1", "", own(loop, inner), stateWarning, "told 10.0.0.5, which"},
		{"[::]:1", "", own(loop, inner, outer), stateOK, "10.0.0.5, 203.0.113.9"},
		{"0.0.0.0:1", "", nil, stateWarning, "no address of this host"},
		{"0.0.0.0:1", "media.example", nil, stateProblem, "is no IP address"},
		{"0.0.0.0:1", "0.0.0.0", nil, stateProblem, "nobody can send to 0.0.0.0"},
	} {
		c := settings()
		c.Apps, c.MediaAddr, c.PublicIPs = ours, one.bound, strings.Fields(one.public)
		says(t, checkReach(c, one.host), one.want, one.text)
	}
	says(t, checkReach(settings(), nil), stateOK, "none needed")
}

// TestDoctorTriesTheDataDirectory: a file where a directory should be stops even root.
func TestDoctorTriesTheDataDirectory(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := settings()
	says(t, checkDataDir(c, false), stateOK, "nothing outlives the process")
	c.Apps = config.Apps{{SdkAppID: 1}}
	says(t, checkDataDir(c, false), stateWarning, "rooms and bans end with the process")
	for _, wrong := range []string{file, filepath.Join(file, "below")} {
		c.DataDir = wrong
		says(t, checkDataDir(c, false), stateProblem, "cannot be written")
	}
	c.DataDir = filepath.Join(dir, "a", "b")
	if f := checkDataDir(c, false); !strings.Contains(f.Found, "can be written") {
		t.Errorf("%+v", f)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the doctor left %v, %v", left, err)
	}
	says(t, judgeSpace("x", "d", 2<<30, true), stateOK, "2.0 GiB free")
	says(t, judgeSpace("x", "d", 500<<20, true), stateWarning, "500 MiB free")
	says(t, judgeSpace("x", "d", 1<<20, true), stateProblem, "1 MiB free")
	says(t, judgeSpace("x", "d", 0, false), stateOK, "can be written")
}

func TestDoctorJudgesTheHost(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC) }
	says(t, checkClock(year(2030)), stateOK, "2030")
	says(t, checkClock(year(1970)), stateProblem, "the year is 1970")
	says(t, judgeBuffers(2*udp.BufferSize, 2*udp.BufferSize), stateOK, "4 MiB to receive")
	says(t, judgeBuffers(0, 0), stateOK, "not known")
	few := judgeBuffers(2*212992, 2*udp.BufferSize)
	says(t, few, stateWarning, "208 KiB to receive and 4 MiB to send; asked: 4 MiB")
	if want := "sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304"; few.Do[0] != want {
		t.Errorf("%q; want %q", few.Do[0], want)
	}
	says(t, checkFiles(1<<20, true), stateOK, "1048576")
	says(t, checkFiles(1024, true), stateWarning, "about 412 of 10000 members")
	says(t, checkFiles(64, true), stateProblem, "64")
	says(t, checkFiles(0, false), stateOK, "no limit")
	says(t, checkAES(gcmWanted-1), stateWarning, "499 MB/s")
	says(t, checkAES(gcmWanted), stateOK, "500 MB/s")
	if speed := gcmSpeed(); speed <= 0 {
		t.Errorf("AES-GCM runs at %v MB/s", speed)
	}
	if f := checkBursts(); f.State == stateProblem {
		t.Errorf("%+v", f)
	}
	if f := checkReports(); f.State == stateProblem {
		t.Errorf("%+v", f)
	}
	says(t, judgeReports(true), stateOK, "put aside")
	says(t, judgeReports(false), stateWarning, "each of them wakes the server")
}

// TestTheListIsForPeople: one line a check, below it the steps, at the end the sums; nothing that a terminal obeys.
func TestTheListIsForPeople(t *testing.T) {
	var b bytes.Buffer
	all := []finding{fine("clock", "2030"), warn("buffers", "few", "ask", "more"), fail("data-dir", "a\x1b[2Jb", "go")}
	if err := writeList(&b, all); err != nil {
		t.Fatal(err)
	}
	want := `exeunt ` + version + ` looks at this host

  ok       clock         2030
  warning  buffers       few
                         → ask
                         → more
  problem  data-dir      "a\x1b[2Jb"
                         → go

1 problem, 1 warning, 1 ok
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}
