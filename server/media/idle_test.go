package media

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

// idleEnv makes this test binary the other end of idle members: they must not be counted with the server's.
const idleEnv = "EXEUNT_TEST_IDLE"

func TestMain(m *testing.M) {
	if kind := os.Getenv(idleEnv); kind != "" {
		if err := beIdle(kind, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// idleMembers are as many as one costs a part of.
const idleMembers = 100

// The kinds of idle members.
const (
	channelsUsed = "used"
	channelsNone = "none"
)

// beIdle makes peers whose offers go out and whose answers come in, a line of JSON each, in the same order.
func beIdle(kind string, in io.Reader, out io.Writer) error {
	answers, offers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	var peers []*webrtc.PeerConnection
	var ready sync.WaitGroup
	for range idleMembers {
		pc, err := idlePeer(kind, &ready)
		if err != nil {
			return err
		}
		offer, err := pc.CreateOffer(nil)
		if err == nil {
			err = pc.SetLocalDescription(offer)
		}
		if err == nil {
			err = offers.Encode(offer.SDP)
		}
		if err != nil {
			return err
		}
		peers = append(peers, pc)
	}
	for _, pc := range peers {
		answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer}
		if err := answers.Decode(&answer.SDP); err != nil {
			return err
		}
		if err := pc.SetRemoteDescription(answer); err != nil {
			return err
		}
	}
	ready.Wait()
	if err := offers.Encode(""); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

// idlePeer makes one peer, for whose connection, and channel, ready waits.
func idlePeer(kind string, ready *sync.WaitGroup) (*webrtc.PeerConnection, error) {
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(mdnsDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	ready.Add(1)
	var once sync.Once
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(ready.Done)
		}
	})
	if kind == channelsUsed {
		negotiated, id := true, uint16(reliableStream)
		channel, err := pc.CreateDataChannel("m", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
		if err != nil {
			return nil, err
		}
		ready.Add(1)
		channel.OnOpen(ready.Done)
	}
	slot := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, slot)
	return pc, err
}

// cost is what one idle member costs the server.
type cost struct{ goroutines, kilobytes float64 }

// idle measures members of a kind that are only there.
func idle(t *testing.T, kind string) cost {
	t.Helper()
	engine := newEngine(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), idleEnv+"="+kind)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	check(t, err)
	out, err := child.StdoutPipe()
	check(t, err)
	check(t, child.Start())
	defer func() { check(t, child.Wait()) }()
	defer in.Close()
	offers, answers := json.NewDecoder(out), json.NewEncoder(in)
	before := measured()
	var all [idleMembers]string
	for n := range all {
		check(t, offers.Decode(&all[n]))
	}
	for n, offer := range all {
		answer, err := engine.Open(context.Background(), fmt.Sprint("member ", n), offer)
		check(t, err)
		check(t, answers.Encode(answer))
	}
	var done string
	check(t, offers.Decode(&done))
	after := measured()
	return cost{
		goroutines: (after.goroutines - before.goroutines) / idleMembers,
		kilobytes:  (after.kilobytes - before.kilobytes) / idleMembers,
	}
}

// measured is what the process has now, once what is over is collected.
func measured() cost {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return cost{float64(runtime.NumGoroutine()), float64(m.HeapAlloc+m.StackInuse) / 1024}
}

// Data channels cost nothing to a member without them, and five goroutines and some memory to one that uses them: under
// the race detector half as much again as else.
func TestWhatAnIdleMemberCosts(t *testing.T) {
	without, with := idle(t, channelsNone), idle(t, channelsUsed)
	t.Logf("an idle member without channels: %.1f goroutines, %.0f KiB; with: %.1f and %.0f",
		without.goroutines, without.kilobytes, with.goroutines, with.kilobytes)
	if without.goroutines > 4.5 {
		t.Errorf("without channels a member has %.1f goroutines", without.goroutines)
	}
	if more := with.goroutines - without.goroutines; more > 5.5 {
		t.Errorf("channels cost %.1f goroutines", more)
	}
	if more := with.kilobytes - without.kilobytes; more > 80 {
		t.Errorf("channels cost %.0f KiB", more)
	}
}
